"""What a configuration file is warned of."""

import pytest

from tests.unit.reading import HEADER, REAL, categories, read


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("virtual=127.0.1.1:8080\n" + REAL, "no-check"),
        ("virtual=7\n\treal=127.0.0.2 gate\n", "no-check"),
        (
            "virtual=7\n\treal=127.0.0.2 gate\n\tchecktype=connect\n",
            "check-without-port",
        ),
        (HEADER + "\treal=127.0.0.2:81 gate\n", "port-without-masq"),
        (HEADER + REAL + REAL, "duplicate-real"),
        (HEADER, "no-real-server"),
        ("quiescent=yes\n" + HEADER + REAL + "\tscheduler=sh\n", "hash-quiescent"),
        ("quiescent=yes\n" + HEADER + REAL + "\tscheduler=dh\n", "hash-quiescent"),
        (
            "quiescent=yes\n" + HEADER + REAL + "\tpersistent=9\n",
            "quiescent-persistent",
        ),
        (HEADER + REAL + "\tnetmask=255.255.255.0\n", "netmask-without-persistent"),
        (HEADER + REAL + "\tops=yes\n", "ops-without-udp"),
        (HEADER + REAL + '\thttpmethod=HEAD\n\treceive="x"\n', "head-receive"),
        (HEADER + REAL + "\tservice=http_proxy\n", "proxy-request"),
        (HEADER + REAL + '\treceive="10.1.2.3"\n', "receive-is-a-pattern"),
        (HEADER + REAL + "\tservice=dns\n", "dns-without-receive"),
        (HEADER + REAL + "\tservice=mysql\n", "missing-directive"),
        (HEADER + REAL + "\tservice=radius\n", "missing-directive"),
        (HEADER + REAL + "\tchecktype=external\n", "no-checkcommand"),
        (
            HEADER + REAL + "\tchecktype=external\n\tcheckcommand=/bin/a b\n",
            "checkcommand-arguments",
        ),
        (HEADER + REAL + "\tchecktype=3\n\tservice=none\n", "combined-without-service"),
        (HEADER + REAL + "\tchecktype=3\n\tprotocol=udp\n", "combined-udp"),
        (HEADER + REAL + "\tcheckcount=3\n", "checkcount-deprecated"),
        (HEADER + REAL + "\tcheckinterval=3\n", "checkinterval-ignored-without-fork"),
        (HEADER + REAL + "\tscheduler=wrrr\n", "unknown-scheduler"),
        (HEADER + REAL + "\tscheduler=rr\n\tscheduler=wlc\n", "repeated-directive"),
        (HEADER + REAL + '\tload="x"\n', "unused-directive"),
        (HEADER + REAL + "\trequest=x\n", "unquoted-value"),
        (HEADER + "\treal=127.0.0.2:80 gate l:9 u:5\n", "threshold-order"),
        (HEADER + "\treal=127.0.0.2 gate\n\tservice=https\n", "check-port-of-service"),
        ("virtual=127.0.1.1:080\n" + REAL, "leading-zero"),
        ("virtual=007\n\treal=127.0.0.2 gate\n", "leading-zero"),
        ("virtual=127.1.1:80\n" + REAL, "short-address"),
        ("virtual=127.0.1.1:80 junk\n" + REAL, "ignored-text"),
        (HEADER + REAL + "\tservice=http-x\n", "ignored-text"),
        (HEADER + '\treal=127.0.0.2:80 gate "/a","b"\n', "slash-drops-receive"),
        ('logfile="local9"\n', "unknown-facility"),
        (HEADER + REAL + "\temailalertfreq=3\n", "no-recipient"),
    ],
)
def test_what_may_bite_is_told(text: str, category: str) -> None:
    assert category in categories(text)


def test_hash_schedulers_with_a_fallback_flag_may_quiesce() -> None:
    text = f"quiescent=yes\n{HEADER}{REAL}\tscheduler=sh\n\tschedflags=sh-fallback\n"

    assert "hash-quiescent" not in categories(text)


def test_a_secret_in_a_readable_file_is_told() -> None:
    text = f'{HEADER}{REAL}\tpasswd="x"\n'

    assert "readable-secret" in categories(text, 0o644)
    assert "readable-secret" not in categories(text, 0o600)
    assert "readable-secret" not in categories(text)


def test_a_plain_configuration_has_no_warnings() -> None:
    text = (
        f"checktimeout=3\nquiescent=yes\n{HEADER}{REAL}\tfallback=127.0.0.1:80 gate\n"
    )

    assert read(text + '\trequest="x"\n\treceive="still alive"\n').warnings == ()
