"""The mails events are worth, in ldirectord's words. Pure."""

from dataclasses import dataclass, replace

from lvsha.events import Change, Event, Role, ServerChanged
from lvsha.identity import Endpoint, spoken
from lvsha.model import DaemonState, VirtualService
from lvsha.notify.text import one_line, server_line


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, before it has a date; *smtp* is empty for the local mailer."""

    recipients: tuple[str, ...]
    sender: str
    smtp: str
    subject: str
    body: str


def letter(event: Event, state: DaemonState, host: str) -> Letter | None:
    """Return the mail *event* is worth, None when nobody wants one."""
    if not isinstance(event, ServerChanged) or event.change is Change.CHANGED:
        return None
    if event.virtual is None:
        return None
    # A server that comes back at weight 0 is news about a quiescent server.
    quiesced = event.change is Change.READDED
    worded = replace(event, change=Change.QUIESCED) if quiesced else event
    return _letter(event.virtual, server_line(worded, state), state, host)


def reminder(
    server: Endpoint, virtual: VirtualService, state: DaemonState, host: str
) -> Letter | None:
    """Return the mail that says a real server is still out, None if unwanted."""
    subject = f"Inaccessible real server: {server} ({spoken(virtual.key)})"
    return _letter(virtual, subject, state, host)


def subject_line(mail: Letter, virtual: VirtualService) -> str:
    """Return the log's line about *mail*: its subject without the service's name."""
    return f"emailalert: {mail.subject.removeprefix(_prefix(virtual))}"


def _letter(
    virtual: VirtualService, said: str, state: DaemonState, host: str
) -> Letter | None:
    alerts = virtual.alerts
    if not alerts.recipients or not state & alerts.states:
        return None
    name = state.name or ""
    body = [
        f"ldirectord host: {host}",
        f"Log-Message: {said}",
        f"Daemon-Status: {name.lower()}",
    ]
    if virtual.servicename or virtual.comment:
        body.append("")
    if virtual.servicename:
        body.append(f"Service name: {virtual.servicename}")
    if virtual.comment:
        body.append(f"Comment: {virtual.comment}")
    return Letter(
        recipients=alerts.recipients,
        sender=alerts.sender,
        smtp=alerts.smtp,
        subject=one_line(_prefix(virtual) + said),
        body="\n".join(body) + "\n",
    )


def _prefix(virtual: VirtualService) -> str:
    return f"[{virtual.servicename}] " if virtual.servicename else ""


def is_out(event: ServerChanged) -> bool:
    """Tell whether *event* took a real server out (else it is in, or forgotten)."""
    return event.role is Role.REAL and event.change in (
        Change.DELETED,
        Change.QUIESCED,
        Change.READDED,
    )
