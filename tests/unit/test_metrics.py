"""``lvsha metrics``: what monitoring is told, and in which form."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from prometheus_client import parser
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from lvsha.cli.families import FAMILIES, families
from lvsha.cli.main import cli
from lvsha.engine.control import Answer
from tests.unit.standin import ROOT, STATUS, standin

UP = {"instance": "site.cf", "virtual": "tcp:127.0.1.1:80", "real": "127.0.0.2:80"}
DOWN = UP | {"real": "127.0.0.3:80"}
_SECONDS = 20.0


def lvsha(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def samples(said: Mapping[str, Answer | None]) -> dict[str, list[tuple[object, float]]]:
    """Return the samples of each family: labels and value."""
    return {
        family.name: [(sample.labels, sample.value) for sample in family.samples]
        for family in families(said, 1000.0)
    }


def read(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Return what a strict reader of OpenMetrics makes of *text*."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        found[family.name] = [(one.labels, one.value) for one in family.samples]
    return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "site.cf"
    file.write_text("")
    with standin("site.cf", tmp_path / "run", file):
        yield tmp_path / "run"


def test_a_strict_reader_understands_what_is_printed(run: Path) -> None:
    result = lvsha("metrics", "--rundir", run)

    assert result.exit_code == 0
    said = read(result.output)
    assert said["lvsha_directors"] == [({}, 1)]
    assert said["lvsha_director_up"] == [({"instance": "site.cf"}, 1)]
    assert said["lvsha_real_server_up"] == [(UP, 1), (DOWN, 0)]
    assert said["lvsha_real_server_weight"] == [(UP, 1), (DOWN, 5)]
    assert said["lvsha_real_server_kernel_weight"] == [(UP, 1), (DOWN, 0)]
    assert said["lvsha_real_server_active_connections"] == [(UP, 7), (DOWN, 0)]
    assert said["lvsha_real_server_check_duration_seconds"][0] == (UP, 0.0123)
    assert said["lvsha_virtual_service_fallback_active"][0][1] == 0


def test_a_certificate_has_its_end_and_no_certificate_has_none() -> None:
    secure: Answer = {
        "server": "127.0.0.2:443",
        "certificate": {"ends": "2027-01-01T00:00:00Z", "days": 5, "ending": True},
    }
    endless: Answer = secure | {"certificate": {"ends": "never"}}
    virtual = {"id": "tcp:127.0.1.1:443", "reals": [secure, endless, {"server": "x"}]}

    said = samples({"site.cf": {"ok": True, "virtuals": [virtual]}})

    of = {"instance": "site.cf", "virtual": "tcp:127.0.1.1:443"}
    of["real"] = "127.0.0.2:443"
    assert said["lvsha_real_server_certificate_end_timestamp_seconds"] == [
        (of, 1798761600.0)
    ]


def test_what_is_not_known_is_left_out() -> None:
    unknown: Answer = {"server": "a", "standing": "unknown", "kernel_weight": None}
    virtual: Answer = {"id": "v", "fallback": None, "reals": [unknown]}

    said = samples({"site.cf": {"ok": True, "virtuals": [virtual]}})

    assert "lvsha_real_server_up" not in said
    assert "lvsha_real_server_kernel_weight" not in said
    assert "lvsha_virtual_service_fallback_active" not in said
    assert said["lvsha_virtual_service_present"][0][1] == 0


def test_the_last_check_has_a_time_of_the_calendar() -> None:
    said = samples({"site.cf": STATUS})

    assert said["lvsha_real_server_check_timestamp_seconds"] == [
        (UP, 997.0),
        (DOWN, 800.0),
    ]


def test_who_follows_another_configuration_is_counted_once_it_is_known() -> None:
    others = [
        {"host": "d2", "wrong": "has another one", "seconds_ago": 3.0},
        {"host": "d3", "wrong": "never heard", "seconds_ago": None},
        {"host": "d4", "wrong": "", "seconds_ago": 3.0},
    ]

    said = samples({"site.cf": STATUS | {"directors": others}})

    here = {"instance": "site.cf"}
    assert said["lvsha_configuration_differing_directors"] == [(here, 1)]


def test_every_family_can_be_there_and_all_are_documented() -> None:
    real: Answer = {
        "server": "a",
        "standing": "up",
        "weight": 1,
        "kernel_weight": 1,
        "active": 1,
        "inactive": 1,
        "failures": 0,
        "last": {"age": 1.0, "seconds": 1.0},
        "certificate": {"ends": "2027-01-01T00:00:00Z"},
    }
    virtual: Answer = {"id": "v", "fallback": {"active": True}, "reals": [real]}
    whole: Answer = {
        "ok": True,
        "configuration": {"loaded": 1.0},
        "directors": [],
        "virtuals": [virtual],
    }
    page = (ROOT / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)

    assert list(samples({"a": whole})) == list(FAMILIES) == rows


def test_a_director_that_is_silent_is_down_and_none_is_no_error(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site.cf"
    with standin("site.cf", tmp_path / "run", file, "mute"):
        silent = lvsha("metrics", "--rundir", tmp_path / "run")
    nobody = lvsha("metrics", "--rundir", tmp_path / "none")
    missed = lvsha("metrics", "site.cf", "--rundir", tmp_path / "none")

    assert read(silent.output)["lvsha_director_up"][0][1] == 0
    assert read(nobody.output) == {"lvsha_directors": [({}, 0)]}
    assert read(missed.output) == {
        "lvsha_directors": [({}, 0)],
        "lvsha_director_up": [({"instance": "site.cf"}, 0)],
    }
    assert [each.exit_code for each in (silent, nobody, missed)] == [0, 0, 0]


def test_a_file_is_in_the_format_node_exporter_reads(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "lvsha.prom"
    file.write_text("the old one")

    result = lvsha("metrics", "--rundir", run, "--output", file)

    assert result.exit_code == 0, result.output
    text = file.read_text()
    assert "# TYPE lvsha_real_server_up gauge" in text
    assert "# EOF" not in text
    known = {family.name for family in parser.text_string_to_metric_families(text)}
    assert "lvsha_real_server_up" in known
    assert [one.name for one in tmp_path.iterdir() if "prom" in one.name] == [file.name]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--output", "/proc/none/x"), 1, "no metrics: "),
        (("--output", "x", "--listen", "1"), 2, "exclude each other"),
        (("--listen", "70000"), 2, "is not [ADDRESS:]PORT"),
        (("--listen", "localhost"), 2, "is not [ADDRESS:]PORT"),
        (("--listen", "127.0.0.1:TAKEN"), 1, "no metrics: "),
    ],
)
def test_what_cannot_be_done_says_why(
    tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = tuple(word.replace("TAKEN", port) for word in words)
        result = subprocess.run(
            [sys.executable, "-m", "lvsha", "metrics", "--rundir", tmp_path, *words],
            capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=ROOT,
        )  # fmt: skip

    assert result.returncode == status
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_without_the_library_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    result = lvsha("metrics", "--rundir", tmp_path)

    assert result.exit_code == 1
    assert "install Debian's python3-prometheus-client" in result.output


def test_whoever_fetches_gets_the_directors_as_they_are_then(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "lvsha", "metrics", "--listen", str(port)]
    argv += ["--rundir", str(tmp_path / "run")]
    with subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE) as serving:
        try:
            assert serving.stderr is not None
            url = f"http://127.0.0.1:{port}/metrics"
            assert serving.stderr.readline().decode() == f"metrics at {url}\n"
            before = fetched(url)
            file = tmp_path / "site.cf"
            file.write_text("")
            with standin("site.cf", tmp_path / "run", file):
                during = fetched(url)
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(_SECONDS) == 0
        finally:
            serving.kill()

    assert before["lvsha_directors"] == [({}, 0)]
    assert during["lvsha_real_server_up"] == [(UP, 1), (DOWN, 0)]


def fetched(url: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Return what is read at *url*, as Prometheus asks for it."""
    until = time.monotonic() + _SECONDS
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    while True:
        try:
            asked = urllib.request.Request(url, headers=accept)  # noqa: S310 - ours
            with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310
                return read(answer.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
