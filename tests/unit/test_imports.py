"""Other programs' configurations: what comes over, and what is told to be lost."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.config.reading import loads
from lvsha.identity import Forwarding
from lvsha.imports import keepalived, rules
from lvsha.imports.blocks import blocks
from lvsha.imports.draft import Draft
from lvsha.model import CheckType, Configuration, VirtualService
from tests.unit.names import Names

SITE = """\
! a site
global_defs {
    notification_email {
        ops@example.net
    }
    vrrp_strict
}
$NET = 192.0.2
vrrp_instance outside {
    interface eth0
}
virtual_server_group web {
    ${NET}.10-11 80
    fwmark 3
}
virtual_server group web {
    delay_loop 6
    lb_algo rr
    lb_kind DR
    persistence_timeout
    persistence_granularity 255.255.255.0
    quorum 2
    sorry_server 192.0.2.99 80
    real_server 192.0.2.1 80 {
        weight 3
        uthreshold 9
        HTTP_GET {
            url {
                path /a#b
                status_code 200
            }
            connect_timeout 3
            retry 2
        }
    }
    real_server 192.0.2.2 80
    {
        HTTP_GET { url { path /other
            status_code 200 }
            connect_timeout 3
            retry 2
        }
    }
}
"""
WEB = "virtual_server 192.0.2.10 80 {{\n {0} }}\n"


def lvsha(*words: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), input=given)


def read(draft: Draft) -> Configuration:
    return loads(draft.text().encode(), "x", resolver=Names()).configuration


def only(text: str) -> VirtualService:
    (virtual,) = read(keepalived.imported(text)).virtuals
    return virtual


def lost(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.what) for one in keepalived.imported(text).lost]


def test_blocks_have_their_lines_and_definitions_are_filled_in() -> None:
    found = blocks('a "b c" # x\n$V = 7\nd ${V} {\n e $V }\n')

    assert [(node.words, node.line) for node in found] == [
        (["a", "b c"], 1),
        (["d", "7"], 3),
    ]
    assert [(node.words, node.line) for node in found[1].inside] == [(["e", "7"], 4)]


@pytest.mark.parametrize(
    ("text", "said"),
    [("a {\n", "line 1: a is never"), ("}\n", "line 1: .* closes"), ("\n{", "line 2")],
)
def test_braces_that_do_not_match_are_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        blocks(text)


def test_a_group_becomes_a_virtual_service_for_each_of_its_places() -> None:
    virtuals = read(keepalived.imported(SITE)).virtuals

    assert [str(one.key) for one in virtuals] == [
        "tcp:192.0.2.10:80",
        "tcp:192.0.2.11:80",
        "fwm:3",
    ]
    for virtual in virtuals:
        assert (virtual.scheduler, virtual.persistent) == ("rr", 360)
        assert str(virtual.netmask) == "255.255.255.0"
        assert virtual.alerts.recipients == ("ops@example.net",)
        assert virtual.fallback is not None
        assert [real.weight for real in virtual.reals] == [3, 1]
        assert virtual.reals[0].upper == 9
        assert {real.forwarding for real in virtual.reals} == {Forwarding.GATE}


@pytest.mark.parametrize(
    ("more", "method"),
    [("", Forwarding.GATE), ("sorry_server_lvs_method TUN", Forwarding.IPIP)],
)
def test_a_sorry_server_is_reached_like_the_others_unless_it_says_otherwise(
    more: str, method: Forwarding
) -> None:
    virtual = only(WEB.format(f"lb_kind DR\n sorry_server 192.0.2.99 80\n {more}"))

    assert virtual.fallback is not None
    assert virtual.fallback.forwarding is method


def test_checks_of_http_come_over_with_what_each_real_server_is_asked() -> None:
    first = read(keepalived.imported(SITE)).virtuals[0]

    assert first.failurecount == 3
    assert first.checkinterval == 6
    assert [real.check.request for real in first.reals] == ["/a#b", "/other"]
    assert {real.check.checktimeout for real in first.reals} == {3}


def test_what_is_lost_is_told_once_with_its_line() -> None:
    assert lost(SITE) == [
        (6, "global_defs vrrp_strict"),
        (9, "vrrp_instance outside"),
        (22, "quorum 2"),
    ]


CHECKS = [
    ("", CheckType.ON, "http"),
    ("TCP_CHECK { connect_port 81\n }", CheckType.CONNECT, "http"),
    ("PING_CHECK { retry 1\n }", CheckType.PING, "http"),
    ("SMTP_CHECK {\n }", CheckType.NEGOTIATE, "smtp"),
    ("SSL_GET {\n url {\n path /\n }\n }", CheckType.NEGOTIATE, "https"),
    ("DNS_CHECK {\n name www.example.net\n }", CheckType.NEGOTIATE, "dns"),
    ("MISC_CHECK {\n misc_path /bin/x\n }", CheckType.CONNECT, "http"),
    ("UDP_CHECK {\n }", CheckType.PING, "http"),
]


@pytest.mark.parametrize(("checker", "kind", "service"), CHECKS)
def test_every_checker_has_its_check(
    checker: str, kind: CheckType, service: str
) -> None:
    virtual = only(WEB.format(f"real_server 192.0.2.1 80 {{\n {checker}\n }}\n"))

    assert (virtual.checktype, virtual.service) == (kind, service)


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("protocol SCTP\n", (1, "virtual_server 192.0.2.10 80")),
        ("real_server 2001:db8::1 80\n", (2, "real_server 2001:db8::1 80")),
        ("real_server web1 80\n", (2, "real_server web1 80")),
        ("lb_algo FANCY-1\nlb_kind NAT\n", (2, "scheduler=fancy-1")),
        ("real_server 192.0.2.1 80 {\n weight -3\n }\n", None),
        ("real_server 192.0.2.1 80 {\n notify_up /x\n }\n", (3, "notify_up /x")),
        ("persistence_engine sip\n", (2, "persistence_engine sip")),
        ("quux 1\n", (2, "quux 1")),
    ],
)
def test_what_has_no_word_is_listed_and_the_rest_can_be_used(
    lines: str, what: tuple[int, str] | None
) -> None:
    draft = keepalived.imported(WEB.format(lines))

    read(draft)
    found = [(one.line, one.what) for one in draft.lost]
    assert what in found if what else found


def test_ipv6_and_a_mark_of_it_become_virtual6() -> None:
    text = (
        "virtual_server 2001:db8::10 80 {\n real_server 2001:db8::1 80 {\n }\n }\n"
        "virtual_server fwmark 5 {\n ip_family inet6\n }\n"
    )

    assert [one.key.version for one in read(keepalived.imported(text)).virtuals] == [
        6,
        6,
    ]


def test_a_place_that_was_there_before_is_not_written_twice() -> None:
    text = WEB.format("") * 2

    assert only(text)
    assert lost(text) == [(3, "virtual=192.0.2.10:80")]


def test_quiescent_is_for_all_or_none() -> None:
    real = "real_server 192.0.2.{} 80 {{\n inhibit_on_failure\n }}\n"
    both = real.format(1) + real.format(2)

    assert only(WEB.format(both)).quiescent
    mixed = WEB.format(real.format(1) + "real_server 192.0.2.2 80\n")
    assert not only(mixed).quiescent
    assert lost(mixed) == [(3, "inhibit_on_failure")]


RULES = """\
-A -t 192.0.2.10:80 -s wlc
-a -t 192.0.2.10:80 -r 192.0.2.1:81 -g -w 1
-A --sctp-service 192.0.2.10:80 -s wlc
-a --sctp-service 192.0.2.10:80 -r 192.0.2.1:80 -g -w 1
-A -u 192.0.2.10:5060 -s rr --pe sip -p 9 -o
-a -u 192.0.2.10:5060 -r 192.0.2.1:5060 -i -w 1 --tun-type gre --tun-nocsum
-A -f 1 -s rr -o
"""


def test_rules_that_cannot_be_said_are_listed_by_their_lines() -> None:
    draft = rules.imported(RULES)

    assert [str(virtual.key) for virtual in read(draft).virtuals] == [
        "tcp:192.0.2.10:80",
        "udp:192.0.2.10:5060",
        "fwm:1",
    ]
    assert [(one.line, one.what) for one in draft.lost] == [
        (2, "port 81 of 192.0.2.1:81"),
        (3, "sctp:192.0.2.10:80"),
        (5, "--pe sip"),
        (6, "--tun-type gre"),
        (7, "-o"),
    ]


def test_a_file_that_exists_is_replaced_only_by_force(tmp_path: Path) -> None:
    target = tmp_path / "x.cf"
    words: list[str | Path] = ["import", "ipvsadm", "-o", target]
    first = lvsha(*words, given=RULES)
    text = target.read_text()
    second = lvsha(*words, given="")
    forced = lvsha(*words, "--force", "--json", given="")

    assert [one.exit_code for one in (first, second, forced)] == [0, 1, 0]
    assert "is there already" in second.stderr
    assert "virtual=192.0.2.10:80" in text
    assert "virtual" not in target.read_text().partition("\n\n")[2]
    assert json.loads(forced.stdout) == {"lost": []}


def test_the_configuration_is_printed_and_what_is_lost_told_beside_it() -> None:
    result = lvsha("import", "ipvsadm", given=RULES)

    assert result.exit_code == 0
    assert result.stdout.startswith("# From the rules of ipvsadm.")
    assert "-: line 5: --pe sip: there are no persistence engines" in result.stderr


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "k"
    broken.write_text("a {\n")

    assert lvsha("import", "keepalived", broken).exit_code == 2
    assert lvsha("import", "ipvsadm", given="-X\n").exit_code == 2
    assert lvsha("import", "keepalived", tmp_path / "none").exit_code == 1
