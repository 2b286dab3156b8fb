"""The site most configurations are about: its addresses, servers and tables."""

from typing import Final

from tests.kernel.differential import Be, rows
from tests.kernel.differential_servers import Mood

A: Final = "127.0.0.2:80"
B: Final = "127.0.0.3:80"
WEB: Final = "-t 10.0.0.1:80"
FOREIGN: Final = rows("-t 10.0.0.99:99 -s rr", "127.0.0.99:99 -g -w 3")

A_DOWN, A_UP = Be(A, Mood.DOWN), Be(A, Mood.UP)
B_DOWN, B_UP = Be(B, Mood.DOWN), Be(B, Mood.UP)
A_WRONG, B_WRONG = Be(A, Mood.WRONG), Be(B, Mood.WRONG)

SITE: Final = """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate 2
	real = 127.0.0.3:80 gate 5
	service = http
	request = "test.html"
	receive = "still alive"
	scheduler = wlc
	protocol = tcp
"""
BOTH: Final = rows(f"{WEB} -s wlc", f"{A} -g -w 2", f"{B} -g -w 5")
ONLY_A: Final = rows(f"{WEB} -s wlc", f"{A} -g -w 2")
NONE: Final = rows(f"{WEB} -s wlc")
