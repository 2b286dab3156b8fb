"""Checks, reloads and lives with which the table is ldirectord's."""

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
from tests.kernel.differential_site import (
    A_DOWN,
    A_WRONG,
    B_DOWN,
    B_WRONG,
    BOTH,
    FOREIGN,
    NONE,
    ONLY_A,
    SITE,
    WEB,
    A,
    B,
)

CHECKS: Final = (
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
