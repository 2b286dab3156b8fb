"""How far a node's clock is from this machine's: each node reads its own at boot."""

import time
from collections.abc import Sequence
from typing import Final, Protocol

from lvsha.lab.errors import DeadlineExpired
from lvsha.lab.process import Process

_PROGRAM: Final = "import sys, time\nfor _ in sys.stdin: print(time.time())"
_TIMES: Final = 10
_SECONDS: Final = 20.0


class _Telling(Protocol):
    @property
    def name(self) -> str: ...

    def start(self, argv: Sequence[str], *, interactive: bool) -> Process: ...


def behind(node: _Telling) -> float:
    """Return the seconds to add to what *node* calls now, right to a millisecond."""
    process = node.start(["python3", "-uS", "-c", _PROGRAM], interactive=True)
    found: list[tuple[float, float]] = []
    try:
        for count in range(1, _TIMES + 1):
            before = time.time()
            process.write(b"\n")
            said = process.wait_output(b"\n", _SECONDS)
            while said.count(b"\n") < count:
                # an answer is there within half a millisecond
                time.sleep(0.0002)
                said = process.output()
                if time.time() - before > _SECONDS:
                    raise DeadlineExpired(f"{node.name}: it does not tell the time")
            after = time.time()
            middle = (before + after) / 2
            found.append((after - before, middle - float(said.split()[-1])))
    finally:
        process.end()
    # the quickest exchange is the one that was held up least
    return min(found)[1]
