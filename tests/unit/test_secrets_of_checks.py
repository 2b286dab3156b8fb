"""A secret of the configuration is shown nowhere, whatever happens to its check."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from lvsha.checks import COROUTINES, PROGRAMS, SERVICES
from lvsha.checks.prober import Prober
from lvsha.config.load import load
from lvsha.engine.director import Director
from lvsha.engine.maintenance import Maintenance
from lvsha.evidence import as_json, evidence
from lvsha.identity import Protocol
from lvsha.ipvs.memory import MemoryKernel
from lvsha.model import AGENT, Check, Credentials, Verdict
from tests.checks_peers import BASE, SOON, Script, answering, heard, serving, silent
from tests.library_peers import Directory, Mysql, Postgres
from tests.scripted import Record, Told

LOGIN = "operator"
PASSWD = "Zq7/xW+kept quiet"  # noqa: S105
SECRET = "Jv9=nobody's business"  # noqa: S105
KNOWN = Credentials(LOGIN, PASSWD, "directors", SECRET)
ALL = sorted({*SERVICES, *COROUTINES, *PROGRAMS} - {AGENT})


async def parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Repeat whatever is said, in any protocol."""
    writer.write(b"220 +OK * OK hello\r\n")
    while words := await reader.read(4096):
        writer.write(b"500 -ERR NO you said: " + words)
        await writer.drain()


PEERS: dict[str, Script] = {
    "parrot": parrot,
    "traitor": answering(f"-ERR {PASSWD} {SECRET}\r\n".encode(), until=b""),
    "ldap": Directory((), bind=49).script,
    "mysql": Mysql(error=f"near '{PASSWD}'").script,
    "pgsql": Postgres(error=f"near '{PASSWD}'").script,
}


def asks(service: str, port: int) -> Check:
    return replace(
        BASE,
        service=service,
        port=port,
        transport=Protocol.UDP if service == "radius" else Protocol.TCP,
        request="/x",
        receive="y",
        url=f"http://{LOGIN}:Zq7%2FxW+kept%20quiet@127.0.0.1:{port}/x",
        credentials=KNOWN,
        negotiatetimeout=5 * SOON,
    )


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Return what any library logs, at any level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def shown(verdict: Verdict) -> str:
    """Return all that ``probe`` and ``status`` can tell of *verdict*."""
    return f"{verdict!r} {verdict} {json.dumps(as_json(evidence(verdict)))}"


@pytest.mark.parametrize("service", ALL)
def test_no_verdict_no_evidence_and_no_log_shows_a_secret(
    service: str,
    logged: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raised: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: raised.append(repr(what)))

    async def run() -> list[Verdict]:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: raised.append(repr(context)))
        prober = Prober(complain=raised.append)
        async with AsyncExitStack() as stack:
            ports = [
                await stack.enter_async_context(serving(script))
                for script in PEERS.values()
            ]
            verdicts = await asyncio.gather(
                *(heard(prober, asks(service, port)) for port in ports)
            )
        prober.close()
        return list(verdicts)

    verdicts = asyncio.run(run())

    captured = capfd.readouterr()
    for text in (logged.getvalue(), captured.out, captured.err, *raised):
        unsaid(text)
    for verdict in verdicts:
        unsaid(shown(verdict))


def unsaid(text: str) -> None:
    """Make sure that neither secret stands in *text*, in whatever form."""
    for secret in (PASSWD, SECRET):
        for form in (secret, secret.partition(" ")[0], secret.split()[-1]):
            assert form not in text
    assert "Zq7%2FxW" not in text


@pytest.mark.parametrize("service", sorted(PROGRAMS))
def test_no_command_line_and_no_environment_holds_a_secret(service: str) -> None:
    async def run() -> list[str]:
        prober = Prober()
        seen: list[str] = []
        with silent() as port:
            check = replace(asks(service, port), negotiatetimeout=60)
            cancel = prober.start(check, lambda _: None)
            async with asyncio.timeout(30):
                while not seen:
                    await asyncio.sleep(0)
                    seen = children()
            cancel()
        prober.close()
        return seen

    for text in asyncio.run(run()):
        assert "oracle_client" in text
        unsaid(text)


def children() -> list[str]:
    """Return command line and environment of every program that was started."""
    found = []
    for task in Path("/proc/self/task").glob("*/children"):
        for pid in task.read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"oracle_client" in words:
                words += Path(f"/proc/{pid}/environ").read_bytes()
                found.append(words.decode(errors="replace"))
    return found


FILE = """\
checkinterval = 1
negotiatetimeout = 1
virtual = 192.0.2.{number}:{port}
    real = 127.0.0.1:{port} masq
    service = {service}
    request = "x"
    receive = "y"
    login = "{login}"
    passwd = "{passwd}"
    secret = "{secret}"
    database = "directors"
"""


def section(service: str, port: int, number: int = 10) -> str:
    """Return a file whose one virtual service is *service*, with every secret."""
    return FILE.format(
        number=number,
        port=port,
        service=service,
        login=LOGIN,
        passwd=PASSWD,
        secret=SECRET,
    )


@pytest.mark.parametrize("service", ALL)
def test_no_event_and_no_state_shows_a_secret(service: str, tmp_path: Path) -> None:
    async def run() -> str:
        told = Told()
        prober = Prober()
        async with serving(PEERS["traitor"]) as port:
            path = tmp_path / "lvsha.cf"
            path.write_text(section(service, port))
            configuration = load(path).configuration
            director = Director(
                MemoryKernel(), Record(), prober, told, Maintenance(lambda _: "")
            )
            director.follow(configuration)
            async with asyncio.timeout(30):
                while not told.events:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
            director.stop()
        prober.close()
        return f"{told.events!r} {configuration!r}"

    unsaid(asyncio.run(run()))


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["text", "json"])
def test_no_probe_of_any_service_shows_a_secret(
    how: tuple[str, ...], tmp_path: Path
) -> None:
    asked: list[str] = []

    async def run() -> tuple[bytes, bytes]:
        started: list[int] = []

        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            asked.extend(text for pid in started for text in command_lines(pid))
            await PEERS["traitor"](reader, writer)

        async with serving(script) as port:
            path = tmp_path / "lvsha.cf"
            path.write_text(
                "".join(section(each, port, at) for at, each in enumerate(ALL, 1))
            )
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "lvsha", "probe", str(path), *how),
                cwd=Path(__file__).parents[2],
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            started.append(process.pid)
            return await asyncio.wait_for(process.communicate(), 90)

    told, complaints = asyncio.run(run())

    unsaid(told.decode())
    unsaid(complaints.decode())
    assert not how or len(json.loads(told)["results"]) == len(ALL)
    assert any("probe" in text for text in asked)
    for text in asked:
        unsaid(text)


def command_lines(pid: int) -> list[str]:
    """Return the command lines of *pid* and of what it has started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    pids = [pid, *(int(each) for path in children for each in path.read_text().split())]
    return [command_line(each) for each in pids]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:  # it has ended
        return ""
