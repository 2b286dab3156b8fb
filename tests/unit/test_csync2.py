from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lvsha.cli import csync2
from lvsha.csync2.fragment import BadGroup, group, read, text
from lvsha.csync2.holdings import Holdings
from lvsha.csync2.places import Places, digest
from lvsha.csync2.push import Outcome, Push
from lvsha.csync2.receipt import Held, Receipt, Stage
from lvsha.csync2.receive import Engine, received
from lvsha.csync2.trouble import Kind, Trouble, troubles

OLD, NEW = b"old\n", b"new\n"


@dataclass
class Director:
    """A director in a folder of its own, with an engine that does as it is told."""

    holdings: Holdings
    refuses: bool = False
    stalls: bool = False
    follows: str = ""
    reachable: bool = True

    @property
    def engine(self) -> Engine:
        return Engine(self._valid, self._follow)

    def look(self, *, follow: bool) -> Receipt:
        return received(self.holdings, self.engine, lambda _: None, follow=follow)

    def _valid(self, content: bytes) -> str:
        return "line 1: no" if self.refuses and content == NEW else ""

    def _follow(self, name: str) -> tuple[Stage, str]:
        if self.stalls and name == digest(NEW):
            return Stage.VALID, "does not follow"
        self.follows = name
        return Stage.ACTIVE, ""


@dataclass
class Carrier:
    """Brings files from one folder to the others, and receipts back."""

    source: Director
    peers: dict[str, Director]
    broken: set[tuple[str, str]] = field(default_factory=set)

    def send(self, paths: Sequence[Path], peer: str) -> tuple[Trouble, ...]:
        there = self.peers[peer]
        found: list[Trouble] = []
        for path in paths:
            if not there.reachable or (peer, path.suffix) in self.broken:
                found.append(Trouble(Kind.DOWN, peer, "told so"))
                continue
            mine = self.source.holdings.places
            theirs = there.holdings.places
            if path == mine.receipt(self.source.holdings.here):
                continue
            target = theirs.offer if path == mine.offer else theirs.live
            content = self.source.holdings.content(path)
            if content is None:
                there.holdings.drop(target)
            else:
                there.holdings.put(target, content)
            receipt = there.look(follow=target == theirs.live)
            self.source.holdings.put(mine.receipt(peer), receipt.dumped())
        return tuple(found)

    def win(self, path: Path) -> tuple[Trouble, ...]:  # noqa: ARG002
        return ()


def director(folder: Path, name: str) -> Director:
    places = Places(folder / name / "web.cf", folder / name / "state")
    one = Director(Holdings(places, name))
    one.holdings.put(places.live, OLD)
    one.look(follow=True)
    return one


def pushed(one: Director, carrier: Carrier) -> Outcome:
    one.holdings.put(one.holdings.places.live, NEW)
    return Push(
        one.holdings,
        carrier,
        tuple(carrier.peers),
        one.look,
        seconds=1,
        clock=iter(range(1000)).__next__,
        sleep=lambda _: None,
    ).run()


def trio(folder: Path) -> tuple[Director, Carrier]:
    one = director(folder, "d1")
    return one, Carrier(one, {name: director(folder, name) for name in ("d2", "d3")})


def contents(one: Director, carrier: Carrier) -> set[bytes | None]:
    every = [one, *carrier.peers.values()]
    return {each.holdings.content(each.holdings.places.live) for each in every}


def test_all_follow_what_all_find_valid(tmp_path: Path) -> None:
    one, carrier = trio(tmp_path)
    outcome = pushed(one, carrier)
    assert outcome.done
    assert contents(one, carrier) == {NEW}
    assert {each.follows for each in carrier.peers.values()} == {digest(NEW)}
    assert {held.stage for held in outcome.receipts.values()} == {Stage.ACTIVE}


def test_until_all_have_found_it_valid_nobody_follows_it(tmp_path: Path) -> None:
    one, carrier = trio(tmp_path)
    carrier.peers["d3"].refuses = True
    carrier.peers["d2"].follows = "untouched"
    outcome = pushed(one, carrier)
    assert not outcome.done
    assert outcome.troubles == ["d3: line 1: no"]
    assert carrier.peers["d2"].follows == "untouched"
    assert one.holdings.content(one.holdings.places.refused) == NEW


faults = st.fixed_dictionaries(
    {
        name: st.sampled_from(["", "refuses", "stalls", "reachable", "offer", "live"])
        for name in ("d1", "d2", "d3")
    }
)


# Every content is synced to the disk, however slow that is.
@settings(deadline=None)
@given(faults)
def test_a_push_that_is_not_done_leaves_all_with_what_they_had(
    tmp_path_factory: pytest.TempPathFactory, fault: dict[str, str]
) -> None:
    one, carrier = trio(tmp_path_factory.mktemp("push"))
    for name, each in (("d1", one), *carrier.peers.items()):
        match fault[name]:
            case "refuses" | "stalls":
                setattr(each, fault[name], True)
            case "reachable":
                each.reachable = False
            case "offer":
                carrier.broken.add((name, ".offer"))
            case "live":
                carrier.broken.add((name, ".cf"))
    outcome = pushed(one, carrier)
    harmless = {"d1": ("", "reachable", "offer", "live")}
    should = all(what in harmless.get(name, ("",)) for name, what in fault.items())
    assert outcome.done == should
    assert contents(one, carrier) == {NEW if should else OLD}
    every = [one, *carrier.peers.values()]
    assert {each.follows for each in every} == {digest(NEW if should else OLD)}
    left = [each.holdings.content(each.holdings.places.offer) for each in every]
    reached = [
        content
        for content, each in zip(left, every, strict=True)
        if each.reachable and (each.holdings.here, ".offer") not in carrier.broken
    ]
    assert set(reached) <= {None}


def test_an_edit_that_nobody_was_offered_is_not_followed(tmp_path: Path) -> None:
    one = director(tmp_path, "d1")
    one.holdings.put(one.holdings.places.live, NEW)
    held = one.look(follow=True).live
    assert (held.stage, held.why) == (Stage.VALID, "nobody was offered it: push it")
    assert one.follows == digest(OLD)


def test_a_refused_offer_is_looked_at_anew_when_it_comes_again(tmp_path: Path) -> None:
    one, carrier = trio(tmp_path)
    carrier.peers["d2"].refuses = True
    assert not pushed(one, carrier).done
    carrier.peers["d2"].refuses = False
    assert pushed(one, carrier).done


def test_what_is_broken_is_looked_at_again_when_it_changes(tmp_path: Path) -> None:
    one = director(tmp_path, "d1")
    one.refuses = True
    one.holdings.put(one.holdings.places.live, NEW)
    assert one.look(follow=True).live == Held(digest(NEW), Stage.REFUSED, "line 1: no")
    assert one.holdings.content(one.holdings.places.kept) == OLD
    one.holdings.put(one.holdings.places.live, OLD)
    assert one.look(follow=True).live.stage is Stage.ACTIVE


def test_a_file_keeps_its_mode_when_it_is_replaced(tmp_path: Path) -> None:
    one = director(tmp_path, "d1")
    live = one.holdings.places.live
    live.chmod(0o604)
    one.holdings.put(live, NEW)
    assert live.stat().st_mode & 0o777 == 0o604


@given(
    st.text(max_size=20),
    st.sampled_from(Stage),
    st.text(max_size=40),
    st.floats(0, 4e9),
)
def test_a_receipt_is_read_as_it_was_written(
    name: str, stage: Stage, why: str, at: float
) -> None:
    receipt = Receipt(name, Held("a", stage, why), Held("b", stage), at)
    assert Receipt.loaded(receipt.dumped()) == receipt


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"director": 1}', b"\xff"])
def test_what_is_no_receipt_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - every one of its kind
        Receipt.loaded(content)


def test_the_example_is_what_the_set_up_writes() -> None:
    found = group(["d1", "d2"], Places(Path("/etc/ha.d/ldirectord.cf")))
    example = Path(__file__).parents[2] / "csync2" / "csync2_lvsha.cfg"
    key = Path("/etc/csync2_lvsha.key")
    assert example.read_text() == text(found, key, "/usr/bin/lvsha")


def test_a_group_is_read_as_it_was_written() -> None:
    found = group(["D1", "d2", "d1"], Places(Path("/etc/ha.d/web.cf")))
    assert found.hosts == ("d1", "d2")
    assert read(text(found, Path("/etc/k"), "/usr/bin/lvsha")) == found


@pytest.mark.parametrize(
    ("hosts", "path"),
    [
        (["d1"], "/etc/web.cf"),
        (["d1", 'd2"; host x'], "/etc/web.cf"),
        (["d1", "d2"], "web.cf"),
        (["d1", "d2"], "/etc/we b.cf"),
        (["d1", "d2"], "/etc/*.cf"),
    ],
)
def test_what_csync2_could_not_read_is_no_group(hosts: list[str], path: str) -> None:
    with pytest.raises(BadGroup):
        group(hosts, Places(Path(path)))


READ_ONLY = """\
I/O Error 'Input/output error' in rsync-check: /x
File stays in dirty state. Try again later...
Finished with 0 errors.
"""
CONNECTING = "Connecting to host d2 (SSL) ...\n"


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ("ERROR: Connection to remote host `d2' failed.\n", 1, Kind.DOWN),
        ("Peer> Permission denied!\\n\n", 1, Kind.KEY),
        ("Peer did provide a wrong SSL X509 cetrificate.\n", 1, Kind.CERTIFICATE),
        ("Config command failed.\n", 141, Kind.CERTIFICATE),
        ("Peer> File is also marked dirty here!\\n\n", 1, Kind.CONFLICT),
        ("Found /etc/csync2.lock\n", 1, Kind.LOCKED),
        (
            READ_ONLY,
            0,
            Kind.WRITE,
        ),
        ("Can not open config file `/etc/csync2_lvsha.cfg'\n", 1, Kind.SETUP),
    ],
)
def test_what_csync2_says_has_a_name(said: str, status: int, kind: Kind) -> None:
    (found,) = troubles(CONNECTING + said, status)
    assert (found.kind, found.peer) == (kind, "d2")


def test_the_key_that_csync2_prints_is_in_no_trouble() -> None:
    said = CONNECTING + "Local> SIG sEcReTkEy /etc/ha.d/web.cf\\n\nwhatever\n"
    assert "sEcReTkEy" not in "".join(map(str, troubles(said, 1)))


def test_no_trouble_is_none() -> None:
    assert (
        troubles(CONNECTING + "Connection closed.\nFinished with 0 errors.\n", 0) == ()
    )


def test_what_came_is_looked_at_though_the_service_that_brought_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # systemd ends all of a service with it: also who was about to ask for another
    program = tmp_path / "systemd-run"
    program.write_text(f'#!/bin/sh\nsleep 0.5\necho "$@" > {tmp_path}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(csync2, "SYSTEMD", tmp_path)

    done = CliRunner().invoke(csync2.csync2, ["received", "--offer", "/etc/x.cf"])

    assert done.exit_code == 0
    asked = (tmp_path / "asked").read_text()
    assert asked.strip().endswith("csync2 received --now --offer /etc/x.cf")
