"""Configurations with which ldirectord's table is wrong, and ours on purpose another.

The numbers are those of docs/compatibility.md.
"""

from typing import Final

from tests.kernel.differential import Be, ByHand, Case, Exists, Phase, Rewrite, rows
from tests.kernel.differential_servers import Mood
from tests.kernel.differential_site import (
    A_DOWN,
    B_DOWN,
    BOTH,
    NONE,
    ONLY_A,
    SITE,
    WEB,
    A,
    B,
)

BUGS: Final = (
    Case(
        "fwmark, global fallback",
        """\
fallback = 127.0.0.9:80
virtual = 5
	real = 127.0.0.2:80 masq
	service = http
""",
        (
            Phase("up", (), rows("-f 5 -s wrr", f"{A} -m -w 1")),
            Phase(
                "down",
                (A_DOWN,),
                rows("-f 5 -s wrr", "127.0.0.9:0 -g -w 1"),
                original=rows("-f 5 -s wrr"),
                because="B2: a mark's global fallback has no address",
            ),
        ),
    ),
    Case(
        "a reload that fails",
        SITE,
        (
            Phase("up", (), BOTH),
            Phase(
                "the file has an error between A and B",
                (Rewrite(SITE.replace("gate 2\n", "gate 2\n\tquiesent = yes\n")),),
                BOTH,
            ),
            Phase(
                "B down",
                (B_DOWN,),
                ONLY_A,
                original=BOTH,
                because="B3: real servers after the error are forgotten, but checked",
            ),
        ),
    ),
    Case(
        "fallback on a real server's address, another port",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	service = http
	fallback = 127.0.0.2:9090
""",
        (
            Phase(
                "up",
                (),
                rows(f"{WEB} -s wrr", f"{A} -g -w 1"),
                original=rows(f"{WEB} -s wrr"),
                because="B4: taking the fallback away takes the real server's row",
            ),
        ),
    ),
    Case(
        "gate real server without a port, quiescent",
        """\
quiescent = yes
virtual = 10.0.0.1:80
	real = 127.0.0.2 gate
	service = http
""",
        (
            Phase(
                "up",
                (),
                rows(f"{WEB} -s wrr", f"{A} -g -w 1"),
                original=rows(f"{WEB} -s wrr", f"{A} -g -w 0"),
                because="B5: ldirectord does not find its own row again",
            ),
        ),
    ),
    Case(
        "receive is no regular expression",
        SITE.replace("still alive", "still (alive"),
        (
            Phase(
                "start",
                (),
                "",
                original=NONE,
                because="B9: the daemon dies at the first check; ours refuses the file",
            ),
        ),
    ),
    Case(
        "http, IPv6",
        """\
virtual6 = [fd00::1]:80
	real6 = [::1]:8081 masq
	service = http
""",
        (
            Phase(
                "up",
                (),
                rows("-t [fd00::1]:80 -s wrr", "[::1]:8081 -m -w 1"),
                original=rows("-t [fd00::1]:80 -s wrr"),
                because="B11: the first check kills the daemon",
            ),
        ),
        servers=("[::1]:8081",),
    ),
    Case(
        "an external check killed by a signal",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	checktype = external
	checkcommand = PLACE/check
""",
        (
            Phase(
                "start",
                (),
                rows(f"{WEB} -s wrr"),
                original=rows(f"{WEB} -s wrr", f"{A} -g -w 1"),
                because="B14: counts as passed",
            ),
        ),
        servers=(),
        scripts={"check": "#!/bin/sh\nkill -9 $$\n"},
    ),
    Case(
        "http, an answer that is not HTTP",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	service = http
""",
        (
            Phase(
                "start",
                (Be(A, Mood.BARE),),
                rows(f"{WEB} -s wrr"),
                original=rows(f"{WEB} -s wrr", f"{A} -g -w 1"),
                because="B15: counts as status 200",
            ),
        ),
    ),
    Case(
        "simpletcp with a line to send and nothing to receive",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	service = simpletcp
	request = "hello\\n"
""",
        (
            Phase(
                "up",
                (),
                rows(f"{WEB} -s wrr", f"{A} -g -w 1"),
                original=rows(f"{WEB} -s wrr"),
                because="B18: Perl repeats the last pattern for an empty one",
            ),
        ),
    ),
    Case(
        "virtual is the last line",
        SITE + "virtual = 10.0.0.2:80",
        (
            Phase(
                "start",
                (),
                BOTH + rows("-t 10.0.0.2:80 -s wrr"),
                original="",
                because="B30: refused as a duplicate of itself",
            ),
        ),
    ),
    Case(
        "a range over 59.154.202.0",
        """\
virtual = 10.0.0.1:80
	real = 59.154.201.255->59.154.202.0:80 ipip
	checktype = on
virtual = 10.0.0.2:80
	real = 127.0.0.2:80 gate
	checktype = connect
""",
        (
            Phase(
                "up",
                (),
                rows(
                    f"{WEB} -s wrr",
                    "59.154.201.255:80 -i -w 1",
                    "59.154.202.0:80 -i -w 1",
                )
                + rows("-t 10.0.0.2:80 -s wrr", f"{A} -g -w 1"),
                original=rows(f"{WEB} -s wrr")
                + rows("-t 10.0.0.2:80 -s wrr", f"{A} -g -w 1"),
                because="B31: addresses are compared as text",
            ),
        ),
    ),
    Case(
        "connection thresholds, quiescent",
        """\
quiescent = yes
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate 2 l:50 u:100
	real = 127.0.0.3:80 gate 2
	service = http
""",
        (
            Phase(
                "up",
                (),
                rows(f"{WEB} -s wrr", f"{A} -g -w 2 -x 100 -y 50", f"{B} -g -w 2"),
            ),
            Phase(
                "A down",
                (A_DOWN,),
                rows(f"{WEB} -s wrr", f"{A} -g -w 0 -x 100 -y 50", f"{B} -g -w 2"),
                original=rows(f"{WEB} -s wrr", f"{A} -g -w 0", f"{B} -g -w 2"),
                because="B37: quiescing resets the thresholds",
            ),
        ),
    ),
    Case(
        "shared real servers, checked in two ways, quiescent",
        "quiescent = yes\n"
        + SITE
        + SITE.replace("10.0.0.1:80", "10.0.0.2:80").replace("test.html", "b.html"),
        (
            Phase(
                "B down at the start",
                (B_DOWN,),
                ONLY_A
                + f"-a {WEB} -r {B} -g -w 0\n"
                + ONLY_A.replace("10.0.0.1", "10.0.0.2")
                + f"-a -t 10.0.0.2:80 -r {B} -g -w 0\n",
                original=ONLY_A
                + ONLY_A.replace("10.0.0.1", "10.0.0.2")
                + f"-a -t 10.0.0.2:80 -r {B} -g -w 0\n",
                because="B41: only the last virtual service gets the row",
            ),
        ),
    ),
    Case(
        "maintenancedir in quotes",
        'maintenancedir = "PLACE/maintenance"\n' + SITE,
        (
            Phase("up", (), BOTH),
            Phase(
                "a file for B",
                (Exists("maintenance/127.0.0.3"),),
                ONLY_A,
                original=BOTH,
                because="B45: the quotes count as part of the name",
            ),
        ),
    ),
    Case(
        "a blank after yes",
        "quiescent = yes \n" + SITE,
        (
            Phase(
                "start",
                (),
                BOTH,
                original="",
                because="B46: refused",
            ),
        ),
    ),
    Case(
        "ping, IPv6",
        """\
virtual6 = [fd00::1]:80
	real6 = [::1]:80 gate
	checktype = ping
""",
        (
            Phase(
                "up",
                (),
                rows("-t [fd00::1]:80 -s wrr", "[::1]:80 -g -w 1"),
                original=rows("-t [fd00::1]:80 -s wrr"),
                because="B49: always fails",
            ),
        ),
        servers=(),
    ),
    Case(
        "the table is changed by hand",
        SITE,
        (
            Phase("up", (), BOTH),
            Phase(
                "A's weight and B's row",
                (
                    ByHand(f"-e {WEB} -r {A} -g -w 9"),
                    ByHand(f"-d {WEB} -r {B}"),
                ),
                BOTH,
                original=rows(f"{WEB} -s wlc", f"{A} -g -w 9"),
                because="not repaired until the server's next state change; "
                "ours repairs within seconds (docs/decisions/003)",
            ),
        ),
    ),
)
