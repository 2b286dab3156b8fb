import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lvsha.checks import COROUTINES, PROGRAMS, SERVICES, UNCHECKED, unsupported
from lvsha.checks.extras import EXTRAS
from lvsha.cli.check import check as command
from lvsha.engine.run import checked_load
from lvsha.errors import ConfigError
from lvsha.model import SERVICES as KNOWN
from lvsha.model import CheckType, Credentials
from tests.checks_peers import BASE, refusing, verdict

ROOT = Path(__file__).parents[2]
FILE = """\
virtual = 192.0.2.10:53
    real = 192.0.2.1:53 gate
    service = {service}
    request = "x"
    receive = "y"
    login = "monitor"
    database = "x"
"""


def lacking(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    for module in EXTRAS[service].modules:
        monkeypatch.setitem(sys.modules, module, None)


def test_a_file_never_meets_a_service_that_cannot_be_checked() -> None:
    can = {*SERVICES, *COROUTINES, *PROGRAMS, UNCHECKED}

    assert can >= KNOWN
    assert not any(unsupported(replace(BASE, service=service)) for service in KNOWN)


@pytest.mark.parametrize("service", sorted(EXTRAS))
def test_what_is_missing_is_told_when_the_file_is_read(
    service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extra = EXTRAS[service]
    lacking(monkeypatch, service)
    path = tmp_path / "lvsha.cf"
    path.write_text(FILE.format(service=service))

    with pytest.raises(ConfigError) as refusal:
        checked_load(path)
    shown = CliRunner().invoke(command, [str(path)])

    message = (
        f"{path}:2: service {service!r} needs {extra.library}, which is not installed"
        f" (install Debian's {' and '.join(extra.debian)},"
        f" or 'lvsha[{extra.name}]' with pip)"
    )
    assert str(refusal.value) == message
    assert shown.exit_code == 2
    assert "[missing-library]" in shown.output
    assert f"{path}:2: error: service {service!r} needs" in shown.output


@pytest.mark.parametrize("service", sorted(EXTRAS))
def test_a_check_without_its_library_says_so_and_harms_nobody(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking(monkeypatch, service)
    known = Credentials("monitor", "x", "x", "x")
    check = replace(BASE, service=service, port=refusing(), credentials=known)

    seen = asyncio.run(verdict(check))

    assert (seen.passed, seen.detail) == (False, unsupported(check))


def test_another_kind_of_check_needs_no_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking(monkeypatch, "dns")
    check = replace(BASE, service="dns")

    assert unsupported(replace(check, kind=CheckType.COMBINED))
    assert not unsupported(replace(check, kind=CheckType.CONNECT))


def test_no_library_is_imported_before_a_file_asks_for_it() -> None:
    names = {name for extra in EXTRAS.values() for name in extra.modules}
    program = (
        "import sys, lvsha.engine.run, lvsha.cli.main, lvsha.cli.check\n"
        f"print(sorted({names!r} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    ).stdout

    assert said == "[]\n"


def test_each_extra_is_one_pip_knows() -> None:
    text = (ROOT / "pyproject.toml").read_text()

    for extra in EXTRAS.values():
        assert f"\n{extra.name} = [" in text
        assert f'"{extra.library}>=' in text
