"""One POST and its answer: what surely did not arrive, what may have, and when a connection is used again."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from matching.errors import SettingsError
from matching.sending import wire
from matching.sending.wire import Answer, Missing, Wire


@contextmanager
def receiver(*answers):
    """The n-th connection says the n-th of `answers`: parts, a pause of so many seconds where a part is a number."""
    heard = []

    def talk(connection, parts):
        with connection:
            for part in parts:
                if isinstance(part, float):
                    time.sleep(part)
                elif part is None:
                    heard.append(connection.recv(65_536))
                else:
                    try:
                        connection.sendall(part)
                    except OSError:
                        return

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            for parts in answers:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection, parts), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", heard


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def post(*answers, timeout=0.5, kept=0, times=1, scheme="http", user=""):
    with receiver(*answers) as (place, heard):
        own = Wire(f"{scheme}://{user}{place}/hook?a=1", timeout=timeout, kept=kept)
        said = [own.post(b"body", {"x-key": "1"}) for _ in range(times)]
        own.close()
    return said, heard


def test_a_request_is_whole_and_its_answer_is_read():
    [answer], [request] = post([None, OK], user="me:p%40ss@")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"ok", "2")
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /hook?a=1 HTTP/1.1"
    assert {b"x-key: 1", b"Content-Length: 4", b"Authorization: Basic bWU6cEBzcw=="} <= set(lines)
    assert lines[1].startswith(b"Host: 127.0.0.1:")
    assert body == b"body"


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
    ],
)
def test_forms_of_an_answer(said, body):
    [answer], _ = post([None, said])
    assert isinstance(answer, Answer)
    assert answer.body == body


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([None], "RemoteProtocolError"),
        ([None, 0.7], "ReadTimeout"),
        ([None, OK[:-1]], "it was cut off"),
        ([None, b"hello\r\n"], "RemoteProtocolError"),
        ([None, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"], "RemoteProtocolError"),
    ],
)
def test_what_is_no_whole_answer_may_have_arrived(parts, reason):
    [missing], _ = post(parts)
    assert missing == Missing(True, f"no answer ({reason})")


def test_a_dripping_answer_does_not_outlast_the_time_for_a_whole_request():
    begun = time.monotonic()
    [missing], _ = post([None, *[part for byte in OK for part in (bytes([byte]), 0.1)]], timeout=0.4)
    assert missing == Missing(True, "no answer (ReadTimeout)")
    assert time.monotonic() - begun < 2.0


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(wire, "_MOST", 1_000)
    [missing], _ = post([None, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000])
    assert missing == Missing(True, "no answer (it is too long)")


def test_a_connection_is_kept_only_where_that_is_allowed():
    said, heard = post([None, OK, None, OK], kept=1, times=2)
    assert [one.status for one in said] == [200, 200]
    assert len(heard) == 2
    said, _ = post([None, OK, None, OK], [None, OK], times=2)
    assert [one.status for one in said] == [200, 200]


def test_a_kept_connection_that_spoke_or_ended_is_left():
    for unasked in (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", None):
        first = [None, OK, 0.1] + ([unasked, 0.5] if unasked else [])
        with receiver(first, [None, OK.replace(b"ok", b"2.")]) as (place, _):
            own = Wire(f"http://{place}/", timeout=0.5, kept=1)
            assert own.post(b"", {}).body == b"ok"
            time.sleep(0.2)
            assert own.post(b"", {}).body == b"2."
            own.close()


def test_without_a_connection_nothing_arrived():
    assert Wire("http://127.0.0.1:9/", timeout=0.5, kept=0).post(b"", {}) == Missing(
        False, "no connection (ConnectError)"
    )
    [missing], _ = post([None, OK], scheme="https")  # it speaks no TLS: not a byte of the letter went out
    assert missing == Missing(False, "no connection (ConnectError)")


@pytest.mark.parametrize("url", ["", "ftp://a.cn/", "https://", "http://a:b:c/", "hook"])
def test_what_is_no_web_address_is_refused_at_once(url):
    with pytest.raises(SettingsError, match="no web address"):
        Wire(url, timeout=1.0, kept=0)


@pytest.mark.parametrize("value", ["a\r\nx: y", "\u4f60"])
def test_no_header_is_smuggled_in(value):
    with pytest.raises(ValueError, match="no header"):
        Wire("http://127.0.0.1:9/", timeout=0.5, kept=0).post(b"", {"x": value})
