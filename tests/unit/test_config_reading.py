"""What a configuration file means, beyond the recorded cases."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from lvsha.config.describe import describe
from lvsha.errors import ConfigError
from lvsha.identity import Endpoint, Forwarding, Fwmark, Protocol, Vip
from lvsha.model import DaemonState
from tests.unit.reading import HEADER, REAL, check, errors, read


def test_all_errors_are_told_at_once_in_file_order() -> None:
    found = errors(
        "quiescnt=yes\nvirtual=nosuch.invalid:80\n\treal=127.0.0.2 nat\n\tservice=x\n"
    )

    assert [(each.line, each.category) for each in found] == [
        (1, "unknown-directive"),
        (2, "virtual-resolve"),
        (3, "bad-forward"),
        (4, "bad-service"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("quiescnt=yes\n", "'quiescent'"),
        (HEADER + "\tschedular=rr\n", "'scheduler'"),
        (HEADER + "\tservice=htp\n", "'http'"),
        (HEADER + "\tchecktype=conect\n", "'connect'"),
        ("quiescent=true\n", "write yes"),
        ("emailalertstatus=runing\n", "'running'"),
        ("virtual=10.0.0.1\n", "10.0.0.1:PORT"),
        ("virtual=[::1]:80\n", "virtual6 = [::1]:80"),
        (HEADER + "\tscheduler=Wrr\n", "'wrr'"),
        (HEADER + "\treal=10.0.0.9->10.0.0.1:80 gate\n", "10.0.0.1->10.0.0.9"),
        ("  quiescent=yes\n", "first column"),
    ],
)
def test_an_error_says_what_to_write_instead(text: str, hint: str) -> None:
    assert hint in errors(text)[0].hint


def test_an_error_points_at_its_column() -> None:
    (problem,) = errors("virtual=127.0.1.1:80\n\tscheduler = 123\n")

    assert (problem.line, problem.column) == (2, 14)


def test_no_secret_is_in_a_message() -> None:
    for text in (
        HEADER + '\tpasswd="geheim" geheim\n\tscheduler=1\n',
        HEADER + '\tpaswd="geheim"\n',
        HEADER + "\tpasswd 'geheim'\n",
        '  passwd="geheim"\n',
        HEADER + "\tsecret='geheim\n",
    ):
        with pytest.raises(ConfigError) as caught:
            read(text)
        told = [*caught.value.problems, *caught.value.warnings]

        assert "geheim" not in "".join(map(str, told))


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("checktimeout=3 # three", 3),
        ("checktimeout=1.5", 1.5),
        ("checktimeout=2.0", 2),
        ("checktimeout=600s", 600),
        ('checktimeout="7"', 7),
    ],
)
def test_seconds_are_read_as_written(line: str, seconds: float) -> None:
    assert read(f"{line}\n{HEADER}{REAL}").configuration.virtuals[0].reals[
        0
    ].check.checktimeout == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value", ["0", "-5", "abc", ".05", "0.09", "", "x5", "9" * 5000, "1" * 30]
)
def test_what_is_no_number_of_seconds_is_refused(value: str) -> None:
    assert errors(f"checktimeout={value}\n")[0].category == "bad-number"


def test_a_count_is_whole() -> None:
    assert errors("failurecount=1.5\n")[0].category == "bad-number"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), (5, 30)),
        (("G checktimeout=3",), (3, 3)),
        (("G negotiatetimeout=9",), (9, 9)),
        (("G checktimeout=3", "G negotiatetimeout=9"), (3, 9)),
        (("G checktimeout=3", "V negotiatetimeout=8"), (8, 8)),
        (("G negotiatetimeout=9", "V checktimeout=2"), (2, 2)),
        (("V checktimeout=2", "V negotiatetimeout=8"), (2, 8)),
    ],
)
def test_timeouts_stand_in_for_each_other(
    lines: tuple[str, ...], expected: tuple[int, int]
) -> None:
    globally = "".join(line[2:] + "\n" for line in lines if line[0] == "G")
    inside = "".join("\t" + line[2:] + "\n" for line in lines if line[0] == "V")

    made = read(globally + HEADER + REAL + inside).configuration.virtuals[0].reals[0]

    assert (made.check.checktimeout, made.check.negotiatetimeout) == expected


def test_an_ipv6_range_is_expanded() -> None:
    service = read(
        "virtual6=[::1]:80\n\treal6=[fd00::ffff]->[fd00::1:1]:80 masq 3\n"
    ).configuration.virtuals[0]

    assert [str(real.endpoint) for real in service.reals] == [
        "[fd00::ffff]:80",
        "[fd00::1:0]:80",
        "[fd00::1:1]:80",
    ]
    assert {real.weight for real in service.reals} == {3}


@pytest.mark.parametrize(
    "line",
    ["real=10.0.0.0->11.0.0.0:80 gate", "real=0.0.0.0->255.255.255.255 gate"],
)
def test_an_endless_range_is_refused(line: str) -> None:
    assert errors(f"{HEADER}\t{line}\n")[0].category == "bad-range"


def test_an_endless_ipv6_range_is_refused() -> None:
    assert errors("virtual6=[::1]:80\n\treal6=[::]->[ffff::] gate\n")[0].category == (
        "bad-range"
    )


@pytest.mark.parametrize(
    ("tail", "weight", "strings", "thresholds"),
    [
        ("gate", 1, ("/", ""), (0, 0)),
        ("gate 0", 0, ("/", ""), (0, 0)),
        ('gate "a" , "b" 5', 5, ("/a", "b"), (0, 0)),
        ('gate 5 "a"  "b"', 5, ("/a", "b"), (0, 0)),
        ("gate u:10 l:5", 1, ("/", ""), (5, 10)),
        ('gate 2 "a","b" "l:5" "u:10"', 2, ("/a", "b"), (5, 10)),
        ('gate "x # y","b"', 1, ("/x # y", "b"), (0, 0)),
        ('gate "a\tb","c"', 1, ("/a\tb", "c"), (0, 0)),
    ],
)
def test_weight_strings_and_thresholds_come_in_any_order(
    tail: str, weight: int, strings: tuple[str, str], thresholds: tuple[int, int]
) -> None:
    text = f"{HEADER}\treal=127.0.0.2:80 {tail}\n"

    (real,) = read(text).configuration.virtuals[0].reals

    assert (real.weight, real.lower, real.upper) == (weight, *thresholds)
    assert (real.check.request, real.check.receive) == strings


@pytest.mark.parametrize(
    ("line", "category"),
    [
        ("real=127.0.0.2:80 gate -5", "bad-real-tail"),
        ('real=127.0.0.2:80 gate "a"', "bad-real-tail"),
        ('real=127.0.0.2:80 gate "a","b" junk', "bad-real-tail"),
        ('real=127.0.0.2:80 gate "a",,"b"', "bad-real-tail"),
        ("real=127.0.0.2:80 gate 1 5", "bad-real-tail"),
        ("real=127.0.0.2:80 gate l:1 l:2", "bad-real-tail"),
        ('real=127.0.0.2:80 gate"a","b"', "bad-real-tail"),
        ("real=127.0.0.2:80 gate 70000", "bad-number"),
        ("real=127.0.0.2:80 gate l:99999999999", "bad-number"),
        ("real=127.0.0.2:80 GATE", "bad-forward"),
        ("real=127.0.0.2:80 # gate", "bad-forward"),
        ("real=my_host:80 gate", "bad-real-format"),
        ("real=127.0.0.2: 80 gate", "bad-real-format"),
        ("real=127.0.0.2:80->127.0.0.5:80 gate", "bad-range"),
        ("real=127.0.0.256:80 gate", "real-resolve"),
    ],
)
def test_a_wrong_real_server_line_is_refused(line: str, category: str) -> None:
    assert errors(f"{HEADER}\t{line}\n")[0].category == category


def test_the_last_line_of_a_file_can_open_a_virtual_service() -> None:
    """B30."""
    assert len(read("virtual=127.0.1.1:80").configuration.virtuals) == 1


def test_a_global_fallback_serves_marks_too() -> None:
    """B2: it has port 0 there."""
    service = read(
        "fallback=127.0.0.9:80 masq\nvirtual=7\n\treal=127.0.0.2 gate\n"
    ).configuration.virtuals[0]

    assert service.fallback is not None
    assert service.fallback.endpoint == Endpoint(IPv4Address("127.0.0.9"), 0)
    assert service.fallback.forwarding is Forwarding.MASQ


def test_a_fallback_port_by_name_must_exist_where_it_is_used() -> None:
    """B44: http is a tcp service only."""
    text = "fallback=127.0.0.9:http\nvirtual=127.0.1.1:8080\n\tprotocol=udp\n"

    assert [(each.line, each.category) for each in errors(text)] == [
        (1, "fallback-port")
    ]


def test_the_same_address_may_serve_tcp_udp_and_marks_of_both_families() -> None:
    text = (
        "virtual=127.0.1.1:80\nvirtual=127.0.1.1:80\n\tprotocol=udp\n"
        "virtual=7\nvirtual6=7\nvirtual6=[::1]:80\n"
    )

    keys = [service.key for service in read(text).configuration.virtuals]

    assert keys == [
        Vip(Protocol.TCP, Endpoint(IPv4Address("127.0.1.1"), 80)),
        Vip(Protocol.UDP, Endpoint(IPv4Address("127.0.1.1"), 80)),
        Fwmark(7),
        Fwmark(7, 6),
        Vip(Protocol.TCP, Endpoint(IPv6Address("::1"), 80)),
    ]


def test_what_a_virtual_service_inherits_is_filled_in() -> None:
    service = read(
        "quiescent=yes\ncleanstop=no\nfailurecount=3\ncheckinterval=7\n"
        'emailalert="a@x, b@x"\nemailalertfreq=60\nemailalertstatus=starting,running\n'
        f'smtp=mail\nfallbackcommand="/bin/a b"\n{HEADER}{REAL}\tsmtp=other\n'
    ).configuration.virtuals[0]

    assert (service.quiescent, service.cleanstop) == (True, False)
    assert (service.failurecount, service.checkinterval) == (3, 7)
    assert service.alerts.recipients == ("a@x", "b@x")
    assert service.alerts.states == DaemonState.STARTING | DaemonState.RUNNING
    assert (service.alerts.frequency, service.alerts.smtp) == (60, "other")
    assert service.fallbackcommand == "/bin/a b"


def test_quiescent_is_no_unless_it_is_written() -> None:
    """B40."""
    assert not read(HEADER + REAL).configuration.virtuals[0].quiescent


def test_tabs_and_hashes_between_quotes_stay() -> None:
    """B46."""
    made = check('request="/a#b\tc" # "comment"')

    assert made.request == "/a#b\tc"


def test_port_zero_needs_persistence() -> None:
    text = "virtual=127.0.1.1:0\n\treal=127.0.0.2 gate\n"

    assert errors(text)[0].category == "bad-virtual-address"
    assert read(text + "\tpersistent=60\n")


def test_a_services_default_login_is_shown_without_real_servers() -> None:
    shown = describe(read("virtual=127.0.1.1:21\n"))["virtuals"]

    assert isinstance(shown, list)
    assert isinstance(shown[0], dict)
    assert isinstance(shown[0]["directives"], dict)
    assert shown[0]["directives"]["login"] == "anonymous"
