"""A whole portal with a small demo shop, as ``make run`` starts it, and a real Chromium."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import sync_playwright

from portal import embedded

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180


@dataclass
class Portal:
    url: str
    data: Path
    process: subprocess.Popen
    passwords: dict[str, str]
    cookies: dict[str, list] = field(default_factory=dict)  # of who signed in before

    def run_sql(self, statement: str, *values, database: str = "portal"):
        """Rows of a statement run as owner on the portal's or the shop's database."""
        folder = embedded.socket_folder(self.data)
        connection = psycopg2.connect(host=str(folder), user="portal", dbname=database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture(scope="session")
def portal():
    data = Path(tempfile.mkdtemp(prefix="portal-browser-"))
    environment = {
        **os.environ,
        "PORTAL_DATA": str(data),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DEMO_CARTS": "4000",
        "API_RATE_USER": "100000/min",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", "0"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        url = _address(process)
        people = json.loads((data / "demo-people.json").read_text())
        yield Portal(url, data, process, {p["username"]: p["password"] for p in people})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()
        shutil.rmtree(data)


def _address(process: subprocess.Popen) -> str:
    """The printed address; the rest of the output is read and thrown away, so that no pipe
    fills."""
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://\S+", line):
            timer.cancel()
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found[0].rstrip("/")
    timer.cancel()
    raise RuntimeError("The portal did not start:\n" + "".join(said))


@pytest.fixture(scope="module")
def chromium():
    """For a module only: while Playwright's loop runs, Django refuses to ask the database here."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    assert path, "The browser tests need Chromium; `make test` says how to install it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def log_in(portal, chromium):
    """``log_in("marketing")`` is a page of that person; errors on any page fail the test."""
    contexts, errors = [], []

    def open_page(username: str, **options):
        context = chromium.new_context(base_url=portal.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if _is_error(m) else None)
        context.add_cookies(portal.cookies.get(username, []))
        page.goto("/")
        if "/login/" in page.url:  # the first time, or another test ended the session
            _sign_in(context.request, portal, username)
            portal.cookies[username] = context.cookies()
            page.goto("/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def _sign_in(request, portal, username: str) -> None:
    """As the form does, without drawing its page."""
    request.get("/login/")
    cookies = {one["name"]: one["value"] for one in request.storage_state()["cookies"]}
    form = {
        "username": username, "password": portal.passwords[username],
        "csrfmiddlewaretoken": cookies["csrftoken"],
    }  # fmt: skip
    answer = request.post("/login/", form=form, headers={"Referer": f"{portal.url}/login/"})
    assert answer.url == f"{portal.url}/", answer.text()


def _is_error(message) -> bool:
    """Failed requests are what some tests are about; everything else is a fault of the page."""
    expected = ("Failed to load resource", "WebSocket connection")
    return message.type == "error" and not message.text.startswith(expected)


def wait_until_drawn(page, timeout: float = 60_000) -> None:
    page.wait_for_selector("[data-widget]")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-widget]')].every(c => c.ariaBusy === 'false')",
        timeout=timeout,
    )
