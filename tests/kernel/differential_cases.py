"""Configurations with which the table is ldirectord's, phase by phase."""

from typing import Final

from tests.kernel.differential import (
    Be,
    ByHand,
    Case,
    Exists,
    Phase,
    Rewrite,
    Run,
    Start,
    Stop,
    rows,
)
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

CASES: Final = (
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
    Case(
        "requests of each real server's own",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate 1 "a.html","a.html is still"
	real = 127.0.0.3:80 gate 1 "b.html", "another page is still"
	service = http
	httpmethod = GET
	request = "c.html"
	receive = "no such text"
""",
        (
            Phase("B never says its text", (), rows(f"{WEB} -s wrr", f"{A} -g -w 1")),
            Phase("A neither", (A_WRONG,), rows(f"{WEB} -s wrr")),
        ),
    ),
    Case(
        "checktype = connect",
        SITE + "\tchecktype = connect\n",
        (
            Phase("a wrong text is none of its business", (A_WRONG,), BOTH),
            Phase("B refuses", (B_DOWN,), ONLY_A),
        ),
    ),
    Case(
        "checktype = 3: connects between negotiates",
        SITE + "\tchecktype = 3\n",
        (
            Phase("up", (), BOTH),
            Phase("B answers the wrong text", (B_WRONG,), ONLY_A),
            Phase("A refuses", (A_DOWN,), NONE),
        ),
    ),
    Case(
        "checktype = external and external-perl",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	real = 127.0.0.3:80 gate
	checktype = external
	checkcommand = PLACE/check
virtual = 10.0.0.2:80
	real = 127.0.0.2:80 gate
	real = 127.0.0.3:80 gate
	checktype = external-perl
	checkcommand = PLACE/check.pl
""",
        (
            Phase(
                "B down at the start",
                (Exists("down-127.0.0.3-80"),),
                rows(f"{WEB} -s wrr", f"{A} -g -w 1")
                + rows("-t 10.0.0.2:80 -s wrr", f"{A} -g -w 1"),
            ),
            Phase(
                "B up, A down",
                (
                    Exists("down-127.0.0.3-80", there=False),
                    Exists("down-127.0.0.2-80"),
                ),
                rows(f"{WEB} -s wrr", f"{B} -g -w 1")
                + rows("-t 10.0.0.2:80 -s wrr", f"{B} -g -w 1"),
            ),
        ),
        servers=(),
        scripts={
            "check": '#!/bin/sh\n[ ! -e "PLACE/down-$3-$4" ]\n',
            "check.pl": 'exit((-e "PLACE/down-$ARGV[2]-$ARGV[3]") ? 1 : 0);\n',
        },
    ),
    Case(
        "checktype = on and off, weight 0",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate 4
	real = 127.0.0.3:80 gate 0
	checktype = on
	fallback = 127.0.0.9:80
virtual = 10.0.0.2:80
	real = 127.0.0.2:80 gate 4
	checktype = off
	fallback = 127.0.0.9:80
virtual = 10.0.0.3:80
	real = 127.0.0.4:80 gate 0
	checktype = connect
	fallback = 127.0.0.9:80
""",
        (
            Phase(
                "of two services nobody is there, and nobody is asked",
                (),
                rows(f"{WEB} -s wrr", f"{A} -g -w 4", f"{B} -g -w 0")
                + rows("-t 10.0.0.2:80 -s wrr", "127.0.0.9:80 -g -w 1")
                + rows("-t 10.0.0.3:80 -s wrr", "127.0.0.4:80 -g -w 0"),
            ),
        ),
        servers=("127.0.0.4:80",),
    ),
    Case(
        "checktype = ping",
        """\
quiescent = yes
virtual = 10.0.0.1:80
	real = 10.9.0.1:80 gate
	real = 10.9.0.2:80 gate
	checktype = ping
""",
        (
            Phase(
                "one address answers",
                (Run("ip address add 10.9.0.1/32 dev lo"),),
                rows(f"{WEB} -s wrr", "10.9.0.1:80 -g -w 1", "10.9.0.2:80 -g -w 0"),
            ),
            Phase(
                "the other does",
                (
                    Run("ip address del 10.9.0.1/32 dev lo"),
                    Run("ip address add 10.9.0.2/32 dev lo"),
                ),
                rows(f"{WEB} -s wrr", "10.9.0.1:80 -g -w 0", "10.9.0.2:80 -g -w 1"),
            ),
        ),
        servers=(),
    ),
    Case(
        "udp, one-packet scheduling, schedflags",
        """\
virtual = 10.0.0.1:5353
	real = 127.0.0.2:5353 gate
	real = 127.0.0.3:5353 gate
	protocol = udp
	ops = yes
	service = simpletcp
	request = "hello\\n"
	receive = "still alive"
	scheduler = sh
	schedflags = sh-port
virtual = 10.0.0.1:80
	real = 127.0.0.2:80 gate
	checktype = on
	scheduler = sh
	schedflags = sh-fallback,sh-port
""",
        (
            Phase(
                "up",
                (),
                rows(
                    "-u 10.0.0.1:5353 -s sh -b sh-port -o",
                    "127.0.0.2:5353 -g -w 1",
                    "127.0.0.3:5353 -g -w 1",
                )
                + rows(f"{WEB} -s sh -b sh-fallback,sh-port", f"{A} -g -w 1"),
            ),
            Phase(
                "one silent, one wrong",
                (
                    Be("udp 127.0.0.2:5353", Mood.DOWN),
                    Be("udp 127.0.0.3:5353", Mood.WRONG),
                ),
                rows("-u 10.0.0.1:5353 -s sh -b sh-port -o")
                + rows(f"{WEB} -s sh -b sh-fallback,sh-port", f"{A} -g -w 1"),
            ),
        ),
        servers=("udp 127.0.0.2:5353", "udp 127.0.0.3:5353"),
    ),
    Case(
        "readdquiescent = yes",
        "quiescent = yes\nreaddquiescent = yes\n" + SITE,
        (
            Phase(
                "B down at the start",
                (B_DOWN,),
                rows(f"{WEB} -s wlc", f"{A} -g -w 2", f"{B} -g -w 0"),
            ),
            Phase(
                "A deleted by hand, and down",
                (A_DOWN, ByHand(f"-d {WEB} -r {A}")),
                rows(f"{WEB} -s wlc", f"{A} -g -w 0", f"{B} -g -w 0"),
            ),
        ),
    ),
    Case(
        "cleanstop = no, and the start after it",
        "cleanstop = no\n"
        + SITE
        + """\
virtual = 10.0.0.2:80
	real = 127.0.0.2:80 masq
	checktype = on
	cleanstop = yes
""",
        (
            Phase("up", (), BOTH + rows("-t 10.0.0.2:80 -s wrr", f"{A} -m -w 1")),
            Phase("stopped", (Stop(),), BOTH),
            Phase(
                "B went down meanwhile, the file has one service",
                (
                    B_DOWN,
                    Rewrite("cleanstop = no\n" + SITE, signal=0),
                    Start(),
                ),
                ONLY_A,
            ),
        ),
    ),
    Case(
        "several virtual services share real servers",
        SITE
        + SITE.replace("10.0.0.1:80", "10.0.0.2:80").replace("gate", "masq")
        + SITE.replace("10.0.0.1:80", "5").replace("protocol = tcp", "protocol = fwm"),
        (
            Phase(
                "up",
                (),
                BOTH
                + BOTH.replace("10.0.0.1", "10.0.0.2").replace("-g", "-m")
                + BOTH.replace(WEB, "-f 5"),
            ),
            Phase(
                "B down",
                (B_DOWN,),
                ONLY_A
                + ONLY_A.replace("10.0.0.1", "10.0.0.2").replace("-g", "-m")
                + ONLY_A.replace(WEB, "-f 5"),
            ),
        ),
    ),
    Case(
        "masq maps ports",
        """\
virtual = 10.0.0.1:80
	real = 127.0.0.2:8081 masq 2
	real = 127.0.0.2:8082 masq 3
	service = http
	receive = "still alive"
	fallback = 127.0.0.2:8099 masq
""",
        (
            Phase(
                "up",
                (),
                rows(
                    f"{WEB} -s wrr", "127.0.0.2:8081 -m -w 2", "127.0.0.2:8082 -m -w 3"
                ),
            ),
            Phase(
                "one port down",
                (Be("127.0.0.2:8081", Mood.DOWN),),
                rows(f"{WEB} -s wrr", "127.0.0.2:8082 -m -w 3"),
            ),
            Phase(
                "both",
                (Be("127.0.0.2:8082", Mood.DOWN),),
                rows(f"{WEB} -s wrr", "127.0.0.2:8099 -m -w 1"),
            ),
        ),
        servers=("127.0.0.2:8081", "127.0.0.2:8082"),
    ),
    Case(
        "reload adds, removes and edits",
        SITE
        + """\
virtual = 10.0.0.2:80
	real = 127.0.0.2:80 gate
	checktype = on
""",
        (
            Phase(
                "up",
                (ByHand("-A -t 10.0.0.99:99 -s rr"),),
                BOTH
                + rows("-t 10.0.0.2:80 -s wrr", f"{A} -g -w 1")
                + rows("-t 10.0.0.99:99 -s rr"),
            ),
            Phase(
                "another weight, method and scheduler; one service for another",
                (
                    Rewrite(
                        SITE.replace("gate 2", "ipip 7").replace("wlc", "lblc")
                        + """\
	fallback = 127.0.0.9:80
virtual = 10.0.0.3:80
	real = 127.0.0.4:80 gate
	checktype = on
"""
                    ),
                ),
                rows(f"{WEB} -s lblc", f"{A} -i -w 7", f"{B} -g -w 5")
                + rows("-t 10.0.0.3:80 -s wrr", "127.0.0.4:80 -g -w 1")
                + rows("-t 10.0.0.99:99 -s rr"),
            ),
        ),
    ),
    Case(
        "autoreload",
        "autoreload = yes\n" + SITE,
        (
            Phase("B down at the start", (B_DOWN,), ONLY_A),
            Phase(
                "the file changes",
                (
                    Rewrite(
                        "autoreload = yes\n"
                        + SITE
                        + "\tfallback = 127.0.0.9:80\n"
                        + "\treal = 127.0.0.4:80 gate\n",
                        signal=0,
                    ),
                ),
                ONLY_A + f"-a {WEB} -r 127.0.0.4:80 -g -w 1\n",
            ),
        ),
        servers=(A, B, "127.0.0.4:80"),
    ),
    Case(
        "maintenancedir",
        "quiescent = yes\nmaintenancedir = PLACE/maintenance\n" + SITE,
        (
            Phase(
                "a file for A is there at the start",
                (Exists("maintenance/127.0.0.2"),),
                rows(f"{WEB} -s wlc", f"{A} -g -w 0", f"{B} -g -w 5"),
            ),
            Phase(
                "one for B's port comes, A's goes",
                (
                    Exists("maintenance/127.0.0.3:80"),
                    Exists("maintenance/127.0.0.2", there=False),
                ),
                rows(f"{WEB} -s wlc", f"{A} -g -w 2", f"{B} -g -w 0"),
            ),
        ),
    ),
    Case(
        "a table is there before the start",
        SITE,
        (
            Phase(
                "weights, method and scheduler are put right, unknown rows removed",
                (
                    ByHand("-A -t 10.0.0.99:99 -s rr"),
                    ByHand("-a -t 10.0.0.99:99 -r 127.0.0.99:99 -g -w 3"),
                    ByHand(f"-A {WEB} -s rr -p 60"),
                    ByHand(f"-a {WEB} -r {A} -i -w 7"),
                    ByHand(f"-a {WEB} -r {B} -g -w 0"),
                    ByHand(f"-a {WEB} -r 127.0.0.77:80 -g -w 1"),
                ),
                BOTH + FOREIGN,
            ),
            Phase("stopped", (Stop(),), FOREIGN),
        ),
    ),
)
