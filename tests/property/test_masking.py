import base64
import html
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from lvsha.checks.dialogue import Hidden, quoted
from lvsha.evidence import as_json, evidence
from lvsha.masking import concealed, concealing, secrets
from lvsha.model import HEARD, KEPT, SAID, Credentials, Transcript, Verdict
from tests.checks_peers import BASE

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])
SECRETS = st.text(LETTERS, min_size=6, max_size=24)
# Short ones, made of what escapes are made of.
TRICKY = st.text(st.sampled_from("\\%&#;+=\"' x2*-~"), min_size=1, max_size=8)
TEXTS = st.text(LETTERS, max_size=40)
BYTES = st.binary(max_size=40)

# Each secret is a new pattern to make, which takes a while.
FEW = settings(max_examples=25, deadline=None)

# What peers make of the words of others.
FORMS: dict[str, Callable[[str], bytes]] = {
    "as it stands": lambda secret: secret.encode(),
    "quoted as IMAP does": lambda secret: (
        '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ).encode(),
    "doubled quotes": lambda secret: secret.replace("'", "''").encode(),
    "in a URL": lambda secret: quote(secret).encode(),
    "in a URL, all of it": lambda secret: b"".join(
        b"%%%02x" % byte for byte in secret.encode()
    ),
    "in a form": lambda secret: quote(secret, safe=" ").replace(" ", "+").encode(),
    "in a URL twice": lambda secret: quote(quote(secret)).encode(),
    "in a page": lambda secret: html.escape(secret).encode(),
    "in a page as numbers": lambda secret: b"".join(
        b"&#%d;" % ord(letter) for letter in secret
    ),
    "in JSON": lambda secret: json.dumps(secret).encode(),
    "by repr": lambda secret: repr(secret).encode(),
    "of bytes by repr": lambda secret: repr(secret.encode()).encode(),
    "in hexadecimal": lambda secret: secret.encode().hex().encode(),
    "in hexadecimal with colons": lambda secret: secret.encode().hex(":").encode(),
    "in Base64": lambda secret: base64.b64encode(secret.encode()),
    "as AUTH PLAIN": lambda secret: base64.b64encode(b"\0joe\0" + secret.encode()),
    "as Basic": lambda secret: base64.b64encode(b"joe:" + secret.encode()),
    "in Base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()),
    "in UTF-16": lambda secret: secret.encode("utf-16-le"),
}
# Those that put something behind the secret: a quotation mark, or Base64's padding.
QUOTED = ("quoted as IMAP does", "in JSON", "by repr", "of bytes by repr")
PADDED = ("in Base64", "as AUTH PLAIN", "as Basic", "in Base64 for URLs")


def about(secret: str) -> Transcript:
    return Transcript(replace(BASE, credentials=Credentials("joe", secret)))


def shown(transcript: Transcript) -> str:
    found = evidence(Verdict(passed=True, transcript=transcript))
    return "".join(turn.words for turn in found.turns)


@pytest.mark.parametrize("form", FORMS)
@FEW
@given(secret=SECRETS, before=TEXTS, after=TEXTS)
def test_a_secret_is_found_in_any_form(
    form: str, secret: str, before: str, after: str
) -> None:
    written = FORMS[form](secret)
    # A blank before and after: what is written next to it would be a part of it.
    words = before.encode() + b" " + written + b" " + after.encode()
    transcript = about(secret)
    transcript.note(HEARD, 0.0, words)

    told = shown(transcript)

    assert secret not in told
    assert written.decode(errors="backslashreplace") not in told


@FEW
@given(SECRETS | TRICKY, TEXTS, TEXTS)
def test_no_text_holds_a_secret(secret: str, before: str, after: str) -> None:
    assert secret not in concealed(f"{before}{secret}{after}", (secret,))


@FEW
@given(SECRETS | TRICKY, st.lists(BYTES, max_size=6), st.lists(st.integers(0, 99)))
@example("\\xff", [b"\xff", b"\\", b"xff"], [])
def test_a_secret_in_pieces_is_a_secret(
    secret: str, pieces: list[bytes], cuts: list[int]
) -> None:
    words = secret.encode().join([*pieces, b""])
    places = sorted({0, len(words), *(cut % (len(words) + 1) for cut in cuts)})
    transcript = about(secret)
    for first, last in pairwise(places):
        transcript.note(HEARD, 0.0, words[first:last])
    found = evidence(Verdict(passed=True, transcript=transcript))

    assert secret not in "".join(turn.words for turn in found.turns)
    assert all(secret not in turn.words for turn in found.turns)


@pytest.mark.parametrize("form", FORMS)
@FEW
@given(secret=SECRETS, size=st.integers(0, 200))
@example("0='000", 0)
def test_what_was_cut_does_not_end_with_the_beginning_of_a_secret(
    form: str, secret: str, size: int
) -> None:
    secret = secret.replace(".", ":")
    beginning = FORMS[form](secret[:3])
    if form in QUOTED:
        beginning = beginning[:-1]
    if form in PADDED:
        beginning = beginning.rstrip(b"=")
    beginning = beginning[:-1]
    written = FORMS[form](secret)
    least = len(beginning) + 2
    kept = written[: least + size % max(1, len(written) - least)]
    assume(beginning and len(kept) < len(written))
    transcript = about(secret)
    transcript.note(HEARD, 0.0, b"." * (KEPT - len(kept) - 1) + b" " + kept + b"!")

    left = shown(transcript).rpartition(". ")[2]
    assert beginning.decode(errors="backslashreplace") not in left


@FEW
@given(SECRETS, st.text(st.sampled_from("abc :"), max_size=70))
def test_a_quotation_that_was_cut_holds_no_beginning_of_a_secret(
    secret: str, before: str
) -> None:
    assume(not set(secret) & set("abc :"))
    message = f"PASS: expected b'+OK', got {quoted(before + secret + 70 * '.')}"

    told = concealed(message, (secret,))

    assert secret[:2] not in told.partition("got ")[2].replace("'...", "")


@FEW
@given(SECRETS, TEXTS)
def test_what_holds_no_secret_is_left_as_it_is(secret: str, text: str) -> None:
    assume(not set(secret.lower()) & set(text.lower()))
    assume(len(secret) > 5 and text.isprintable())

    assert concealed(text, (secret,)) == text or any(
        character in text for character in "%\\&="
    )


@FEW
@given(st.lists(st.binary(max_size=600), max_size=40))
def test_a_transcript_is_bounded(pieces: list[bytes]) -> None:
    transcript = about("")
    for piece in pieces:
        transcript.note(SAID, 0.0, piece)
    kept = [words for _, _, words in transcript.moments if isinstance(words, bytes)]

    assert len(kept) <= KEPT // 32
    assert sum(map(len, kept)) <= KEPT
    assert sum(map(len, kept)) + transcript.more == sum(map(len, pieces))
    assert b"".join(pieces).startswith(b"".join(kept))


@FEW
@given(st.lists(st.binary(min_size=1, max_size=700), max_size=6), st.integers(0, 5))
def test_hidden_words_are_never_shown(pieces: list[bytes], which: int) -> None:
    transcript = about("")
    for piece in pieces:
        transcript.note(SAID, 0.0, piece)
    digest = Hidden(b"9e107d9d372bb6826bd81d3542a419d6" * (which + 1))
    transcript.note(SAID, 0.0, digest)
    told = json.dumps(as_json(evidence(Verdict(passed=True, transcript=transcript))))

    assert "9e107d9d" not in told


def test_the_password_of_a_url_is_a_secret() -> None:
    check = replace(BASE, url="http://joe:p%40ss@127.0.0.1/")

    assert set(secrets(check)) == {"p%40ss", "p@ss"}
    conceal = concealing(check)
    assert conceal is not None
    assert conceal("Basic " + base64.b64encode(b"joe:p@ss").decode()) == "Basic ***"


def test_a_check_without_secrets_conceals_nothing() -> None:
    assert concealing(BASE) is None
    assert concealed("all there is", secrets(BASE)) == "all there is"


def test_what_a_header_field_presents_is_a_secret() -> None:
    basic = "Basic " + base64.b64encode(b"joe:hunter22").decode()
    fields = (("X-Api-Key", "k3yk3y"), ("Authorization", basic), ("Accept", "all"))
    conceal = concealing(replace(BASE, headers=fields))

    assert conceal is not None
    assert conceal(f"{basic} k3yk3y hunter22 all") == "*** *** *** all"
