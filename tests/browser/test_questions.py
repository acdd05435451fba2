"""What a page asks of the portal, when answers come late, in another order, or not at all."""

from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import DASHBOARD, widget

PLAIN = "**/main-analytics/data"


def country(page):
    return page.locator("[data-filter=country]")


def device(page):
    return widget(page, "Device").locator("[data-summary]")


def choose(page, *names):
    country(page).click()
    for name in names:
        page.locator("#panel .values label", has_text=name).first.click()
    page.get_by_role("button", name="Apply").click()


def alone(page):
    """Without news: nothing is asked but what the page asks by itself."""
    page.route_web_socket("**/live/", lambda socket: socket.close(code=4400))
    return page


def test_a_choice_before_the_first_answer_draws_all_cards(log_in):
    page, held = alone(log_in("marketing")), []
    page.route(PLAIN, lambda route: held.append(route))
    page.goto(DASHBOARD)

    choose(page, "DE")

    expect(country(page)).to_contain_text("DE")
    wait_until_drawn(page)
    assert held
    assert page.locator(".card-chart canvas").count() >= 6


def test_an_answer_that_was_overtaken_is_not_shown(log_in):
    page, held = alone(log_in("marketing")), []
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    before = device(page).inner_text()
    page.route("**/data?country=DE*", lambda route: held.append(route))
    choose(page, "DE")
    expect(page.locator("#grid")).to_have_attribute("aria-busy", "true")

    page.go_back()
    expect(page.locator("#grid")).to_have_attribute("aria-busy", "false")
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")

    expect(country(page)).to_contain_text("all")
    expect(device(page)).to_have_text(before)
    assert held


def test_a_choice_whose_answer_was_lost_is_asked_again_with_its_bar(log_in):
    page = alone(log_in("marketing"))
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    before = device(page).inner_text()
    page.route("**/data?country=DE*", lambda route: route.fulfill(status=503), times=1)

    choose(page, "DE")
    expect(page.locator("#notice")).to_contain_text("503")
    expect(country(page)).to_contain_text("all")
    page.keyboard.press("r")

    expect(country(page)).to_contain_text("DE")
    expect(device(page)).not_to_have_text(before)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_page_that_missed_the_news_of_a_change_finds_it_with_the_next_look(log_in, portal):
    page = alone(log_in("marketing"))
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    rename = "UPDATE dashboards_widget SET title = %s, changed_at = now() WHERE title = %s"
    rename += (
        " AND dashboard_id = (SELECT id FROM dashboards_dashboard WHERE slug = %s) RETURNING id"
    )

    portal.run_sql(rename, "Phones and others", "Device", "main-analytics")
    try:
        page.keyboard.press("r")
        expect(widget(page, "Phones and others")).to_have_attribute("aria-busy", "false")
    finally:
        portal.run_sql(rename, "Device", "Phones and others", "main-analytics")
    expect(widget(page, "Device")).to_have_count(0)


def test_tabs_that_are_clicked_quickly_stay_one_page(log_in):
    page = alone(log_in("marketing"))
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    page.evaluate("window.kept = true")

    page.evaluate("""() => ['live', 'overview', 'live', 'products', 'live']
        .forEach(name => document.querySelector(`[data-tab=${name}]`).click())""")
    expect(widget(page, "Newest carts")).to_have_attribute("aria-busy", "false")

    expect(page.locator(".tabs [aria-current]")).to_have_text("Live")
    assert page.evaluate("window.kept")
    page.go_back()
    page.go_back()
    page.go_back()
    page.go_back()
    page.go_back()
    expect(device(page)).to_contain_text("phone")
    expect(page.locator(".tabs [aria-current]")).to_have_text("Overview")
