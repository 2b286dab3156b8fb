"""What single values may look like: numbers, words, yes or no, quoted text.

Every rule takes the text after the equals sign, trailing blanks included, and
returns what it means, together with a caution if the text says more than its
meaning. It raises :exc:`Refused` when it means nothing. Which directive
follows which rule is written in :mod:`lvsha.config.directives`.
"""

import difflib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)

LARGEST: Final = 2**31 - 1  # what a C int holds: thresholds, timers

_NUMBER = re.compile(r'"?([0-9]+(?:\.[0-9]+)?|\.[0-9]+)')
_FIRST_NUMBER = re.compile(r"[0-9]")
_WORD = re.compile(r'"?([A-Za-z0-9_]+)')
_REMARK = re.compile(r'"?[ \t]*(?:$|(?<=[ \t])#)')
_DIGITS = 20  # more than any number here may have


class Refused(Exception):
    """A value, or a line, that means nothing here.

    *offset* is where in the value the trouble is.
    """

    def __init__(
        self, category: str, message: str, hint: str = "", offset: int = 0
    ) -> None:
        """Keep what the operator will be told."""
        super().__init__(message)
        self.category = category
        self.message = message
        self.hint = hint
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Caution:
    """Something about a value that is accepted and may not be what was meant."""

    category: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Read(Generic[T_co]):
    """What a value means."""

    value: T_co
    caution: Caution | None = None


Rule = Callable[[str], Read[object]]


def suggestion(word: str, choices: Collection[str]) -> str:
    """Return a hint that names what *word* was probably meant to be."""
    length = len(word)
    near = [choice for choice in choices if abs(len(choice) - length) <= 2]  # noqa: PLR2004
    best = difflib.get_close_matches(word.lower(), near, 1)
    return f"did you mean {best[0]!r}?" if best else ""


def shown(text: str) -> str:
    """Return *text* quoted for a message, cut if long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")  # noqa: PLR2004


def _leftover(text: str, end: int, meaning: str) -> Caution | None:
    if _REMARK.match(text, end):
        return None
    rest = text[end:].strip(' \t"')
    if not rest:
        return None
    return Caution(
        "ignored-text",
        f"{shown(rest)} after the value is ignored",
        f"write {meaning!r} alone",
    )


@dataclass(frozen=True, slots=True)
class Number:
    """A number of *least* or more; the recorded rule is "the first digits".

    Trailing text is told of; a sign or other text in front is refused, since it
    would silently mean another number. *decimals* are allowed where time is
    meant.
    """

    what: str
    least: float = 1
    most: int = LARGEST
    decimals: bool = False
    category: str = "bad-number"
    strict: bool = False

    def __call__(self, text: str) -> Read[object]:
        """Return the int or float that *text* starts with."""
        match = _NUMBER.match(text)
        if match is None:
            raise self._refusal(text)
        digits = match[1]
        if "." in digits and not self.decimals:
            raise self._refusal(text, f"write a whole number, not {shown(digits)}")
        if len(digits) > _DIGITS or float(digits) > self.most:
            raise self._refusal(text, f"at most {self.most} is possible")
        number = float(digits)
        value = int(number) if number.is_integer() else number
        if value < self.least:
            raise self._refusal(text)
        caution = _leftover(text, match.end(), digits)
        if caution and self.strict:
            raise self._refusal(text, caution.hint)
        return Read(value, caution)

    def _refusal(self, text: str, hint: str = "") -> Refused:
        found = _FIRST_NUMBER.search(text)
        if not hint and found and found.start() > 0:
            hint = "write the number alone"
        kind = "number" if self.decimals else "whole number"
        return Refused(
            self.category,
            f"{self.what} must be a {kind} of at least {self.least},"
            f" not {shown(text.strip())}",
            hint,
        )


def yes_or_no(what: str) -> Rule:
    """Return the rule for a directive that is ``yes`` or ``no``."""

    def rule(text: str) -> Read[object]:
        word = text.split("#", 1)[0].strip() if " #" in text or "\t#" in text else text
        word = word.strip(" \t")
        if word not in ("yes", "no"):
            raise Refused(
                "bad-yesno",
                f"{what} must be 'yes' or 'no', not {shown(word)}",
                _yes_hint(word),
            )
        return Read(word)

    return rule


def _yes_hint(word: str) -> str:
    plain = word.strip("\"'").lower()
    if plain in ("yes", "y", "true", "on", "1"):
        return "write yes"
    if plain in ("no", "n", "false", "off", "0"):
        return "write no"
    return ""


def word_of(
    what: str, choices: Collection[str], category: str, *, fold: bool = False
) -> Rule:
    """Return the rule for one word out of *choices*; *fold*: in any case."""

    def rule(text: str) -> Read[object]:
        match = _WORD.match(text)
        word = match[1] if match else ""
        known = word.upper() if fold else word
        if match is None or known not in choices:
            listed = ", ".join(sorted(choices))
            raise Refused(
                category,
                f"{what} cannot be {shown(word or text.strip())}",
                suggestion(word, choices) or f"write one of {listed}",
            )
        return Read(known, _leftover(text, match.end(), known))

    return rule


def between_quotes(text: str) -> str | None:
    """Return what is between the first and the last quote, if *text* starts so."""
    if text[:1] != '"':
        return None
    last = text.rfind('"')
    return text[1:last] if last > 0 else None


def _after_quotes(text: str) -> Caution | None:
    rest = text[text.rfind('"') + 1 :].strip()
    if not rest or rest[0] == "#":
        return None
    return Caution("ignored-text", f"{shown(rest)} after the quotes is ignored")


def _unquoted(text: str) -> str:
    return text.strip(" \t").replace("\t", "    ")


def quoted(
    what: str, *, may_be_empty: bool = False, secret: bool = False, slash: bool = False
) -> Rule:
    """Return the rule for text that ldirectord wants in double quotes.

    *secret* keeps the text out of messages; *slash* puts one in front.
    """

    def rule(text: str) -> Read[object]:
        value = between_quotes(text)
        if value is not None:
            caution = None if secret else _after_quotes(text)
        else:
            value = _unquoted(text)
            if not value or value[0] == "'" or '"' in value:
                raise Refused(
                    "unknown-directive",
                    f"{what} wants its value in double quotes",
                    f'write {what} = "..."',
                )
            caution = Caution(
                "unquoted-value",
                f"ldirectord does not know {what} without double quotes",
                f'write {what} = "..."',
            )
        if not value and not may_be_empty:
            raise Refused("empty-value", f"{what} is empty", "leave the line out")
        if slash and value[0] != "/":
            value = "/" + value
        return Read(value, caution)

    return rule


def text_of(what: str, *, may_be_empty: bool = False) -> Rule:
    """Return the rule for free text, quotes around it optional."""

    def rule(text: str) -> Read[object]:
        value = between_quotes(text)
        caution = None
        if value is None:
            value = _unquoted(text)
        else:
            caution = _after_quotes(text)
        if not value and not may_be_empty:
            raise Refused("empty-value", f"{what} is empty", "leave the line out")
        return Read(value, caution)

    return rule
