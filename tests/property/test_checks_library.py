"""Whatever a server says, a check ends in a verdict or goes on listening."""

from contextlib import suppress
from dataclasses import replace
from random import Random

import dns.message
from hypothesis import example, given
from hypothesis import strategies as st

from lvsha.checks.dialogue import Again, CheckFailed, Dialogue, Ourselves
from lvsha.checks.dns import dns_check
from lvsha.checks.ldap import ldap
from lvsha.checks.radius import radius
from lvsha.identity import Protocol
from lvsha.model import Credentials
from tests.checks_peers import BASE
from tests.library_peers import (
    LOGIN,
    PASSWD,
    SECRET,
    Directory,
    name_server,
    radius_server,
)

CHECK = replace(
    BASE, port=1, request="/x", receive="y", credentials=Credentials(LOGIN, PASSWD)
)
PIECES = st.lists(st.binary(min_size=1, max_size=200), max_size=8)
SPOILT = st.integers(0, 1 << 32)


def listens(dialogue: Dialogue, pieces: list[bytes]) -> None:
    """Say *pieces* to *dialogue* and hang up: it fails, or it is content."""
    with suppress(CheckFailed, StopIteration):
        word = next(dialogue)
        word = dialogue.send(b"")
        if isinstance(word, Ourselves):
            dialogue.send(b"192.0.2.1:5000")
        for piece in pieces:
            dialogue.send(piece)
        dialogue.send(b"")


def spoilt(words: bytes, seed: int) -> bytes:
    """Return *words* with a few bytes changed, lost or added."""
    chance = Random(seed)
    told = bytearray(words)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(told))
        how = chance.randrange(3)
        if how == 0:
            told[at] = chance.randrange(256)
        elif how == 1 and len(told) > 1:
            del told[max(at, 1) :]
        else:
            told[at:at] = chance.randbytes(chance.randint(1, 9))
    return bytes(told)


@given(PIECES)
@example([b"\x30\x82\x40\x00", b"\x30\x80" * 8192])
def test_anything_may_be_said_to_a_directory_s_check(pieces: list[bytes]) -> None:
    listens(ldap(replace(CHECK, service="ldap")), pieces)


@given(PIECES)
def test_anything_may_be_said_to_a_name_server_s_check(pieces: list[bytes]) -> None:
    listens(dns_check(CHECK), pieces)
    listens(dns_check(replace(CHECK, transport=Protocol.UDP)), pieces)


@given(PIECES)
def test_anything_may_be_said_to_a_check_of_access(pieces: list[bytes]) -> None:
    listens(radius(replace(CHECK, transport=Protocol.UDP)), pieces)


@given(SPOILT)
def test_a_directory_may_stumble(seed: int) -> None:
    dialogue = ldap(replace(CHECK, service="ldap", credentials=Credentials()))
    with suppress(CheckFailed, StopIteration):
        next(dialogue)
        said = dialogue.send(b"")
        while isinstance(said, bytes) and said:
            answers = Directory(("dc=x", "dc=y")).heard_out(said)
            said = dialogue.send(spoilt(answers, seed))


@given(SPOILT)
@example(4387161)
def test_a_name_server_may_stumble(seed: int) -> None:
    dialogue = dns_check(replace(CHECK, transport=Protocol.UDP))
    with suppress(CheckFailed, StopIteration):
        next(dialogue)
        said = dialogue.send(b"")
        assert isinstance(said, Again)
        answer = name_server(["x. 60 IN A 192.0.2.1", "x. 60 IN PTR y."])(said.words)
        assert dns.message.from_wire(answer).answer
        dialogue.send(spoilt(answer, seed))


@given(SPOILT)
def test_a_server_of_access_may_stumble(seed: int) -> None:
    known = Credentials(LOGIN, PASSWD, secret=SECRET)
    dialogue = radius(replace(CHECK, transport=Protocol.UDP, credentials=known))
    content = False
    with suppress(CheckFailed):
        next(dialogue)
        dialogue.send(b"")
        said = dialogue.send(b"192.0.2.1:5000")
        assert isinstance(said, Again)
        answer = radius_server()(said.words)
        wrong = spoilt(answer, seed)
        try:
            dialogue.send(wrong)
        except StopIteration:
            content = True
        assert not content or wrong[:20] == answer[:20]
