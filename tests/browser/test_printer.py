"""The program that prints: it reaches one server, has an end, and takes its browser with it."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pypdf
import pytest

from dashboards.exports import pictures

DRAWN = "<script>document.documentElement.dataset.drawn = 'true'</script>"
FAILED = "<script>document.documentElement.dataset.failed = 'No such card.'</script>"


@dataclass
class Progress:
    done: int = 0
    total: int = 0
    cancel: bool = False
    asked: list = field(default_factory=list)

    def stopped(self) -> bool:
        self.asked.append(1)
        return self.cancel


@contextmanager
def site(body: str, status: int = 200):
    """A server on the loopback interface that answers everything with one page: (port, calls)."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append((self.headers["Host"], self.path, self.headers.get("Cookie")))
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, calls
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def order(port, path, **changes):
    return {
        "browser": pictures.browser(), "host": "127.0.0.1", "loopback": "127.0.0.1",
        "port": port, "address": "/page", "format": "pdf", "path": str(path), "alone": False,
        "headers": {"Cookie": "sessionid=s3cret"}, "seconds": 60, "foot": "Foot &amp; date",
    } | changes  # fmt: skip


def test_only_the_portal_is_reached(tmp_path):
    with site("") as (other, foreign_calls):
        page = f"<p>Hello</p><img src='http://127.0.0.1:{other}/spy.png'>"
        page += "<img src='http://example.org/x'><iframe src='file:///etc/passwd'></iframe>"
        with site(page + DRAWN) as (port, calls):
            said = pictures._print(order(port, tmp_path / "a.pdf"), Progress())
    text = pypdf.PdfReader(tmp_path / "a.pdf").pages[0].extract_text()

    assert said == ""
    assert foreign_calls == []
    assert (calls[0][1], calls[0][2]) == ("/page", "sessionid=s3cret")
    assert "Hello" in text
    assert "Foot & date" in text
    assert "root:" not in text


def test_a_portal_that_answers_to_its_own_name_alone_is_reached_by_it(tmp_path):
    with site("<p>Hello</p>" + DRAWN) as (port, calls):
        wanted = order(port, tmp_path / "a.pdf", host="bi.example.org")
        said = pictures._print(wanted, Progress())

    assert said == ""
    assert calls[0][0] == f"bi.example.org:{port}"


@pytest.mark.parametrize(
    ("page", "status", "error"),
    [("<p>never drawn</p>", 200, "not drawn in time"), (DRAWN, 404, "answers 404"),
     (FAILED, 200, "could not be drawn: No such card.")],
)  # fmt: skip
def test_what_goes_wrong_is_said_and_no_file_is_left(tmp_path, page, status, error):
    with site(page, status) as (port, _):
        wanted = order(port, tmp_path / "a.pdf", seconds=2)
        said = pictures._print(wanted, Progress())

    assert error in said
    assert list(tmp_path.iterdir()) == []


def test_who_cancels_waits_for_nothing(tmp_path):
    with site("<p>never drawn</p>") as (port, _):
        said = pictures._print(order(port, tmp_path / "a.pdf"), Progress(cancel=True))

    assert said == "cancelled"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("allowed", "host"),
    [(["localhost", "127.0.0.1"], "127.0.0.1"), (["*"], "127.0.0.1"),
     (["bi.example.org"], "bi.example.org"), ([".example.org"], "example.org")],
)  # fmt: skip
def test_the_browser_takes_a_name_under_which_the_portal_answers(settings, allowed, host):
    settings.ALLOWED_HOSTS = allowed

    assert pictures._host() == host
