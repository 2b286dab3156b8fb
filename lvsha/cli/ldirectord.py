"""``lvsha-ldirectord``: the command line of ldirectord, its words and exit codes."""

import contextlib
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lvsha.cli.exits import LDIRECTORD_MEANINGS, table
from lvsha.engine.instance import Busy, Instance, PidFile, found, name_of, run_directory
from lvsha.errors import ConfigError, Problem
from lvsha.notify.text import VERSION, problem_line

USAGE: Final = """\
Usage: lvsha-ldirectord [-d] [--] [CONFIG] start|stop|restart|try-restart|reload|\
force-reload|status
       lvsha-ldirectord -h | -v
"""
HELP: Final = f"""{USAGE}
Direct Linux virtual servers as CONFIG says, in the background.

CONFIG is looked for in /etc/ha.d, in /etc/ha.d/conf, and then where it says;
without it, it is /etc/ha.d/ldirectord.cf.

  -d, --debug    stay in the foreground and log every check on standard error
  -h, --help     show this
  -v, --version  show the version

  start          start, and return once the kernel's table is right
  stop           stop, and return once it is gone: after 60 seconds it is killed
  restart        stop, then start
  try-restart    the same, but only if it is running
  reload         read CONFIG again; an error is shown and changes nothing
  force-reload   the same as reload
  status         tell whether it is running

Exit status:
{table(LDIRECTORD_MEANINGS)}
"""
COMMANDS: Final = frozenset(
    ("start", "stop", "restart", "try-restart", "reload", "force-reload", "status")
)
_USAGE_STATUS: Final = 255
_RELOAD_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Invocation:
    """What was asked for; *configuration* is None when none was named."""

    command: str
    configuration: str | None = None
    debug: bool = False


def main() -> None:
    """Run ``lvsha-ldirectord``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what *arguments* ask for; return the exit status."""
    asked = parsed(arguments)
    if isinstance(asked, str):
        sys.stdout.write(asked)
        return _USAGE_STATUS if asked is USAGE else 0
    try:
        return _Ldirectord.of(asked).do(asked.command)
    except ConfigError as error:
        _report("Error", error.problems)
        return 2
    except OSError as error:
        return _failed(str(error))


def parsed(arguments: Sequence[str]) -> Invocation | str:
    """Return what *arguments* mean, or the text to print instead.

    Short options may be bundled, long ones not abbreviated, and all of them
    stand before the first argument. What follows the command is ignored.
    """
    debug = False
    words = list(arguments)
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        letters = _letters(word)
        if letters is None:
            return USAGE
        if "h" in letters:
            return HELP
        if "v" in letters:
            return f"{VERSION}\n"
        debug = True
    if words and words[0] in COMMANDS and len(words) == 1:
        return Invocation(words[0], None, debug)
    if len(words) > 1 and words[1] in COMMANDS:
        return Invocation(words[1], words[0], debug)
    return USAGE


def _letters(word: str) -> str | None:
    long = {"--debug": "d", "--help": "h", "--version": "v"}
    if word.startswith("--"):
        return long.get(word)
    letters = word[1:].replace("?", "h")
    return letters if set(letters) <= set("dhv") else None


@dataclass(frozen=True, slots=True)
class _Ldirectord:
    """One director, as its init script sees it."""

    instance: Instance
    pidfile: PidFile
    configuration: str | None
    debug: bool

    @classmethod
    def of(cls, asked: Invocation) -> "_Ldirectord":
        name = name_of(asked.configuration)
        return cls(
            Instance(name, run_directory()),
            PidFile.of(name),
            asked.configuration,
            asked.debug,
        )

    def do(self, command: str) -> int:
        match command:
            case "start":
                return self.start()
            case "stop":
                return self.stop()
            case "restart":
                return self.restart()
            case "try-restart":
                return self.do("restart") if self.instance.running() else 0
            case "reload" | "force-reload":
                return self.reload()
            case _:
                return self.status(frozenset())

    def start(self) -> int:
        checked = self._checked()
        return 0 if self.instance.running() else self._start(*checked)

    def _start(self, path: Path, supervised: bool) -> int:
        # What a director is made of takes its time to import.
        from lvsha.engine.run import Options  # noqa: PLC0415

        options = Options(
            path=path,
            instance=self.instance.name,
            rundir=self.instance.rundir,
            foreground=supervised or self.debug,
            debug=self.debug,
            pidfile=None if supervised or self.debug else self.pidfile.path,
        )
        if options.foreground:
            return _direct(options)

        from lvsha.cli.daemon import launched  # noqa: PLC0415

        launch = launched(lambda ready: _direct(replace(options, ready=ready)))
        sys.stderr.write(launch.said)
        if launch.ready:
            return 0
        if launch.late:
            self.stop()
            return _failed(f"{path} was not ready in time and was stopped again")
        return 1

    def stop(self) -> int:
        from lvsha.cli.ending import SECONDS, End, ended  # noqa: PLC0415

        end = ended(self.instance, seconds=SECONDS, kill=True)
        if end in (End.GONE, End.ABSENT):
            return 0
        return _failed(f"{self.instance.name} {end.value}")

    def restart(self) -> int:
        # A broken file is better found while something still runs.
        checked = self._checked()
        stopped = self.stop()
        # One that had to be killed is gone as well.
        if self.instance.running():
            return stopped
        return self._start(*checked) or stopped

    def reload(self) -> int:
        from lvsha.cli.reload import problems  # noqa: PLC0415
        from lvsha.engine.control import Unanswered, ask  # noqa: PLC0415

        if not self.instance.running():
            return _failed(f"ldirectord is not running for {self._spoken()}")
        try:
            said = ask(self.instance.control, {"do": "reload"}, seconds=_RELOAD_SECONDS)
        except Unanswered as error:
            return _failed(str(error))
        if found_wrong := problems(said):
            raise ConfigError(found_wrong)
        return 0 if said.get("ok") else 1

    def status(self, told: frozenset[str]) -> int:
        """Tell whether it is running, and its siblings that are not in *told*."""
        about = self._spoken()
        holder = self.instance.holder()
        if holder is not None:
            sys.stderr.write(
                f"ldirectord for {about} is running with pid: {holder or 'unknown'}\n"
            )
            self._siblings_status(told | {self.instance.name})
            return 0
        stale = self.pidfile.read() is not None
        if stale:
            sys.stderr.write(
                f"ldirectord stale pid file {self.pidfile.path} for {about}\n"
            )
        print(f"ldirectord is stopped for {about}")
        return 1 if stale else 3

    def _siblings_status(self, told: frozenset[str]) -> None:
        from lvsha.config.load import load  # noqa: PLC0415

        execute: tuple[str, ...] = ()
        # Whether we run does not depend on what the file has become.
        with contextlib.suppress(ConfigError, OSError):
            execute = load(found(self.configuration)).configuration.settings.execute
        for words in execute:
            # A quote without its end names nobody.
            with contextlib.suppress(ValueError):
                asked = parsed([*shlex.split(words), "status"])
                if isinstance(asked, Invocation):
                    sibling = _Ldirectord.of(asked)
                    if sibling.instance.name not in told:
                        sibling.status(told | {sibling.instance.name})

    def _checked(self) -> tuple[Path, bool]:
        from lvsha.engine.run import checked_load  # noqa: PLC0415

        path = found(self.configuration)
        loaded = checked_load(path)
        _report("Warning", loaded.warnings)
        return path, loaded.configuration.settings.supervised

    def _spoken(self) -> str:
        try:
            return str(found(self.configuration))
        except FileNotFoundError as error:
            return self.configuration or str(error)


def _direct(options: object) -> int:
    from lvsha.engine.run import Options  # noqa: PLC0415
    from lvsha.engine.run import run as direct  # noqa: PLC0415

    if not isinstance(options, Options):
        raise TypeError(f"{options!r} are not options")
    try:
        return direct(options)
    except ConfigError as error:
        _report("Error", error.problems)
        return 2
    except (Busy, OSError) as error:
        return _failed(str(error))


def _report(word: str, problems: Sequence[Problem]) -> None:
    for problem in problems:
        sys.stderr.write(f"{problem_line(word, problem, os.getpid())}\n")


def _failed(message: str) -> int:
    sys.stderr.write(f"Error [{os.getpid()}]: {message}\n")
    return 1
