"""What ours says of a server is what ldirectord says, or there is a reason.

Servers, ldirectord, kernel and both directors' tables are real.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.services import (
    access,
    calls,
    databases,
    directories,
    files,
    mail,
    mailboxes,
    names,
    news,
    proxies,
    stores,
    telephony,
    web,
)
from tests.services.daemons import certificates, running
from tests.services.faults import Saboteurs
from tests.services.page import TOLD, lines, page
from tests.services.play import Heard, played, spots
from tests.services.rows import Outcome

ALL: Final = {
    row.name: row
    for row in (
        *mailboxes.ROWS,
        *mail.ROWS,
        *files.ROWS,
        *news.ROWS,
        *telephony.ROWS,
        *names.ROWS,
        *directories.ROWS,
        *databases.ROWS,
        *access.ROWS,
        *web.ROWS,
        *proxies.ROWS,
        *stores.ROWS,
        *calls.ROWS,
    )
}
PAGE: Final = Path(__file__).parents[2] / "docs" / "services.md"
LEFT: Final = Path("/srv/share/services.md")
LOGS: Final = Path("/srv/share/logs")
# Directors mostly wait for servers that hang; this many at once.
_AT_ONCE: Final = 4

Playing = Mapping[str, Callable[[], dict[Outcome, Heard]]]


@pytest.fixture(scope="module")
def playing(request: pytest.FixtureRequest) -> Iterator[Playing]:
    """Start every daemon that is asked for, and play its rows, several at once."""
    asked = {item.name for item in request.session.items}
    names = [name for name in ALL if any(f"[{name}]" in item for item in asked)]
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="services")))
        home.chmod(0o755)  # daemons become somebody else
        certificates(home / "tls")
        for daemon in {
            ALL[name].daemon.name: ALL[name].daemon for name in names
        }.values():
            stack.enter_context(running(daemon, home / daemon.name, home / "tls"))
        saboteurs = Saboteurs()
        stack.callback(saboteurs.close)
        pool = stack.enter_context(ThreadPoolExecutor(_AT_ONCE))
        answers = {}
        for number, (name, row) in enumerate(ALL.items(), start=1):
            if name in names:
                saboteurs.spoil(row, spots(number))
                answers[name] = played(
                    number,
                    row,
                    home / f"row{number}",
                    pool,
                    alone=request.config.getoption("--alone"),
                )
        yield answers
        shutil.copytree(home, LOGS, ignore=_not_logs, dirs_exist_ok=True)
        pool.shutdown(cancel_futures=True)


def _not_logs(folder: str, names: list[str]) -> set[str]:
    """Return what is not worth keeping: all but directors' and daemons' words."""
    kept = {"log", "said", "ld.cf"}
    return {
        name
        for name in names
        if not (name in kept or name.isupper() or (Path(folder) / name).is_dir())
        or name in ("run", "mail", "state")
    }


@pytest.mark.parametrize("name", ALL)
def test_both_say_what_is_expected(playing: Playing, name: str) -> None:
    row, heard = ALL[name], playing[name]()

    wrong = {
        outcome: f"lvsha {one.ours}, ldirectord {one.original}"
        for outcome, one in heard.items()
        if (one.ours, one.original)
        != (row.cells[outcome].ours, row.originally(outcome))
    }
    told = next((heard[outcome].told for outcome in wrong), "")
    verdicts = {o.value: (str(one.ours), str(one.original)) for o, one in heard.items()}
    (LEFT.parent / f"{name}.txt").write_text(f"{verdicts}\n{told}", "utf-8")
    assert wrong == {}, told


def test_the_page_in_the_documentation_is_what_was_seen(
    playing: Playing, pytestconfig: pytest.Config
) -> None:
    rows = [ALL[name] for name in playing]
    heard = [ask() for ask in playing.values()]
    seen = page(rows, heard)
    pytestconfig.stash[TOLD] = seen
    LEFT.write_text(seen, "utf-8")

    written = PAGE.read_text("utf-8")
    missing = [
        line
        for row, each in zip(rows, heard, strict=True)
        for line in "".join(lines(row, each)).splitlines()
        if line not in written
    ]
    assert missing == []
    assert len(rows) < len(ALL) or seen == written
