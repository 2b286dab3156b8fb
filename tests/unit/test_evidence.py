"""What a check says and hears of real servers of our own, and what is shown of it."""

import asyncio
import base64
import io
import json
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from rich.console import Console

from lvsha.checks.certificate import ends
from lvsha.checks.prober import Prober
from lvsha.cli.board import show
from lvsha.config.load import load
from lvsha.engine.director import Director
from lvsha.engine.session import Identity, Session
from lvsha.events import Checked
from lvsha.evidence import Evidence, as_json, evidence, moment
from lvsha.ipvs.memory import MemoryKernel
from lvsha.model import Check, Tls, TlsVerify, Verdict
from lvsha.notify.text import Speaker, lines, monitor_line
from tests import certificates
from tests.checks_peers import (
    SOON,
    Script,
    answering,
    http_check,
    refusing,
    serving,
    stalling,
    verdict,
)
from tests.scripted import Record, nameless
from tests.unit.living import Herald, Observed

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nstill alive"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate that ends in two days, with its key."""
    return certificates.certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


@pytest.fixture(scope="module")
def server(certificate: Path) -> ssl.SSLContext:
    return certificates.presenting(certificate)


def on(
    script: Script, check: Callable[[int], Check], tls: ssl.SSLContext | None = None
) -> Evidence:
    async def run() -> Verdict:
        async with serving(script, tls=tls) as port:
            return await verdict(check(port))

    return evidence(asyncio.run(run()))


def kinds(found: Evidence) -> list[str]:
    return [turn.kind for turn in found.turns]


def test_what_was_said_and_heard_is_told_in_order() -> None:
    found = on(answering(PAGE), http_check)

    assert kinds(found) == ["called", "connected", "said", "heard"]
    assert found.turns[2].words.startswith("GET / HTTP/1.1\r\n")
    assert found.turns[3].words == PAGE.decode()
    assert list(found.phases) == ["connect", "first_byte", "whole"]
    assert sum(found.phases.values()) <= 2 * found.phases["whole"]
    assert [turn.after for turn in found.turns] == sorted(t.after for t in found.turns)


def test_a_check_that_fails_tells_how_far_it_came() -> None:
    def hasty(port: int) -> Check:
        return http_check(port, negotiatetimeout=SOON)

    stalled = on(stalling(b"HTTP/1.1 200 OK\r\n"), hasty)
    refused = evidence(asyncio.run(verdict(http_check(refusing()))))

    assert kinds(stalled)[-1] == "heard"
    assert "first_byte" in stalled.phases
    assert kinds(refused) == ["called"]
    assert list(refused.phases) == ["whole"]


def test_a_long_answer_is_cut() -> None:
    found = on(answering(PAGE + b"x" * 100_000), http_check)

    assert found.turns[-1].cut
    assert sum(len(turn.words) for turn in found.turns) < 1500


def test_a_redirect_is_another_call() -> None:
    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        there = b"HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n"
        writer.write(PAGE if b"/there" in asked else there)
        await writer.drain()

    found = on(script, http_check)

    assert kinds(found) == 2 * ["called", "connected", "said", "heard"]
    assert list(found.phases) == ["connect", "first_byte", "whole"]


def test_a_name_is_resolved_and_says_to_what() -> None:
    found = on(
        answering(PAGE), lambda port: http_check(port, url=f"http://localhost:{port}/")
    )

    assert kinds(found)[:2] == ["called", "resolved"]
    assert found.turns[1].words in ("127.0.0.1", "::1")
    assert next(iter(found.phases)) == "resolve"


@pytest.mark.parametrize("verify", TlsVerify)
def test_tls_is_a_phase_and_tells_when_the_certificate_ends(
    certificate: Path, server: ssl.SSLContext, verify: TlsVerify
) -> None:
    tls = Tls(verify, "" if verify is TlsVerify.NOTHING else str(certificate))
    found = on(
        answering(PAGE), lambda port: http_check(port, service="https", tls=tls), server
    )
    told = subprocess.run(
        ["openssl", "x509", "-in", str(certificate), "-noout", "-enddate"],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip

    assert kinds(found) == ["called", "connected", "sealed", "said", "heard"]
    assert found.turns[2].words.startswith("TLSv1")
    assert found.turns[4].words == PAGE.decode()
    assert list(found.phases) == ["connect", "tls", "first_byte", "whole"]
    assert found.ends == ssl.cert_time_to_seconds(told.strip().partition("=")[2])
    assert as_json(found)["certificate_ends"] == moment(found.ends)


def test_what_is_no_certificate_does_not_end(certificate: Path) -> None:
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())

    assert ends(der)
    assert ends(b"") is None
    # Whatever a peer sends: an answer, and no exception.
    for at in range(min(len(der), 400)):
        ends(der[:at])
        ends(der[:at] + b"\xff" + der[at + 1 :])


REPEATED = "s3cr\\et p%ss"


def echoing(secret: bytes) -> Script:
    """Return a real server that says *secret* in every way it has."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 no " + secret + b"\r\n\r\n" + asked + secret)
        await writer.drain()

    return script


async def _live(
    path: Path, port: int, scene: Callable[[Session, Herald], Awaitable[None]]
) -> None:
    """Play *scene* with a director of *path* that checks real servers."""
    own = f"http://joe:{quote(REPEATED)}@127.0.0.1:{port}/"
    path.write_text(
        "checkinterval=1\nvirtual=127.0.1.1:80\n"
        f'\treal=127.0.0.1:{port} masq "{own}","alive"\n\tservice=http\n'
        f'\tpasswd="{REPEATED}"\n\tservicename=shop\n\tfailurecount=2\n'
    )
    path.chmod(0o600)
    herald, kernel, prober = Herald(), MemoryKernel(), Prober()
    director = Director(kernel, Record(), prober, herald.tell, nameless())
    identity = Identity("test.cf", path, foreground=True)
    session = Session(
        identity, load(path), director, herald, Observed(kernel), lambda p, _: load(p)
    )
    ready = asyncio.Event()
    life = asyncio.create_task(session.run(ready.set))
    try:
        await asyncio.wait_for(ready.wait(), 20)
        await scene(session, herald)
    finally:
        session.end("TERM")
        await asyncio.wait_for(life, 20)
        prober.close()


@pytest.mark.parametrize(
    "form",
    [
        REPEATED.encode(),
        base64.b64encode(b"\0joe\0" + REPEATED.encode()),
        REPEATED.encode().hex().encode(),
        repr(REPEATED).encode(),
    ],
)
def test_status_tells_evidence_and_no_secret_is_anywhere(
    tmp_path: Path, form: bytes
) -> None:
    answers: list[dict[str, object]] = []

    async def scene(session: Session, herald: Herald) -> None:
        question = {"do": "status", "evidence": True, "virtual": "Shop"}
        answers.append(await session.respond(question))
        answers.append(await session.respond({"do": "status"}))
        answers.append(await session.respond(question | {"real": "127.0.0.9"}))
        events = [event for event, _ in herald.events]
        state = session._director.state  # noqa: SLF001
        answers.extend(
            {"said": line, "event": repr(event)}
            for event in events
            for line in lines(event, state, Speaker(1))
        )
        answers.extend({"event": repr(event)} for event in events)
        checked = [event for event in events if isinstance(event, Checked)]
        assert checked
        answers.extend({"said": monitor_line(each, 1, "now")} for each in checked)

    async def run() -> None:
        async with serving(echoing(form)) as port:
            await _live(tmp_path / "site.cf", port, scene)

    asyncio.run(run())
    asked, plain, nothing = answers[:3]
    board = io.StringIO()
    show(asked, Console(file=board, width=200))
    everything = json.dumps(answers) + board.getvalue()

    real = asked["virtuals"][0]["reals"][0]  # type: ignore[index]
    assert real["past"][0]["passed"] is False
    assert [set(turn) - {"after"} for turn in real["past"][0]["dialogue"]][-1] == {
        "heard"
    }
    assert real["certificate"] is None
    assert "past" not in plain["virtuals"][0]["reals"][0]  # type: ignore[index]
    assert nothing["error"] == "there is no real server '127.0.0.9' of 'Shop'"
    assert "< HTTP/1.1 500 no" in board.getvalue()
    assert "***" in everything
    for written in (REPEATED, form.decode(), "s3cr"):
        assert written not in everything
        assert json.dumps(written)[1:-1] not in everything
