"""A share link and an embedded page in a real browser, as strangers see them."""

import http.server
import threading
import time

import jwt
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import DASHBOARD, open_table, widget
from tests.browser.test_choices import abandoned

FRAME = '<!doctype html><title>Intranet</title><iframe width="1200" height="900" src="{}"></iframe>'


@pytest.fixture
def stranger(portal, chromium):
    """A page of somebody without an account; errors on it fail the test."""
    context, errors = chromium.new_context(base_url=portal.url), []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def sites():
    """``sites(html)`` is the origin of another server, which answers everything with this."""
    running = []

    def start(html: str) -> str:
        class Site(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(server.html.encode())

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        server.html = html
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def origin(site) -> str:
    return f"http://127.0.0.1:{site.server_address[1]}"


def test_a_share_link_from_its_dialog_to_its_end(portal, log_in, stranger):
    page = log_in("admin")
    page.goto(f"{DASHBOARD}?country=DE")
    wait_until_drawn(page)
    seen = abandoned(page)
    page.click("[data-share]")
    expect(page.get_by_label("Link to this dashboard")).to_have_value(
        f"{portal.url}{DASHBOARD}?country=DE"
    )
    page.locator("#share [data-copy]").first.click()
    expect(page.locator("#share [data-said]")).to_have_text(
        "Link copied. It opens with these filters."
    )
    page.get_by_label("For whom").fill("Agency")
    page.get_by_label("Password if you want one").fill("correct horse")
    page.get_by_role("button", name="Make link").click()
    address = page.get_by_label("The new share link").input_value()

    stranger.goto(address)
    stranger.get_by_label("Password").fill("wrong")
    stranger.get_by_role("button", name="Open").click()
    expect(stranger.get_by_role("alert")).to_contain_text("not the password")
    stranger.get_by_label("Password").fill("correct horse")
    stranger.get_by_role("button", name="Open").click()
    wait_until_drawn(stranger)
    assert abandoned(stranger) == seen
    expect(stranger.locator(".fixed")).to_contain_text("Country: DE")
    expect(stranger.locator("[data-filter], .nav, [data-share]")).to_have_count(0)
    products = widget(stranger, "Most abandoned products").locator(".table")
    products.scroll_into_view_if_needed()
    expect(products.locator("th").first).to_have_css("position", "sticky")  # it has its styles
    expect(products.locator("tbody tr").first).to_be_visible()
    expect(stranger.locator(".card-body button, .pager, [data-pick]")).to_have_count(0)
    open_table(stranger, "Device")
    expect(stranger.locator("#twin table")).to_contain_text("phone")
    stranger.keyboard.press("Escape")

    page.get_by_role("button", name="Revoke Agency").click()
    expect(page.locator("#share [data-said]")).to_contain_text("nothing any more")
    expect(page.get_by_label("The new share link")).to_have_count(0)
    expect(page.locator("#share .links tr", has_text="Agency")).to_contain_text("revoked")
    expect(page.locator("#share .links tr", has_text="Agency").locator(".num")).not_to_have_text(
        "0"
    )
    stranger.reload()
    expect(stranger.get_by_role("heading")).to_have_text("This link is not open any more")


def test_another_site_embeds_a_dashboard_and_others_cannot(
    portal, log_in, stranger, sites
):  # fmt: skip
    intranet, elsewhere = sites(""), sites("")
    page = log_in("admin")
    page.goto("/admin/dashboards/embedkey/add/")
    page.fill("#id_name", "Intranet")
    page.select_option("#id_viewer", label="admin")
    page.select_option("#id_dashboards", label="Main analytics")
    page.fill("#id_origins", origin(intranet))
    page.click("[name=_save]")
    said = page.get_by_text("Copy the secret now").inner_text()
    secret, key_id = said.split(": ")[1].split(" (key ")
    claims = {
        "dashboard": "main-analytics", "filters": {"country": ["DE"]}, "theme": "dark",
        "exp": int(time.time()) + 300,
    }  # fmt: skip
    token = jwt.encode(claims, secret, "HS256", headers={"kid": key_id.split(")")[0]})
    for site in (intranet, elsewhere):
        site.html = FRAME.format(f"{portal.url}/embed/main-analytics/?token={token}")

    stranger.goto(origin(intranet))
    frame = stranger.frames[1]
    wait_until_drawn(frame)
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    assert frame.evaluate("document.cookie") == ""
    expect(frame.locator(".fixed")).to_contain_text("Country: DE")
    expect(widget(frame, "Device").locator("canvas").first).to_be_visible()
    widget(frame, "Device").locator("[data-menu]").click()
    frame.get_by_role("button", name="Show as table").click()
    expect(frame.locator("#twin table")).to_contain_text("phone")

    with stranger.expect_console_message(lambda message: "frame-ancestors" in message.text):
        stranger.goto(origin(elsewhere))
    assert stranger.frames[1].locator("[data-widget]").count() == 0
