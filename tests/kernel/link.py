"""A link with two ends, each in a network namespace of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.kernel.namespace import entered, fresh


def ip(*words: str) -> str:
    return subprocess.run(
        ["ip", *words], check=True, capture_output=True, text=True
    ).stdout


@dataclass(frozen=True)
class Far:
    """The other end of the link, in a namespace of its own."""

    namespace: int

    @contextmanager
    def here(self) -> Iterator[None]:
        with entered(self.namespace):
            yield


@contextmanager
def linked() -> Iterator[Far]:
    """Be in a namespace with eth0 and dummy0; eth0 leads to the *far* one's peer0."""
    with fresh():
        far_namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with fresh():
            here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            place = f"/proc/{os.getpid()}/fd/{far_namespace}"
            words = ["link", "add", "eth0", "type", "veth", "peer", "name", "peer0"]
            ip(*words, "netns", place)
            ip("link", "add", "dummy0", "type", "dummy")
            ip("link", "set", "eth0", "up")
            with entered(far_namespace):
                ip("link", "set", "peer0", "up")
            yield Far(far_namespace)
            os.close(here)
        os.close(far_namespace)
