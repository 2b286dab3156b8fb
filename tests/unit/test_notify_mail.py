import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

from lvsha.notify.letter import Letter
from lvsha.notify.mail import QUEUE_LIMIT, Courier

LETTER = Letter(
    recipients=("a@example.org", "b@example.org"),
    sender="Director <director@example.org>",
    smtp="127.0.0.1",
    subject="Deleted real server: 127.0.0.2:80 (127.0.1.1:80)",
    body="ldirectord host: h\n",
)


class MailServer:
    """Accepts one connection and speaks from a script; keeps what it heard."""

    def __init__(self, answers: dict[str, str], greeting: str = "220 hello") -> None:
        self.heard: list[str] = []
        self._answers = answers
        self._greeting = greeting
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def done(self) -> list[str]:
        self._thread.join(10)
        self._socket.close()
        return self.heard

    def _serve(self) -> None:
        self._socket.settimeout(10)
        peer, _ = self._socket.accept()
        with peer, peer.makefile("rwb") as stream:
            peer.settimeout(10)
            if not self._greeting:
                peer.recv(1)
                return
            stream.write(self._greeting.encode() + b"\r\n")
            stream.flush()
            body = False
            while line := stream.readline():
                words = line.decode().rstrip("\r\n")
                self.heard.append(words)
                if body and words != ".":
                    continue
                verb = words.split(" ")[0].upper()
                body = verb == "DATA"
                fallback = "354 go on" if body else "250 fine"
                answer = self._answers.get(words, self._answers.get(verb, fallback))
                stream.write(answer.encode() + b"\r\n")
                stream.flush()


def delivered(
    server: MailServer, letter: Letter = LETTER, deadline: float = 10
) -> list[str]:
    log: list[str] = []
    courier = Courier(log.append, host="h", port=server.port, deadline=deadline)
    courier.send(letter)
    courier.close(20)
    return log


def test_each_recipient_has_a_rcpt_b36() -> None:
    server = MailServer({})

    log = delivered(server)

    heard = server.done()
    assert log == []
    assert [line for line in heard if line.startswith("rcpt")] == [
        "rcpt TO:<a@example.org>",
        "rcpt TO:<b@example.org>",
    ]
    assert any(line.startswith("mail FROM:<director@example.org>") for line in heard)


def test_a_mail_has_date_and_message_id_b36() -> None:
    server = MailServer({})

    delivered(server)

    heard = server.done()
    start = heard.index("data") + 1
    raw = "\r\n".join(heard[start : heard.index(".")]).encode()
    message = message_from_bytes(raw, policy=policy.default)
    assert message["From"] == "Director <director@example.org>"
    assert message["To"] == "a@example.org, b@example.org"
    assert message["Subject"] == LETTER.subject
    assert message["Date"]
    assert message["Message-ID"]
    assert message.get_content().splitlines() == ["ldirectord host: h"]


def test_a_refused_recipient_does_not_cost_the_other_one_his_mail() -> None:
    server = MailServer({"rcpt TO:<a@example.org>": "550 who"})

    log = delivered(server)

    assert "data" in server.done()
    assert log == [
        "failed to send SMTP email message: a@example.org refused: 550 'who'"
    ]


def test_a_refusal_is_logged() -> None:
    server = MailServer({}, greeting="554 go away")

    log = delivered(server)

    server.done()
    assert len(log) == 1
    assert log[0].startswith("failed to send SMTP email message: ")


def test_an_address_that_is_none_costs_nobody_else_his_mail() -> None:
    server = MailServer({})
    log: list[str] = []
    courier = Courier(log.append, host="h", port=server.port, deadline=10)

    courier.send(replace(LETTER, recipients=("a@",)))
    courier.send(LETTER)
    courier.close(20)

    assert "rcpt TO:<a@example.org>" in server.done()
    assert len(log) == 1


def test_a_comment_that_is_not_utf_8_is_mailed_all_the_same() -> None:
    server = MailServer({})

    log = delivered(server, replace(LETTER, body="Comment: B\udcfcro\n"))

    assert server.done()
    assert log == []


def test_a_server_that_says_nothing_is_given_up() -> None:
    server = MailServer({}, greeting="")

    log = delivered(server, deadline=0.3)

    server.done()
    assert len(log) == 1
    assert log[0].startswith("failed to send SMTP email message: ")


def test_nobody_listening_is_logged() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log: list[str] = []
    courier = Courier(log.append, host="h", port=port)

    courier.send(LETTER)
    courier.close(20)

    assert len(log) == 1
    assert "refused" in log[0]


def mailer(tmp_path: Path, script: str) -> str:
    path = tmp_path / "sendmail"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def by_mailer(program: str, deadline: float = 10) -> list[str]:
    log: list[str] = []
    courier = Courier(log.append, host="h", mailers=(program,), deadline=deadline)
    local = Letter(("-oQ/evil", "b@example.org"), "", "", "subject", "body\n")
    courier.send(local)
    courier.close(20)
    return log


def test_the_local_mailer_gets_words_not_a_command_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = mailer(tmp_path, f'printf "%s\\n" "$@" > {out}; cat >> {out}')

    log = by_mailer(program)

    assert log == []
    words = out.read_text().splitlines()
    assert words[:2] == ["-oi", "-f"]
    assert words[3:6] == ["--", "-oQ/evil", "b@example.org"]
    assert "Subject: subject" in words


def test_a_mailer_that_fails_or_is_missing_is_logged(tmp_path: Path) -> None:
    failing = mailer(tmp_path, "exit 75")

    assert by_mailer(failing) == [
        f"failed to send email message: {failing} ended with status 75"
    ]
    assert by_mailer("/nonexistent/mailer") == [
        "failed to send email message: no local mailer: /nonexistent/mailer is missing"
    ]


def test_a_mailer_that_hangs_is_killed(tmp_path: Path) -> None:
    program = mailer(tmp_path, "exec sleep 100")

    assert by_mailer(program, deadline=0.2) == [
        f"failed to send email message: {program} took too long and was killed"
    ]


def waiting(log: Callable[[str], None]) -> tuple[Courier, socket.socket]:
    """Return a courier whose mail server never says a word."""
    silent = socket.create_server(("127.0.0.1", 0))
    return Courier(log, host="h", port=silent.getsockname()[1], deadline=30), silent


def test_a_full_queue_gives_up_its_oldest_letter() -> None:
    log: list[str] = []
    courier, silent = waiting(log.append)
    # One is being delivered, or will be; the others wait.
    for number in range(QUEUE_LIMIT + 5):
        courier.send(Letter(("a",), "", "127.0.0.1", f"letter {number}", ""))

    dropped = [line for line in log if "too many are waiting" in line]
    courier.close(0)

    assert dropped
    assert "dropped 'letter 1'" in "".join(dropped) or "letter 0" in dropped[0]
    assert f"dropped 'letter {QUEUE_LIMIT + 4}'" in log[-1]
    silent.close()


def test_closing_without_time_logs_what_was_lost() -> None:
    log: list[str] = []
    courier, silent = waiting(log.append)
    courier.send(LETTER)
    courier.send(LETTER)

    courier.close(0)

    assert "no time left" in log[-1]
    courier.send(LETTER)
    assert "dropped" in log[-1]
    silent.close()
