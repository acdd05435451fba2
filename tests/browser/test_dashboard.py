"""The main dashboard in a real browser, as people of several roles see it."""

import os
import signal
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import DASHBOARD, open_table, widget

SHIFT = """() => new Promise(resolve => {
    let sum = 0;
    new PerformanceObserver(list => { for (const e of list.getEntries()) sum += e.value; })
        .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => resolve(sum), 300);
})"""
WATCHED = """
    const Plain = WebSocket;
    window.sockets = []; window.asked = 0;
    window.WebSocket = class extends Plain {
        constructor(...all) { super(...all); window.sockets.push(this); }
    };
    const plain = fetch;
    window.fetch = (...all) => { window.asked++; return plain(...all); };"""
STAGE_OF_FIRST_DRAWING = """() => {
    const doc = Bokeh.documents.find(d => d.get_model_by_name('zoom') &&
    d.get_model_by_name('x_range')); return doc.get_model_by_name('x_range');
}"""


def test_marketing_sees_every_card_with_its_data_time(log_in):
    page = log_in("marketing")
    page.get_by_role("link", name="Main analytics").first.click()
    wait_until_drawn(page)

    assert page.locator("[data-widget]").count() >= 10
    assert page.locator(".void").count() == 0
    expect(page.locator("#datatime")).to_contain_text("live")
    expect(widget(page, "Abandonment funnel").locator("[data-time]")).to_contain_text(":")
    summary = widget(page, "Abandonment funnel").locator("[data-summary]").inner_text()
    assert "Order Complete" in summary or "order complete" in summary.lower()


def test_nothing_moves_while_the_page_loads(log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    assert page.evaluate(SHIFT) < 0.02


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_on_a_phone(log_in, scheme):
    page = log_in("marketing", viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(
        """() => [...document.querySelectorAll('.card-html')]
            .every(e => e.scrollWidth <= e.clientWidth + 1)"""
    )


def test_a_tablet_has_no_holes_between_the_cards(log_in):
    page = log_in("marketing", viewport={"width": 1024, "height": 768})
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    alone = page.evaluate("""() => {
        const boxes = [...document.querySelectorAll('[data-widget]')]
            .map(card => card.getBoundingClientRect());
        const whole = document.getElementById('grid').clientWidth;
        return boxes.filter(box => box.width < 0.7 * whole &&
            !boxes.some(other => other !== box && other.top === box.top)).length;
    }""")
    assert alone == 0


def test_charts_take_the_colours_of_the_chosen_theme(log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    line = (
        "Bokeh.documents.flatMap(d => [...d._all_models.values()]).find(m => m.name === 'y_axis')"
    )
    before = page.evaluate(f"() => {line}.major_label_text_color")

    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Dark", exact=True).click()

    page.wait_for_function(f"before => {line}.major_label_text_color !== before", arg=before)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Auto", exact=True).click()


def test_a_role_without_the_right_sees_nothing_of_it(log_in):
    page = log_in("operations")

    assert page.get_by_text("Main analytics").count() == 0
    for path in (DASHBOARD, f"{DASHBOARD}data", "/api/v1/dashboards/main-analytics/"):
        answer = page.request.get(path)
        assert answer.status == 404
        assert "Abandonment" not in answer.text()
    closed = page.evaluate(
        """() => new Promise(resolve => {
            const socket = new WebSocket(`ws://${location.host}/live/`);
            socket.onopen = () => socket.send('{"dashboard": "main-analytics"}');
            socket.onclose = event => resolve(event.code);
        })"""
    )
    assert closed == 4404


def test_new_data_comes_without_reload_and_the_zoom_stays(portal, log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    page.evaluate("window.same = true")
    page.evaluate(
        f"() => {{ const r = ({STAGE_OF_FIRST_DRAWING})(); window.range = r; r.start += 1000; }}"
    )
    zoomed = page.evaluate("window.range.start")
    value = widget(page, "Carts, last 24 hours").locator(".value")
    before = value.inner_text()

    portal.run_sql(
        """INSERT INTO cart_sessions (id, customer_id, created_at, last_activity_at, stage, device,
               country, shop, segment, items, value, status)
           SELECT (SELECT max(id) FROM cart_sessions) + n, 1, now(), now(), 'Cart Created', 'phone',
               'DE', 'DACH', 'new', 1, 10, 'active' FROM generate_series(1, 50) n""",
        database="crm_workflow",
    )

    expect(value).not_to_have_text(before, timeout=60_000)
    assert page.evaluate("window.same") is True
    assert page.evaluate("window.range.start") == zoomed


def test_an_open_page_shows_what_an_admin_changes(portal, log_in):
    """Of a card that no other test looks at: it stays changed."""
    viewer, admin = log_in("marketing"), log_in("admin")
    viewer.goto(DASHBOARD)
    wait_until_drawn(viewer)
    key = widget(viewer, "Campaign effectiveness").get_attribute("data-widget")
    assert widget(viewer, "Campaign effectiveness").get_attribute("data-kind") == "drawing"
    admin.goto(f"/admin/dashboards/widget/{key}/change/")
    admin.select_option("[name=card-chart_type]", "table")
    admin.wait_for_selector("[name=options-measures]")
    admin.select_option("[name=options-group_by]", "campaign")
    admin.fill("[name=options-measures]", "Mails: count()")
    expect(admin.frame_locator("#preview-stage iframe").locator("table")).to_contain_text(
        "Free shipping"
    )
    admin.get_by_role("button", name="Save", exact=True).click()

    changed = viewer.locator(f"#widget-{key}")
    expect(changed).to_have_attribute("data-kind", "html", timeout=45_000)
    expect(changed).to_contain_text("Free shipping", timeout=45_000)


@pytest.mark.soak
def test_the_page_serves_while_the_worker_is_dead(portal, log_in):
    page = log_in("marketing")
    for pid in _children_of(portal.process.pid, "celeryd"):
        os.kill(pid, signal.SIGKILL)

    page.goto(DASHBOARD)

    wait_until_drawn(page)
    assert page.locator(".void").count() == 0


def test_the_page_connects_again_after_the_web_processes_died(portal, log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    expect(page.locator("#datatime")).to_contain_text("live")
    page.evaluate("window.same = true")

    for pid in _children_of(portal.process.pid, "portal web"):
        os.kill(pid, signal.SIGKILL)

    expect(page.locator("#datatime")).not_to_contain_text("live", timeout=45_000)
    expect(page.locator("#datatime")).to_contain_text("live", timeout=90_000)
    assert page.evaluate("window.same") is True


@pytest.mark.soak
def test_without_websocket_the_page_asks_now_and_then(portal, log_in):
    page = log_in("marketing")
    page.add_init_script(
        "window.WebSocket = class { constructor() { throw new Error('refused'); } }"
    )
    page.add_init_script("window.onerror = () => true")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    time = widget(page, "Carts per hour").locator("[data-time]")
    first = time.get_attribute("data-as-of")

    expect(time).not_to_have_attribute("data-as-of", first, timeout=40_000)


def test_a_page_whose_session_ended_says_so_once_and_leads_back(portal, log_in):
    page = log_in("executive")
    page.add_init_script(WATCHED)
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    expect(page.locator("#datatime")).to_contain_text("live")
    page.context.clear_cookies()

    open_table(page, "Abandonment funnel")

    notice = page.locator("#notice")
    expect(notice).to_have_text("You were signed out. Numbers stay as they were. Sign in")
    head, strip = page.locator(".head").bounding_box(), notice.bounding_box()
    assert strip["y"] >= head["y"] + head["height"]  # it covers nothing
    expect(page.locator("#twin")).not_to_be_visible()
    page.wait_for_function("() => window.sockets.every(one => one.readyState === one.CLOSED)")
    expect(page.locator("#datatime")).not_to_contain_text("live")
    done = page.evaluate("[window.asked, window.sockets.length]")
    page.wait_for_timeout(2500)  # the first try to connect again would come within a second
    assert page.evaluate("[window.asked, window.sockets.length]") == done
    expect(notice).to_have_text("You were signed out. Numbers stay as they were. Sign in")

    notice.get_by_role("link", name="Sign in").click()
    page.fill("#id_username", "executive")
    page.fill("#id_password", portal.passwords["executive"])
    page.click("button.primary")
    page.wait_for_url(f"{portal.url}{DASHBOARD}")


def test_who_signs_out_in_one_tab_is_told_in_the_other_and_goes_on_after_signing_in(portal, log_in):
    page = log_in("executive")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()

    expect(page.locator("#notice")).to_contain_text("You were signed out", timeout=10_000)

    other.fill("#id_username", "executive")
    other.fill("#id_password", portal.passwords["executive"])
    other.click("button.primary")
    other.wait_for_url(f"{portal.url}/")
    page.bring_to_front()
    page.keyboard.press("r")
    expect(page.locator("#notice")).not_to_be_visible()
    expect(page.locator("#datatime")).to_contain_text("live")


def _children_of(parent: int, word: str) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.strip().split(None, 1) for line in found.stdout.splitlines()]
    pids = [int(pid) for pid, arguments in lines if word in arguments]
    assert pids, f"no child with {word}"
    return pids
