"""One configuration on two directors: what csync2 can do to it, and what is left.

Two real nodes with csync2 and a running director each.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from lvsha.lab.image import find
from lvsha.lab.lab import Lab
from lvsha.lab.node import Node
from lvsha.lab.process import Completed, Process
from lvsha.lab.topology import numbered

SECONDS = 90.0
LIVE = "/etc/ha.d/web.cf"
PROGRAM = "#!/usr/bin/python3\nfrom lvsha.cli.main import main\nmain()\n"
MARK = """\
checkinterval=1
checktimeout=1
logfile="/var/log/lvsha.log"
virtual=10.77.0.100:80
\treal={server}:80 masq {weight}
\tchecktype=on
\tscheduler=wrr
"""


def configuration(weight: int, server: str = "10.77.0.9") -> str:
    return MARK.format(weight=weight, server=server)


@dataclass
class Pair:
    """Two directors that share a file."""

    one: Node
    two: Node
    servers: dict[str, Process]

    def sh(self, node: Node, line: str, *, check: bool = True) -> Completed:
        return node.run(["sh", "-c", line], seconds=SECONDS, check=check)

    def write(self, node: Node, text: str, path: str = LIVE) -> None:
        node.run(["tee", path], seconds=SECONDS, stdin=text.encode())

    def lvsha(self, node: Node, *words: str) -> Completed:
        return node.run(["lvsha", *words], seconds=SECONDS, check=False)

    def push(self, *words: str, node: Node | None = None) -> Completed:
        return self.lvsha(node or self.one, "csync2", "push", "--timeout=20", *words)

    def files(self) -> list[bytes]:
        return [self.sh(node, f"cat {LIVE}").stdout for node in (self.one, self.two)]

    def followed(self) -> list[str]:
        """Return the weight each director has in its kernel's table."""
        line = "ipvsadm -Sn | sed -n 's/.*-w //p'"
        return [
            self.sh(node, line).stdout.decode().strip() for node in (self.one, self.two)
        ]

    def digests(self) -> set[str]:
        said = [self.lvsha(node, "status", "--json") for node in (self.one, self.two)]
        return {json.loads(one.stdout)["configuration"]["sha256"] for one in said}

    def serve(self, node: Node) -> None:
        """Have csync2 listen on *node*, as its socket unit would."""
        process = node.start(["csync2", "-ii"])
        self.servers[node.name] = process
        self.sh(node, "until ss -ltn | grep -q :30865; do sleep 0.1; done")

    def deafen(self, node: Node) -> None:
        """Have nobody take files on *node*."""
        self.servers[node.name].end()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    directory = tmp_path_factory.mktemp("csync2")
    with Lab(directory, numbered(2), image=find()) as lab:
        lab.up(seconds=120)
        found = Pair(lab.node("node1"), lab.node("node2"), {})
        for node in (found.one, found.two):
            found.sh(
                node,
                "cp -r /srv/lvsha/lvsha /usr/lib/python3/dist-packages/ && "
                "mkdir -p /etc/ha.d && modprobe ip_vs",
            )
            found.write(node, PROGRAM, "/usr/bin/lvsha")
            found.sh(node, "chmod 755 /usr/bin/lvsha")
            found.write(node, configuration(1))
        packed = "/root/bundle.tar"
        found.sh(
            found.one, f"lvsha csync2 setup node1 node2 --file {LIVE} --bundle {packed}"
        )
        content = found.sh(found.one, f"cat {packed}").stdout
        found.two.run(["tee", packed], seconds=SECONDS, stdin=content)
        found.sh(found.two, f"lvsha csync2 setup --join {packed}")
        for node in (found.one, found.two):
            node.start(["lvsha", "run", LIVE])
            found.sh(node, "until lvsha status >/dev/null 2>&1; do sleep 0.2; done")
            found.serve(node)
        yield found


@pytest.fixture(autouse=True)
def calm(pair: Pair) -> None:
    """Every test begins with both on one configuration."""
    pair.write(pair.one, configuration(1))
    done = pair.push("--mine")
    assert done.status == 0, done.stderr
    assert pair.followed() == ["1", "1"]


def unchanged(pair: Pair) -> None:
    """Nobody changed, nothing is half-way, and both say so."""
    assert pair.files() == [configuration(1).encode()] * 2
    assert pair.followed() == ["1", "1"]
    assert len(pair.digests()) == 1


def test_a_good_edit_is_followed_by_both(pair: Pair) -> None:
    pair.write(pair.one, configuration(7))
    done = pair.push()
    assert done.status == 0, done.stderr
    assert b"node2: active" in done.stdout
    assert pair.followed() == ["7", "7"]
    assert len(pair.digests()) == 1
    assert pair.lvsha(pair.one, "csync2", "status").status == 0
    assert pair.lvsha(pair.two, "csync2", "status").status == 0


def test_a_bad_edit_is_not_sent(pair: Pair) -> None:
    pair.write(pair.one, configuration(7).replace("scheduler", "schedular"))
    done = pair.push()
    assert done.status == 2
    assert b"nothing was sent" in done.stderr
    assert b"web.cf:7" in done.stderr
    pair.write(pair.one, configuration(1))
    unchanged(pair)


def test_an_edit_that_one_director_refuses_is_followed_by_none(pair: Pair) -> None:
    pair.sh(pair.one, "echo 10.77.0.9 known-here >> /etc/hosts")
    pair.write(pair.one, configuration(7, server="known-here"))
    done = pair.push()
    assert done.status == 1
    assert b"node2: " in done.stderr
    assert b"known-here" in done.stderr
    assert b"all have what they had before" in done.stderr
    unchanged(pair)
    kept = pair.sh(pair.one, f"cat {LIVE}.refused").stdout
    assert kept == configuration(7, server="known-here").encode()


def test_with_the_peer_down_nobody_changes_unless_told_so(pair: Pair) -> None:
    pair.deafen(pair.two)
    try:
        pair.write(pair.one, configuration(7))
        done = pair.push()
        assert done.status == 1
        assert b"node2: peer down" in done.stderr
        unchanged(pair)
        pair.write(pair.one, configuration(8))
        assert pair.push("--except", "node2").status == 0
        assert pair.followed() == ["8", "1"]
        told = pair.lvsha(pair.one, "csync2", "status")
        assert told.status == 1
        assert b"node2: active" in told.stdout
        assert b"another configuration" in told.stdout
    finally:
        pair.serve(pair.two)


def test_a_conflict_loses_neither_edit(pair: Pair) -> None:
    pair.write(pair.two, configuration(5))
    pair.sh(pair.two, f"csync2 -C lvsha -c {LIVE}")
    pair.write(pair.one, configuration(7))
    done = pair.push()
    assert done.status == 1
    assert b"node2: conflict" in done.stderr
    assert pair.files()[1] == configuration(5).encode()
    assert pair.sh(pair.one, f"cat {LIVE}.refused").stdout == configuration(7).encode()
    assert pair.followed()[1] == "1"
    pair.write(pair.one, configuration(7))
    assert pair.push("--mine").status == 0
    assert pair.followed() == ["7", "7"]


def broken(
    pair: Pair,
    breaking: Callable[[], object],
    mending: Callable[[], object],
    words: bytes,
) -> None:
    """Nothing changes and nothing is lost while something is broken at the peer."""
    pair.write(pair.one, configuration(7))
    breaking()
    try:
        done = pair.push()
        assert done.status == 1
        assert words in done.stderr, done.stderr
        assert pair.files()[1] == configuration(1).encode()
        assert pair.followed() == ["1", "1"]
    finally:
        mending()
    pair.write(pair.one, configuration(7))
    done = pair.push()
    assert done.status == 0, done.stderr
    assert pair.followed() == ["7", "7"]


def test_a_wrong_key_is_told_as_one(pair: Pair) -> None:
    key = "/etc/csync2_lvsha.key"
    broken(
        pair,
        lambda: pair.sh(
            pair.two, f"cp {key} /root/key && tr a-m n-z < /root/key > {key}"
        ),
        lambda: pair.sh(pair.two, f"cp /root/key {key}"),
        b"node2: wrong key",
    )


def test_a_new_certificate_is_told_as_one(pair: Pair) -> None:
    files = "-keyout /etc/csync2_ssl_key.pem -out /etc/csync2_ssl_cert.pem"
    fresh = f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=csync2 {files}"
    broken(
        pair,
        lambda: pair.sh(pair.two, fresh),
        lambda: pair.sh(pair.one, "lvsha csync2 setup --forget node2"),
        b"node2: wrong certificate",
    )


def test_a_read_only_disk_is_told_as_one(pair: Pair) -> None:
    place = "/etc/ha.d"
    broken(
        pair,
        lambda: pair.sh(
            pair.two,
            f"mount --bind {place} {place} && mount -o remount,ro,bind {place}",
        ),
        lambda: pair.sh(pair.two, f"umount {place}"),
        b"node2: cannot write",
    )
