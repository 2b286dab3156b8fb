import os
import resource
import socket
from pathlib import Path

from lvsha.notify.log import FileLog, StreamLog, SyslogLog, appended


def clock() -> str:
    return "Mon Nov 23 05:52:08 2026"


def test_a_log_file_has_ldirectords_prefix(tmp_path: Path) -> None:
    path = tmp_path / "log"

    assert FileLog(str(path), "ldirectord.cf", 12, clock).write(["hello"])

    assert path.read_text() == "[Mon Nov 23 05:52:08 2026|ldirectord.cf|12] hello\n"


def test_a_log_file_may_be_rotated_between_any_two_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = FileLog(str(path), "i", 1, clock)
    log.write(["old"])

    path.rename(tmp_path / "log.1")
    log.write(["new"])

    assert path.read_text().endswith("] new\n")
    assert (tmp_path / "log.1").read_text().endswith("] old\n")


def test_a_log_nobody_can_write_does_not_raise(tmp_path: Path) -> None:
    assert not FileLog(str(tmp_path / "no" / "log"), "i", 1, clock).write(["x"])
    assert not FileLog(str(tmp_path), "i", 1, clock).write(["x"])


def test_a_disk_that_takes_half_a_line_did_not_take_it(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, limits[1]))
    try:
        whole = appended(str(tmp_path / "log"), "a whole line")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert not whole
    assert (tmp_path / "log").read_text() == "a who"


def test_a_pipe_without_reader_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert not appended(str(tmp_path / "pipe"), "x")


def test_the_terminal_gets_time_and_text() -> None:
    readable, writable = os.pipe()

    StreamLog(writable, clock).write(["hello"])

    assert os.read(readable, 999) == b"[Mon Nov 23 05:52:08 2026] hello\n"
    os.close(readable)
    os.close(writable)


def test_a_reader_that_sleeps_loses_lines_and_learns_how_many() -> None:
    readable, writable = os.pipe()
    log = StreamLog(writable, clock)
    lost = 0
    while log.write(["x" * 1000]):
        pass
    lost += 1
    assert not log.write(["y"])
    lost += 1

    os.read(readable, 1 << 20)
    assert log.write(["awake"])

    assert f"] {lost} lines lost: nobody read\n" in os.read(readable, 9999).decode()
    os.close(readable)
    os.close(writable)


def test_a_closed_terminal_does_not_raise() -> None:
    readable, writable = os.pipe()
    os.close(readable)

    assert not StreamLog(writable, clock).write(["x"])

    os.close(writable)
    assert not StreamLog(writable, clock).write(["x"])


def test_syslog_gets_facility_ident_and_pid(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(path)
        log = SyslogLog("local3", 12, clock, path)

        assert log.write(["hello"])

        # local3 is 19, informational 6: RFC 5424 section 6.2.1.
        assert daemon.recv(999) == b"<158>Nov 23 05:52:08 ldirectord[12]: hello"
    log.close()


def test_an_unknown_facility_is_daemon(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(path)
        log = SyslogLog("nonsense", 12, clock, path)
        log.write(["hello"])

        assert daemon.recv(999).startswith(b"<30>")
    log.close()


def test_syslog_may_be_restarted_between_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = SyslogLog("daemon", 12, clock, str(path))
    for word in (b"one", b"two"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
            daemon.bind(str(path))

            assert log.write([word.decode()])

            assert daemon.recv(999).endswith(word)
        path.unlink()
    assert not log.write(["nobody"])
