"""A row played to ldirectord and to ours: what each says of every real server.

Verdicts are read from the monitor files and must be seen again in the kernel's table.
Of each cell the last verdict counts, once all are the expected ones: a server may still
be busy with the first checks. What the page shows is what was seen when that did not
happen in time.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from lvsha.identity import Endpoint, Protocol, Vip
from lvsha.ipvs.kernel import Kernel
from tests.services.rows import DIES, DOWN, FAULTS, HANGS, UP, Cell, Outcome, Row, Said

_GLOBALS: Final = """\
supervised = yes
checkinterval = 5
checktimeout = 8
negotiatetimeout = 8
"""
# In debug mode it stays in the foreground.
_LDIRECTORD: Final = ("ldirectord", "-d", "{file}", "start")
_OURS: Final = (sys.executable, "-m", "lvsha", "run", "{file}", "--rundir", "{place}")
# Nothing is waited for that long unless it never comes.
_AGES: Final = 200.0
_LOOK: Final = 0.5
# Who has not given a single verdict so long after it began the first check hangs: a
# check may take 8 seconds, and a library's second attempt 5 more.
_HANG: Final = 45.0
_PROGRAM: Final = 30.0
# Where OpenSSL, and Perl's library for HTTP, look for whom to trust.
_CERTIFICATES: Final = ("SSL_CERT_FILE", "PERL_LWP_SSL_CA_FILE")
_VERDICT: Final = re.compile(r"\[(up|down)\]")


@dataclass(frozen=True, slots=True)
class Heard:
    """What both directors say of one real server; *told* is for a message.

    *original* is None where ldirectord does not know the service.
    """

    original: Said | None
    ours: Said
    told: str = ""


@dataclass(frozen=True, slots=True)
class Posed:
    """One cell as a virtual service: its VIP here, its weight and its real server."""

    outcome: Outcome
    cell: Cell
    vip: Vip
    weight: int
    server: str


def spots(number: int) -> dict[Outcome, str]:
    """Return the addresses at which row *number* has its faulty servers."""
    return {
        outcome: f"127.1.{number}.{place}"
        for place, outcome in enumerate(FAULTS, start=1)
    }


def played(
    number: int, row: Row, place: Path, pool: Executor, *, alone: bool = False
) -> Callable[[], dict[Outcome, Heard]]:
    """Play *row* to both directors in *pool*; return who knows what they say.

    What hangs or ends an ldirectord has one of its own; so has every outcome if
    *alone*.
    """
    place.mkdir()
    groups: list[list[Outcome]] = [[]]
    for outcome, cell in row.cells.items() if not row.alone else ():
        if alone or cell.originally in (DIES, HANGS):
            groups.append([outcome])
        else:
            groups[0].append(outcome)
    posed = _posed(number, 1, row, list(row.cells))
    own = pool.submit(_asked, _OURS, row, posed, place)
    theirs = [
        pool.submit(_asked, _LDIRECTORD, row, _posed(number, side, row, group), place)
        for side, group in enumerate(groups, start=2)
        if group
    ]

    def heard() -> dict[Outcome, Heard]:
        ours, told = own.result()
        both = {outcome: Heard(None, said, told) for outcome, said in ours.items()}
        for future in theirs:
            said, log = future.result()
            both |= {o: Heard(one, ours[o], log + told) for o, one in said.items()}
        return {outcome: both[outcome] for outcome in row.cells}

    return heard


def _asked(
    argv: Sequence[str], row: Row, posed: Sequence[Posed], place: Path
) -> tuple[dict[Outcome, Said], str]:
    """Return what a director says of *posed*, and the end of its log."""
    theirs = argv is _LDIRECTORD
    own = place / f"{argv[0].rpartition('/')[2]}-{posed[0].outcome.name}"
    with _director(argv, own, row, posed) as director:
        said = director.settled(
            {
                each.outcome: each.cell.originally if theirs else each.cell.ours
                for each in posed
            }
        )
        return said, director.log()


def _posed(
    number: int, side: int, row: Row, outcomes: Sequence[Outcome]
) -> list[Posed]:
    """Return *outcomes* as virtual services nobody else has."""
    spot = spots(number)
    posed = []
    for outcome in outcomes:
        place = list(Outcome).index(outcome) + 1
        server = row.server(outcome, spot.get(outcome, ""))
        host, _, port = server.rpartition(":")
        six = host.startswith("[")
        address = (
            f"fd00::{side}:{number}:{place}" if six else f"10.{side}.{number}.{place}"
        )
        protocol = Protocol.UDP if row.udp else Protocol.TCP
        vip = Vip(protocol, Endpoint(ip_address(address), int(port)))
        posed.append(Posed(outcome, row.cells[outcome], vip, place, server))
    return posed


def section(row: Row, posed: Posed, monitorfile: Path, *, ours: bool) -> str:
    """Return the lines of the file about one cell."""
    vip = posed.vip
    six = "6" if vip.endpoint.address.version == 6 else ""
    host = f"[{vip.endpoint.address}]" if six else str(vip.endpoint.address)
    directives = {
        "service": row.service,
        "protocol": vip.protocol.name.lower(),
        "scheduler": "rr",
        "monitorfile": f'"{monitorfile}"',
        **row.directives,
        **(row.own_directives if ours else {}),
        **posed.cell.directives,
    }
    lines = [
        f"virtual{six} = {host}:{vip.endpoint.port}",
        f"\treal{six} = {posed.server} gate {posed.weight}",
        *(f"\t{name} = {value}" for name, value in directives.items()),
    ]
    return "\n".join(lines) + "\n\n"


class Director:
    """One that runs, and what it has said of its real servers."""

    def __init__(
        self, process: subprocess.Popen[bytes], place: Path, posed: Sequence[Posed]
    ) -> None:
        """Listen to *process*, which has its files in *place*."""
        self._process = process
        self._place = place
        self._posed = posed
        self._kernel = Kernel.open()

    def close(self) -> None:
        """End it, without a word, and take its rows away."""
        self._process.kill()
        self._process.wait(_PROGRAM)
        self._kernel.close()
        for each in self._posed:
            host = each.vip.endpoint.address
            shown = f"[{host}]" if host.version == 6 else host
            kind = "-u" if each.vip.protocol is Protocol.UDP else "-t"
            subprocess.run(
                ("ipvsadm", "-D", kind, f"{shown}:{each.vip.endpoint.port}"),
                capture_output=True,
                timeout=_PROGRAM,
                check=False,  # one that died early has none
            )

    def settled(self, wanted: Mapping[Outcome, Said]) -> dict[Outcome, Said]:
        """Return the verdicts once they are as *wanted*, or in the end as they are."""
        began = monotonic()
        while True:
            alive = self._process.poll() is None
            said = {each.outcome: self._said(each) for each in self._posed}
            if not self._checking():
                began = monotonic()
            passed = monotonic() - began
            if passed > _HANG and not any(self._monitored(one) for one in self._posed):
                return dict.fromkeys(said, HANGS)
            if said == wanted or not alive or passed > _AGES:
                return said
            sleep(_LOOK)

    def log(self) -> str:
        """Return the end of what it said."""
        lines = (self._place / "log").read_text(errors="replace").splitlines()
        told = [
            line for line in lines if not line.startswith(("Use of uninit", "Client"))
        ]
        return "\n".join([f"status {self._process.poll()}", *told[-40:], ""])

    def _said(self, posed: Posed) -> Said:
        """Return the last verdict on *posed*, once the table has it."""
        if self._process.poll() is not None:
            return DIES
        verdicts = _VERDICT.findall(self._monitored(posed))
        if not verdicts:
            return Said.UNDECIDED
        row = self._kernel.read([posed.vip]).get(posed.vip)
        there = row is not None and bool(row.destinations)
        if there is not (verdicts[-1] == "up"):
            return Said.UNDECIDED
        return UP if there else DOWN

    def _checking(self) -> bool:
        """Tell whether it is up to its first check; ours needs no such patience."""
        said = (self._place / "log").read_bytes()
        return b"DEBUG2: Checking" in said or b"DEBUG2" not in said

    def _monitored(self, posed: Posed) -> str:
        try:
            return (self._place / posed.outcome.name).read_text(errors="replace")
        except FileNotFoundError:
            return ""


def _ca(place: Path) -> Path:
    """Return whom a director in *place* trusts."""
    return place.parents[1] / "tls" / "ca.pem"


@contextmanager
def _director(
    argv: Sequence[str], place: Path, row: Row, posed: Sequence[Posed]
) -> Iterator[Director]:
    place.mkdir()
    file = place / "ld.cf"
    file.write_text(
        _GLOBALS
        + "\n"
        + "".join(
            section(row, each, place / each.outcome.name, ours=argv is _OURS)
            for each in posed
        )
    )
    words = {"file": str(file), "place": str(place / "run")}
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [word.format(**words) for word in argv],
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | dict.fromkeys(_CERTIFICATES, str(_ca(place))),
        )
    director = Director(process, place, posed)
    try:
        yield director
    finally:
        director.close()
