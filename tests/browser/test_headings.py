"""The headings of cards in a real browser, without a portal."""

import pytest
from django.template.loader import render_to_string

from tests.browser.test_tables import STYLES

ABOUT = "last 24 hours; ignores Period"
LONG = "Share of carts with items that are not active any more"


@pytest.mark.parametrize("width", [248, 340, 760])
@pytest.mark.parametrize("subtitle", ["", "EUR", LONG])
def test_what_a_card_ignores_is_in_sight_beside_any_subtitle(chromium, subtitle, width):
    widget = {"pk": 7, "title": "24hr Abandonment Rate", "subtitle": subtitle}
    html = render_to_string("dashboards/_card.html", {"widget": widget, "about": ABOUT})
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.set_content(f"<style>{STYLES}</style><div style='width: {width}px'>{html}</div>")
    about = page.locator("[data-about]")

    assert about.inner_text() == ABOUT
    assert about.evaluate("""a => a.scrollWidth <= a.clientWidth + 1
        && a.getBoundingClientRect().right <= a.parentElement.getBoundingClientRect().right + 1""")
    said = ", ".join(filter(None, [subtitle, ABOUT]))
    assert page.get_by_title(f"24hr Abandonment Rate: {said}", exact=True).count() == 1
    page.close()
