"""The file names of maintenancedir, in the order of the specification."""

import errno
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from lvsha.engine.maintenance import words
from lvsha.identity import Endpoint, Forwarding, Protocol, Vip
from lvsha.model import Check, CheckType, RealServer, VirtualService
from tests.scripted import nameless

VIP = Vip(Protocol.TCP, Endpoint(ip_address("192.0.2.10"), 80))


def real(address: str, port: int = 80, name: str = "") -> RealServer:
    check = Check(
        CheckType.CONNECT, "none", Protocol.TCP, ip_address(address), port, 3, 3
    )
    endpoint = Endpoint(ip_address(address), port)
    return RealServer(endpoint, Forwarding.MASQ, 1, check, name=name)


def test_a_server_is_named_by_address_name_and_short_name_with_or_without_port() -> (
    None
):
    assert list(words(real("127.0.0.2"), "Web-1.example.com")) == [
        "127.0.0.2:80",
        "127.0.0.2",
        "web-1.example.com:80",
        "web-1.example.com",
        "web-1:80",
        "web-1",
    ]


def test_the_host_as_written_counts_too() -> None:
    assert "www" in list(words(real("127.0.0.2", name="www.example.com"), ""))


def test_an_ipv6_address_is_in_brackets() -> None:
    assert list(words(real("::1", 0), "")) == ["[::1]:0", "[::1]"]


@pytest.mark.parametrize("file", ["127.0.0.2", "127.0.0.2:80", "WWW", "www:80"])
def test_a_file_or_folder_takes_the_server_out_whatever_its_case(
    tmp_path: Path, file: str
) -> None:
    """Bug B52: the short name had to be in lower case."""
    virtual = VirtualService(
        VIP, (real("127.0.0.2", name="www.example.com"), real("127.0.0.3"))
    )
    (tmp_path / file).mkdir()
    maintenance = nameless()

    seats = maintenance.seats(str(tmp_path), {VIP: virtual})

    maintenance.close()
    assert seats == {(VIP, virtual.reals[0].endpoint)}


def test_other_files_and_missing_folders_take_nobody_out(tmp_path: Path) -> None:
    virtual = VirtualService(VIP, (real("127.0.0.2"),))
    (tmp_path / "127.0.0.20").touch()
    (tmp_path / "127.0.0.2:8080").touch()
    maintenance = nameless()

    for directory in (str(tmp_path), str(tmp_path / "none"), ""):
        assert maintenance.seats(directory, {VIP: virtual}) == frozenset()
    maintenance.close()


def test_a_folder_that_cannot_be_read_brings_nobody_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtual = VirtualService(VIP, (real("127.0.0.2"),))
    (tmp_path / "127.0.0.2").touch()
    maintenance = nameless()
    before = maintenance.seats(str(tmp_path), {VIP: virtual})

    def broken(_: Path) -> Iterator[Path]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", broken)
    during = maintenance.seats(str(tmp_path), {VIP: virtual})

    maintenance.close()
    assert before == during == {(VIP, virtual.reals[0].endpoint)}
