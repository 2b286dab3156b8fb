"""Every recorded parser case gives its outcome, or is a deviation listed here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from lvsha.config.describe import Json, describe
from lvsha.config.load import load
from lvsha.errors import ConfigError
from tests.unit.names import Names

CASES: Final = Path(__file__).parent / "cases"

# Where we do not do what was recorded: the outcome, and why. "accepted" is for
# what the original refused; anything else is the category we refuse it with.
# Values are what we say instead of the recorded ones, by path.
ACCEPTED: Final = {
    "006": "blanks after yes and no are trimmed",
    "007": "blanks between yes or no and a comment are trimmed",
    "016": "a line of blanks is an empty line, however many",
    "021": "a virtual line may be the last of the file (B30)",
    "027": "a carriage return belongs to the line's end",
    "030": "# between quotes is text (B46)",
    "039": "quotes around a request may be left out, with a warning",
    "091": "blanks before the comma between request and receive",
    "096": "digits inside a string are no weight (B34)",
    "117": "IPv6 ranges are ranges",
    "136": "a service name is looked up for the protocols that are used (B44)",
    "217": "half a second is half a second",
    "241": "blanks after a netmask are trimmed",
    "256": "each virtual service may have its own sender",
    "274": "quotes around a log file may be left out, with a warning",
    "277": "quotes around a callback may be left out, with a warning",
}
REFUSED: Final = {
    "052": ("bad-virtual-address", "text glued to a mark"),
    "054": ("bad-virtual-address", "mark 0 is no mark"),
    "055": ("bad-virtual-address", "an address without port is no mark (B33)"),
    "060": ("bad-virtual-address", "port 0 without persistence cannot be programmed"),
    "105": ("bad-real-tail", "text before the weight is not dropped (B34)"),
    "132": ("bad-real-format", "text before an address is not dropped (B32)"),
    "147": ("fallback-resolve", "an empty fallback is not the loopback address"),
    "163": ("bad-checktype", "a sign is not dropped"),
    "201": ("bad-checkport", "letters glued to a port are not dropped"),
    "231": ("bad-scheduler", "Wrr is not rr"),
    "237": ("bad-number", "persistence of 0 cannot be programmed"),
    "240": ("bad-netmask", "999 is no octet"),
    "255": ("bad-emailstatus", "an empty list is not none"),
    "267": ("unknown-directive", "supervisedx is not supervised"),
    "291": ("bad-virtual-address", "an address without port is no mark (B33)"),
    "310": ("empty-value", "a log goes somewhere"),
    "312": ("bad-real-format", "10.0.0.1/24 is not 0.0.0.24 (B32)"),
}
OTHERWISE: Final[Mapping[str, tuple[str, dict[str, Json]]]] = {
    "028": (
        "a carriage return belongs to the line's end",
        {"virtuals.0.directives.virtualhost": "www.x.y"},
    ),
    "102": (
        "quoted thresholds are thresholds (B59)",
        {
            "virtuals.0.reals.0.request": "/",
            "virtuals.0.reals.0.receive": "",
            "virtuals.0.reals.0.check_url": "http://127.0.0.2:80/",
            "virtuals.0.reals.0.lower_threshold": 5,
            "virtuals.0.reals.0.upper_threshold": 10,
        },
    ),
    "114": (
        "ranges are compared as numbers (B31)",
        {
            "virtuals.0.reals.0.ip": "59.154.201.254",
            "virtuals.0.reals.3.ip": "59.154.202.1",
        },
    ),
    "123": (
        "ip::port is ip:port (B32)",
        {"virtuals.0.reals.0.ip": "127.0.0.2", "virtuals.0.reals.0.port": 5060},
    ),
    "138": (
        "a global fallback works for marks (B2)",
        {
            "globals.fallback.fwm": None,
            "virtuals.0.fallback_effective.ip": "127.0.0.9",
            "virtuals.0.fallback_effective.forward": "gate",
            "virtuals.0.fallback_effective.weight": 1,
        },
    ),
    "195": (
        "an inferred service has its default login (B47)",
        {
            "virtuals.0.directives.login": "anonymous",
            "virtuals.0.directives.passwd": "ldirectord@testhost",
        },
    ),
    "196": (
        "an inferred service has its default login (B47)",
        {"virtuals.0.directives.login": "ldirectord@testhost"},
    ),
    "216": ("1.5 seconds are 1.5 seconds", {"globals.checktimeout": 1.5}),
    "229": (
        "values are trimmed",
        {"virtuals.1.directives.virtualhost": "www.x.y"},
    ),
    "261": ("quotes are stripped (B45)", {"globals.maintenancedir": "/tmp"}),  # noqa: S108
    "279": ("quotes are stripped (B45)", {"globals.fallbackcommand": "/bin/a b"}),
    "283": (
        "quotes and blanks are stripped (B45)",
        {
            "virtuals.0.directives.comment": "some text",
            "virtuals.0.directives.servicename": "My Service",
        },
    ),
    "297": (
        "a weight after the thresholds does not drop them (B34)",
        {
            "virtuals.0.reals.0.lower_threshold": 1,
            "virtuals.0.reals.0.upper_threshold": 2,
        },
    ),
}
# What we tell about although the original is silent, by the case's advice.
TOLD: Final = {
    "039": "unquoted-value",
    "090": "slash-drops-receive",
    "123": "double-colon",
    "133": "short-address",
    "165": "checktimeout-n",
    "166": "ignored-text",
    "174": "proxy-request",
    "301": "ignored-text",
}
# The original complains that a directory with quotes in its name is missing.
UNTOLD: Final = {"261": "quotes are stripped, the directory is there"}


def cases() -> list[str]:
    return sorted(path.stem for path in CASES.glob("[0-9]*.cf"))


def expectation(case: str) -> dict[str, Json]:
    text = (CASES / f"{case}.expect.json").read_text()
    expected: dict[str, Json] = json.loads(text)
    return expected


def differences(
    expected: Json, got: Json, instead: Mapping[str, Json], path: str = ""
) -> list[str]:
    """Name what *expected* holds and *got* does not; *got* may hold more."""
    if path in instead:
        return []
    if isinstance(expected, dict) and isinstance(got, dict):
        found = []
        for name, value in expected.items():
            where = f"{path}.{name}" if path else name
            found += differences(value, got.get(name), instead, where)
        return found
    if isinstance(expected, list) and isinstance(got, list):
        short = len(expected) != len(got) and path.endswith(("reals", "virtuals"))
        if short and not any(key.startswith(path) for key in instead):
            return [f"{path}: {len(expected)} expected, got {len(got)}"]
        return [
            line
            for index, (ours, theirs) in enumerate(zip(got, expected, strict=False))
            for line in differences(theirs, ours, instead, f"{path}.{index}")
        ]
    same = expected == got and isinstance(expected, bool) == isinstance(got, bool)
    return [] if same else [f"{path}: {expected!r} expected, got {got!r}"]


def lookup(value: Json, path: str) -> Json:
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)]
        else:
            assert isinstance(value, dict)
            value = value.get(part)
    return value


def test_every_case_is_there() -> None:
    assert len(cases()) >= 210


def test_every_deviation_is_a_case() -> None:
    numbers = {case[:3] for case in cases()}

    for table in (ACCEPTED, REFUSED, OTHERWISE, TOLD, UNTOLD):
        assert set(table) <= numbers


@pytest.mark.parametrize("case", cases())
def test_a_recorded_case_gives_its_outcome(case: str) -> None:
    number = case[:3]
    expected = expectation(case)
    try:
        loaded = load(CASES / f"{case}.cf", resolver=Names())
    except ConfigError as error:
        places = {(problem.line, problem.category) for problem in error.problems}
        if number in REFUSED:
            assert REFUSED[number][0] in {category for _, category in places}
        else:
            recorded = expected["error"]
            assert isinstance(recorded, dict)
            assert (recorded["line"], recorded["category"]) in places
        return
    got = describe(loaded)

    assert number not in REFUSED
    assert (expected["result"] == "error") is (number in ACCEPTED)
    told = {(warning.line or None, warning.category) for warning in loaded.warnings}
    recorded_warnings = expected.get("warnings") or []
    assert isinstance(recorded_warnings, list)
    for warning in recorded_warnings:
        assert isinstance(warning, dict)
        if number not in UNTOLD:
            assert (warning["line"], warning["category"]) in told
    if number in TOLD:
        assert TOLD[number] in {category for _, category in told}
    if number in ACCEPTED:
        return
    instead = OTHERWISE.get(number, ("", {}))[1]
    parts: dict[str, Json] = {
        name: expected[name] for name in ("globals", "virtuals") if name in expected
    }
    assert differences(parts, got, instead) == []
    for path, value in instead.items():
        assert lookup(got, path) == value
