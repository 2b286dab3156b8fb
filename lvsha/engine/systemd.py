"""Telling systemd how the director is: readiness, reloads, the watchdog.

The protocol is one datagram of ``NAME=value`` lines to ``NOTIFY_SOCKET``, see
sd_notify(3). Without that variable nothing happens; a supervisor that does
not listen never stops the director.
"""

import contextlib
import os
import socket
import time
from collections.abc import Mapping


def ready(status: str = "") -> None:
    """Say that start-up, or a reload, is complete."""
    notify("READY=1", *_status(status))


def reloading() -> None:
    """Say that a reload has begun; :func:`ready` ends it."""
    # systemd.service(5), Type=notify-reload: the time must be of CLOCK_MONOTONIC.
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping(status: str = "") -> None:
    """Say that the director is on its way out."""
    notify("STOPPING=1", *_status(status))


def status(text: str) -> None:
    """Set the line ``systemctl status`` shows."""
    notify(*_status(text))


def alive() -> None:
    """Pet the watchdog."""
    notify("WATCHDOG=1")


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return how often systemd wants to hear :func:`alive`, None for never.

    Call it at least twice as often.
    """
    for_pid = environment.get("WATCHDOG_PID")
    if for_pid is not None and for_pid != str(os.getpid()):
        return None
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return microseconds / 1e6 if microseconds > 0 else None


def pace(longest: float, environment: Mapping[str, str] = os.environ) -> float:
    """Return how often to be :func:`alive`: every *longest* seconds, or sooner."""
    watchdog = watchdog_seconds(environment)
    return longest if watchdog is None else min(longest, watchdog / 3)


def notify(*lines: str) -> bool:
    """Send *lines* to the supervisor; tell whether somebody was there to hear."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not lines or path[:1] not in ("/", "@"):
        return False
    # A name that starts with @ is in the abstract name space: a leading zero byte.
    address = "\0" + path[1:] if path.startswith("@") else path
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as peer,
    ):
        peer.sendto("\n".join(lines).encode(), address)
        return True
    return False


def _status(text: str) -> tuple[str, ...]:
    return (f"STATUS={' '.join(text.split())}",) if text else ()
