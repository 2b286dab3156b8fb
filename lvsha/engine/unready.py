"""What a good configuration asks for that this version cannot do yet."""

from pathlib import Path

from lvsha.checks import unsupported
from lvsha.config.load import Loaded
from lvsha.errors import ConfigError, Problem


def refuse_unready(loaded: Loaded, path: Path) -> Loaded:
    """Return *loaded*; raise ConfigError naming every check that cannot be run.

    Better not to start than to count a server down that nobody can look at.
    """
    problems = {
        (real.line, reason): Problem(str(path), real.line, 0, "check-unready", reason)
        for virtual in loaded.configuration.virtuals
        for real in virtual.reals
        if (reason := unsupported(real.check))
    }
    if problems:
        raise ConfigError(tuple(problems.values()))
    return loaded
