"""The sysctls of IPVS below ``/proc/sys/net/ipv4/vs``: read, and set.

They belong to the network namespace of the thread that asks.
"""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lvsha.errors import KernelError

DIRECTORY: Final = Path("/proc/sys/net/ipv4/vs")


def read(names: Iterable[str], directory: Path = DIRECTORY) -> dict[str, str]:
    """Return the values of *names*, single spaces within; without what is not there."""
    found = {}
    for name in names:
        try:
            words = (directory / name).read_text(encoding="ascii").split()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _refused(f"read net.ipv4.vs.{name}", error) from error
        found[name] = " ".join(words)
    return found


def write(name: str, value: str, directory: Path = DIRECTORY) -> None:
    """Set *name* to *value*. Raises *KernelError* when it is refused."""
    try:
        # Not made where the kernel has none, which "w" would try.
        place = os.open(directory / name, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        with os.fdopen(place, "w", encoding="ascii") as file:
            file.write(f"{value}\n")
    except OSError as error:
        raise _refused(f"set net.ipv4.vs.{name} to {value}", error) from error


def _refused(what: str, error: OSError) -> KernelError:
    number = error.errno or errno.EIO
    return KernelError(number, f"cannot {what}: {error.strerror or error}")
