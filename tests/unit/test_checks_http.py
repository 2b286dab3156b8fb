from base64 import b64encode

import pytest

from lvsha import VERSION
from lvsha.checks.dialogue import Call, CheckFailed, NoAnswer
from lvsha.checks.http import REDIRECTS, errand, http, http_proxy
from lvsha.checks.response import KEPT
from lvsha.identity import Protocol
from lvsha.model import Check
from tests.checks_peers import http_check, rehearse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\nI am still alive"
LATE = NoAnswer("no answer within 3 s")


def failure(check: Check, *heard: bytes | Exception) -> str:
    with pytest.raises(CheckFailed) as failed:
        rehearse(http(check), heard)
    return str(failed.value)


def said(check: Check, *heard: bytes) -> list[object]:
    return list(rehearse(http(check), heard)[0])


def moved(where: str, code: int = 302) -> bytes:
    return f"HTTP/1.1 {code} Moved\r\nLocation: {where}\r\n\r\n".encode()


def test_the_request_names_us_and_asks_to_close() -> None:
    call, words = said(http_check(8080, request="/test.html"), OK)

    assert call == Call("127.0.0.1", 8080, Protocol.TCP, sealed=False, name="127.0.0.1")
    assert words == (
        b"GET /test.html HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"User-Agent: lvsha/%b\r\nConnection: close\r\n\r\n" % VERSION.encode()
    )


def test_the_host_is_the_virtualhost() -> None:
    _, words = said(http_check(8080, virtualhost="www.example.com"), OK)

    assert b"\r\nHost: www.example.com\r\n" in bytes(words)  # type: ignore[call-overload]


def test_b63_without_virtualhost_the_host_is_the_urls_without_port() -> None:
    check = http_check(80, url="http://www.example.com:8080/x")

    call, words = said(check, OK)

    assert call == Call("www.example.com", 8080, name="www.example.com")
    assert b"\r\nHost: www.example.com\r\n" in bytes(words)  # type: ignore[call-overload]


def test_b11_an_ipv6_host_stands_in_brackets() -> None:
    wanted = errand("http://[2001:db8::1]:80/", "GET", proxied=False)

    assert b"Host: [2001:db8::1]\r\n" in wanted.words
    assert wanted.call.host == "2001:db8::1"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("http://h", b"/"),
        ("http://h/a b", b"/a%20b"),
        ("http://h/a%20b?c=d e#f", b"/a%20b?c=d%20e"),
        ("http://h//x", b"//x"),
        ("http://h/\u00e4", b"/%C3%A4"),
        ('http://h/<">', b"/%3C%22%3E"),
        ("http://h/a\r\nX: y", b"/a%0D%0AX:%20y"),
        ("http://h/http://other/", b"/http://other/"),
    ],
)
def test_what_a_url_cannot_hold_is_encoded(url: str, page: bytes) -> None:
    words = errand(url, "GET", proxied=False).words

    assert words.startswith(b"GET " + page + b" HTTP/1.1\r\n")


def test_a_password_in_the_url_is_sent_but_not_shown() -> None:
    wanted = errand("http://me:s3%20cret@h/", "GET", proxied=False)

    assert b"Authorization: Basic " + b64encode(b"me:s3 cret") in wanted.words
    assert b"Host: h\r\n" in wanted.words
    assert "cret" not in repr(wanted)


@pytest.mark.parametrize("url", ["ftp://h/", "http:///x", "http://h:x/", "/x", ""])
def test_what_is_no_url_of_ours_fails(url: str) -> None:
    with pytest.raises(CheckFailed, match="not an http"):
        errand(url, "GET", proxied=False)


@pytest.mark.parametrize("code", [200, 201, 204, 206, 299])
def test_any_2xx_without_receive_is_up(code: int) -> None:
    status = f"{code} Whatever"
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()

    assert rehearse(http(http_check()), [answer])[1].status == status


@pytest.mark.parametrize("code", [101, 304, 400, 401, 404, 500, 503, 999])
def test_any_other_status_is_down(code: int) -> None:
    answer = f"HTTP/1.1 {code} No\r\nContent-Length: 0\r\n\r\n".encode()

    assert failure(http_check(), answer) == f"status: expected 2xx, got '{code} No'"


def test_a_page_with_the_pattern_is_up() -> None:
    assert rehearse(http(http_check(receive="still al.ve")), [OK])[1].status == "200 OK"


@pytest.mark.parametrize("receive", ["Still alive", "^still", "am.$", "200 OK"])
def test_a_page_without_the_pattern_is_down(receive: str) -> None:
    assert failure(http_check(receive=receive), OK).startswith("body: nothing matches")


def test_a_pattern_is_not_looked_for_in_the_headers() -> None:
    answer = b"HTTP/1.1 200 OK\r\nX: still alive\r\nContent-Length: 2\r\n\r\nno"

    assert "body" in failure(http_check(receive="still alive"), answer)


def test_head_has_no_body_so_a_pattern_is_down() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n"
    check = http_check(httpmethod="HEAD")

    assert rehearse(http(check), [answer])[1].status == "200 OK"
    assert "body" in failure(http_check(httpmethod="HEAD", receive="alive"), answer)


def test_chunks_are_put_together() -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"A;x=y\r\nI am still\r\n6\r\n alive\r\n0\r\nX: y\r\n\r\n"
    )

    rehearse(http(http_check(receive="^I am still alive$")), [answer])


@pytest.mark.parametrize("chunks", [b"x\r\n", b"1\r\nab\r\n", b"-1\r\n", b"\r\n"])
def test_what_is_not_chunked_is_down(chunks: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert failure(http_check(), head + chunks).startswith("body: chunk")


def test_a_body_may_end_with_the_connection() -> None:
    answer = b"HTTP/1.0 200 OK\nServer: x\n\nstill alive"

    rehearse(http(http_check(receive="alive$")), [answer])


def test_interim_responses_are_skipped() -> None:
    rehearse(http(http_check(receive="alive")), [b"HTTP/1.1 103 Early\r\n\r\n" + OK])


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTX", b"\r\n", b"HTTP/1.1\n"])
def test_b15_what_is_not_http_is_down(answer: bytes) -> None:
    assert failure(http_check(), answer).startswith("status: not HTTP: ")


def test_b15_an_empty_answer_is_down() -> None:
    assert failure(http_check()) == "status: connection closed without an answer"


def test_b15_a_body_that_stalls_is_down_without_receive() -> None:
    why = failure(http_check(), OK[:-3], LATE)

    assert why == "no answer within 3 s (waiting for the end of the body)"


def test_b15_a_body_that_is_cut_off_is_down_without_receive() -> None:
    why = failure(http_check(), OK[:-3])

    assert why == "connection closed (waiting for the end of the body)"


@pytest.mark.parametrize("end", [LATE, b""])
def test_a_body_that_stalls_or_breaks_off_after_the_pattern_is_up(
    end: bytes | Exception,
) -> None:
    rehearse(http(http_check(receive="still")), [OK[:-3], end])


@pytest.mark.parametrize(
    ("heard", "what"),
    [
        (b"HTTP/1.", "the status line"),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n", "the headers"),
    ],
)
def test_silence_says_what_is_missing(heard: bytes, what: str) -> None:
    assert failure(http_check(), heard, LATE).endswith(f"(waiting for {what})")


def test_an_endless_body_is_searched_as_far_as_it_is_kept() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    page = b"still alive".ljust(KEPT, b".")

    rehearse(http(http_check(receive="alive")), [head + page])
    assert "body" in failure(http_check(receive="dead"), head + page)


def test_endless_headers_are_down() -> None:
    heard = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000

    assert failure(http_check(), heard).startswith("headers: no end within")


@pytest.mark.parametrize("fields", [b"Content-Length: x", b"Content-Length: -1"])
def test_a_length_that_is_none_is_down(fields: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n"

    assert failure(http_check(), answer).startswith("headers: Content-Length")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_with_the_host_it_names(code: int) -> None:
    elsewhere = moved("http://other.example:81/x", code)

    _, _, call, words = said(http_check(virtualhost="www.example.com"), elsewhere, OK)

    assert call == Call("other.example", 81, name="other.example")
    assert bytes(words).startswith(b"GET /x HTTP/1.1\r\nHost: other.example:81\r\n")  # type: ignore[call-overload]


def test_a_redirect_may_be_relative_and_change_to_tls() -> None:
    _, _, call, words, sealed, _ = said(
        http_check(8080, request="/a/b"), moved("../c"), moved("https://h/"), OK
    )

    assert call == Call("127.0.0.1", 8080, name="127.0.0.1")
    assert bytes(words).startswith(b"GET /c HTTP/1.1\r\n")  # type: ignore[call-overload]
    assert sealed == Call("h", 443, sealed=True, name="h")


def test_where_a_peer_sends_us_is_not_remembered() -> None:
    check = http_check(80)
    said(check, OK)
    before = errand.cache_info().currsize

    for session in range(3):
        said(check, moved(f"/login;session={session}"), OK)

    assert errand.cache_info().currsize == before


def test_seven_redirects_are_followed_and_no_more() -> None:
    rehearse(http(http_check()), [moved("/")] * REDIRECTS + [OK])

    assert "redirect" in failure(http_check(), *[moved("/")] * (REDIRECTS + 1))


@pytest.mark.parametrize("where", ["ftp://h/", "http://[::1", "http://h:x/"])
def test_a_redirect_nobody_can_follow_is_down(where: str) -> None:
    assert failure(http_check(), moved(where)).startswith("redirect: cannot follow")


def test_a_redirect_without_a_location_is_down() -> None:
    assert "302" in failure(http_check(), b"HTTP/1.1 302 Found\r\n\r\n")


def test_a_proxy_is_asked_for_the_absolute_url() -> None:
    check = http_check(
        3128, service="http_proxy", url="http://site:81/x", virtualhost="ignored"
    )

    (call, words), _ = rehearse(http_proxy(check), [OK])

    assert call == Call("127.0.0.1", 3128, name="ignored")
    assert isinstance(words, bytes)
    assert words.startswith(b"GET http://site:81/x HTTP/1.1\r\nHost: site:81\r\n")


@pytest.mark.parametrize("url", ["/", "https://site/"])
def test_a_proxy_without_an_absolute_request_is_down_at_once(url: str) -> None:
    with pytest.raises(CheckFailed, match="absolute"):
        next(http_proxy(http_check(3128, service="http_proxy", url=url)))
