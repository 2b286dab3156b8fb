"""The whole way from bytes to a configuration, without touching the machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lvsha.config import defaults
from lvsha.config.again import Asked, Memory, Read, reread
from lvsha.config.document import Document
from lvsha.config.lint import lint, lint_file
from lvsha.config.parse import Notes, Parsed, parse
from lvsha.config.resolve import GlobalFallback, Resolver, resolve
from lvsha.errors import ConfigError, Problem
from lvsha.model import Configuration


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used, and what to be wary of.

    *parsed*, *fallbacks* and *hostname* are for showing it as it was written;
    *memory* makes reading the file again quick.
    """

    configuration: Configuration
    warnings: tuple[Problem, ...]
    document: Document
    parsed: Parsed = field(default_factory=Parsed, repr=False)
    fallbacks: Mapping[str, GlobalFallback] = field(default_factory=dict, repr=False)
    hostname: str = ""
    memory: Memory | None = field(default=None, repr=False)


def loads(  # noqa: PLR0913 - one way in, everything by name
    content: bytes,
    file: str,
    *,
    resolver: Resolver,
    mode: int | None = None,
    examine: Callable[[Parsed, Notes], None] | None = None,
    memory: Memory | None = None,
) -> Loaded:
    """Return the configuration in *content*; raise :exc:`ConfigError` with all errors.

    Nothing is asked but *resolver*. *mode* is the file's permission bits, if it
    has any; *examine* may note more problems, in places the file names.
    *memory* of the same file makes it quicker, and nothing else.
    """
    read = reread(content, memory, file, resolver) if memory else None
    if read is None:
        read = _whole(content, file, resolver)
    notes, parsed = read.notes, read.parsed
    keep = None if notes.errors else read.remembered()
    if examine is not None:
        examine(parsed, notes)
    lint_file(parsed, notes, mode=mode)
    warnings = tuple(sorted(notes.warnings, key=_position))
    if notes.errors:
        raise ConfigError(sorted(notes.errors, key=_position), warnings)
    return Loaded(
        Configuration(defaults.settings(parsed), read.services),
        warnings,
        read.document,
        parsed,
        read.fallbacks,
        resolver.hostname(),
        keep,
    )


def _whole(content: bytes, file: str, resolver: Resolver) -> Read:
    notes = Notes(file)
    asked = Asked(resolver, notes)
    document = Document.parse(content)
    parsed = parse(document, notes)
    resolution = resolve(parsed, asked, notes)
    lint(parsed, resolution.configuration, notes)
    virtuals = resolution.configuration.virtuals
    return Read(content, document, parsed, virtuals, resolution.fallbacks, notes, asked)


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column
