"""The mailbox of a lab: what a client of SMTP hands over is told, and counted."""

import json
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from lvsha.lab.cluster.beside import tables
from lvsha.lab.cluster.guest.mailbox import answer
from lvsha.lab.cluster.keepalived import keepalived_conf
from lvsha.lab.cluster.machines import CLIENT_ADDRESS, VIP, configuration
from lvsha.lab.cluster.mailbox import Mailbox
from lvsha.lab.cluster.outcome import Outcome

LISTENS = "lvsha.lab.cluster.guest.mailbox"


@pytest.fixture
def mailbox() -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", LISTENS, "127.0.0.1", "0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        yield program
        program.kill()


def told(mailbox: subprocess.Popen[str]) -> dict[str, object]:
    assert mailbox.stdout is not None
    words: dict[str, object] = json.loads(mailbox.stdout.readline())
    return words


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"], message["To"] = "d1@example.org", "oncall@example.org"
    message.set_content("a line\n.\nDATA\nQUIT\n")
    return message


def test_every_letter_of_a_conversation_is_told(
    mailbox: subprocess.Popen[str],
) -> None:
    port = int(str(told(mailbox)["listening"]))

    with smtplib.SMTP("127.0.0.1", port, "d1.example.org", timeout=30) as client:
        client.send_message(letter("Deleted real server"))
        client.send_message(letter("Añadido"))

    first, second = told(mailbox), told(mailbox)
    assert (first["peer"], first["subject"]) == ("127.0.0.1", "Deleted real server")
    assert second["subject"] == "Añadido"


def test_who_hangs_up_in_the_middle_stops_nobody(
    mailbox: subprocess.Popen[str],
) -> None:
    port = int(str(told(mailbox)["listening"]))
    gone = smtplib.SMTP("127.0.0.1", port, "d1.example.org", timeout=30)
    gone.ehlo()
    gone.close()

    with smtplib.SMTP("127.0.0.1", port, "d1.example.org", timeout=30) as client:
        client.send_message(letter("still here"))

    assert told(mailbox)["subject"] == "still here"


def test_a_letter_that_was_cut_off_was_not_sent(
    mailbox: subprocess.Popen[str],
) -> None:
    port = int(str(told(mailbox)["listening"]))
    cut = smtplib.SMTP("127.0.0.1", port, "d1.example.org", timeout=30)
    cut.ehlo()
    cut.docmd("DATA")
    cut.send("Subject: half a letter\r\n\r\nand no end\r\n")
    assert cut.sock is not None
    cut.sock.shutdown(socket.SHUT_WR)
    assert cut.sock.recv(1) == b""  # it has seen the end, and hung up
    cut.close()

    with smtplib.SMTP("127.0.0.1", port, "d1.example.org", timeout=30) as client:
        client.send_message(letter("a whole one"))

    assert told(mailbox)["subject"] == "a whole one"


@pytest.mark.parametrize("line", [b"", b"\xff\xfe", b"VRFY root", b"mailbox"])
def test_what_is_no_command_it_knows_is_refused(line: bytes) -> None:
    assert answer(line)[1].startswith("500")


def test_a_mailbox_nobody_opened_has_no_count() -> None:
    assert Mailbox().since(0.0) is None


def test_alerts_are_counted_beside_each_other_run_by_run() -> None:
    (found,) = tables(
        [
            Outcome("real-deaths", "classic", alerts=3),
            Outcome("real-deaths", "warm", alerts=2),
            Outcome("real-deaths", "warm"),
        ]
    )

    (row,) = (one for one in found.rows if one.title == "alerts sent")
    assert row.cells == ("3", "2, -")


def test_all_stacks_mail_to_the_same_mailbox() -> None:
    ours = configuration(VIP)

    assert f"smtp = {CLIENT_ADDRESS}" in ours
    assert f"smtp_server {CLIENT_ADDRESS}" in keepalived_conf(ours)
    assert "oncall@example.org" in keepalived_conf(ours)
