"""A table as text, in ``ipvsadm -Sn``'s own words and order; and back.

``rules`` writes what ipvsadm 1.31 would print of the same kernel table, byte
for byte, oddities included. ipvsadm leaves some things out of it (thresholds,
the mask of a service that is not persistent); ``complete=True`` adds what
``ipvsadm -R`` can read. ``parsed`` reads either.
"""

import shlex
from collections.abc import Iterator, Sequence
from functools import cmp_to_key
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal

from lvsha.identity import (
    Endpoint,
    Forwarding,
    Fwmark,
    Protocol,
    ServiceKey,
    Vip,
)
from lvsha.ipvs.table import (
    HOST_MASK,
    Destination,
    Scheduling,
    Service,
    Settings,
    Table,
    Tunnel,
    TunnelFlag,
)

# What -s and -p mean when nothing, or nothing more, is said.
SCHEDULER: Final = "wlc"
PERSISTENT: Final = 360

_LETTERS: Final = {
    Protocol.TCP: "-t",
    Protocol.UDP: "-u",
    Protocol.SCTP: "--sctp-service",
}
_METHODS: Final = {
    Forwarding.MASQ: "-m",
    Forwarding.LOCAL: "-g",
    Forwarding.BYPASS: "-g",
    Forwarding.IPIP: "-i",
    Forwarding.GATE: "-g",
}
_FLAGS: Final = {
    "flag-1": Scheduling.FLAG_1,
    "flag-2": Scheduling.FLAG_2,
    "flag-3": Scheduling.FLAG_3,
    "sh-fallback": Scheduling.FLAG_1,
    "sh-port": Scheduling.FLAG_2,
    "mh-fallback": Scheduling.FLAG_1,
    "mh-port": Scheduling.FLAG_2,
}
_CHECKSUMS: Final = {
    TunnelFlag.NOCSUM: "--tun-nocsum",
    TunnelFlag.CSUM: "--tun-csum",
    TunnelFlag.REMCSUM: "--tun-remcsum",
}
# Options that have two names.
_SHORT: Final = {
    "--add-service": "-A",
    "--add-server": "-a",
    "--tcp-service": "-t",
    "--udp-service": "-u",
    "--fwmark-service": "-f",
    "--ipv6": "-6",
    "--scheduler": "-s",
    "--persistent": "-p",
    "--netmask": "-M",
    "--ops": "-o",
    "--sched-flags": "-b",
    "--real-server": "-r",
    "--gatewaying": "-g",
    "--ipip": "-i",
    "--masquerading": "-m",
    "--weight": "-w",
    "--u-threshold": "-x",
    "--l-threshold": "-y",
}
_VALUED: Final = frozenset(
    [
        "-t",
        "-u",
        "-f",
        "-s",
        "-M",
        "-b",
        "-r",
        "-w",
        "-x",
        "-y",
        "--sctp-service",
        "--pe",
        "--tun-type",
        "--tun-port",
    ]
)
_KNOWN: Final = _VALUED | frozenset(
    [
        "-A",
        "-a",
        "-6",
        "-p",
        "-o",
        "-g",
        "-i",
        "-m",
        "--tun-nocsum",
        "--tun-csum",
        "--tun-remcsum",
    ]
)

Options = dict[str, str]


def rules(table: Table, *, complete: bool = False) -> str:
    """Return *table* as ``ipvsadm -Sn`` prints it."""
    lines: list[str] = []
    for key in sorted(table, key=cmp_to_key(_services)):
        named = _named(key)
        service = table[key]
        lines.append(f"-A {named}{_settings(key, service.settings, complete)}")
        lines += [
            f"-a {named} -r {endpoint}"
            f"{_destination(service.destinations[endpoint], complete)}"
            for endpoint in sorted(service.destinations, key=cmp_to_key(_endpoints))
        ]
    return "".join(f"{line}\n" for line in lines)


def parsed(text: str) -> Table:
    """Return the table that ``ipvsadm -R`` would make of *text*.

    Raises *ValueError*, naming the line, for what ipvsadm would not take.
    """
    table: dict[ServiceKey, Service] = {}
    rows: dict[ServiceKey, dict[Endpoint, Destination]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            _restore(_options(shlex.split(line)), table, rows)
        except KeyError as error:
            raise ValueError(f"line {number}: {error.args[0]} is missing") from error
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return table


def numbered(text: str) -> dict[tuple[ServiceKey, Endpoint | None], int]:
    """Return the lines that add the services and destinations of *text*."""
    lines: dict[tuple[ServiceKey, Endpoint | None], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            options = _options(shlex.split(line))
            key = _key(options)
            added = "-A" in options
            at = None if added else _read_endpoint(key, options["-r"])
            lines[key, at] = number
    return lines


def _restore(
    options: Options,
    table: dict[ServiceKey, Service],
    rows: dict[ServiceKey, dict[Endpoint, Destination]],
) -> None:
    key = _key(options)
    if "-A" in options:
        if key in table:
            raise ValueError(f"{key} is there already")
        rows[key] = {}
        table[key] = Service(_read_settings(key, options), rows[key])
        return
    endpoint = _read_endpoint(key, options["-r"])
    if endpoint in rows[key]:
        raise ValueError(f"{endpoint} is there already")
    rows[key][endpoint] = _read_destination(options)


def _named(key: ServiceKey) -> str:
    if isinstance(key, Fwmark):
        # ipvsadm prints a mark with "%d".
        six = " -6" if key.version == 6 else ""  # noqa: PLR2004
        return f"-f {_signed(key.mark)}{six}"
    return f"{_LETTERS[key.protocol]} {key.endpoint}"


def _settings(key: ServiceKey, settings: Settings, complete: bool) -> str:  # noqa: FBT001
    text = f" -s {settings.scheduler}"
    if settings.persistent:
        text += f" -p {settings.persistent}"
    if settings.netmask != HOST_MASK[key.version] and (settings.persistent or complete):
        four = key.version == 4  # noqa: PLR2004
        text += f" -M {IPv4Address(settings.netmask) if four else settings.netmask}"
    if settings.engine:
        text += f" --pe {settings.engine}"
    if settings.one_packet:
        text += " -o"
    if settings.flags:
        text += f" -b {','.join(flag_names(settings))}"
    return text


def flag_names(settings: Settings) -> Iterator[str]:
    """Yield what ipvsadm calls the scheduler's flags of *settings*."""
    names = ("flag-1", "flag-2", "flag-3")
    if settings.scheduler in {"sh", "mh"}:
        names = (f"{settings.scheduler}-fallback", f"{settings.scheduler}-port", "")
    for name, flag in zip(names, list(Scheduling)[-3:], strict=True):
        if name and flag in settings.flags:
            yield name


def _destination(row: Destination, complete: bool) -> str:  # noqa: FBT001
    text = f" {_METHODS[row.forwarding]} -w {row.weight}"
    if complete and row.upper:
        text += f" -x {row.upper}"
    if complete and row.lower:
        text += f" -y {row.lower}"
    if row.forwarding is Forwarding.IPIP:
        text += f" --tun-type {row.tunnel.name.lower()}"
        if row.tunnel is Tunnel.GUE:
            text += f" --tun-port {row.tunnel_port}"
        if row.tunnel is not Tunnel.IPIP:
            text += f" {_CHECKSUMS[row.tunnel_flags]}"
    return text


def _services(one: ServiceKey, other: ServiceKey) -> int:
    """Compare as ``ipvs_cmp_services`` does, in C's wrapping 32-bit numbers."""
    return (
        _signed(_mark(one) - _mark(other))
        or one.version - other.version
        or _protocol(one) - _protocol(other)
        or _endpoints(_endpoint(one), _endpoint(other))
    )


def _endpoints(one: Endpoint, other: Endpoint) -> int:
    """Compare as ``ipvs_cmp_dests`` does; two families by their first bytes."""
    if isinstance(one.address, IPv4Address) and isinstance(other.address, IPv4Address):
        apart = _signed(int(one.address) - int(other.address))
    else:
        first = one.address.packed.ljust(16, b"\0")
        second = other.address.packed.ljust(16, b"\0")
        apart = (first > second) - (first < second)
    return apart or one.port - other.port


def _signed(number: int) -> int:
    return (number + 0x80000000) % 0x100000000 - 0x80000000


def _mark(key: ServiceKey) -> int:
    return key.mark if isinstance(key, Fwmark) else 0


def _protocol(key: ServiceKey) -> int:
    return Protocol.TCP if isinstance(key, Fwmark) else key.protocol


def _endpoint(key: ServiceKey) -> Endpoint:
    if isinstance(key, Vip):
        return key.endpoint
    return Endpoint(IPv4Address(0) if key.version == 4 else IPv6Address(0), 0)  # noqa: PLR2004


def _options(words: Sequence[str]) -> Options:
    """Return the options of a line by short name, each with its value or "1"."""
    options: Options = {}
    waiting = list(reversed(words))
    while waiting:
        word, equals, value = waiting.pop().partition("=")
        name = _SHORT.get(word, word)
        if name not in _KNOWN:
            raise ValueError(f"unknown option {word!r}")
        if name in _VALUED and not equals:
            # "-b" alone is what ipvsadm prints for a flag without a name.
            if not waiting and name != "-b":
                raise ValueError(f"{word} needs a value")
            value = waiting.pop() if waiting else ""
        elif name == "-p" and not equals:
            number = bool(waiting) and waiting[-1].isdecimal()
            value = waiting.pop() if number else str(PERSISTENT)
        options[name] = value
    return options


def _key(options: Options) -> ServiceKey:
    if "-f" in options:
        version: Literal[4, 6] = 6 if "-6" in options else 4
        return Fwmark(int(options["-f"]) % 0x100000000, version)
    for protocol, letter in _LETTERS.items():
        if letter in options:
            return Vip(protocol, _split(options[letter], 0))
    raise ValueError("no virtual service is named")


def _read_settings(key: ServiceKey, options: Options) -> Settings:
    netmask = HOST_MASK[key.version]
    if "-M" in options:
        mask = options["-M"]
        netmask = int(IPv4Address(mask)) if "." in mask else int(mask)
    flags = Scheduling.NONE
    for name in filter(None, options.get("-b", "").split(",")):
        if name not in _FLAGS:
            raise ValueError(f"unknown scheduler flag {name!r}")
        flags |= _FLAGS[name]
    return Settings(
        scheduler=options.get("-s", SCHEDULER),
        netmask=netmask,
        persistent=int(options.get("-p", "0")),
        one_packet="-o" in options,
        flags=flags,
        engine=options.get("--pe", ""),
    )


def _read_endpoint(key: ServiceKey, text: str) -> Endpoint:
    return _split(text, key.endpoint.port if isinstance(key, Vip) else 0)


def _read_destination(options: Options) -> Destination:
    forwarding = Forwarding.GATE
    for method in (Forwarding.MASQ, Forwarding.IPIP):
        if _METHODS[method] in options:
            forwarding = method
    tunnel_flags = TunnelFlag.NOCSUM
    for flag, word in _CHECKSUMS.items():
        if word in options:
            tunnel_flags = flag
    return Destination(
        forwarding=forwarding,
        weight=int(options.get("-w", "1")),
        upper=int(options.get("-x", "0")),
        lower=int(options.get("-y", "0")),
        tunnel=Tunnel[options.get("--tun-type", "ipip").upper()],
        tunnel_port=int(options.get("--tun-port", "0")),
        tunnel_flags=tunnel_flags,
    )


def _split(text: str, port: int) -> Endpoint:
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        number = rest.removeprefix(":")
    elif text.count(":") > 1:
        address, number = text, ""
    else:
        address, _, number = text.partition(":")
    return Endpoint(ip_address(address), int(number) if number else port)
