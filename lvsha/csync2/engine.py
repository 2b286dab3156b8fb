"""The director of this machine as a receiver of configurations. Effects."""

from pathlib import Path
from typing import Final

from lvsha.config.load import SystemResolver
from lvsha.config.reading import loads
from lvsha.csync2.receipt import Stage
from lvsha.csync2.receive import Engine
from lvsha.engine.control import Unanswered, ask
from lvsha.engine.instance import Instance, name_of, run_directory
from lvsha.errors import ConfigError

_SECONDS: Final = 10.0
# Names are resolved while a configuration is read, and name servers are slow.
_RELOADED: Final = 60.0
_VIEW: Final = {"do": "view"}


def engine(live: Path, rundir: Path | None = None) -> Engine:
    """Return the director that follows *live*, whether it runs or not."""
    instance = Instance(name_of(str(live)), run_directory(rundir))

    def valid(content: bytes) -> str:
        try:
            loads(content, str(live), resolver=SystemResolver())
        except ConfigError as error:
            return "\n".join(map(str, error.problems))
        return ""

    def follow(digest: str) -> tuple[Stage, str]:
        if not instance.running():
            return Stage.STORED, ""
        try:
            if ask(instance.control, _VIEW, seconds=_SECONDS).get("sha256") == digest:
                return Stage.ACTIVE, ""
            ask(instance.control, {"do": "reload"}, seconds=_RELOADED)
            said = ask(instance.control, _VIEW, seconds=_SECONDS)
        except Unanswered as error:
            return Stage.VALID, f"the director does not answer: {error}"
        if said.get("sha256") == digest:
            return Stage.ACTIVE, ""
        return Stage.VALID, "the director does not follow it: see 'lvsha status'"

    return Engine(valid, follow)
