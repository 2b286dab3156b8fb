"""From a document to what each line means, with every error and caution.

Parsing knows one line at a time; what lines mean together, and what names
mean, is for :mod:`lvsha.config.resolve`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lvsha.config import addresses, directives
from lvsha.config.addresses import RealSpec, VirtualSpec
from lvsha.config.directives import Directive
from lvsha.config.document import Document, Kind, Line
from lvsha.config.values import Caution, Refused, shown, suggestion
from lvsha.errors import Problem

# The words that make sense in a virtual service, and outside.
_NAMES: Final = (
    tuple({**directives.VIRTUAL, **directives.VIRTUAL6}),
    (*directives.GLOBAL, "virtual", "virtual6"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a line means, and which line it is."""

    value: object
    line: Line


@dataclass(slots=True)
class Notes:
    """The problems found so far, errors apart from warnings.

    *section* is the virtual service that is being looked at, -1 outside of
    them; warnings are kept by it.
    """

    file: str
    section: int = -1
    errors: list[Problem] = field(default_factory=list)
    by_section: dict[int, list[Problem]] = field(default_factory=dict)

    @property
    def warnings(self) -> list[Problem]:
        """All warnings, in no order."""
        return [one for found in self.by_section.values() for one in found]

    def refuse(self, line: Line, refused: Refused) -> None:
        """Note that *line* cannot be used."""
        self.errors.append(
            Problem(
                self.file,
                line.number,
                line.start + refused.offset + 1,
                refused.category,
                refused.message,
                refused.hint,
            )
        )

    def warn(self, line: Line | None, caution: Caution) -> None:
        """Note that *line*, or the file, may not mean what it seems to."""
        self.by_section.setdefault(self.section, []).append(
            Problem(
                self.file,
                line.number if line else 0,
                line.start + 1 if line else 0,
                caution.category,
                caution.message,
                caution.hint,
            )
        )


@dataclass(slots=True)
class Section:
    """One virtual service as written; *spec* is None if its header is wrong."""

    header: Line
    version: int
    spec: VirtualSpec | None
    end: int
    settings: dict[str, Setting] = field(default_factory=dict)
    reals: list[tuple[RealSpec, Line]] = field(default_factory=list)

    def get(self, name: str) -> object:
        """Return the value of *name* in this section, or None."""
        setting = self.settings.get(name)
        return None if setting is None else setting.value


@dataclass(slots=True)
class Parsed:
    """A whole file as written."""

    settings: dict[str, Setting] = field(default_factory=dict)
    executes: list[Setting] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    def get(self, name: str) -> object:
        """Return the global value of *name*, or None."""
        setting = self.settings.get(name)
        return None if setting is None else setting.value


def parse(document: Document, notes: Notes) -> Parsed:
    """Return what *document* says; lines that say nothing go to *notes*."""
    parsed = Parsed()
    for line in document.lines:
        kind = line.kind
        notes.section = line.section
        if kind is Kind.SETTING:
            try:
                if line.section < 0:
                    _globally(parsed, line, notes)
                else:
                    _inside(parsed.sections[-1], line, notes)
            except Refused as refused:
                notes.refuse(line, refused)
        elif kind is Kind.HEADER:
            end = document.ends[len(parsed.sections)]
            parsed.sections.append(_section(line, end, notes))
        elif kind is Kind.STRANGE:
            notes.refuse(line, _strange(line))
    notes.section = -1
    return parsed


def _section(line: Line, end: int, notes: Notes) -> Section:
    version = 6 if line.name == "virtual6" else 4
    spec = None
    try:
        read = addresses.virtual(line.value, version)
        spec = read.value
        if read.caution:
            notes.warn(line, read.caution)
    except Refused as refused:
        notes.refuse(line, refused)
    return Section(line, version, spec, end)


def _globally(parsed: Parsed, line: Line, notes: Notes) -> None:
    if line.name == "supervised" and not line.text[len("supervised") :].strip():
        parsed.settings["supervised"] = Setting("yes", line)
        notes.warn(
            line,
            Caution(
                "bare-supervised", "supervised has no value", "write supervised = yes"
            ),
        )
        return
    if line.name == "supervised" and not line.assigned:
        raise Refused(
            "bad-yesno", "supervised must be 'yes' or 'no'", "write supervised = yes"
        )
    directive = _directive(line, directives.GLOBAL)
    value = _read(directive, line, notes)
    if directive.name == "execute":
        parsed.executes.append(Setting(value, line))
    elif directive.repeated:
        _add(parsed.settings, Setting(value, line))
    else:
        _keep(parsed.settings, Setting(value, line), notes)


def _inside(section: Section, line: Line, notes: Notes) -> None:
    table = directives.VIRTUAL if section.version == 4 else directives.VIRTUAL6  # noqa: PLR2004
    directive = _directive(line, table)
    value = _read(directive, line, notes)
    if isinstance(value, RealSpec):
        section.reals.append((value, line))
        return
    if directive.repeated:
        _add(section.settings, Setting(value, line))
        return
    if directive.name == "protocol" and section.spec:
        _matching(value, section.spec)
    _keep(section.settings, Setting(value, line), notes)


def _matching(protocol: object, spec: VirtualSpec) -> None:
    if (protocol == "fwm") is not spec.marked:
        raise Refused(
            "bad-protocol",
            f"protocol {protocol} does not fit this virtual service",
            "a firewall mark has protocol fwm"
            if spec.marked
            else "an address has protocol tcp or udp",
        )


def _keep(settings: dict[str, Setting], setting: Setting, notes: Notes) -> None:
    name = setting.line.name
    if name in settings:
        notes.warn(
            settings[name].line,
            Caution(
                "repeated-directive",
                f"{name} is given again in line {setting.line.number}",
                "the last one counts",
            ),
        )
    settings[name] = setting


def _add(settings: dict[str, Setting], setting: Setting) -> None:
    """Add to what the lines of the same name say: they count together."""
    name = setting.line.name
    before = settings.get(name)
    if before is None:
        settings[name] = Setting((setting.value,), setting.line)
    elif isinstance(before.value, tuple):
        settings[name] = Setting((*before.value, setting.value), before.line)


def _read(directive: Directive, line: Line, notes: Notes) -> object:
    read = directive.rule(line.value)
    if read.caution:
        notes.warn(line, read.caution)
    return read.value


def _directive(line: Line, table: Mapping[str, Directive]) -> Directive:
    directive = table.get(line.name)
    if directive is not None and line.assigned:
        return directive
    if line.name in ("virtual", "virtual6"):
        message = f"{line.name} cannot stand here"
        hint = f"write {line.name} = ADDRESS:PORT in the first column"
    elif directive is not None:
        message, hint = f"{line.name} has no value", f"write {line.name} = VALUE"
    elif line.name in directives.GLOBAL:
        message = f"{line.name} cannot stand in a virtual service"
        hint = "write it at the start of a line, outside of virtual services"
    elif line.name in directives.VIRTUAL or line.name in directives.VIRTUAL6:
        message = f"{line.name} can only stand in a virtual service"
        hint = "indent the line, without an empty line after the virtual line"
    else:
        message = f"unknown directive {shown(line.name)}"
        hint = suggestion(line.name, _NAMES[table is directives.GLOBAL])
    raise Refused("unknown-directive", message, hint, line.begin - line.start)


def _strange(line: Line) -> Refused:
    # Only what is left of the equals sign is shown: the rest may be a secret.
    text = line.text.partition("=")[0].strip()
    if line.section < 0 and line.text[:1] in " \t":
        hint = "global directives start in the first column;"
        hint += " those of a virtual service follow it without an empty line"
    else:
        hint = "write NAME = VALUE"
    return Refused(
        "unknown-directive",
        f"{shown(text)} is no directive",
        hint,
        line.begin - line.start,
    )
