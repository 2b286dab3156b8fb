"""The rules of ``ipvsadm -Sn`` as an ``ldirectord.cf``. Pure.

Rules do not say how to check a real server: that is chosen, and told in comments.
"""

from ipaddress import IPv4Address
from typing import Final

from lvsha.identity import (
    Endpoint,
    Forwarding,
    Fwmark,
    Protocol,
    ServiceKey,
    Vip,
    bracketed,
)
from lvsha.imports.draft import Draft
from lvsha.ipvs.listing import flag_names, numbered, parsed
from lvsha.ipvs.table import HOST_MASK, Destination, Settings, Tunnel

METHODS: Final = {
    Forwarding.MASQ: "masq",
    Forwarding.IPIP: "ipip",
    Forwarding.GATE: "gate",
    Forwarding.LOCAL: "gate",
    Forwarding.BYPASS: "gate",
}
_SIX: Final = 6


def imported(text: str) -> Draft:
    """Return the configuration for the rules in *text*; raises ValueError."""
    table, lines = parsed(text), numbered(text)
    draft = Draft()
    draft.remark("From the rules of ipvsadm. They do not say how real servers are")
    draft.remark("checked: see checktype in every virtual service.")
    for key, service in table.items():
        _service(draft, key, service.settings, lines[key, None])
        if _skipped(key):
            continue
        for endpoint, row in service.destinations.items():
            _real(draft, key, endpoint, row, lines[key, endpoint])
    return draft


def _skipped(key: ServiceKey) -> bool:
    return isinstance(key, Vip) and key.protocol is Protocol.SCTP


def _service(draft: Draft, key: ServiceKey, settings: Settings, line: int) -> None:
    if _skipped(key):
        draft.lose(line, str(key), "there are no virtual services for SCTP")
        return
    where = str(key.endpoint) if isinstance(key, Vip) else str(key.mark)
    draft.section(where, line, key=str(key), six=key.version == _SIX)
    if isinstance(key, Vip):
        draft.setting("protocol", key.protocol.name.lower(), line)
    tcp = isinstance(key, Vip) and key.protocol is Protocol.TCP and key.endpoint.port
    if tcp:
        draft.note("a TCP connection is opened; negotiate would ask for something, too")
    draft.setting("checktype", "connect" if tcp else "ping", line)
    draft.setting("scheduler", settings.scheduler, line)
    if names := ",".join(flag_names(settings)):
        draft.setting("schedflags", names, line)
    if settings.persistent:
        draft.setting("persistent", str(settings.persistent), line)
        if settings.netmask != HOST_MASK[key.version]:
            six = key.version == _SIX
            mask = settings.netmask if six else IPv4Address(settings.netmask)
            draft.setting("netmask", str(mask), line)
    if settings.engine:
        draft.lose(line, f"--pe {settings.engine}", "there are no persistence engines")
    if settings.one_packet:
        if isinstance(key, Vip) and key.protocol is Protocol.UDP:
            draft.setting("ops", "yes", line)
        else:
            draft.lose(line, "-o", "one packet scheduling is for VIPs with UDP")


def _real(
    draft: Draft, key: ServiceKey, endpoint: Endpoint, row: Destination, line: int
) -> None:
    if endpoint.address.version != key.version:
        why = "a real server has its virtual service's version of IP"
        draft.lose(line, f"-r {endpoint}", why)
        return
    if row.forwarding is Forwarding.IPIP and row.tunnel is not Tunnel.IPIP:
        name = row.tunnel.name.lower()
        draft.lose(line, f"--tun-type {name}", "tunnels are IP in IP; it is left out")
        return
    direct = row.forwarding is not Forwarding.MASQ
    if direct and isinstance(key, Vip) and endpoint.port != key.endpoint.port:
        why = f"only masq can map a port; it gets {key.endpoint.port}"
        draft.lose(line, f"port {endpoint.port} of {endpoint}", why)
    if row.weight == 0:
        draft.note("weight 0: it was quiesced when this was written")
    port = "" if isinstance(key, Fwmark) and not endpoint.port else f":{endpoint.port}"
    value = (
        f"{bracketed(endpoint.address)}{port} {METHODS[row.forwarding]} {row.weight}"
    )
    if row.lower:
        value += f" l:{row.lower}"
    if row.upper:
        value += f" u:{row.upper}"
    draft.setting("real", value, line)
