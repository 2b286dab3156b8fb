"""A ``keepalived.conf`` as an ``ldirectord.cf``. Pure.

Its virtual servers come over; its VRRP is what the cluster does instead. What
checks are made of lives in :mod:`lvsha.imports.checkers`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from lvsha.identity import Address, bracketed
from lvsha.imports.blocks import Node, blocks
from lvsha.imports.checkers import Check, check_of
from lvsha.imports.draft import Draft

_METHODS: Final = {"NAT": "masq", "DR": "gate", "TUN": "ipip"}
# What keepalived takes when nothing is said.
_METHOD: Final = "NAT"
_SCHEDULER: Final = "wlc"
_PERSISTENT: Final = "360"
_SIX: Final = 6
_FLAGS: Final = frozenset(
    {"sh-port", "sh-fallback", "mh-port", "mh-fallback", "flag-1", "flag-2", "flag-3"}
)
_CLUSTER: Final = "the cluster does this: see ocf:lvsha:vip"
# Blocks and lines outside of virtual servers, and what does their work.
_ELSEWHERE: Final[Mapping[str, str]] = {
    "vrrp_instance": _CLUSTER,
    "vrrp_sync_group": _CLUSTER,
    "vrrp_script": "the cluster's own resources and constraints do this",
    "vrrp_track_process": "the cluster's own resources and constraints do this",
    "static_ipaddress": "addresses of the system itself stay the system's",
    "static_routes": "routes stay the system's",
    "static_rules": "rules stay the system's",
    "include": "included files are not read: import each by itself",
}
# Words of a virtual server that need no line of ours.
_IMPLIED: Final = frozenset({"alpha", "omega", "ha_suspend", "hysteresis"})
_WHY: Final[Mapping[str, str]] = {
    "quorum": "a virtual service is up while one real server is",
    "quorum_up": "fallbackcommand is run with 'stop', when a real server is back",
    "quorum_down": "fallbackcommand is run with 'start', when none is left",
    "persistence_engine": "there are no persistence engines",
    "notify_up": "the log and mails tell of real servers, nothing is run for one",
    "notify_down": "the log and mails tell of real servers, nothing is run for one",
    "net_mask": "keepalived ignores it, too",
    "nat_mask": "keepalived ignores it, too",
    "delay_before_retry": "a check is repeated after checkinterval",
    "virtualhost": "only checks of HTTP have one",
}
_UNKNOWN: Final = "there is no word for it"
_HANDLED: Final = frozenset(
    {
        *("delay_loop", "lb_algo", "lvs_sched", "lb_kind", "lvs_method", "protocol"),
        *("persistence_timeout", "persistence_granularity", "ops", "sorry_server"),
        *("real_server", "retry", "nb_get_retry", "connect_timeout", "ip_family"),
        *("inhibit_on_failure", "weight", "lthreshold", "uthreshold"),
        *("sorry_server_lvs_method", "hashed"),
        *_FLAGS,
        *_IMPLIED,
    }
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a virtual server is: an address and a port, or a mark."""

    line: int
    address: Address | None
    port: str = ""
    mark: str = ""


def imported(text: str) -> Draft:
    """Return the configuration for the virtual servers of *text*; raises ValueError."""
    draft = Draft()
    draft.remark(
        "From a keepalived.conf: its virtual servers, and how they are checked."
    )
    groups: dict[str, Node] = {}
    nodes = blocks(text)
    for node in nodes:
        if node.name == "virtual_server_group" and len(node.words) > 1:
            groups[node.words[1]] = node
    for node in nodes:
        if node.name == "global_defs":
            _globals(draft, node)
    for node in nodes:
        if node.name == "virtual_server":
            for place in _places(draft, node, groups):
                _virtual(draft, node, place)
        elif node.name not in {"global_defs", "virtual_server_group"}:
            what = " ".join(node.words[:2])
            draft.lose(node.line, what, _ELSEWHERE.get(node.name, _UNKNOWN))
    return draft


def _globals(draft: Draft, node: Node) -> None:
    for one in node.inside:
        match one.name:
            case "notification_email":
                whom = ",".join(each.name for each in one.inside)
                draft.globally("emailalert", whom, one.line)
            case "notification_email_from":
                draft.globally("emailalertfrom", one.value, one.line)
            case "smtp_server" if len(one.words) > 1:
                draft.globally("smtp", one.words[1], one.line)
            case "router_id" | "lvs_id":
                pass
            case _:
                draft.lose(one.line, f"global_defs {one.name}", _UNKNOWN)


def _places(draft: Draft, node: Node, groups: Mapping[str, Node]) -> Iterator[_Place]:
    words = node.words[1:]
    if words[:1] == ["group"]:
        group = groups.get(" ".join(words[1:]))
        if group is None:
            draft.lose(node.line, " ".join(node.words), "there is no such group")
            return
        for entry in group.inside:
            yield from _located(draft, entry.words, entry.line)
    else:
        yield from _located(draft, words, node.line)


def _located(draft: Draft, words: list[str], line: int) -> Iterator[_Place]:
    """Yield what *words* name: an address, a range of them, or a mark."""
    if len(words) > 1 and words[0] == "fwmark":
        yield _Place(line, None, mark=words[1])
        return
    try:
        first, _, last = words[0].partition("-")
        start = ip_address(first)
        count = 1
        if last:
            six = start.version == _SIX
            wide = 0x10000 if six else 0x100
            count = int(last, 16 if six else 10) - int(start) % wide + 1
    except (ValueError, IndexError):
        draft.lose(line, " ".join(words), "this is no address")
        return
    if count < 1:
        draft.lose(line, " ".join(words), "this range ends before it begins")
    for number in range(count):
        yield _Place(line, start + number, words[1] if len(words) > 1 else "0")


def _virtual(draft: Draft, node: Node, place: _Place) -> None:
    protocol = (_value(node, "protocol") or "TCP").lower()
    what = " ".join(node.words)
    if protocol not in {"tcp", "udp"}:
        draft.lose(node.line, what, "there are only virtual services of tcp and udp")
        return
    if place.address is None:
        family = _value(node, "ip_family")
        version: int = _SIX if family == "inet6" else _first_version(node)
        where = place.mark
    else:
        version = place.address.version
        where = f"{bracketed(place.address)}:{place.port}"
    key = f"{protocol}:{where}" if place.address else f"fwmark {where}"
    if not draft.section(where, place.line, key=key, six=version == _SIX):
        return
    if place.address is not None:
        draft.setting("protocol", protocol, node.line)
    _policies(draft, node)
    reals = [one for one in node.inside if one.name == "real_server"]
    _sorry(draft, node, version, place)
    checks = [check_of(draft, real, node, protocol) for real in reals]
    chosen = checks[0] if checks else Check({"checktype": ("on", node.line)})
    for name, (value, line) in chosen.lines.items():
        draft.setting(name, value, line)
    for real, check in zip(reals, checks, strict=True):
        own = check.question if check.differs_in_question(chosen) else ""
        if not own and check.settings != chosen.settings:
            why = f"a virtual service has one check: the one of line {reals[0].line}"
            draft.lose(real.line, f"check of real_server {real.value}", why)
        if said := _real(draft, real, node, version, place):
            draft.setting("real", f"{said} {own}".rstrip(), real.line)


def _policies(draft: Draft, node: Node) -> None:
    scheduler = node.find("lb_algo", "lvs_sched")
    name = scheduler.value.lower() if scheduler else _SCHEDULER
    draft.setting("scheduler", name, scheduler.line if scheduler else node.line)
    flags = [one.name for one in node.inside if one.name in _FLAGS]
    if flags:
        draft.setting("schedflags", ",".join(flags), node.line)
    if delay := node.find("delay_loop"):
        draft.setting("checkinterval", delay.value, delay.line)
    timeout = node.find("persistence_timeout")
    if timeout and timeout.value != "0":
        draft.setting("persistent", timeout.value or _PERSISTENT, timeout.line)
        if mask := node.find("persistence_granularity"):
            draft.setting("netmask", mask.value, mask.line)
    if one := node.find("ops"):
        draft.setting("ops", "yes", one.line)
    reals = [one for one in node.inside if one.name == "real_server"]
    inhibits = [one.find("inhibit_on_failure") for one in reals]
    if (every := node.find("inhibit_on_failure")) or (inhibits and all(inhibits)):
        draft.setting("quiescent", "yes", every.line if every else node.line)
    else:
        for one in filter(None, inhibits):
            why = "quiescent is for all real servers of a virtual service, or none"
            draft.lose(one.line, "inhibit_on_failure", why)
    for one in node.inside:
        if one.name not in _HANDLED and one.name != "virtualhost":
            draft.lose(one.line, " ".join(one.words), _WHY.get(one.name, _UNKNOWN))


def _sorry(draft: Draft, node: Node, version: int, place: _Place) -> None:
    sorry = node.find("sorry_server")
    if sorry is None:
        return
    method = _method(draft, node, node, "sorry_server_lvs_method")
    if address := _address(draft, sorry, version, place):
        draft.setting("fallback", f"{address} {method}", sorry.line)


def _real(draft: Draft, real: Node, node: Node, version: int, place: _Place) -> str:
    """Return our line for *real*, empty after noting why there is none."""
    address = _address(draft, real, version, place)
    if not address:
        return ""
    weight = _value(real, "weight") or _value(node, "weight") or "1"
    method = _method(draft, real, node, "lvs_method", "lb_kind")
    value = f"{address} {method} {weight.split()[0]}"
    for word, letter in (("lthreshold", "l"), ("uthreshold", "u")):
        if (limit := _value(real, word)) and limit != "0":
            value += f" {letter}:{limit}"
    return value


def _method(draft: Draft, one: Node, other: Node, *names: str) -> str:
    """Return the forwarding method *one* names, or else *other*."""
    found = one.find(*names) or other.find("lb_kind", "lvs_method")
    words = found.words[1:] if found else [_METHOD]
    if found and len(words) > 1:
        draft.lose(found.line, found.value, "tunnels are IP in IP")
    return _METHODS.get(
        words[0].upper() if words else _METHOD, words[0] if words else ""
    )


def _address(draft: Draft, node: Node, version: int, place: _Place) -> str:
    """Return where a server is, as our lines say it; empty after noting why not."""
    what = " ".join(node.words)
    try:
        address = ip_address(node.words[1])
    except (ValueError, IndexError):
        draft.lose(node.line, what, "this is no address")
        return ""
    if address.version != version:
        why = "a real server has its virtual service's version of IP"
        draft.lose(node.line, what, why)
        return ""
    port = node.words[2] if len(node.words) > 2 else place.port  # noqa: PLR2004
    if place.mark and port in {"", "0"}:
        return bracketed(address)
    return f"{bracketed(address)}:{port}"


def _first_version(node: Node) -> int:
    real = node.find("real_server")
    try:
        return ip_address(real.words[1]).version if real else 4
    except (ValueError, IndexError):
        return 4


def _value(node: Node, name: str) -> str:
    found = node.find(name)
    return found.value if found else ""
