"""``lvsha probe`` against real servers of our own, as a program of its own."""

import asyncio
import base64
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.cli.targets import Unknown, targets
from lvsha.config.load import load
from tests.checks_peers import Script, answering, refusing, serving, silent

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nstill alive"
ROOT = Path(__file__).parents[2]


@contextmanager
def served(script: Script) -> Iterator[int]:
    """Serve by *script* from a thread of its own; gives the port."""
    port: list[int] = []
    ends: list[Callable[[], object]] = []
    up = threading.Event()

    async def serve() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(over.set))
        async with serving(script) as given:
            port.append(given)
            up.set()
            await over.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 20)
        # Connections are closed in the turn after the one that says so.
        for _ in range(3):
            await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert up.wait(20)
        yield port[0]
    finally:
        ends[0]()
        thread.join(20)


def site(tmp_path: Path, text: str) -> str:
    path = tmp_path / "site.cf"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def shop(port: int, *more: str, address: str = "127.0.1.1:80") -> str:
    lines = [f"virtual={address}", f"\treal=127.0.0.1:{port} masq", "\tservice=http"]
    return "\n".join([*lines, *(f"\t{line}" for line in more), ""])


def probe(*words: str) -> Result:
    return CliRunner().invoke(cli, ["probe", *words])


def told(*words: str) -> dict[str, object]:
    found = json.loads(probe(*words, "--json").stdout)
    assert isinstance(found, dict)
    return found


def result(found: dict[str, object], number: int = 0) -> dict[str, object]:
    results = found["results"]
    assert isinstance(results, list)
    one = results[number]
    assert isinstance(one, dict)
    return one


def test_all_well_is_0_and_a_line_for_each(tmp_path: Path) -> None:
    with served(answering(PAGE)) as port:
        seen = probe(site(tmp_path, shop(port, 'receive="alive"')))

    assert seen.exit_code == 0
    first, last = seen.stdout.splitlines()
    assert first.startswith(f"pass  tcp:127.0.1.1:80  127.0.0.1:{port}  http")
    assert first.endswith("200 OK")
    assert last.startswith("1 of 1 checks passed")


def test_one_that_fails_is_1_with_what_was_said_and_heard(tmp_path: Path) -> None:
    with served(answering(b"HTTP/1.1 404 Gone\r\nX-Seen: \x1b[2Jyes\r\n\r\n")) as port:
        seen = probe(site(tmp_path, shop(port)))

    assert seen.exit_code == 1
    assert "FAIL" in seen.stdout
    assert "> GET / HTTP/1.1" in seen.stdout
    assert "< HTTP/1.1 404 Gone" in seen.stdout
    assert "X-Seen: \\x1b[2Jyes" in seen.stdout
    assert "first byte" in seen.stdout
    assert "0 of 1 checks passed" in seen.stdout


def test_json_tells_phases_and_the_dialogue(tmp_path: Path) -> None:
    with served(answering(PAGE)) as port:
        found = told(site(tmp_path, shop(port)))
    one = result(found)

    assert (found["ok"], found["passed"], found["failed"]) == (True, 1, 0)
    assert one["passed"] is True
    assert list(one["phases"]) == ["connect", "first_byte", "whole"]  # type: ignore[call-overload]
    kinds = [set(turn) - {"after"} for turn in one["dialogue"]]  # type: ignore[attr-defined]
    assert kinds == [{"called"}, {"connected"}, {"said"}, {"heard"}]
    assert one["certificate_ends"] is None


def test_those_that_hang_are_waited_for_together(tmp_path: Path) -> None:
    with silent() as one, silent() as two, served(answering(PAGE)) as well:
        text = "".join(
            shop(port, address=f"127.0.1.1:{80 + number}")
            for number, port in enumerate((one, two, well))
        )
        found = told(site(tmp_path, text), "--timeout", "0.2")

    details = [result(found, number)["detail"] for number in range(3)]
    assert details[:2] == ["no answer within 0.2 s (waiting for the status line)"] * 2
    assert result(found, 2)["passed"] is True
    assert (found["passed"], found["failed"]) == (1, 2)


def test_times_runs_them_again_in_rounds(tmp_path: Path) -> None:
    with served(answering(PAGE)) as port:
        where = site(tmp_path, shop(port))
        found = told(where, "--times", "3", "--interval", "0")

    assert [result(found, number)["round"] for number in range(3)] == [1, 2, 3]
    assert found["passed"] == 3


def test_what_is_never_asked_is_not_asked_and_says_so(tmp_path: Path) -> None:
    port = refusing()
    text = "".join(
        f"virtual=127.0.1.1:{number}\n\treal=127.0.0.1:{port} masq\n\t{what}\n"
        for number, what in enumerate(
            ("checktype=on", "checktype=off", "service=none"), start=80
        )
    )
    seen = probe(site(tmp_path, text))

    assert seen.exit_code == 0
    assert "checktype = on: always up" in seen.stdout
    assert "checktype = off" in seen.stdout
    assert "service = none: always up" in seen.stdout
    assert "0 of 0 checks passed, 3 not asked" in seen.stdout


def test_a_number_for_a_checktype_is_both_its_checks(tmp_path: Path) -> None:
    with served(answering(PAGE)) as port:
        found = told(site(tmp_path, shop(port, "checktype=3")))

    assert [result(found, number)["check"] for number in (0, 1)] == ["http", "connect"]
    assert found["passed"] == 2


def test_external_checks_run_their_program(tmp_path: Path) -> None:
    external = ("checktype=external", "checkcommand=/bin/false")
    seen = probe(site(tmp_path, shop(80, *external)))

    assert seen.exit_code == 1
    assert "external /bin/false" in seen.stdout
    assert "exit status 1" in seen.stdout


def test_a_file_with_an_error_is_2(tmp_path: Path) -> None:
    seen = probe(site(tmp_path, "virtual=127.0.1.1:80\n\tservice=htpt\n"))

    assert seen.exit_code == 2
    assert "site.cf:2" in seen.stderr


@pytest.mark.parametrize(
    "names",
    [("127.0.9.9:80",), ("127.0.1.1:80", "127.0.0.9")],
)
def test_an_unknown_name_is_2_and_tells_what_there_is(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    seen = probe(site(tmp_path, shop(8080)), *names)

    assert seen.exit_code == 2
    assert "there are" in seen.stderr
    assert ("tcp:127.0.1.1:80", "127.0.0.1:8080")[len(names) - 1] in seen.stderr


@pytest.mark.parametrize(
    ("virtual", "count"),
    [
        (None, 3),
        ("127.0.1.1:80", 2),
        ("TCP:127.0.1.1:80", 2),
        ("shop", 2),
        ("127.0.1.1", 2),
        ("7", 1),
        ("fwm:7", 1),
    ],
)
def test_a_virtual_service_has_several_names(
    tmp_path: Path, virtual: str | None, count: int
) -> None:
    text = (
        "virtual=127.0.1.1:80\n\treal=127.0.0.1->127.0.0.2:80 masq\n"
        "\tservicename=Shop\nvirtual=7\n\treal=127.0.0.1:80 masq\n\tprotocol=fwm\n"
    )
    configuration = load(Path(site(tmp_path, text))).configuration

    assert len(targets(configuration, virtual, None)) == count
    found = targets(configuration, virtual, "127.0.0.1")
    assert all(t.real.endpoint.address == ip_address("127.0.0.1") for t in found)
    with pytest.raises(Unknown):
        targets(configuration, virtual, "127.0.0.3")


def test_what_the_shell_completes_are_names_in_the_file(tmp_path: Path) -> None:
    where = site(tmp_path, shop(8080) + shop(8081, address="127.0.1.1:81"))

    def completed(line: str) -> list[str]:
        seen = subprocess.run(
            [sys.executable, "-c", "from lvsha.cli.main import main; main()"],
            env={
                "_LVSHA_COMPLETE": "bash_complete",
                "COMP_LINE": line,
                "COMP_WORDBREAKS": " :",
                "PATH": "/usr/bin:/bin",
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return seen.stdout.split()

    everything = completed(f"lvsha probe {where} ")
    assert everything == ["plain,tcp:127.0.1.1:80", "plain,tcp:127.0.1.1:81"]
    # Bash replaces what stands after the last colon.
    assert completed(f"lvsha probe {where} tcp:127.0.1.1:8") == ["plain,80", "plain,81"]
    assert completed(f"lvsha probe {where} 127.0.1.1:81 ") == ["plain,127.0.0.1:8081"]


REPEATED = "s3cr\\et p%ss"


@pytest.mark.parametrize("form", ["plain", "basic", "quoted", "hex"])
def test_a_secret_that_a_server_repeats_is_shown_nowhere(
    tmp_path: Path, form: str
) -> None:
    """A server that answers with the request, as those who debug them have."""
    forms = {
        "plain": REPEATED.encode(),
        "basic": base64.b64encode(b"joe:" + REPEATED.encode()),
        "quoted": REPEATED.replace("\\", "\\\\").encode(),
        "hex": REPEATED.encode().hex().encode(),
    }
    answer = b"HTTP/1.1 500 is " + forms[form] + b"\r\nX: " + forms[form] + b"\r\n\r\n"

    async def repeat(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer + asked)
        await writer.drain()

    with served(repeat) as port:
        own = f'"http://joe:{quote(REPEATED)}@127.0.0.1:{port}/", "alive"'
        text = shop(port, f'passwd = "{REPEATED}"', f'secret = "{REPEATED}"')
        text = text.replace(" masq", f" masq {own}")
        where = site(tmp_path, text)
        spoken = probe(where, "-v")
        listed = probe(where, "--json")

    assert spoken.exit_code == listed.exit_code == 1
    everything = spoken.output + listed.output
    assert "500" in everything
    assert "***" in everything
    assert "GET / HTTP/1.1" in everything
    for written in (*forms.values(), b"s3cr"):
        assert written.decode() not in everything
        assert json.dumps(written.decode())[1:-1] not in everything


# What a server greets with, and what it answers, by how what it hears begins;
# to all else it says no and repeats it.
MANNERS: dict[str, tuple[bytes, dict[bytes, bytes], bytes]] = {
    "pop": (
        b"+OK <1.2@x>\r\n",
        {b"USER": b"+OK\r\n", b"CAPA": b"-ERR\r\n"},
        b"-ERR ",
    ),
    "imap": (b"* OK hello\r\n", {}, b"2 NO "),
    "ftp": (b"220 hello\r\n", {b"USER": b"331 more\r\n"}, b"530 "),
    "redis": (b"", {}, b"-ERR "),
}


@pytest.mark.parametrize("service", MANNERS)
def test_what_mail_and_other_servers_repeat_is_shown_nowhere(
    tmp_path: Path, service: str
) -> None:
    greeting, answers, no = MANNERS[service]
    heard: list[bytes] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(greeting)
        while chunk := await reader.read(4096):
            heard.append(chunk)
            known = [answers[each] for each in answers if chunk.startswith(each)]
            writer.write(known[0] if known else no + chunk.splitlines()[-1] + b"\r\n")

    with served(script) as port:
        text = shop(port, 'login="joe"', f'passwd="{REPEATED}"')
        text = text.replace("service=http", f"service={service}")
        where = site(tmp_path, text)
        spoken = probe(where, "-v")
        listed = probe(where, "--json")

    assert spoken.exit_code == listed.exit_code == 1
    everything = spoken.output + listed.output
    assert "***" in everything
    told = b"".join(heard)
    assert REPEATED.encode().replace(b"\\", b"") in told.replace(b"\\", b"")
    for written in (REPEATED, REPEATED.replace("\\", "\\\\"), "s3cr"):
        assert written not in everything
    if service == "pop":
        # What can be tried out by whoever sees it.
        proofs = {each.split()[-1] for each in told.splitlines() if b"APOP" in each}
        assert len(proofs) == 1
        assert proofs.pop().decode() not in everything
        assert "(not shown)" in everything
