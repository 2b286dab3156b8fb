"""Changing one value leaves every other byte."""

import pytest

from lvsha.config import writer
from lvsha.config.document import Document
from lvsha.config.values import Refused

FILE = b"""# top
checktimeout = 3 # three
logfile="local0"

virtual=127.0.1.1:80\r
\t# note
\treal=127.0.0.2:80 gate 1\t# first
        request = "a b" # why
\tcomment=text  # c
"""


def changed(name: str, value: str, section: int = -1, content: bytes = FILE) -> bytes:
    document = Document.parse(content)
    return writer.set_value(document, name, value, section=section).content()


@pytest.mark.parametrize(
    ("name", "value", "section", "before", "after"),
    [
        ("checktimeout", "5", -1, b"= 3 # three", b"= 5 # three"),
        ("logfile", "/var/log/x", -1, b'"local0"', b'"/var/log/x"'),
        ("request", "c#d", 0, b'"a b" # why', b'"c#d" # why'),
        ("real", "127.0.0.3:80 masq", 0, b".2:80 gate 1\t#", b".3:80 masq\t#"),
        ("comment", "other", 0, b"=text  #", b"=other  #"),
        ("comment", "a # b", 0, b"=text  #", b'="a # b"  #'),
    ],
)
def test_only_the_value_changes(
    name: str, value: str, section: int, before: bytes, after: bytes
) -> None:
    assert changed(name, value, section) == FILE.replace(before, after)


def test_a_new_directive_follows_the_others_of_its_section() -> None:
    assert (
        changed("scheduler", "rr", 0) == FILE + b"\tscheduler = rr\r\n"
        or changed("scheduler", "rr", 0) == FILE + b"\tscheduler = rr\n"
    )


def test_a_new_global_directive_stands_before_the_virtual_services() -> None:
    expected = FILE.replace(b'"local0"\n', b'"local0"\nquiescent = yes\n')

    assert changed("quiescent", "yes") == expected


def test_a_directive_is_added_behind_a_last_line_without_newline() -> None:
    assert changed("quiescent", "yes", content=b"fork=no") == (
        b"fork=no\nquiescent = yes"
    )


def test_a_section_can_be_added_and_removed() -> None:
    document = Document.parse(FILE)

    there = writer.add_section(document, "virtual6", "[::1]:80")
    gone = writer.remove_section(there, 1)

    assert there.content() == FILE + b"\nvirtual6 = [::1]:80\n"
    assert gone.content() == FILE + b"\n"


def test_the_address_of_a_virtual_service_can_change() -> None:
    document = Document.parse(FILE)

    there = writer.replace_value(document, 5, "127.0.1.9:443")

    assert there.content() == FILE.replace(b"127.0.1.1:80\r", b"127.0.1.9:443\r")


@pytest.mark.parametrize(
    ("name", "value", "section"),
    [
        ("checktimeout", "abc", -1),
        ("quiescent", "maybe", -1),
        ("real", "127.0.0.2 nat", 0),
        ("request", 'a"\nvirtual=1:1', 0),
        ("comment", "a\nb", 0),
        ("nonsense", "1", -1),
        ("scheduler", "rr # x", 0),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str, section: int) -> None:
    with pytest.raises(Refused):
        changed(name, value, section)
