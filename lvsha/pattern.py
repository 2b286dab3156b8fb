"""Regular expressions as Perl writes them, compiled for bytes.

``receive`` is a Perl regular expression in every existing configuration. Most
of the two dialects is the same; what differs is translated here, and what
Python cannot do is refused with its name. ``$`` means the same in both: the
end, or before a last newline.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

_ESCAPES: Final = {
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "G": r"\A",
    "h": r"[ \t]",
    "H": r"[^ \t]",
    "v": r"[\n\x0b\f\r]",
    "V": r"[^\n\x0b\f\r]",
    "R": r"(?:\r\n|[\n\x0b\f\r])",
    "N": r"[^\n]",
    "K": "",
    "e": r"\x1b",
    "E": "",
}
_IN_CLASS: Final = {
    "h": r" \t",
    "v": r"\n\x0b\f\r",
    "e": r"\x1b",
    "b": r"\x08",
    "E": "",
}
_POSIX: Final = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-\~",
    "print": r" -\~",
    "graph": r"!-\~",
    "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9A-Fa-f",
    "word": r"\w",
    "ascii": r"\x00-\x7f",
}
_NEGATED: Final = {"digit": r"\D", "space": r"\S", "word": r"\W"}
_KEPT: Final = frozenset("AbBdDsSwWnrtfax0123456789")
_KEPT_IN_CLASS: Final = frozenset("dDsSwWnrtfax01234567")
_UNKNOWN: Final = frozenset("pPXLlUuCB")
_FLAGS: Final = re.compile(r"\(\?(\^?)([a-z]*)(?:-([a-z]*))?([:)])")
_NAMED: Final = re.compile(r"\(\?(?:<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')", re.ASCII)
_BACK: Final = re.compile(
    r"\\(?:g(?:(-?\d+)|\{(-?\d+|[A-Za-z_]\w*)\})"
    r"|k(?:<(\w+)>|'(\w+)'|\{(\w+)\}))",
    re.ASCII,
)
_CODE: Final = re.compile(
    r"\\(?:x\{([0-9A-Fa-f]{1,6})\}|o\{([0-7]{1,6})\}|c([@-_a-z?])|x([0-9A-Fa-f]{0,2}))"
)
_CLASS_WORD: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
_UNSUPPORTED: Final = {
    "(?|": "branch reset (?|",
    "(?R": "recursion (?R)",
    "(?&": "recursion (?&",
    "(?{": "code (?{",
    "(??": "code (??",
    "(*": "verb (*",
}
_SPECIAL: Final = frozenset("()[]{}?*+-|^$\\.&~# \t\n\r\v\f")
LONGEST: Final = 4096  # what a line can reasonably hold


class BadPattern(ValueError):
    """A regular expression that cannot be used; the text says why."""


@lru_cache(maxsize=4096)
def compiled(receive: str) -> re.Pattern[bytes]:
    """Return *receive*, the operator's words, ready to search a peer's bytes."""
    source = translated(receive)
    try:
        return re.compile(source.encode("latin-1"))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(str(error) or "too deeply nested") from error


def translated(receive: str) -> str:
    """Return *receive* as Python's dialect, one character a byte."""
    if len(receive) > LONGEST:
        raise BadPattern(f"longer than {LONGEST} characters")
    raw = receive.encode("utf-8", "surrogateescape").decode("latin-1")
    if not _UNEQUAL.search(raw):
        return raw
    return _Translation(raw).whole()


# Where both dialects may part; a pattern without any of these stays as it is.
_UNEQUAL: Final = re.compile(r"[\\\[]|\(\?|\(\*")


@dataclass(slots=True)
class _Translation:
    """One pattern half done: *at* is the place in *raw*.

    *depths* counts, a group each, the scoped flag groups opened in it: Perl
    lets ``(?i)`` stand anywhere and reach to the end of its group, Python
    wants ``(?i:...)``.
    """

    raw: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    flags: list[list[str]] = field(default_factory=lambda: [[]])
    groups: int = 0

    def whole(self) -> str:
        raw = self.raw
        while self.at < len(raw):
            character = raw[self.at]
            if character == "\\":
                self._escape()
            elif character == "[":
                self._class()
            elif character == "(":
                self._open()
            elif character == ")":
                if len(self.flags) == 1:
                    raise BadPattern("unmatched )")
                self._take(")" * len(self.flags.pop()) + ")", 1)
            elif character == "|":
                again = "".join(self.flags[-1])
                self._take(")" * len(self.flags[-1]) + "|" + again, 1)
            else:
                self._take(character, 1)
        if len(self.flags) > 1:
            raise BadPattern("missing )")
        return "".join(self.out) + ")" * len(self.flags[0])

    def _take(self, text: str, length: int) -> None:
        self.out.append(text)
        self.at += length

    def _open(self) -> None:
        raw, at = self.raw, self.at
        for start, name in _UNSUPPORTED.items():
            if raw.startswith(start, at):
                raise BadPattern(f"{name} is not supported")
        flags = _FLAGS.match(raw, at)
        named = _NAMED.match(raw, at)
        if flags is not None and (flags[2] or flags[3] or flags[1]):
            self._flags(flags)
        elif named is not None:
            self.flags.append([])
            self.groups += 1
            self._take(f"(?P<{named[1] or named[2]}>", len(named[0]))
        elif raw.startswith("(?#", at):
            end = raw.find(")", at)
            if end < 0:
                raise BadPattern("missing ) after (?#")
            self._take("", end + 1 - at)
        else:
            self.flags.append([])
            if not raw.startswith("(?", at):
                self.groups += 1
            self._take("(", 1)
            if raw.startswith("?", self.at):
                self._take("?", 1)

    def _flags(self, match: re.Match[str]) -> None:
        on = "".join(dict.fromkeys(flag for flag in match[2] if flag in "imsx"))
        off = "".join(dict.fromkeys(flag for flag in match[3] or "" if flag in "imsx"))
        strange = set(match[2] + (match[3] or "")) - set("imsxadlupn")
        if strange or "n" in match[2]:
            raise BadPattern(f"flags {match[0]} are not supported")
        if match[1]:
            off = "".join(flag for flag in "imsx" if flag not in on)
        if set(on) & set(off):
            on = "".join(flag for flag in on if flag not in off)
        scope = f"(?{on}-{off}:" if off else f"(?{on}:"
        if match[4] == ":":
            self.flags.append([])
            self._take(scope, len(match[0]))
        else:
            self.flags[-1].append(scope)
            self._take(scope, len(match[0]))

    def _escape(self) -> None:
        raw, at = self.raw, self.at
        character = raw[at + 1 : at + 2]
        if not character:
            raise BadPattern("a backslash at the end")
        if character == "Q":
            end = raw.find(r"\E", at)
            quoted = raw[at + 2 : end if end >= 0 else len(raw)]
            self._take(re.escape(quoted), len(quoted) + (4 if end >= 0 else 2))
            return
        code = _code(raw, at)
        back = _BACK.match(raw, at)
        if code is not None:
            self._take(*code)
        elif back is not None:
            self._take(self._reference(back), len(back[0]))
        elif character in _ESCAPES:
            self._take(_ESCAPES[character], 2)
        elif character in _KEPT or not (character.isalpha() and character.isascii()):
            self._take(raw[at : at + 2], 2)
        elif character in _UNKNOWN:
            raise BadPattern(rf"\{character} is not supported")
        else:
            self._take(character, 2)

    def _reference(self, back: re.Match[str]) -> str:
        name = back[1] or back[2] or back[3] or back[4] or back[5]
        if not name.lstrip("-").isdigit():
            return f"(?P={name})"
        number = int(name[:6])
        if number < 0:
            number += self.groups + 1
        if number < 1:
            raise BadPattern(f"no group {name}")
        return rf"(?:\{number})"

    def _class(self) -> None:
        raw = self.raw
        out = ["["]
        at = self.at + 1
        if raw.startswith("^", at):
            out.append("^")
            at += 1
        first = at
        while True:
            character = raw[at : at + 1]
            if not character:
                raise BadPattern("missing ]")
            if character == "]" and at > first:
                break
            posix = _CLASS_WORD.match(raw, at) if character == "[" else None
            if posix is not None:
                out.append(_posix(posix))
                at += len(posix[0])
            elif character == "\\":
                text, length = _class_escape(raw, at)
                out.append(text)
                at += length
            elif character in "[&~|]" or (character == "-" and out[-1] == "-"):
                out.append("\\" + character)
                at += 1
            else:
                out.append(character)
                at += 1
        out.append("]")
        self.out.append("".join(out))
        self.at = at + 1


def _posix(match: re.Match[str]) -> str:
    name = match[2]
    if name not in _POSIX or (match[1] and name not in _NEGATED):
        raise BadPattern(f"{match[0]} is not supported")
    return _NEGATED[name] if match[1] else _POSIX[name]


def _class_escape(raw: str, at: int) -> tuple[str, int]:
    character = raw[at + 1 : at + 2]
    if not character:
        raise BadPattern("missing ]")
    code = _code(raw, at)
    if code is not None:
        return code
    if character in _IN_CLASS:
        return _IN_CLASS[character], 2
    if character in _KEPT_IN_CLASS or not (character.isalnum() and character.isascii()):
        return raw[at : at + 2], 2
    if character in _UNKNOWN or character in "HVRNQ":
        raise BadPattern(rf"\{character} is not supported in [...]")
    return character, 2


def _code(raw: str, at: int) -> tuple[str, int] | None:
    match = _CODE.match(raw, at)
    if match is None:
        return None
    if match[3]:
        number = ord(match[3].upper()) ^ 64
    elif match[2]:
        number = int(match[2], 8)
    else:
        number = int(match[1] or match[4] or "0", 16)
    if number > 255:  # noqa: PLR2004 - patterns are bytes
        raise BadPattern(f"{match[0]} is not a byte")
    return rf"\x{number:02x}", len(match[0])
