"""Settings of services and servers with which the table is ldirectord's."""

from typing import Final

from tests.kernel.differential import Be, Case, Phase, Rewrite, Stop, rows
from tests.kernel.differential_servers import Mood
from tests.kernel.differential_site import (
    A_DOWN,
    A_UP,
    A_WRONG,
    B_DOWN,
    B_UP,
    BOTH,
    NONE,
    ONLY_A,
    SITE,
    WEB,
    A,
    B,
)

SERVICES: Final = (
    Case(
        "quiescent = yes",
        "quiescent = yes\n" + SITE,
        (
            Phase(
                "B down at the start",
                (B_DOWN,),
                rows(f"{WEB} -s wlc", f"{A} -g -w 2", f"{B} -g -w 0"),
            ),
            Phase(
                "A answers the wrong text",
                (A_WRONG,),
                rows(f"{WEB} -s wlc", f"{A} -g -w 0", f"{B} -g -w 0"),
            ),
            Phase("both up", (A_UP, B_UP), BOTH),
        ),
    ),
    Case(
        "quiescent = no",
        "quiescent = no\n" + SITE,
        (
            Phase("B down at the start", (B_DOWN,), ONLY_A),
            Phase("A answers status 500", (Be(A, Mood.ERROR),), NONE),
            Phase("both up", (A_UP, B_UP), BOTH),
            Phase("stopped", (Stop(),), ""),
        ),
    ),
    Case(
        "fallback of the virtual service",
        "failurecount = 2\n" + SITE + "\tfallback = 127.0.0.9:80 gate\n",
        (
            Phase(
                "both down at the start",
                (A_DOWN, B_DOWN),
                rows(f"{WEB} -s wlc", "127.0.0.9:80 -g -w 1"),
            ),
            Phase("A up", (A_UP,), ONLY_A),
            Phase(
                "A down again, twice in a row",
                (A_DOWN,),
                rows(f"{WEB} -s wlc", "127.0.0.9:80 -g -w 1"),
            ),
        ),
    ),
    Case(
        "global fallback, quiescent",
        """\
quiescent = yes
fallback = 127.0.0.9:8080 masq
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	service = http
virtual = 10.0.0.2:80
	real = 127.0.0.3:80 gate
	service = http
	fallback = 127.0.0.8:80
""",
        (
            Phase(
                "both down at the start",
                (A_DOWN, B_DOWN),
                rows(f"{WEB} -s wrr", f"{A} -g -w 0", "127.0.0.9:8080 -m -w 1")
                + rows("-t 10.0.0.2:80 -s wrr", f"{B} -g -w 0", "127.0.0.8:80 -g -w 1"),
            ),
            Phase(
                "both up",
                (A_UP, B_UP),
                rows(f"{WEB} -s wrr", f"{A} -g -w 1")
                + rows("-t 10.0.0.2:80 -s wrr", f"{B} -g -w 1"),
            ),
        ),
    ),
    Case(
        "fwmark, own fallback",
        """\
virtual = 5
	real = 127.0.0.2:80 masq
	real = 127.0.0.3:80 masq 3
	service = http
	scheduler = lc
	fallback = 127.0.0.9:80 masq
""",
        (
            Phase("up", (), rows("-f 5 -s lc", f"{A} -m -w 1", f"{B} -m -w 3")),
            Phase(
                "both down",
                (A_DOWN, B_DOWN),
                rows("-f 5 -s lc", "127.0.0.9:80 -m -w 1"),
            ),
        ),
    ),
    Case(
        "fwmark IPv6, connect",
        """\
quiescent = yes
virtual6 = 6
	real6 = [::1]:8081 masq 2
	real6 = [::1]:8082 masq
	checktype = connect
	scheduler = wlc
""",
        (
            Phase(
                "one down at the start",
                (Be("[::1]:8082", Mood.DOWN),),
                rows("-f 6 -6 -s wlc", "[::1]:8081 -m -w 2", "[::1]:8082 -m -w 0"),
            ),
            Phase(
                "up",
                (Be("[::1]:8082", Mood.UP),),
                rows("-f 6 -6 -s wlc", "[::1]:8081 -m -w 2", "[::1]:8082 -m -w 1"),
            ),
        ),
        servers=("[::1]:8081", "[::1]:8082"),
    ),
    Case(
        "IPv6: connect, simpletcp, none; persistence and mask",
        """\
virtual6 = [fd00::1]:80
	real6 = [::1]:8081 masq 2
	checktype = connect
	persistent = 60
	netmask = 64
	fallback6 = [::1]:99 masq
virtual6 = [fd00::2]:80
	real6 = [::1]:8082 masq
	service = simpletcp
	request = "hello\\n"
	receive = "still alive"
virtual6 = [fd00::3]:80
	real6 = [::1]:8083 masq
	service = none
""",
        (
            Phase(
                "up",
                (),
                rows("-t [fd00::1]:80 -s wrr -p 60 -M 64", "[::1]:8081 -m -w 2")
                + rows("-t [fd00::2]:80 -s wrr", "[::1]:8082 -m -w 1")
                + rows("-t [fd00::3]:80 -s wrr", "[::1]:8083 -m -w 1"),
            ),
            Phase(
                "down, or the wrong line",
                (Be("[::1]:8081", Mood.DOWN), Be("[::1]:8082", Mood.WRONG)),
                rows("-t [fd00::1]:80 -s wrr -p 60 -M 64", "[::1]:99 -m -w 1")
                + rows("-t [fd00::2]:80 -s wrr")
                + rows("-t [fd00::3]:80 -s wrr", "[::1]:8083 -m -w 1"),
            ),
        ),
        servers=("[::1]:8081", "[::1]:8082"),
    ),
    Case(
        "a range of real servers",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2->127.0.0.5:80 ipip 3
	service = http
	receive = "still alive"
""",
        (
            Phase(
                "the second down at the start",
                (B_DOWN,),
                rows(
                    f"{WEB} -s wrr",
                    f"{A} -i -w 3",
                    "127.0.0.4:80 -i -w 3",
                    "127.0.0.5:80 -i -w 3",
                ),
            ),
            Phase(
                "it comes up",
                (B_UP,),
                rows(
                    f"{WEB} -s wrr",
                    f"{A} -i -w 3",
                    f"{B} -i -w 3",
                    "127.0.0.4:80 -i -w 3",
                    "127.0.0.5:80 -i -w 3",
                ),
            ),
        ),
        servers=(A, B, "127.0.0.4:80", "127.0.0.5:80"),
    ),
    Case(
        "connection thresholds",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate 2 l:50 u:100
	real = 127.0.0.3:80 gate 2 u:30
	service = http
""",
        (
            Phase(
                "up",
                (),
                rows(
                    f"{WEB} -s wrr", f"{A} -g -w 2 -x 100 -y 50", f"{B} -g -w 2 -x 30"
                ),
            ),
            Phase("A down", (A_DOWN,), rows(f"{WEB} -s wrr", f"{B} -g -w 2 -x 30")),
        ),
    ),
    Case(
        "persistence, netmask, and their change",
        SITE + "\tpersistent = 600\n\tnetmask = 255.255.255.0\n",
        (
            Phase(
                "up",
                (),
                BOTH.replace("-s wlc", "-s wlc -p 600 -M 255.255.255.0", 1),
            ),
            Phase(
                "reload: another time, no mask",
                (Rewrite(SITE + "\tpersistent = 300\n"),),
                BOTH.replace("-s wlc", "-s wlc -p 300", 1),
            ),
            Phase("reload: no persistence", (Rewrite(SITE),), BOTH),
        ),
    ),
)
