"""Connections on the peer: what of them survives, and what the commands say."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, socket
from time import monotonic, sleep

import pytest
from click.testing import CliRunner, Result

from lvsha.cli.main import cli
from lvsha.identity import Endpoint, Protocol, ServiceKey, Vip
from lvsha.ipvs import connections, sysctl
from lvsha.ipvs.connections import Connection, Origin, Share
from lvsha.ipvs.counters import Daemon, Role
from lvsha.ipvs.kernel import Kernel
from lvsha.ipvs.plan import diff
from lvsha.ipvs.table import HOST_MASK, Destination, Service, Settings, Table
from tests.kernel.link import Far, ip, linked
from tests.kernel.namespace import entered, fresh

WEB = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.10"), 80))
REAL = Endpoint(ip_address("192.0.2.1"), 80)
TABLE: Table = {WEB: Service(Settings(scheduler="rr"), {REAL: Destination()})}
KEYS: frozenset[ServiceKey] = frozenset({WEB})
DEFAULTS = {
    "sync_threshold": "3 50",
    "sync_refresh_period": "0",
    "sync_retries": "0",
    "expire_quiescent_template": "0",
    "conn_reuse_mode": "1",
}
SECONDS = 30.0


@dataclass
class Site:
    """Directors with the VIP here and on the *far* end; a client beside both."""

    far: Far
    client: int
    open: ExitStack
    server: socket

    def connected(self, *, talking: int = 0) -> int:
        """Open a connection that sends *talking* times; return the client's port."""
        caller, answering = self.pair()
        for _ in range(talking):
            talk(caller, answering)
        return port_of(caller)

    def pair(self) -> tuple[socket, socket]:
        """Return both ends of a new connection that is idle."""
        with entered(self.client):
            caller = self.open.enter_context(socket(AF_INET, SOCK_STREAM))
        caller.settimeout(SECONDS)
        caller.connect(("192.0.2.10", 80))
        answering = self.open.enter_context(self.server.accept()[0])
        answering.settimeout(SECONDS)
        return caller, answering

    def on_the_peer(self) -> dict[int, Connection]:
        with self.far.here():
            return {one.client.port: one for one in connections.read()}

    def wait_on_the_peer(self, port: int) -> dict[int, Connection]:
        """Wait until the peer knows of *port*; return all that it knows of."""
        end = monotonic() + SECONDS
        while port not in (known := self.on_the_peer()):
            assert monotonic() < end, f"the peer knows of {known}"
            sleep(0.05)
        return known


@pytest.fixture
def site() -> Iterator[Site]:
    with linked() as far, ExitStack() as stack:
        with fresh():
            client = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        stack.callback(os.close, client)
        place = f"/proc/{os.getpid()}/fd/{client}"
        words = ["link", "add", "eth1", "type", "veth", "peer", "name", "peer1"]
        ip(*words, "netns", place)
        ip("addr", "add", "192.0.2.1/24", "dev", "eth1")
        ip("addr", "add", "192.0.2.10/32", "dev", "eth1")
        ip("addr", "add", "198.51.100.1/24", "dev", "eth0")
        ip("link", "set", "eth1", "up")
        with entered(client):
            ip("addr", "add", "192.0.2.200/24", "dev", "peer1")
            ip("link", "set", "peer1", "up")
        with far.here():
            ip("addr", "add", "198.51.100.2/24", "dev", "peer0")
            directed(Daemon(Role.BACKUP, "peer0"))
        directed(Daemon(Role.MASTER, "eth0", sync_id=7))
        stack.callback(stopped, Role.MASTER)
        server = stack.enter_context(socket(AF_INET, SOCK_STREAM))
        server.bind(("192.0.2.10", 80))
        server.settimeout(SECONDS)
        server.listen()
        yield Site(far, client, stack, server)
        with far.here():
            stopped(Role.BACKUP)


def talk(caller: socket, answering: socket) -> None:
    """Have each end say something that the other hears."""
    caller.sendall(b"?")
    assert answering.recv(1) == b"?"
    answering.sendall(b"!")
    assert caller.recv(1) == b"!"


def port_of(caller: socket) -> int:
    port = caller.getsockname()[1]
    assert isinstance(port, int)
    return port


def directed(daemon: Daemon) -> None:
    """Have the table and *daemon* in the network namespace we are in."""
    with Kernel.open() as kernel:
        plan = diff(TABLE, kernel.read(), KEYS)
        assert kernel.perform(plan.operations) == []
        kernel.start_daemon(daemon)


def stopped(role: Role) -> None:
    with Kernel.open() as kernel:
        kernel.stop_daemon(role)


def lvsha(directory: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["sync", *words, "--rundir", str(directory)])


def all_of_them() -> dict[str, str]:
    return sysctl.read(path.name for path in sysctl.DIRECTORY.iterdir())


def test_by_default_the_peer_does_not_know_of_an_idle_connection(site: Site) -> None:
    idle = site.connected()
    talking = site.connected(talking=5)

    assert idle not in site.wait_on_the_peer(talking)
    assert {one.client.port for one in connections.read()} == {idle, talking}


def test_with_the_profile_the_peer_knows_of_an_idle_connection(
    site: Site, tmp_path: Path
) -> None:
    applied = lvsha(tmp_path, "profile", "--apply")
    idle = site.connected()
    known = site.wait_on_the_peer(idle)

    assert applied.exit_code == 0, applied.output
    assert known[idle].origin is Origin.SYNC
    assert known[idle].state == "ESTABLISHED"
    assert (known[idle].virtual, known[idle].real) == (WEB.endpoint, REAL)


def test_a_peer_that_comes_late_learns_of_a_connection_that_talks(
    site: Site, tmp_path: Path
) -> None:
    lvsha(tmp_path, "profile", "--apply")
    with site.far.here():
        stopped(Role.BACKUP)
    caller, answering = site.pair()
    talk(caller, answering)
    with site.far.here():
        directed(Daemon(Role.BACKUP, "peer0"))
    before = site.on_the_peer()
    end = monotonic() + SECONDS
    while port_of(caller) not in site.on_the_peer():
        assert monotonic() < end
        talk(caller, answering)
        sleep(0.05)

    assert before == {}


def test_the_standby_is_who_lacks_the_vip_when_both_daemons_run_on_each(
    site: Site, tmp_path: Path
) -> None:
    directed(Daemon(Role.BACKUP, "eth0"))
    with site.far.here():
        directed(Daemon(Role.MASTER, "peer0"))
    lvsha(tmp_path, "profile", "--apply")
    site.wait_on_the_peer(site.connected())
    here = lvsha(tmp_path, "status", "--json", "--peer-count", "4")
    with site.far.here():
        there = lvsha(tmp_path, "status", "--json", "--peer-count", "4")
        stopped(Role.MASTER)
    stopped(Role.BACKUP)

    assert json.loads(here.output)["share"] == 1.0
    assert json.loads(there.output)["share"] == 0.25


def test_status_says_what_differs_until_the_profile_is_applied(
    site: Site, tmp_path: Path
) -> None:
    before = lvsha(tmp_path, "status")
    lvsha(tmp_path, "profile", "--apply")
    site.wait_on_the_peer(site.connected())
    here = lvsha(tmp_path, "status", "--json", "--peer-count", "1")
    with site.far.here():
        there = lvsha(tmp_path, "status", "--peer-count", "4")
        stopped(Role.BACKUP)
        alone = lvsha(tmp_path, "status")
        directed(Daemon(Role.BACKUP, "peer0"))

    assert before.exit_code == 1
    assert "sync_threshold is 3 50, not 0 0: " in before.output
    assert here.exit_code == 0, here.output
    said = json.loads(here.output)
    assert said["daemons"][0]["role"] == "master"
    assert said["daemons"][0]["id"] == 7
    assert said["connections"]["local"] == {"connections": 1, "established": 1}
    assert said["share"] == 1.0
    assert said["differences"] == []
    assert there.output.startswith("backup: id 0 on peer0, ")
    assert "0 messages dropped" in there.output
    assert "0 of our own, 1 from the peer" in there.output
    assert "the standby holds 25.0% of the connections" in there.output
    assert there.exit_code == 1
    assert "no sync daemon runs" in alone.output


def test_restore_leaves_every_sysctl_as_it_was(site: Site, tmp_path: Path) -> None:
    assert site.server
    sysctl.write("sync_threshold", "5 60")
    before = all_of_them()
    lvsha(tmp_path, "profile", "--apply", "--stateless")
    stateless = all_of_them()
    lvsha(tmp_path, "profile", "--apply")
    during = all_of_them()
    restored = lvsha(tmp_path, "profile", "--restore")

    assert stateless["sloppy_tcp"] == "1"
    assert stateless["sync_threshold"] == "5 60"
    assert (during["sloppy_tcp"], during["schedule_icmp"]) == ("0", "0")
    assert during["sync_threshold"] == "0 0"
    assert during["conn_reuse_mode"] == "3"
    assert restored.exit_code == 0
    assert all_of_them() == before
    assert list(tmp_path.rglob("*.json")) == []


def test_what_the_kernel_begins_with_is_what_the_profile_changes(site: Site) -> None:
    assert site.server

    assert sysctl.read(DEFAULTS) == DEFAULTS


def test_every_kind_of_connection_is_read(kernel: Kernel) -> None:
    addresses = "192.0.2.10", "192.0.2.1", "2001:db8::10", "2001:db8::1"
    for address in addresses:
        ip("addr", "add", address, "dev", "lo")
    vip6 = ip_address("2001:db8::10")
    real6 = Endpoint(ip_address("2001:db8::1"), 80)
    name = Vip(Protocol.UDP, Endpoint(WEB.endpoint.address, 53))
    web6 = Vip(Protocol.TCP, Endpoint(vip6, 80))
    table: Table = {
        name: Service(
            Settings("rr"), {Endpoint(ip_address("192.0.2.1"), 53): Destination()}
        ),
        web6: Service(
            Settings("rr", HOST_MASK[6], persistent=60), {real6: Destination()}
        ),
    }
    plan = diff(table, kernel.read(), frozenset(table))
    assert kernel.perform(plan.operations) == []
    with (
        socket(AF_INET6, SOCK_STREAM) as server,
        socket(AF_INET6, SOCK_STREAM) as caller,
        socket(AF_INET, SOCK_DGRAM) as asking,
    ):
        server.bind((str(vip6), 80))
        server.listen()
        caller.settimeout(SECONDS)
        caller.connect((str(vip6), 80))
        asking.sendto(b"?", ("192.0.2.10", 53))
        found = connections.read()
        plain = connections.read(Path("/proc/net/ip_vs_conn"))
        counted = connections.count()

    kinds = {
        (one.protocol, one.state, str(one.virtual), str(one.real)) for one in found
    }
    assert kinds == {
        ("TCP", "ESTABLISHED", "[2001:db8::10]:80", "[2001:db8::1]:80"),
        ("TCP", "ASSURED", "[2001:db8::10]:80", "[2001:db8::1]:80"),
        ("UDP", "UDP", "192.0.2.10:53", "192.0.2.1:53"),
    }
    assert {one.origin for one in plain} == {None}
    assert {one.client for one in plain} == {one.client for one in found}
    assert counted[Origin.LOCAL] == Share(3, 1)
    assert counted[Origin.SYNC] == Share()
