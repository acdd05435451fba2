"""What a real browser measures of itself arrives, and nothing of who waited is for the datasets."""

from tests.browser.pages import DASHBOARD

KEPT = "SELECT kind, cards, first_byte, first_paint, first_screen, all_cards, phone FROM {}"
ROWS = KEPT.format("dashboards_pageload") + " WHERE id > %s ORDER BY id"


def newest(portal) -> int:
    return portal.run_sql("SELECT coalesce(max(id), 0) FROM dashboards_pageload")[0][0]


def test_a_page_says_once_how_long_its_first_screen_took(portal, log_in):
    page = log_in("marketing")
    before = newest(portal)
    with page.expect_response(lambda answer: answer.url.endswith("/vitals")) as sent:
        page.goto(DASHBOARD)
    assert sent.value.status == 204
    page.wait_for_timeout(1000)

    [(kind, cards, first_byte, first_paint, first_screen, all_cards, phone)] = portal.run_sql(
        ROWS, before
    )
    assert (kind, phone) == ("load", False)
    assert cards == page.locator("[data-widget]").count()
    assert 0 < first_byte <= first_paint <= 60_000
    assert first_byte < first_screen <= all_cards <= 60_000


def test_a_printed_page_is_nobodys_wait(portal, log_in):
    page = log_in("analyst")
    before = newest(portal)

    page.goto(f"{DASHBOARD}?print=1")
    page.wait_for_function("() => !document.querySelector('[data-widget][aria-busy=true]')")
    page.wait_for_timeout(1000)

    assert portal.run_sql(ROWS, before) == []
