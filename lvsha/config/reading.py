"""The whole way from bytes to a configuration, without touching the machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lvsha.config.document import Document
from lvsha.config.lint import lint
from lvsha.config.parse import Notes, Parsed, parse
from lvsha.config.resolve import GlobalFallback, Resolver, resolve
from lvsha.errors import ConfigError, Problem
from lvsha.model import Configuration


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used, and what to be wary of.

    *parsed*, *fallbacks* and *hostname* are for showing it as it was written.
    """

    configuration: Configuration
    warnings: tuple[Problem, ...]
    document: Document
    parsed: Parsed = field(default_factory=Parsed, repr=False)
    fallbacks: Mapping[str, GlobalFallback] = field(default_factory=dict, repr=False)
    hostname: str = ""


def loads(
    content: bytes,
    file: str,
    *,
    resolver: Resolver,
    mode: int | None = None,
    examine: Callable[[Parsed, Notes], None] | None = None,
) -> Loaded:
    """Return the configuration in *content*; raise :exc:`ConfigError` with all errors.

    Nothing is asked but *resolver*. *mode* is the file's permission bits, if it
    has any; *examine* may note more problems, in places the file names.
    """
    document = Document.parse(content)
    notes = Notes(file)
    parsed = parse(document, notes)
    resolution = resolve(parsed, resolver, notes)
    if examine is not None:
        examine(parsed, notes)
    lint(parsed, resolution.configuration, notes, mode=mode)
    warnings = tuple(sorted(notes.warnings, key=_position))
    if notes.errors:
        raise ConfigError(sorted(notes.errors, key=_position), warnings)
    return Loaded(
        resolution.configuration,
        warnings,
        document,
        parsed,
        resolution.fallbacks,
        resolver.hostname(),
    )


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column
