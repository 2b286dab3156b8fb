"""Options ldirectord does not have, from the file to the model and to JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from lvsha.config.describe import describe
from lvsha.config.directives import GLOBAL, VIRTUAL, VIRTUAL6
from lvsha.config.load import Loaded, loads
from lvsha.errors import ConfigError
from lvsha.identity import Protocol
from lvsha.model import AGENT, CheckMode, CheckType, TlsVerify, VirtualService
from tests.unit.names import Names

HEADER = "virtual=127.0.1.1:80\n"
REAL = "\treal=127.0.0.2:8080 gate 4\n"

# Name, what is written, the model's field, and what is in it.
SIMPLE: list[tuple[str, str, str, object]] = [
    ("successcount", "3", "successcount", 3),
    ("checkjitter", "25", "jitter", 25),
    ("startspread", "7.5", "startspread", 7.5),
    ("slowstart", "30", "slowstart", 30),
    ("panicthreshold", "50", "panicthreshold", 50),
    ("tripwire", "yes", "tripwire", True),
    ("checkmode", "any", "checkmode", CheckMode.ANY),
    ("agentinterval", "0.5", "agentinterval", 0.5),
]


def read(text: str) -> Loaded:
    return loads(text.encode(), "test.cf", resolver=Names())


def one(*lines: str, above: str = "") -> VirtualService:
    body = "".join(f"\t{line}\n" for line in lines)
    (virtual,) = read(f"{above}{HEADER}{REAL}{body}").configuration.virtuals
    return virtual


def shown(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(describe(read(text))))
    return found


def refusal(line: str) -> tuple[str, str]:
    with pytest.raises(ConfigError) as caught:
        one(line)
    (problem,) = caught.value.problems
    return problem.category, f"{problem.message} ({problem.hint})"


@pytest.mark.parametrize(("name", "written", "field", "value"), SIMPLE)
def test_an_option_counts_for_its_service_and_as_a_default_for_all(
    name: str, written: str, field: str, value: object
) -> None:
    line = f"{name} = {written}"

    assert getattr(one(line), field) == value
    assert getattr(one(above=f"{line}\n"), field) == value
    assert getattr(one(), field) != value


def test_without_options_the_model_is_as_it_was() -> None:
    virtual = one()

    assert virtual == replace(
        virtual,
        successcount=1,
        jitter=0,
        startspread=0,
        slowstart=0,
        panicthreshold=0,
        tripwire=False,
        checkmode=CheckMode.ALL,
    )
    (real,) = virtual.reals
    assert (real.also, real.agent) == ((), None)
    assert (real.check.statuses, real.check.headers, real.check.slowest) == ((), (), 0)


@pytest.mark.parametrize("table", [GLOBAL, VIRTUAL, VIRTUAL6])
def test_every_option_that_makes_sense_in_both_scopes_is_in_both(
    table: dict[str, object],
) -> None:
    names = {name for name, *_ in SIMPLE}
    names |= {"httpstatus", "httpheader", "maxresponsetime", "agentport", "agentsend"}

    assert names <= table.keys()


@pytest.mark.parametrize(
    ("written", "ranges"),
    [
        ("200", ((200, 200),)),
        ("200-299", ((200, 299),)),
        ("200-299,401", ((200, 299), (401, 401))),
        ("200 - 299 , 401", ((200, 299), (401, 401))),
        ('"301,302"', ((301, 301), (302, 302))),
        ("404 # none yet", ((404, 404),)),
    ],
)
def test_statuses_are_ranges(written: str, ranges: object) -> None:
    (real,) = one(f"httpstatus = {written}").reals

    assert real.check.statuses == ranges


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ok",
        "2xx",
        "200-",
        "-299",
        "299-200",
        "99",
        "600",
        "100",
        "200,,201",
        "200-250-299",
        "200;404",
        "2000",
        "200 404",
    ],
)
def test_what_is_no_range_of_statuses_is_refused(written: str) -> None:
    category, _ = refusal(f"httpstatus = {written}")

    assert category == "bad-httpstatus"


def test_header_fields_add_up_and_those_of_a_service_replace_the_global_ones() -> None:
    mine = one('httpheader = "X-One: 1"', 'httpheader = "X-Two:two words "')
    ours = one(above='httpheader = "X-All: yes"\n')
    both = one('httpheader = "X-One: 1"', above='httpheader = "X-All: yes"\n')

    assert mine.reals[0].check.headers == (("X-One", "1"), ("X-Two", "two words"))
    assert ours.reals[0].check.headers == (("X-All", "yes"),)
    assert both.reals[0].check.headers == (("X-One", "1"),)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "no colon",
        ": nameless",
        "Na me: x",
        "X: a\x0bb",
        "X: a\rHost: b",
        "Häder: x",
        "Host: example.com",
        "connection: close",
        "Content-Length: 7",
    ],
)
def test_what_would_forge_a_request_is_refused(written: str) -> None:
    category, said = refusal(f'httpheader = "{written}"')

    assert category in ("bad-httpheader", "empty-value")
    if written.startswith("Host"):
        assert "virtualhost" in said


def test_what_a_header_field_holds_is_shown_nowhere() -> None:
    secret = "Bearer geheim"  # noqa: S105
    loaded = read(f'{HEADER}{REAL}\thttpheader = "Authorization: {secret}"\n')

    assert "geheim" not in repr(loaded.configuration)
    assert "geheim" not in json.dumps(describe(loaded))
    assert "Authorization" in json.dumps(describe(loaded))
    _, said = refusal(f'httpheader = "Authorization {secret}"')
    assert "geheim" not in said


def test_a_response_time_is_a_property_of_every_check() -> None:
    (real,) = one("maxresponsetime = 0.25", "alsocheck = connect").reals

    assert real.check.slowest == real.also[0].slowest == 0.25


CONNECT, PING, NEGOTIATE = CheckType.CONNECT, CheckType.PING, CheckType.NEGOTIATE


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("connect", (CONNECT, "http", 8080, "/", "")),
        ("connect:22", (CONNECT, "http", 22, "/", "")),
        ("ping", (PING, "http", 8080, "/", "")),
        ("smtp", (NEGOTIATE, "smtp", 25, "/", "")),
        ("redis", (NEGOTIATE, "redis", 6379, "/", "")),
        ("grpc", (NEGOTIATE, "grpc", 8080, "/", "")),
        ("smtp:2525", (NEGOTIATE, "smtp", 2525, "/", "")),
        ('http:81 "health"', (NEGOTIATE, "http", 81, "/health", "")),
        ('http:81 "/h", "ok"', (NEGOTIATE, "http", 81, "/h", "ok")),
        ('http:81 "h" "o#k"', (NEGOTIATE, "http", 81, "/h", "o#k")),
    ],
)
def test_another_check_asks_the_same_server(
    written: str, asked: tuple[CheckType, str, int, str, str]
) -> None:
    (real,) = one(
        f"alsocheck = {written}", "service = http", 'request = "/x"', 'receive = "y"'
    ).reals
    (also,) = real.also

    assert (also.kind, also.service, also.port, also.request, also.receive) == asked
    assert also.address == real.check.address
    assert (real.check.request, real.check.receive) == ("/x", "y")
    if (also.kind, also.service) == (NEGOTIATE, "http"):
        assert also.url == f"http://127.0.0.2:81{also.request}"


def test_other_checks_add_up_for_every_server() -> None:
    text = f"{HEADER}\treal=127.0.0.2->127.0.0.4:80 gate\n"
    text += "\talsocheck = connect:22\n\talsocheck = ping\n"
    (virtual,) = read(text).configuration.virtuals

    for real in virtual.reals:
        assert [also.kind for also in real.also] == [CheckType.CONNECT, CheckType.PING]
        assert {also.address for also in real.also} == {real.endpoint.address}


@pytest.mark.parametrize(
    ("written", "category"),
    [
        ("", "bad-alsocheck"),
        ("htpp:80", "bad-alsocheck"),
        ("none", "bad-alsocheck"),
        ("agent", "bad-alsocheck"),
        ("http:0", "bad-alsocheck"),
        ("http:65536", "bad-alsocheck"),
        ("http:99999999999", "bad-alsocheck"),
        ("http:x", "bad-alsocheck"),
        ("ping:1", "bad-alsocheck"),
        ('ping "x"', "bad-alsocheck"),
        ('connect:22 "x"', "bad-alsocheck"),
        ("http /x", "bad-alsocheck"),
        ('http "x" "y" "z"', "bad-alsocheck"),
        ('http "x", "("', "bad-regex"),
    ],
)
def test_what_is_no_check_is_refused(written: str, category: str) -> None:
    assert refusal(f"alsocheck = {written}")[0] == category


def test_a_misspelled_check_is_set_right() -> None:
    assert "did you mean 'http'?" in refusal("alsocheck = htpp")[1]


def test_an_agent_is_asked_in_the_clear_whatever_the_service_is() -> None:
    virtual = one(
        "agentport = 8999",
        'agentsend = "hi\\n"',
        "service = https",
        'passwd = "geheim"',
        'login = "me"',
        "maxresponsetime = 1",
        "checkport = 443",
    )
    (real,) = virtual.reals

    assert real.agent is not None
    assert real.agent.service == AGENT
    assert (real.agent.port, real.agent.request) == (8999, "hi\\n")
    assert real.agent.transport is Protocol.TCP
    assert real.agent.credentials.passwd == ""
    assert real.agent.slowest == 0
    assert virtual.agentinterval == virtual.checkinterval


def test_nobody_can_name_the_agents_service() -> None:
    assert refusal("service = agent")[0] == "bad-service"


@pytest.mark.parametrize(
    ("service", "port", "verify", "alpn"),
    [
        ("redis", 6379, TlsVerify.CHAIN, ""),
        ("rediss", 6379, TlsVerify.CHAIN, ""),
        ("grpcs", None, TlsVerify.CHAIN, "h2"),
        ("https", 443, TlsVerify.CHAIN, ""),
    ],
)
def test_services_of_our_own_have_their_port_and_their_tls(
    service: str, port: int | None, verify: TlsVerify, alpn: str
) -> None:
    text = f"virtual=7\n\treal=127.0.0.2 gate\n\tservice = {service}\n"
    (real,) = read(text).configuration.virtuals[0].reals

    assert real.check.port == port
    assert (real.check.tls.verify, real.check.tls.alpn) == (verify, alpn)


def test_no_service_of_our_own_is_guessed_from_a_port() -> None:
    text = "virtual=127.0.1.1:6379\n\treal=127.0.0.2:6379 gate\n"

    assert read(text).configuration.virtuals[0].service == "none"


@pytest.mark.parametrize(
    ("line", "category"),
    [
        ("successcount = 0", "bad-number"),
        ("successcount = 1.5", "bad-number"),
        ("checkjitter = 51", "bad-number"),
        ("panicthreshold = 101", "bad-number"),
        ("slowstart = soon", "bad-number"),
        ("tripwire = maybe", "bad-yesno"),
        ("checkmode = some", "bad-checkmode"),
        ("agentport = 0", "bad-agentport"),
        ("agentport = 81x", "bad-agentport"),
        ("agentinterval = 0", "bad-number"),
        ("maxresponsetime = -1", "bad-number"),
    ],
)
def test_a_wrong_value_is_refused_in_its_own_words(line: str, category: str) -> None:
    found, said = refusal(line)

    assert found == category
    assert line.split(maxsplit=1)[0] in said


def test_json_shows_every_option_where_it_counts() -> None:
    lines = [f"{name} = {written}" for name, written, *_ in SIMPLE]
    lines += ["httpstatus = 200-299,401", 'httpheader = "X-A: 1"', "agentport = 99"]
    lines += ["alsocheck = connect:22", "maxresponsetime = 2"]
    body = "".join(f"\t{line}\n" for line in lines)
    (virtual,) = shown(f"{HEADER}{REAL}{body}")["virtuals"]
    options = virtual["directives"]

    for name, written, *_ in SIMPLE:
        assert str(options[name]) == written
    assert options["httpstatus"] == "200-299,401"
    assert options["httpheader"] == ["X-A"]
    assert (options["agentport"], options["maxresponsetime"]) == (99, 2)
    assert virtual["reals"][0]["also"] == [
        {
            "checktype": "connect",
            "service": None,
            "port": 22,
            "request": None,
            "receive": None,
        }
    ]


@pytest.mark.parametrize(
    ("lines", "category"),
    [
        (["tripwire = yes", "protocol = udp"], "tripwire-udp"),
        (["panicthreshold = 50", "fallback = 127.0.0.9"], "panic-fallback"),
        (["agentsend = x"], "agent-without-port"),
        (["agentinterval = 3"], "agent-without-port"),
        (["httpstatus = 200", "service = smtp"], "http-only"),
        (['httpheader = "X: y"', "checktype = connect"], "http-only"),
        (["alsocheck = ping", "checktype = off"], "alsocheck-off"),
        (["checkmode = any"], "checkmode-alone"),
        (["maxresponsetime = 30"], "response-after-timeout"),
        (
            ["maxresponsetime = 5", "checktype = connect", "checktimeout = 4"],
            "response-after-timeout",
        ),
        (["slowstart = 9", "scheduler = sh"], "hash-slowstart"),
    ],
)
def test_an_option_that_does_nothing_or_too_much_is_told(
    lines: list[str], category: str
) -> None:
    body = "".join(f"\t{line}\n" for line in lines)

    found = {warning.category for warning in read(HEADER + REAL + body).warnings}

    assert category in found


@pytest.mark.parametrize(
    "lines",
    [
        ["tripwire = yes", "panicthreshold = 50", "slowstart = 9", "successcount = 2"],
        ["panicthreshold = 100", "fallback = 127.0.0.9"],
        ["agentport = 99", "agentsend = x", "agentinterval = 3"],
        ["alsocheck = http", "checkmode = any", "httpstatus = 200"],
        ["checktype = connect", "alsocheck = http", "httpstatus = 200"],
        ["maxresponsetime = 29.9", "checkjitter = 10", "startspread = 5"],
    ],
)
def test_options_that_fit_are_not_warned_of(lines: list[str]) -> None:
    body = "".join(f"\t{line}\n" for line in lines)

    assert read(HEADER + REAL.replace("8080", "80") + body).warnings == ()
