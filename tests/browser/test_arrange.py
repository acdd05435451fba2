"""Arranging a dashboard, its tabs, walls and paper, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import widget

SLUG = "arranged"
#: A dashboard of its own: cards of the main one, without tabs.
MAKE = [
    """INSERT INTO dashboards_dashboard (title, slug, description, position)
       VALUES ('Arranged', 'arranged', '', 99)""",
    *(
        f"""INSERT INTO dashboards_dashboard_{kind}_roles (dashboard_id, group_id)
            SELECT made.id, r.group_id FROM dashboards_dashboard made, dashboards_dashboard d
            JOIN dashboards_dashboard_{kind}_roles r ON r.dashboard_id = d.id
            WHERE made.slug = 'arranged' AND d.slug = 'main-analytics'"""
        for kind in ("view", "edit")
    ),
    """INSERT INTO dashboards_widget (dashboard_id, dataset_id, title, subtitle, chart_type,
           options, filters, position, width, height, places, changed_at)
       SELECT made.id, w.dataset_id, w.title, w.subtitle, w.chart_type, w.options, w.filters,
           w.position, w.width, w.height, '{}', now()
       FROM dashboards_dashboard made, dashboards_widget w
       JOIN dashboards_dashboard d ON d.id = w.dashboard_id
       WHERE made.slug = 'arranged' AND d.slug = 'main-analytics' AND w.position < 7""",
]
#: In one transaction, with the dashboard locked first: the portal may still be drawing a page.
DROP = ";".join([
    "SELECT 1 FROM dashboards_dashboard WHERE slug = 'arranged' FOR UPDATE",
    *(
        f"""DELETE FROM dashboards_{table} USING dashboards_dashboard d
            WHERE d.id = dashboards_{table}.dashboard_id AND d.slug = 'arranged'"""
        for table in ("widget", "page", "palette", "pageload", "dashboard_view_roles",
                      "dashboard_edit_roles")
    ),
    "DELETE FROM dashboards_dashboard WHERE slug = 'arranged'",
])  # fmt: skip
ADDRESS = f"/dashboards/{SLUG}/"
ORDER = """() => [...document.querySelectorAll('[data-widget]')]
    .map(card => [card.getBoundingClientRect(), card.querySelector('h2').textContent])
    .sort(([a], [b]) => a.top - b.top || a.left - b.left).map(([, title]) => title)"""
PRINTED = "window.print = () => { window.printing = true; };"


@pytest.fixture
def stored(portal):
    """The arrangement in the database, of a dashboard that is there for this test only."""

    def rows():
        return portal.run_sql(
            """SELECT w.title, w.position, w.width, w.height, w.places, p.title
               FROM dashboards_widget w JOIN dashboards_dashboard d ON d.id = w.dashboard_id
               LEFT JOIN dashboards_page p ON p.id = w.page_id
               WHERE d.slug = %s ORDER BY w.position, w.id""",
            SLUG,
        )

    for statement in MAKE:
        portal.run_sql(statement)
    yield rows
    portal.run_sql(DROP)


@pytest.fixture
def arranging(stored, log_in):
    """An analyst who arranges."""
    page = log_in("analyst", viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.goto(ADDRESS)
    wait_until_drawn(page)
    page.keyboard.press("a")
    expect(page.locator("#grid.arranging")).to_be_visible()
    return page


def done(page):
    with page.expect_response(lambda r: r.url.endswith("/layout") and r.request.method == "POST"):
        page.get_by_role("button", name="Done").click()
    expect(page.locator("#grid.arranging")).to_have_count(0)


def titles(page) -> list[str]:
    return page.evaluate(ORDER)


def drag(page, title: str, onto: str):
    """By its head, to where another card begins."""
    head, goal = (widget(page, name).bounding_box() for name in (title, onto))
    page.mouse.move(head["x"] + 40, head["y"] + 20)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + 40, steps=6)
    page.mouse.move(goal["x"] + 40, goal["y"] + 20, steps=4)
    expect(page.locator(".slot")).to_be_visible()
    page.mouse.up()


def test_a_card_is_dragged_to_another_place_and_stays_drawn(arranging, stored):
    page, before = arranging, titles(arranging)
    page.evaluate("() => { window.same = document.querySelector('.card-chart'); }")

    drag(page, before[2], before[0])
    assert titles(page)[0] == before[2]
    done(page)

    assert titles(page)[0] == before[2]
    assert [row[0] for row in stored()][0] == before[2]
    assert page.evaluate("() => window.same.isConnected") is True


def test_a_layout_gives_its_small_slots_to_numbers_and_charts_room_to_be_read(arranging, stored):
    page, before = arranging, titles(arranging)
    chart = "Abandonment funnel"
    drag(page, chart, before[0])

    page.locator("[data-layouts]").click()
    page.locator(".layout-choice", has_text="Overview").click()
    done(page)

    sizes = {title: (width, height) for title, _, width, height, *_ in stored()}
    assert set(sizes.values()) == {(3, 4), (6, 7)}
    assert sizes[chart] == (6, 7)
    assert list(sizes).index(chart) == 4


def test_escape_puts_a_card_back_that_is_being_dragged_and_then_ends_arranging(arranging, stored):
    page, before, kept = arranging, titles(arranging), stored()
    box = widget(page, before[1]).bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] - 200, box["y"] + 20, steps=8)

    page.keyboard.press("Escape")
    page.mouse.up()

    expect(page.locator(".slot")).to_have_count(0)
    assert titles(page) == before
    page.keyboard.press("Escape")
    expect(page.locator("#grid.arranging")).to_have_count(0)
    assert stored() == kept


def test_the_corner_resizes_in_whole_columns_and_rows(arranging, stored):
    page, title = arranging, titles(arranging)[0]
    card = widget(page, title)
    _, _, width, height, *_ = next(row for row in stored() if row[0] == title)
    box, grid = card.bounding_box(), page.locator("#grid").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] - 8)
    page.mouse.down()
    column = (grid["width"] + 16) / 12
    page.mouse.move(box["x"] + box["width"] + column * 2, box["y"] + box["height"] + 56, steps=8)
    expect(card.locator(".card-size")).to_have_text(f"{width + 2} × {height + 1}")
    page.mouse.up()
    done(page)

    assert next(row for row in stored() if row[0] == title)[2:4] == (width + 2, height + 1)


def test_the_keyboard_moves_resizes_and_takes_back(arranging, stored):
    page, before = arranging, titles(arranging)
    card = widget(page, before[0])
    card.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-said]")).to_have_text(re.compile(r"place 2 of \d+"))
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-said]")).to_have_text(re.compile(r"\d+ columns wide, \d+ rows high"))
    expect(card).to_be_focused()

    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Undo").click()

    assert titles(page) == before
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_phone_gets_an_order_of_its_own(arranging, stored, log_in):
    page, before = arranging, [row[0] for row in stored()]
    page.get_by_role("button", name="Phone", exact=True).click()
    assert page.locator("#grid").bounding_box()["width"] == 358
    widget(page, before[1]).focus()
    page.keyboard.press("ArrowLeft")
    hidden = widget(page, before[2])
    hidden.hover()
    hidden.locator("[data-hide]").click()
    done(page)

    after = stored()
    assert [row[0] for row in after] == before
    assert {len(row[4]) for row in after} <= {0, 1}
    phone = log_in("analyst", viewport={"width": 390, "height": 844})
    phone.goto(ADDRESS)
    wait_until_drawn(phone)
    expect(widget(phone, before[2])).to_be_hidden()
    shown = [title for title in titles(phone) if title != before[2]]
    assert shown[:2] == [before[1], before[0]]
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_tabs_are_made_and_opened_without_a_load(arranging, stored):
    page, title = arranging, titles(arranging)[-1]
    page.get_by_role("button", name="Add a tab").click()
    page.get_by_label("Title").fill("Details")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("button", name="Overview", exact=True).click()
    card = widget(page, title)
    card.hover()
    card.locator("[data-to-tab]").click()
    page.locator("#panel").get_by_role("button", name="Details").click()
    expect(card).to_have_count(0)
    done(page)
    assert next(row for row in stored() if row[0] == title)[5] == "Details"
    page.evaluate("() => { window.same = true; }")

    tab = page.get_by_role("link", name="Details")
    tab.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")

    expect(page).to_have_url(re.compile(r"tab=details$"))
    expect(tab).to_be_focused()
    expect(tab).to_have_attribute("aria-current", "page")
    expect(page.locator("[data-widget]")).to_have_count(1)
    wait_until_drawn(page)
    page.go_back()
    expect(widget(page, title)).to_have_count(0)
    assert page.locator("[data-widget]").count() > 1
    assert page.evaluate("() => window.same") is True


def test_others_follow_and_who_was_slower_is_told(arranging, stored, log_in):
    page, before = arranging, titles(arranging)
    other = log_in("admin", viewport={"width": 1440, "height": 900})
    other.goto(ADDRESS)
    wait_until_drawn(other)
    other.keyboard.press("a")
    expect(other.locator("#grid.arranging")).to_be_visible()
    widget(other, before[0]).focus()
    other.keyboard.press("Shift+ArrowDown")
    widget(page, before[0]).focus()
    page.keyboard.press("ArrowRight")
    done(page)

    other.get_by_role("button", name="Done").click()

    expect(other.locator("#notice")).to_contain_text("nothing was saved")
    other.get_by_role("button", name="Start anew").click()
    expect(other.locator("#grid.arranging")).to_be_visible()
    other.keyboard.press("Escape")
    expect(other.locator("#grid.arranging")).to_have_count(0)
    assert titles(other) == titles(page)


def test_who_may_not_arrange_finds_no_way_to(log_in):
    page = log_in("marketing")
    page.goto("/dashboards/main-analytics/")
    wait_until_drawn(page)
    page.keyboard.press("a")

    expect(page.get_by_role("button", name="Arrange")).to_have_count(0)
    expect(page.locator("#grid.arranging")).to_have_count(0)


def test_a_wall_shows_the_cards_alone_and_ends_with_escape(log_in):
    page = log_in("marketing", viewport={"width": 1920, "height": 1080})
    page.goto("/dashboards/main-analytics/?wall=1&every=60")
    wait_until_drawn(page)

    expect(page.locator(".nav")).to_be_hidden()
    expect(page.locator("#bar")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".nav")).to_be_visible()
    assert "wall" not in page.url


@pytest.mark.soak
def test_a_wall_shows_one_tab_after_the_other_and_outlasts_an_error(log_in):
    page = log_in("marketing", viewport={"width": 1920, "height": 3000})
    page.clock.install()
    page.goto("/dashboards/main-analytics/?wall=1&every=60")
    wait_until_drawn(page)
    tab = page.locator(".tabs [aria-current]")
    page.route("**/*tab=live*", lambda route: route.fulfill(status=502), times=1)

    page.clock.fast_forward(61_000)
    expect(page.locator("#notice")).to_contain_text("does not answer")
    expect(tab).to_have_text("Overview")
    for name in ("Live", "Products"):
        before, tries = tab.inner_text(), 0
        while tab.inner_text() == before and (tries := tries + 1) < 20:
            page.clock.fast_forward(61_000)  # before the turn is planned it does nothing
            page.wait_for_timeout(300)
        expect(tab).to_have_text(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_all_cards_whole_two_in_a_row(log_in, scheme):
    page = log_in("marketing", color_scheme=scheme, viewport={"width": 1024, "height": 768})
    page.goto("/dashboards/main-analytics/")
    page.wait_for_selector(".card-chart")
    page.evaluate(PRINTED)
    page.keyboard.press("Control+p")
    page.wait_for_function("() => window.printing")

    assert page.locator("[data-widget][aria-busy=true]").count() == 0
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    tops = page.evaluate("""() => [...document.querySelectorAll('[data-widget]:not(.kpi)')]
        .map(card => card.getBoundingClientRect().top)""")
    assert all(tops.count(top) <= 2 for top in tops)
    sheets = page.pdf(prefer_css_page_size=True, print_background=True)
    cards, numbers = page.locator("[data-widget]").count(), page.locator(".kpi").count()
    rows = -(-numbers // 4) + -(-(cards - numbers) // 2)
    assert rows / 3 <= len(re.findall(rb"/Type\s*/Page\b", sheets)) <= rows / 2 + 1
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".nav")).to_be_visible()
