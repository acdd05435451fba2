"""Filters, clicks on marks, breakdowns and saved views in a real browser."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import DASHBOARD, widget

CENTRE_OF_BAR = """(title) => {
    const card = [...document.querySelectorAll('[data-widget]')]
        .find(c => c.querySelector('h2').textContent === title);
    const box = card.querySelector('.card-chart').getBoundingClientRect();
    return [box.left, box.top, box.width, box.height];
}"""


def abandoned(page) -> str:
    return widget(page, "Device").locator("[data-summary]").inner_text()


def open_dashboard(log_in, query="", **options):
    page = log_in("marketing", **options)
    page.goto(f"{DASHBOARD}{query}")
    wait_until_drawn(page)
    return page


def choose_country(page, *names):
    page.click("[data-filter=country]")
    for name in names:
        page.locator("#panel .values label", has_text=name).first.click()
    page.get_by_role("button", name="Apply").click()


def test_one_question_for_all_cards_and_the_address_says_it(log_in):
    page = open_dashboard(log_in)
    before, asked = abandoned(page), []
    page.on("request", lambda r: asked.append(r.url) if "bar=1" in r.url else None)

    choose_country(page, "DE")
    expect(page.locator("[data-filter=country]")).to_contain_text("DE")

    assert "country=DE" in page.url
    assert len(asked) == 1
    assert abandoned(page) != before
    page.go_back()
    expect(page.locator("[data-filter=country]")).to_contain_text("all")
    expect(widget(page, "Device").locator("[data-summary]")).to_have_text(before)


def test_a_link_shows_what_its_sender_saw(log_in):
    page = open_dashboard(log_in, "?country=DE&period=7d")
    seen = abandoned(page)

    other = open_dashboard(log_in, "?country=DE&period=7d")

    assert abandoned(other) == seen
    expect(other.locator("[data-filter=period]")).to_contain_text("ast 7 days")
    expect(widget(other, "Device").locator("[data-about]")).to_contain_text("last 7 days")


def test_periods_by_name_by_days_and_written(log_in):
    page = open_dashboard(log_in)

    page.click("[data-filter=period]")
    page.get_by_role("option", name="Last week").click()
    expect(page.locator("[data-filter=period]")).to_contain_text("ast week")
    expect(widget(page, "Device").locator(".card-title")).to_have_attribute(
        "title", re.compile("last week$")
    )
    page.click("[data-filter=period]")
    page.get_by_label("Or the last").fill("soon")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#panel [role=alert]")).to_contain_text("such as 45d")
    page.get_by_label("Or the last").fill("45d")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-filter=period]")).to_contain_text("ast 45 days")
    assert "period=45d" in page.url


def test_a_wrong_link_says_so_and_opens(log_in):
    page = open_dashboard(log_in, "?period=soon")

    expect(page.locator("#notice")).to_contain_text("'soon' is no period")
    expect(page.locator("[data-filter=period]")).to_contain_text("ast 30 days")


def test_a_view_is_kept_taken_and_deleted(log_in):
    page = open_dashboard(log_in)
    choose_country(page, "AT")
    expect(page.locator("[data-filter=country]")).to_contain_text("AT")

    page.click("[data-views]")
    page.get_by_label("Keep what is chosen now as").fill("Austria")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("[data-take-view]", has_text="Austria")).to_be_visible()
    page.keyboard.press("Escape")
    page.click("[data-reset]")
    expect(page.locator("[data-filter=country]")).to_contain_text("all")
    page.click("[data-views]")
    page.locator("[data-take-view]", has_text="Austria").click()
    expect(page.locator("[data-filter=country]")).to_contain_text("AT")
    page.click("[data-views]")
    expect(page.locator("[data-take-view][aria-current]")).to_contain_text("Austria")
    page.get_by_role("button", name="Delete the view Austria").click()
    expect(page.locator("[data-take-view]", has_text="Austria")).to_have_count(0)
    assert page.url.endswith("?country=AT")  # what it chose outlives it


def test_the_keyboard_chooses_in_lists_and_marks(log_in):
    page = open_dashboard(log_in)
    page.locator("[data-filter=country]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .values input")).not_to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("[data-filter=country]")).not_to_contain_text("all")

    widget(page, "Device").locator(".card-chart").focus()
    page.keyboard.press("Enter")
    page.locator("#twin .marks button", has_text="phone").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#bar .chip", has_text="Device clicked")).to_contain_text("phone")


def test_breakdown_rows_and_explanation(log_in):
    page = open_dashboard(log_in)
    card = widget(page, "Device")
    card.hover()
    card.locator("[data-menu]").click()
    page.get_by_role("button", name="Break down").click()
    page.locator("#by").select_option("country")
    expect(page.locator("#twin h2")).to_contain_text("by Country")
    page.locator("#twin tr", has_text="DE").get_by_role("button").click()
    expect(page.locator("[data-filter=country]")).to_contain_text("DE")

    card.hover()
    card.locator("[data-menu]").click()
    page.get_by_role("button", name="Show rows").click()
    expect(page.locator("#twin .card-foot")).to_contain_text("Rows 1 to")
    page.locator("#twin [data-page]").first.click()
    expect(page.locator("#twin .card-foot")).to_contain_text("Rows 51 to")
    page.locator("#twin [data-close]").click()
    card.hover()
    page.keyboard.press("e")
    expect(page.locator("#twin dl")).to_contain_text("Country: DE")


def test_the_keyboard_alone_chooses(log_in):
    page = open_dashboard(log_in)
    page.locator("[data-filter=country]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel input[type=search]")).to_be_focused()
    page.keyboard.type("de")
    expect(page.locator("#panel .values label")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Apply").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-filter=country]")).to_contain_text("DE")
    expect(page.locator("[data-filter=country]")).to_be_focused()


def test_on_a_phone_filters_stand_behind_one_button(log_in):
    page = open_dashboard(log_in, viewport={"width": 390, "height": 844})

    expect(page.locator("[data-filter=country]")).to_be_hidden()
    page.locator("[data-open-bar]").click()
    choose_country(page, "DE")
    expect(page.locator("[data-open-bar]")).to_contain_text("1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_click_on_a_bar_limits_the_other_cards_and_again_undoes_it(log_in):
    page = open_dashboard(log_in)
    card = widget(page, "Lost value by country")
    card.scroll_into_view_if_needed()
    before = abandoned(page)

    left, top, width, _ = page.evaluate(CENTRE_OF_BAR, "Lost value by country")
    page.mouse.click(left + width * 0.3, top + 20)
    expect(page.locator("#bar .chip", has_text="Country").last).to_contain_text("DE")
    expect(widget(page, "Device").locator("[data-summary]")).not_to_have_text(before)
    assert "country=DE" in page.url
    assert "DE is first of" in card.locator("[data-summary]").inner_text()

    page.mouse.click(left + width * 0.3, top + 20)
    expect(widget(page, "Device").locator("[data-summary]")).to_have_text(before)
    assert "country=DE" not in page.url
