"""Perl's regular expressions, searched in bytes."""

import pytest

from lvsha.pattern import BadPattern, compiled

FOUND = [
    ("Test Page", b"<h1>Test Page</h1>"),
    ("end$", b"the end\n"),
    (r"end\Z", b"the end\n"),
    (r"end\z", b"the end"),
    (r"\Astart", b"start"),
    (r"a\hb", b"a\tb"),
    (r"a\Rb", b"a\r\nb"),
    (r"a\Nb", b"axb"),
    (r"[[:alpha:]]+[[:digit:]]", b"--ab1--"),
    (r"[[:^digit:]]x", b"-x"),
    (r"[^[:space:]]x", b"-x"),
    ("[]a]", b"]"),
    ("[^]a]", b"b"),
    (r"[\]a]", b"]"),
    ("[a[b]", b"["),
    ("[a&&b]", b"&"),
    ("[+--]", b","),
    (r"\Qa.b(\E.", b"a.b(c"),
    (r"\Qa.b", b"a.b"),
    ("(?i)HELLO", b"hello"),
    ("a(?i)b|c", b"C"),
    ("(a(?i)b)C", b"aBC"),
    ("(?^i:x)", b"X"),
    ("(?-i)x", b"x"),
    ("(?<word>ab)-\\k<word>", b"ab-ab"),
    ("(?'word'ab)-\\g{word}", b"ab-ab"),
    (r"(a)(b)\g{-1}", b"abb"),
    (r"(a)\g1", b"aa"),
    ("(?>ab|a)c", b"abc"),
    ("a++b", b"aab"),
    ("(?#remark)x", b"x"),
    (r"\x41\x{42}\o{103}\cJ", b"ABC\n"),
    (r"keep\Kthis", b"keepthis"),
    (r"\y\i", b"yi"),
    ("é", "é".encode()),
    ("\udcff", b"\xff"),
    ("", b"anything"),
]
MISSED = [
    ("end$", b"end\n\n"),
    (r"end\z", b"end\n"),
    ("a.b", b"a\nb"),
    ("a(?i)b", b"AB"),
    ("(?:(?i)a)b", b"AB"),
    (r"\h", b"\n"),
    ("[[:upper:]]", b"a"),
]
BAD = [
    "still (alive",
    "a)",
    "[a",
    "*",
    "a{2}{3}",
    r"\p{Alpha}",
    "(?R)",
    "(?|a|b)",
    "(*FAIL)",
    r"(a)\g{-2}",
    "[[:nonsense:]]",
    r"\x{263a}",
    "\\",
    "(?<=a+)b",
    "(" * 3000,
]


@pytest.mark.parametrize(("receive", "answer"), FOUND)
def test_what_perl_finds_is_found(receive: str, answer: bytes) -> None:
    assert compiled(receive).search(answer)


@pytest.mark.parametrize(("receive", "answer"), MISSED)
def test_what_perl_does_not_find_is_not_found(receive: str, answer: bytes) -> None:
    assert not compiled(receive).search(answer)


@pytest.mark.parametrize("receive", BAD)
def test_what_cannot_be_compiled_is_refused(receive: str) -> None:
    with pytest.raises(BadPattern):
        compiled(receive)


def test_a_pattern_is_compiled_once() -> None:
    assert compiled("once") is compiled("once")
