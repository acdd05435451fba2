"""What axe finds on the pages, and what the keyboard alone reaches."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import wait_until_drawn

SLUGS = ["main-analytics", "recovery-performance", "customer-journey", "revenue-impact",
         "executive-summary", "operational-metrics", "a-b-testing"]  # fmt: skip
BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


#: Between them they have charts of all kinds; the colours are the same tokens on all.
IN_THE_DARK = ("main-analytics", "recovery-performance", "customer-journey")


def serious(page, **options) -> list[str]:
    """What hinders people, as axe-core tells it: rule and the elements."""
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']][:4]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    "slug",
    [slug if slug in IN_THE_DARK else pytest.param(slug, marks=pytest.mark.soak) for slug in SLUGS],
)
def test_axe_finds_nothing_serious_on_a_dashboard(log_in, slug):
    page = log_in("admin", color_scheme="light")
    page.goto(f"/dashboards/{slug}/")
    wait_until_drawn(page)
    assert serious(page) == []
    light = page.evaluate(BACKGROUND)
    if slug not in IN_THE_DARK:
        return

    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => ({BACKGROUND})() !== light", arg=light)
    page.wait_for_timeout(400)  # colours of buttons pass over into each other
    assert serious(page) == []


def test_axe_finds_nothing_serious_in_panels_and_dialogs(log_in):
    page = log_in("admin")
    page.goto("/dashboards/main-analytics/")
    wait_until_drawn(page)

    page.locator("#bar [data-filter]").first.click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator("[data-export-page]").click()
    page.locator("#export[open]").wait_for()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator("[data-widget] [data-menu]").nth(4).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Explain this number").click()
    page.locator("#twin[open]").wait_for()
    assert serious(page) == []


@pytest.mark.parametrize("path", ["/", "/login/", "/preferences/security/"])
def test_axe_finds_nothing_serious_on_other_pages(log_in, path):
    page = log_in("marketing")
    page.goto(path)

    assert serious(page) == []


def test_words_of_the_admin_can_be_read(log_in):
    page = log_in("admin", color_scheme="dark")

    for path in ("", "dashboards/widget/", "dashboards/annotation/add/"):
        page.goto(f"/admin/{path}")
        assert serious(page, runOnly=["color-contrast"]) == [], path


def test_the_keyboard_reaches_every_control_of_a_dashboard(log_in):
    """Tab after tab, until the focus is back at the start: all that can be clicked was met."""
    page = log_in("marketing")
    page.goto("/dashboards/main-analytics/")
    wait_until_drawn(page)
    wanted = page.evaluate("""() => {
        const all = [...document.querySelectorAll(
            'main button:enabled, main a, .card-chart')];
        const seen = all.filter(e => e.checkVisibility({ visibilityProperty: true }));
        seen.forEach((e, i) => { e.dataset.wanted = i; });
        return seen.length;
    }""")

    met = set()
    for _ in range(wanted + 80):
        page.keyboard.press("Tab")
        met.add(page.evaluate("document.activeElement?.dataset.wanted"))

    assert met - {None} == {str(number) for number in range(wanted)}
