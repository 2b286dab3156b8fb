from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsha.events import Change, Role, ServerChanged, SoftFailure
from lvsha.identity import Endpoint, Protocol, Vip
from lvsha.model import ALL_STATES, Alerts, DaemonState, VirtualService
from lvsha.notify.letter import letter, reminder, subject_line

R = Endpoint(ip_address("127.0.0.2"), 80)
V = Vip(Protocol.TCP, Endpoint(ip_address("127.0.1.1"), 80))
ALERTS = Alerts(("a@example.org", "b@example.org"), sender="x@example.org", smtp="mail")
VIRTUAL = VirtualService(
    V, (), alerts=ALERTS, servicename="Web Shop", comment="call Ada"
)
DELETED = ServerChanged(Change.DELETED, Role.REAL, R, V, None, VIRTUAL)


def test_a_mail_says_what_ldirectords_says() -> None:
    mail = letter(DELETED, DaemonState.RUNNING, "director1")

    assert mail is not None
    assert mail.recipients == ("a@example.org", "b@example.org")
    assert (mail.sender, mail.smtp) == ("x@example.org", "mail")
    assert mail.subject == (
        "[Web Shop] Deleted real server: 127.0.0.2:80 (127.0.1.1:80)"
    )
    assert mail.body == (
        "ldirectord host: director1\n"
        "Log-Message: Deleted real server: 127.0.0.2:80 (127.0.1.1:80)\n"
        "Daemon-Status: running\n"
        "\n"
        "Service name: Web Shop\n"
        "Comment: call Ada\n"
    )
    assert subject_line(mail, VIRTUAL) == (
        "emailalert: Deleted real server: 127.0.0.2:80 (127.0.1.1:80)"
    )


def test_a_mail_without_names_has_no_names() -> None:
    plain = replace(VIRTUAL, servicename="", comment="")

    mail = letter(replace(DELETED, virtual=plain), DaemonState.STOPPING, "h")

    assert mail is not None
    assert mail.subject.startswith("Purged real server (stop):")
    assert mail.body.endswith("Daemon-Status: stopping\n")


def test_a_readded_quiescent_server_is_announced_as_quiescent() -> None:
    event = ServerChanged(Change.READDED, Role.REAL, R, V, 0, VIRTUAL)

    mail = letter(event, DaemonState.RUNNING, "h")

    assert mail is not None
    assert "] Quiescent real server: " in mail.subject


@pytest.mark.parametrize("wanted", range(16))
def test_a_mail_is_sent_exactly_in_the_states_asked_for(wanted: int) -> None:
    alerts = replace(ALERTS, states=DaemonState(wanted))
    event = replace(DELETED, virtual=replace(VIRTUAL, alerts=alerts))

    for state in ALL_STATES:
        sent = letter(event, state, "h") is not None

        assert sent is bool(state.value & wanted)


def test_without_recipients_nothing_is_sent() -> None:
    virtual = replace(VIRTUAL, alerts=replace(ALERTS, recipients=()))

    assert letter(replace(DELETED, virtual=virtual), DaemonState.RUNNING, "h") is None


def test_only_changes_of_servers_are_mailed() -> None:
    soft = SoftFailure(R, V, 1, 2)
    unknown = replace(DELETED, virtual=None)

    assert letter(soft, DaemonState.RUNNING, "h") is None
    assert letter(unknown, DaemonState.RUNNING, "h") is None


def test_a_reminder_names_the_server_that_is_out() -> None:
    mail = reminder(R, VIRTUAL, DaemonState.RUNNING, "h")

    assert mail is not None
    assert mail.subject == (
        "[Web Shop] Inaccessible real server: 127.0.0.2:80 (127.0.1.1:80)"
    )


def test_a_subject_is_one_line_whatever_the_file_says() -> None:
    virtual = replace(VIRTUAL, servicename="x\r\nBcc: eve@example.org")

    mail = letter(replace(DELETED, virtual=virtual), DaemonState.RUNNING, "h")

    assert mail is not None
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
