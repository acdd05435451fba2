"""What comes in: its size, its time, and that nobody holds a thread by sending nothing."""

import asyncio
import socket
import threading
import time

import pytest
import uvicorn

from portal import intake


def ask(messages, headers=(), path=b"/login/", query=b"", guard=None):
    """(status or None, what the application got) of one request that comes in these parts."""
    got, sent, waiting = {}, [], list(messages)

    async def app(scope, receive, send):
        got["scope"] = scope
        got["message"] = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def receive():
        if not waiting:
            await asyncio.sleep(60)  # who sends nothing more
        part, more = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": more}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "raw_path": path, "query_string": query, "headers": list(headers)}
    guard = guard or intake.Intake(app)
    guard.app = app
    asyncio.run(guard(scope, receive, send))
    assert guard.held == 0
    return sent[0]["status"], got


def test_a_body_reaches_the_application_complete():
    status, got = ask([(b"user=", True), (b"ann", False)])

    assert status == 200
    assert got["message"] == {"type": "http.request", "body": b"user=ann", "more_body": False}


@pytest.mark.parametrize(
    ("headers", "path", "query", "wanted"),
    [
        ([(b"content-length", b"5000001")], b"/", b"", 413),
        ([], b"/" + b"a" * 2000, b"", 414),
        ([], b"/", b"a" * 16_001, 414),
        ([], b"/", b"a=\xff", 400),
        ([(b"x", b"a" * 65_536)], b"/", b"", 431),
        ([(b"content-length", b"-1")], b"/" + b"a" * 1999, b"a" * 16_000, 200),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_read(headers, path, query, wanted):
    status, got = ask([(b"", False)], headers, path, query)

    assert status == wanted
    assert bool(got) is (wanted == 200)


def test_who_does_not_say_how_much_comes_is_stopped_at_the_limit():
    status, got = ask([(b"a" * 1_000_000, True)] * 6)

    assert (status, got) == (413, {})


def test_who_stops_sending_is_given_up(monkeypatch):
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.05)

    status, got = ask([(b"user=", True)])

    assert (status, got) == (408, {})


def test_all_bodies_together_have_a_limit(monkeypatch):
    monkeypatch.setattr(intake, "HELD_MOST", 10)

    status, got = ask([(b"a" * 11, False)])

    assert (status, got) == (503, {})


def test_a_header_cannot_pass_for_another_one():
    _, got = ask([(b"", False)], [(b"x_forwarded_proto", b"https"), (b"x-real", b"1")])

    assert got["scope"]["headers"] == [(b"x-real", b"1")]


@pytest.fixture(scope="module")
def port():
    """uvicorn with our protocol, and an application that tells what came."""

    async def app(scope, receive, send):
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"got %d" % len(body)})

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            intake.Intake(app), http=intake.Protocol, lifespan="off", log_level="critical"
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listener.close()


def talk(port, *parts):
    """What the server says until it is silent for a while or ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
        heard = b""
        try:
            for part in parts:
                connection.sendall(part)
            while data := connection.recv(4096):
                heard += data
        except TimeoutError:
            return heard, "open"
        except ConnectionError:
            return heard, "closed"
        return heard, "closed"


HEAD = b"POST /login/ HTTP/1.1\r\nHost: localhost\r\n"


def test_requests_of_one_connection_are_answered(port):
    one = HEAD + b"Content-Length: 200000\r\n\r\n" + b"a" * 200_000
    two = HEAD + b"Content-Length: 3\r\n\r\nabc"

    heard, state = talk(port, one, two)

    assert heard.count(b"200 OK") == 2
    assert (b"got 200000" in heard, b"got 3" in heard, state) == (True, True, "open")


@pytest.mark.parametrize("start", [b"GET /", HEAD + b"X: "])
def test_a_head_without_end_is_cut_off(port, start):
    heard, state = talk(port, start, *[b"a" * 100_000] * 20)

    assert b"200 OK" not in heard
    assert state == "closed"


def test_who_does_not_finish_his_head_is_cut_off(port, monkeypatch):
    monkeypatch.setattr(intake, "HEAD_SECONDS", 0.1)

    assert talk(port, HEAD) == (b"", "closed")
    assert talk(port, HEAD + b"Content-Length: 1\r\n\r\na", b"GET / HT")[1] == "closed"
