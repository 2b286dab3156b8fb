"""What to say about an event, in ldirectord's words: log lines and monitor lines.

Pure. Operators grep for these words; ``docs/compatibility.md`` lists the ones
that are new. Who hears them is decided in :mod:`lvsha.notify.herald`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lvsha import VERSION as LVSHA_VERSION
from lvsha.errors import Problem
from lvsha.events import (
    Advised,
    CertificateEnding,
    Change,
    Checked,
    CommandFailed,
    Drifted,
    Dubious,
    Event,
    FailuresForgotten,
    FileChanged,
    LastResort,
    Panicked,
    Refused,
    ReloadRefused,
    ServerChanged,
    ServiceChanged,
    SoftFailure,
    StandingChanged,
    StateChanged,
    Stopped,
)
from lvsha.identity import Fwmark, ServiceKey, Vip, bracketed, spoken
from lvsha.masking import concealing
from lvsha.model import (
    CheckType,
    DaemonState,
    RealServer,
    Verdict,
    VirtualService,
)

VERSION: Final = f"Linux Director v1.186-ha (lvsha {LVSHA_VERSION})"

# Longer lines are cut: a pipe takes 4096 bytes at once, and nobody reads more.
LINE_LIMIT: Final = 2000

# How many repaired rows one line names.
_DRIFT_SHOWN: Final = 10

_WEIGHED: Final = frozenset(
    {
        Change.ADDED,
        Change.CHANGED,
        Change.RESTORED,
        Change.QUIESCED,
        Change.READDED,
    }
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks; some of ldirectord's words depend on it."""

    pid: int
    foreground: bool = False


def lines(event: Event, state: DaemonState, speaker: Speaker) -> tuple[str, ...]:
    """Return what the log says about *event*, a printable line each."""
    return tuple(map(one_line, _said(event, state, speaker)))


def _said(event: Event, state: DaemonState, speaker: Speaker) -> Iterator[str]:
    match event:
        case ServiceChanged() | ServerChanged() | Refused() | Drifted():
            yield _about_table(event, state)
        case SoftFailure() | FailuresForgotten() | StandingChanged() | LastResort():
            yield from _about_health(event)
        case Panicked() | Advised() | CertificateEnding():
            yield _about_share(event)
        case StateChanged() | Stopped() | FileChanged():
            yield from _about_director(event, speaker)
        case ReloadRefused(path, problems):
            for problem in problems:
                yield problem_line("Error", problem, speaker.pid)
            yield f"Configuration file '{path}' refused, the old one stays in force"
        case Dubious(problem):
            yield problem_line("Warning", problem, speaker.pid)
        case CommandFailed(command, reason):
            yield f"system({command}) failed: {reason}"
        case Checked():
            return


def _about_table(
    event: ServiceChanged | ServerChanged | Refused | Drifted, state: DaemonState
) -> str:
    match event:
        case ServiceChanged(change, service):
            return _service_line(change, service, state)
        case ServerChanged():
            return server_line(event, state)
        case Refused(_, reason):
            return reason
        case Drifted(what):
            return _drift_line(what)


def _about_health(
    event: SoftFailure | FailuresForgotten | StandingChanged | LastResort,
) -> Iterator[str]:
    match event:
        case SoftFailure(server, service, failures, limit):
            yield (
                f"Soft failure real server: {server} ({service})"
                f" failure {failures}/{limit}"
            )
        case FailuresForgotten(server, service):
            yield f"Resetting soft failure count: {server} ({service})"
        case StandingChanged(server, virtual, up, detail):
            # What a server's coming up does to the table has its own line.
            if not up:
                yield f"real server {server} ({virtual.key}) is down: {detail or '-'}"
        case LastResort(virtual, active):
            left = "has no real server left" if active else "has a real server"
            yield f"virtual server {spoken(virtual.key)} ({virtual.key}) {left}"


def _about_share(event: Panicked | Advised | CertificateEnding) -> str:
    match event:
        case CertificateEnding(server, service, when, days):
            ends = f"ends in {days} days, at" if days >= 0 else "has ended at"
            return f"certificate of real server {server} ({service}) {ends} {when}"
        case Advised(server, service, advice):
            return f"agent of real server {server} ({service}) says: {advice}"
        case Panicked(virtual, active, down, asked):
            who = f"virtual server {spoken(virtual.key)} ({virtual.key})"
            count = f"{down} of {asked} real servers down"
            limit = f"panicthreshold {virtual.panicthreshold}%"
            if active:
                return f"PANIC: {who}: {count}, over {limit}: all of them are used"
            return f"PANIC over: {who}: {count}, within {limit}"


def _about_director(
    event: StateChanged | Stopped | FileChanged, speaker: Speaker
) -> Iterator[str]:
    match event:
        case StateChanged(DaemonState.STARTING):
            how = f"with pid: {speaker.pid}" if speaker.foreground else "as daemon"
            yield f"Starting {VERSION} {how}"
        case StateChanged(DaemonState.RELOADING, reason) if reason:
            asked = "signal" if reason.removeprefix("SIG") == "HUP" else "request"
            yield f"Reloading Linux Director Daemon config on {asked}"
        case StateChanged():
            return
        case Stopped(signal):
            yield f"Linux Director Daemon terminated on signal: {signal}"
        case FileChanged(path, reread):
            yield f"Configuration file '{path}' has changed on disk"
            yield f" - {'reread' if reread else 'ignore'} new configuration"


def _service_line(change: Change, service: ServiceKey, state: DaemonState) -> str:
    word = change.value
    if change in (Change.PURGED, Change.DELETED):
        return f"Purged virtual server ({_occasion(state)}): {spoken(service)}"
    return f"{word} virtual server: {spoken(service)}"


def server_line(event: ServerChanged, state: DaemonState) -> str:
    """Return the line about a real or fallback server's row.

    ldirectord knows two occasions to purge: aligning the table, which it calls
    start even during a reload, and stopping.
    """
    role, change = event.role.value, event.change
    about = f"{event.server} ({spoken(event.service)})"
    if change is Change.DELETED and state is DaemonState.STOPPING:
        change = Change.PURGED
    if change is Change.PURGED:
        return f"Purged {role} server ({_occasion(state)}): {about}"
    weight = f" (Weight set to {event.weight})" if change in _WEIGHED else ""
    return f"{change.value} {role} server: {about}{weight}"


def _occasion(state: DaemonState) -> str:
    return "stop" if state is DaemonState.STOPPING else "start"


def _drift_line(what: tuple[str, ...]) -> str:
    more = len(what) - _DRIFT_SHOWN
    named = "; ".join(what[:_DRIFT_SHOWN]) + (f"; {more} more" if more > 0 else "")
    return f"Repaired what others changed in the table: {named}"


def problem_line(word: str, problem: Problem, pid: int) -> str:
    """Return *problem* as ldirectord reports it; *word* is Error or Warning."""
    place = f" reading file {problem.file} at line {problem.line}"
    hint = f" ({problem.hint})" if problem.hint else ""
    at = place if problem.line else ""
    return f"{word} [{pid}]{at}: {problem.message}{hint}"


def monitor_line(event: Checked, pid: int, when: str) -> str:
    """Return the monitor file's line about a check.

    The layout is the program's, not its manual's. An IPv6 address stays whole:
    the program tears it apart at its colons.
    """
    word = "up" if event.verdict.passed else "down"
    who = identity(event.virtual, event.real)
    return f"[{when}] [{pid}] {who} [{word}] {_message(event.verdict)}"


def identity(virtual: VirtualService, real: RealServer) -> str:
    """Return the fields ldirectord tells checks apart by, empty ones left out.

    A password in a request is blotted out.
    """
    check = real.check
    fields = [check.kind.value]
    if check.kind in (CheckType.NEGOTIATE, CheckType.COMBINED):
        fields.append(check.service)
    if check.kind in (CheckType.EXTERNAL, CheckType.EXTERNAL_PERL):
        fields.append(check.command)
    conceal = concealing(check)
    request = conceal(check.request) if conceal else check.request
    own = check.port is not None and check.port != real.endpoint.port
    fields += [
        protocol(virtual.key),
        bracketed(real.endpoint.address),
        str(real.endpoint.port),
        check.virtualhost,
        str(check.port) if own and real.endpoint.port else "",
        str(real.weight),
        real.forwarding.name.lower(),
        request,
    ]
    return f"{' '.join(filter(None, fields))} {check.receive}".replace("\\", "")


def protocol(key: ServiceKey) -> str:
    """Return the word for what *key* is found by: ``tcp``, ``udp``, ``fwm``."""
    return key.protocol.name.lower() if isinstance(key, Vip) else "fwm"


def last_resort_arguments(event: LastResort) -> tuple[str, str, str]:
    """Return the words a fallbackcommand gets.

    A mark stands where an address would; ldirectord left it empty.
    """
    key = event.virtual.key
    place = f"{key.mark}:0" if isinstance(key, Fwmark) else str(key.endpoint)
    return ("start" if event.active else "stop", place, protocol(key))


def _message(verdict: Verdict) -> str:
    words = verdict.status or ("" if verdict.passed else verdict.detail)
    coded = re.sub(r"[%|\r\n]", lambda found: f"%{ord(found[0]):02x}", words)
    return coded[:LINE_LIMIT] or "-"


def one_line(words: str) -> str:
    """Return *words* printable and short: whatever a peer said cannot forge a line."""
    printable = words
    if not words.isprintable():
        printable = "".join(
            letter if letter.isprintable() else f"\\x{ord(letter):02x}"
            for letter in words
        )
    if len(printable) <= LINE_LIMIT:
        return printable
    return printable[: LINE_LIMIT - 3] + "..."
