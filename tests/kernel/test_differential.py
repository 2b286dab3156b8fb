"""The same file, the same real servers: the same table as ldirectord's, or a reason.

ldirectord is Debian's, ipvsadm and the kernel are real. Where the original is wrong
the case names the bug and both outcomes are asserted.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from lvsha.ipvs.listing import parsed, rules
from tests.kernel.differential import Ended, played
from tests.kernel.differential_bugs import BUGS
from tests.kernel.differential_checks import CHECKS
from tests.kernel.differential_servers import Town
from tests.kernel.differential_services import SERVICES
from tests.kernel.differential_table import TOLD, page, row

ALL: Final = {case.name: case for case in (*SERVICES, *CHECKS, *BUGS)}
PAGE: Final = Path(__file__).parents[2] / "docs" / "differential.md"
# Directors mostly wait for each other's intervals; this many pairs at once.
_AT_ONCE: Final = 8


@pytest.fixture(scope="module")
def playing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[list[Ended]]]]:
    """Play every case that was asked for, several at once."""
    asked = {item.name for item in request.session.items}
    names = [name for name in ALL if any(f"[{name}]" in item for item in asked)]
    town = Town()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {
            name: pool.submit(played, ALL[name], tmp_path_factory.mktemp("case"), town)
            for name in names
        }
        pool.shutdown(cancel_futures=True)
    town.close()


@pytest.mark.parametrize("name", ALL)
def test_the_table_is_ldirectords(
    playing: Mapping[str, Future[list[Ended]]], name: str
) -> None:
    endings = playing[name].result()

    for ended in endings:
        phase = ended.phase
        ours = rules(parsed(phase.table))
        context = f"{name}: {phase.name}\n{ended.said}"
        assert ended.ours.text == ours, context
        assert ended.original.text == rules(parsed(phase.originally)), context
        assert ended.ours.table == parsed(phase.table), context
        assert ended.original.table == parsed(phase.originally), context
    assert len(endings) == len(ALL[name].phases)


def test_the_page_in_the_documentation_is_what_was_seen(
    playing: Mapping[str, Future[list[Ended]]], pytestconfig: pytest.Config
) -> None:
    told = [
        row(ALL[name], all(ended.original == ended.ours for ended in future.result()))
        for name, future in playing.items()
    ]
    pytestconfig.stash[TOLD] = page(told)

    written = PAGE.read_text("utf-8")
    assert [line for line in told if line not in written] == []
    assert len(told) < len(ALL) or page(told) == written
