"""The kernel's table: the contract, ipvsadm's word, statistics, daemons."""

import errno
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket
from time import monotonic, sleep

import pytest

from lvsha.errors import KernelError
from lvsha.identity import Endpoint, Forwarding, Fwmark, ServiceKey, Vip
from lvsha.ipvs.counters import (
    Counters,
    Daemon,
    DestinationStatistics,
    Role,
    ServiceStatistics,
    Timeouts,
)
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.listing import parsed, rules
from lvsha.ipvs.memory import MemoryKernel
from lvsha.ipvs.plan import AddDestination, AddService, diff
from lvsha.ipvs.table import (
    HOST_MASK,
    Destination,
    Service,
    Settings,
    Table,
    Tunnel,
)
from tests.ipvs_facts import TableFacts, numbers
from tests.ipvs_samples import (
    DESTINATIONS,
    HAVE,
    HAVE6,
    KEYS,
    REAL,
    REAL6,
    SETTINGS,
    WEB,
    WEB6,
    at,
    fitting,
    random_operation,
    random_table,
)


class TestKernelTable(TableFacts):
    pass


def ipvsadm(*arguments: str, text: str = "") -> str:
    ran = subprocess.run(
        ["ipvsadm", *arguments],
        check=False,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def put(table: Table, kernel: Kernel) -> None:
    plan = diff(table, kernel.read(), frozenset(KEYS))
    assert kernel.perform(plan.operations) == []


@pytest.mark.parametrize("seed", range(40))
def test_the_listing_is_what_ipvsadm_prints(kernel: Kernel, seed: int) -> None:
    put(random_table(Random(seed)), kernel)

    assert rules(kernel.read()) == ipvsadm("-S", "-n")


def restorable(random: Random) -> Table:
    """Return a table within what ipvsadm itself refuses to ask the kernel.

    It has one-packet scheduling for UDP only, keeps the port of the service
    unless masq, and calls LOCAL what it prints as gate.
    """
    table: dict[ServiceKey, Service] = {}
    for key in (KEYS[0], KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[7]):
        rows: dict[Endpoint, Destination] = {}
        for tail in range(random.randrange(5)):
            row = random.choice(
                [row for row in DESTINATIONS if row.forwarding is not Forwarding.LOCAL]
            )
            if row.forwarding is Forwarding.GATE:
                row = replace(row, tunnel=Tunnel.IPIP, tunnel_port=0)
            address = f"10.0.0.{tail}" if key.version == 4 else f"2001:db8::{tail}1"
            port = key.endpoint.port if isinstance(key, Vip) else 0
            rows[at(address, port)] = replace(
                row, weight=min(row.weight, 65535), upper=min(row.upper, 9), lower=0
            )
        settings = fitting(key, random.choice(SETTINGS))
        if "udp" not in str(key) or settings.engine:
            settings = replace(settings, one_packet=False, engine="")
        if key.version == 4 and not settings.netmask:
            settings = replace(settings, netmask=HOST_MASK[4])
        table[key] = Service(settings, rows)
    return table


@pytest.mark.parametrize("seed", range(30))
def test_what_ipvsadm_restores_from_our_listing_reads_back(
    kernel: Kernel, seed: int
) -> None:
    table = restorable(Random(1000 + seed))

    ipvsadm("-R", text=rules(table, complete=True))

    assert kernel.read() == table
    assert parsed(rules(table, complete=True)) == table


@pytest.mark.parametrize("seed", range(40))
def test_the_table_in_memory_answers_as_the_kernel_does(
    kernel: Kernel, seed: int
) -> None:
    random = Random(2000 + seed)
    memory = MemoryKernel()

    for _ in range(4):
        operations = [random_operation(random) for _ in range(60)]
        assert numbers(kernel.perform(operations)) == numbers(
            memory.perform(operations)
        )

        assert kernel.read() == memory.read()


def test_a_service_with_more_destinations_than_a_page_holds_is_read(
    kernel: Kernel,
) -> None:
    adds = [
        AddDestination(WEB, Endpoint(ip_address(0x0A000002 + n), 80), Destination())
        for n in range(1000)
    ]
    kernel.perform([AddService(WEB, Settings()), *adds])

    assert kernel.read()[WEB].destinations.keys() == {add.endpoint for add in adds}


def test_statistics_name_every_row(kernel: Kernel) -> None:
    kernel.perform([*HAVE, *HAVE6, AddService(Fwmark(3), Settings())])

    assert kernel.statistics() == {
        WEB: ServiceStatistics(Counters(), {REAL: DestinationStatistics()}),
        WEB6: ServiceStatistics(),
        Fwmark(3): ServiceStatistics(),
    }


def test_connections_are_counted_and_zeroed(kernel: Kernel) -> None:
    key = KEYS[2]
    real = at("127.0.0.1", 80)
    row = Destination(Forwarding.MASQ)
    kernel.perform([AddService(key, Settings("rr")), AddDestination(key, real, row)])
    sent = 3
    subprocess.run(
        ["ip", "addr", "add", "192.0.2.10/32", "dev", "lo"], check=True, timeout=10
    )

    send_datagrams(sent)

    assert kernel.statistics()[key].destinations[real].inactive == sent
    counted = kernel.statistics()[key]
    deadline = monotonic() + 10
    while not counted.counters.packets_in and monotonic() < deadline:
        # The kernel adds up its processors' counters every two seconds only.
        sleep(0.1)
        counted = kernel.statistics()[key]
    assert counted.counters.packets_in == sent
    assert counted.counters.connections == sent
    assert counted.counters.bytes_in == sent * (20 + 8 + 5)
    assert counted.destinations[real].counters.packets_in == sent
    kernel.zero(key)
    assert kernel.statistics()[key].counters.packets_in == 0


def send_datagrams(count: int) -> None:
    """Send *count* datagrams to the service of UDP, each from a port of its own."""
    for _ in range(count):
        with socket(AF_INET, SOCK_DGRAM) as sender:
            sender.bind(("192.0.2.10", 0))
            sender.sendto(b"hello", ("192.0.2.10", 80))


def test_zero_of_a_service_that_is_not_there_is_refused(kernel: Kernel) -> None:
    with pytest.raises(KernelError, match=r"^cannot zero fwm:9: ESRCH \(no such"):
        kernel.zero(Fwmark(9))
    kernel.zero()


def test_timeouts_read_back_and_zero_leaves_one_alone(kernel: Kernel) -> None:
    assert kernel.timeouts() == Timeouts(900, 120, 300)

    kernel.set_timeouts(Timeouts(901, 0, 31))

    assert kernel.timeouts() == Timeouts(901, 120, 31)
    with pytest.raises(KernelError, match="cannot set the timeouts: EINVAL"):
        kernel.set_timeouts(Timeouts(2**31, 0, 0))


def test_the_version_is_told(kernel: Kernel) -> None:
    version = kernel.version()

    assert f"version {version} (size={version.connection_buckets})" in ipvsadm("-Ln")


def test_sync_daemons_start_read_back_and_stop(kernel: Kernel) -> None:
    master = Daemon(Role.MASTER, "lo", 7, 1000, ip_address("224.0.0.99"), 9999, 3)
    backup = Daemon(Role.BACKUP, "lo", 255, 1400, ip_address("ff02::81"), 9998, 4)

    kernel.start_daemon(master)
    kernel.start_daemon(backup)

    assert kernel.daemons() == [master, backup]
    kernel.stop_daemon(Role.MASTER)
    assert kernel.daemons() == [backup]
    kernel.stop_daemon(Role.BACKUP)
    assert kernel.daemons() == []


def refused_by(action: Callable[[], None]) -> str:
    with pytest.raises(KernelError) as caught:
        action()
    return str(caught.value)


def test_a_daemon_that_cannot_be_says_why(kernel: Kernel) -> None:
    backup = Daemon(Role.BACKUP, "lo", 1)
    kernel.start_daemon(backup)

    assert refused_by(lambda: kernel.start_daemon(backup)) == (
        "cannot start the backup sync daemon on 'lo': EEXIST (already running)"
    )
    assert refused_by(lambda: kernel.stop_daemon(Role.MASTER)) == (
        "cannot stop the master sync daemon: ESRCH (not running)"
    )
    assert refused_by(lambda: kernel.start_daemon(Daemon(Role.MASTER, "eth9"))) == (
        "cannot start the master sync daemon on 'eth9': ENODEV (no such interface)"
    )
    kernel.stop_daemon(Role.BACKUP)


def test_a_running_daemon_bars_another_address_family(kernel: Kernel) -> None:
    kernel.perform([*HAVE])
    kernel.start_daemon(Daemon(Role.BACKUP, "lo", 1))

    [failure] = kernel.perform(
        [AddDestination(WEB, REAL6, Destination(Forwarding.IPIP))]
    )

    kernel.stop_daemon(Role.BACKUP)
    assert failure.error.errno == errno.EINVAL
    assert str(failure.error) == (
        "cannot add [2001:db8::2]:80 to tcp:192.0.2.10:80: EINVAL"
        " (a sync daemon runs, which bars another address family)"
    )


def test_two_kernels_see_one_table(kernel: Kernel) -> None:
    with Kernel.open() as other:
        kernel.perform(HAVE)

        assert other.read() == kernel.read()


def test_every_key_is_found_by_name(kernel: Kernel) -> None:
    named: list[ServiceKey] = list(KEYS)
    put(random_table(Random(5)), kernel)
    table = kernel.read()

    assert kernel.read(named) == table


def test_without_the_capability_every_operation_says_so(kernel: Kernel) -> None:
    os.seteuid(65534)
    try:
        failures = kernel.perform(HAVE)
        with pytest.raises(KernelError, match=r"EPERM \(needs CAP_NET_ADMIN\)$"):
            kernel.read()
    finally:
        os.seteuid(0)

    assert numbers(failures) == [(operation, errno.EPERM) for operation in HAVE]
    assert kernel.read() == {}


def test_a_read_while_others_write_sees_whole_rows(kernel: Kernel) -> None:
    other = ["ipvsadm", "-R"]
    text = "".join(
        f"-A -f {mark} -s rr\n-a -f {mark} -r 10.0.0.2 -m -w 5\n-D -f {mark}\n"
        for mark in range(1, 400)
    )
    kernel.perform(HAVE)
    with subprocess.Popen(other, stdin=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        writer.stdin.write(text)
        writer.stdin.close()
        ended = False
        while not ended:
            ended = writer.poll() is not None
            table = kernel.read()
            assert table[WEB] == Service(Settings(), {REAL: Destination()})
            for service in (table[key] for key in table if key != WEB):
                assert service.settings == Settings("rr")
                assert set(service.destinations.values()) <= {
                    Destination(Forwarding.MASQ, 5)
                }

    assert kernel.read() == {WEB: Service(Settings(), {REAL: Destination()})}
