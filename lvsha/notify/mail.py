"""Handing mail over: SMTP or the local mailer, in a thread of its own; effects.

Mail servers block for as long as they like; the director never waits for
them. There is one thread, a bounded queue, and a deadline for each letter.
"""

import collections
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final

from lvsha.notify.letter import Letter

DEADLINE: Final = 60.0
QUEUE_LIMIT: Final = 500
# RFC 5321 section 4.2.3: "service ready".
_GREETING: Final = 220

MAILERS: Final = ("/usr/sbin/sendmail", "/usr/lib/sendmail")


class Courier:
    """Delivers letters in order, one at a time.

    *log* hears of every failure; it is called from the courier's thread and
    must bear that.
    """

    def __init__(
        self,
        log: Callable[[str], None],
        *,
        host: str,
        port: int = 25,
        mailers: tuple[str, ...] = MAILERS,
        deadline: float = DEADLINE,
    ) -> None:
        """Deliver as a user of *host*; the thread starts with the first letter."""
        self._log = log
        self._host = host
        self._port = port
        self._mailers = mailers
        self._deadline = deadline
        self._waiting: collections.deque[Letter] = collections.deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def send(self, letter: Letter) -> None:
        """Queue *letter*; when the queue is full the oldest one is given up."""
        lost: Letter | None = None
        with self._changed:
            if self._closing:
                lost = letter
            else:
                if len(self._waiting) >= QUEUE_LIMIT:
                    lost = self._waiting.popleft()
                self._waiting.append(letter)
                self._changed.notify()
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(
                    target=self._work, name="lvsha-mail", daemon=True
                )
                self._thread.start()
        if lost is not None:
            self._log(
                f"{_failure(lost)}: too many are waiting, dropped {lost.subject!r}"
            )

    def close(self, seconds: float) -> None:
        """Deliver what waits, for *seconds* at most; the rest is logged as lost."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(seconds)
        with self._changed:
            left = list(self._waiting)
            self._waiting.clear()
        for letter in left:
            self._log(f"{_failure(letter)}: no time left, dropped {letter.subject!r}")

    def _work(self) -> None:
        while (letter := self._next()) is not None:
            try:
                self._deliver(letter)
            except Exception as error:  # noqa: BLE001 - the top of a thread
                # The standard library trips over some addresses (``a@``) with
                # errors of all kinds, and the next letter is another one.
                self._log(f"{_failure(letter)}: {error}")

    def _next(self) -> Letter | None:
        with self._changed:
            while not self._waiting:
                if self._closing:
                    return None
                self._changed.wait()
            return self._waiting.popleft()

    def _deliver(self, letter: Letter) -> None:
        own = f"{_user()}@{self._host}"
        sender = parseaddr(letter.sender)[1] or own
        message = _message(letter, letter.sender or own, self._host)
        if letter.smtp:
            self._by_smtp(letter, sender, message)
        else:
            self._by_mailer(letter, sender, message)

    def _by_smtp(self, letter: Letter, sender: str, message: bytes) -> None:
        # Not needed by a director that mails nobody, and slow to import.
        import smtplib  # noqa: PLC0415

        until = time.monotonic() + self._deadline
        try:
            with (
                socket.create_connection(
                    (letter.smtp, self._port), timeout=self._deadline / 2
                ) as peer,
                _hung_up(peer, until),
            ):
                client = smtplib.SMTP(local_hostname=self._host)
                client.sock = peer
                code, greeting = client.getreply()
                if code != _GREETING:
                    raise smtplib.SMTPConnectError(code, greeting)
                refused = client.sendmail(sender, letter.recipients, message)
                with contextlib.suppress(OSError):
                    client.quit()
        except smtplib.SMTPRecipientsRefused as error:
            raise OSError(_refusals(error.recipients)) from error
        if refused:
            self._log(f"{_failure(letter)}: {_refusals(refused)}")

    def _by_mailer(self, letter: Letter, sender: str, message: bytes) -> None:
        mailer = next((m for m in self._mailers if os.access(m, os.X_OK)), None)
        if mailer is None:
            raise FileNotFoundError(f"no local mailer: {self._mailers[0]} is missing")
        argv = [mailer, "-oi", "-f", sender, "--", *letter.recipients]
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            child.communicate(message, timeout=self._deadline)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise TimeoutError(f"{mailer} took too long and was killed") from None
        if child.returncode:
            raise OSError(f"{mailer} ended with status {child.returncode}")


@contextlib.contextmanager
def _hung_up(peer: socket.socket, until: float) -> Iterator[None]:
    """Hang up on *peer* at *until*: a timeout alone allows a byte every so often."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(until - time.monotonic(), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _message(letter: Letter, sender: str, host: str) -> bytes:
    # See above: a director that mails nobody does without it.
    from email.message import EmailMessage  # noqa: PLC0415
    from email.policy import SMTP  # noqa: PLC0415

    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(letter.recipients)
    message["Subject"] = letter.subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=host)
    # What is not UTF-8 in the file has no encoding that could be told.
    body = letter.body.encode(errors="surrogateescape").decode(errors="replace")
    message.set_content(body)
    return message.as_bytes()


def _failure(letter: Letter) -> str:
    return f"failed to send {'SMTP email' if letter.smtp else 'email'} message"


def _refusals(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(
        f"{who} refused: {code} {why.decode(errors='replace')[:100]!r}"
        for who, (code, why) in refused.items()
    )


def _user() -> str:
    # getpass.getuser() reads LOGNAME first: an operator's name under sudo.
    import pwd  # noqa: PLC0415

    with contextlib.suppress(KeyError):
        return pwd.getpwuid(os.geteuid()).pw_name
    return "root"


def local_host() -> str:
    """Return this machine's name without asking a name server."""
    return socket.gethostname() or "localhost"
