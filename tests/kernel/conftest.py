"""A network namespace of its own for each test: its IPVS table is empty.

These tests need root and a kernel with ip_vs. They run inside a lab node;
anywhere else they fail, they do not skip.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator

import pytest

from lvsha.ipvs.kernel import Kernel

# From linux/sched.h, linux/sockios.h and linux/if.h.
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def _called(name: str, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


@pytest.fixture
def namespace() -> Iterator[None]:
    """Be in a new network namespace, with lo up: else every real server is EINVAL."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _called("unshare", CLONE_NEWNET)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
        yield
    finally:
        _called("setns", home, CLONE_NEWNET)
        os.close(home)


@pytest.fixture
def kernel(namespace: None) -> Iterator[Kernel]:  # noqa: ARG001 - it is where we are
    """Open the table of the namespace."""
    with Kernel.open() as opened:
        yield opened
