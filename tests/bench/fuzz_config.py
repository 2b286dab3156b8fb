"""Feed random and mutated configurations to the reader and count what happens.

python -m tests.bench.fuzz_config [COUNT] [SEED] [PROCESSES]

Every input must end in a configuration or in errors that have line numbers,
within the time limit, and must come back from its document byte for byte. Exit
status 1 if one does not.
"""

import faulthandler
import multiprocessing
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from lvsha.config import directives
from lvsha.config.describe import describe, describe_error
from lvsha.config.document import Document
from lvsha.config.reading import loads
from lvsha.errors import ConfigError
from tests.unit.names import Names

CASES: Final = Path(__file__).parents[1] / "compat" / "cases"
LIMIT: Final = 5  # seconds of CPU for one input; far above what any takes
SAMPLES: Final = 10
WORDS: Final = [
    name.encode()
    for name in {
        *directives.GLOBAL,
        *directives.VIRTUAL,
        *directives.VIRTUAL6,
        *("virtual", "virtual6", "gate", "masq", "ipip", "http", "yes", "no", "->"),
        *("127.0.0.1", "[::1]", ":80", " = ", '"', "#", "\t", "\n", "\r\n", "l:1"),
        *("10.0.0.0->10.0.0.200", "[::1]->[::ff]", "(?i)", "[[:alpha:]", "\\Q", "*"),
        *("99999999999999999999", "1.5", "-1", "\\x{263a}", "(((((", "\x00", "é"),
    }
]


class Tally(NamedTuple):
    """What became of some inputs; *bad* holds a few that went wrong."""

    inputs: int
    good: int
    refused: int
    crashes: int
    hangs: int
    unplaced: int
    changed: int
    slowest: float
    seconds: float
    bad: tuple[str, ...]


class TooLong(BaseException):
    """An input took longer than the limit."""


def seeds() -> list[bytes]:
    paths = sorted(CASES.glob("*.cf")) + sorted(CASES.glob("engine/*.cf"))
    return [path.read_bytes() for path in paths]


def mutated(chance: random.Random, corpus: list[bytes]) -> bytes:
    """Return one input: mostly a recorded case with some things wrong."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(200))
    content = bytearray(chance.choice(corpus))
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(content) + 1)
        match chance.randrange(8):
            case 0:
                content[at : at + 1] = chance.randbytes(1)
            case 1:
                del content[at : at + chance.randrange(1, 12)]
            case 2:
                content[at:at] = chance.choice(WORDS)
            case 3:
                end = at + chance.randrange(1, 30)
                content[at:at] = content[at:end] * chance.randrange(1, 4)
            case 4:
                other = chance.choice(corpus)
                start = chance.randrange(len(other) + 1)
                content[at:at] = other[start : start + chance.randrange(1, 60)]
            case 5:
                content[at : at + 1] = bytes([chance.choice(b' \t"#=:.,-0123456789[]')])
            case 6:
                lines = content.splitlines(keepends=True)
                chance.shuffle(lines)
                content = bytearray(b"".join(lines))
            case _:
                content[at:at] = bytes([chance.choice(b' "(#a0\\[')]) * chance.choice(
                    (2, 5, 40, 300)
                )
    return bytes(content)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooLong


def run(count: int, seed: int) -> Tally:
    """Return what became of *count* inputs made from *seed*."""
    faulthandler.enable()
    signal.signal(signal.SIGPROF, _stop)
    chance = random.Random(seed)
    corpus = seeds()
    names = Names()
    tallies = [0] * 6
    slowest = 0.0
    bad: list[str] = []
    begun = time.process_time()
    for _ in range(count):
        content = mutated(chance, corpus)
        before = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            outcome = _outcome(content, names)
        except TooLong:
            outcome = 3
        except Exception as error:  # noqa: BLE001 - finding these is the purpose
            outcome = 2
            bad.append(f"{type(error).__name__}: {error}")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - before)
        tallies[outcome] += 1
        if outcome > 1:
            bad.append(repr(content)[:2000])
    good, refused, crashes, hangs, unplaced, changed = tallies
    return Tally(
        count,
        good,
        refused,
        crashes,
        hangs,
        unplaced,
        changed,
        slowest,
        time.process_time() - begun,
        tuple(bad[:SAMPLES]),
    )


def _outcome(content: bytes, names: Names) -> int:
    try:
        loaded = loads(content, "fuzz.cf", resolver=names, mode=0o644)
    except ConfigError as error:
        describe_error(error)
        if not all(problem.line for problem in error.problems):
            return 4
        return 1 if Document.parse(content).content() == content else 5
    describe(loaded)
    return 0 if loaded.document.content() == content else 5


def _shares(count: int, seed: int, share: int) -> Iterator[tuple[int, int]]:
    for index, start in enumerate(range(0, count, share)):
        yield min(share, count - start), seed * 1_000_003 + index


def main() -> int:
    """Run and print the figures."""
    numbers = [int(word) for word in sys.argv[1:4]]
    count, seed, processes = (*numbers, *(50_000, 1, 2)[len(numbers) :])
    before = time.perf_counter()
    with multiprocessing.Pool(processes) as pool:
        tallies = pool.starmap(run, _shares(count, seed, 5_000), chunksize=1)
    seconds = time.perf_counter() - before
    total = [
        sum(column) for column in zip(*(each[:7] for each in tallies), strict=True)
    ]
    inputs, good, refused, crashes, hangs, unplaced, changed = total
    print(
        f"inputs {inputs}  good {good}  refused {refused}  crashes {crashes}"
        f"  hangs {hangs}  without line {unplaced}  changed bytes {changed}\n"
        f"{inputs / seconds:.0f} inputs/s with {processes} processes,"
        f" {inputs / sum(each.seconds for each in tallies):.0f} a CPU second,"
        f" slowest {max(each.slowest for each in tallies):.3f} s, seed {seed}"
    )
    for each in tallies:
        for line in each.bad:
            print(line)
    return 1 if crashes or hangs or unplaced or changed else 0


if __name__ == "__main__":
    sys.exit(main())
