"""What a good configuration asks for that cannot be had here."""

from pathlib import Path

from lvsha.checks import unsupported
from lvsha.checks.extras import remedy
from lvsha.config.load import Loaded
from lvsha.errors import ConfigError, Problem


def refuse_unready(loaded: Loaded, path: Path) -> Loaded:
    """Return *loaded*; raise ConfigError naming every check that cannot be run.

    Better not to start than to count a server down that nobody can look at.
    """
    problems = unready(loaded, path)
    if problems:
        raise ConfigError(problems, loaded.warnings)
    return loaded


def unready(loaded: Loaded, path: Path) -> tuple[Problem, ...]:
    """Return a problem for every line of *path* whose check cannot be run here."""
    problems = {
        (real.line, reason): Problem(
            str(path), real.line, 0, "missing-library", reason, remedy(check.service)
        )
        for virtual in loaded.configuration.virtuals
        for real in virtual.reals
        for check in (real.check, *real.also)
        if (reason := unsupported(check))
    }
    return tuple(problems.values())
