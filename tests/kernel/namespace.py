"""A fresh network namespace for this thread: its IPVS table is empty."""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

# From linux/sched.h, linux/sockios.h and linux/if.h.
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


@contextmanager
def fresh() -> Iterator[None]:
    """Be in a new network namespace, with lo up: else every real server is EINVAL."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _called("unshare", CLONE_NEWNET)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            up = struct.pack("16sh14x", b"lo", IFF_UP)
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, up)
        yield
    finally:
        _called("setns", home, CLONE_NEWNET)
        os.close(home)


def _called(name: str, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


@contextmanager
def entered(descriptor: int) -> Iterator[None]:
    """Be, this thread and the children it starts, in the namespace *descriptor*."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _called("setns", descriptor, CLONE_NEWNET)
        yield
    finally:
        _called("setns", home, CLONE_NEWNET)
        os.close(home)
