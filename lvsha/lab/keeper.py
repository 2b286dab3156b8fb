"""A lab's keeper: ends its nodes and removes its files when the owner is no more.

A process of its own, because an owner that is killed cannot clean up. Its standard
input is a pipe that only the owner holds.
"""

import shutil
import signal
import sys
from pathlib import Path

from lvsha.lab.uml import end_all


def main() -> None:
    """Wait for the end of standard input, then clean up the folder that is named."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    sys.stdin.buffer.read()
    end_all(folder / "uml")
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
