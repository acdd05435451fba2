"""Exports as a person does them: the dialog, and pictures by the portal's own worker."""

import io
import re

import pypdf
import pytest
from PIL import Image, ImageStat
from playwright.sync_api import TimeoutError, expect

from dashboards.exports.printer import SCALE
from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import DASHBOARD, widget

MAKES = 60_000  # milliseconds in which a busy machine makes a picture


@pytest.fixture
def page(log_in):
    page = log_in("marketing", viewport={"width": 1440, "height": 1000})
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    return page


def take(page, button) -> bytes:
    try:
        with page.expect_download(timeout=MAKES) as download:
            button.click()
    except TimeoutError as error:
        raise AssertionError(page.locator("dialog.export").inner_text()) from error
    return download.value.path().read_bytes()


def choose(page, name: str):
    page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.locator("dialog.export[open]")
    return dialog.get_by_role("button", name=re.compile(f"^{name}"))


def from_menu(page, title: str, entry: str):
    widget(page, title).hover()
    page.get_by_role("button", name=f"Menu of {title}").click()
    return page.locator("#card-actions").get_by_role("button", name=entry)


def look(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert all(spread > 5 for spread in ImageStat.Stat(image).stddev), "It is blank."
    return image


def title_size(sheet) -> float:
    """Points of the first words of a page."""
    found = []

    def read(text, cm, tm, font, size):
        if text.strip():
            found.append(size * tm[0] * cm[0])

    sheet.extract_text(visitor_text=read)
    return found[0]


def test_a_dashboard_becomes_a_pdf_whose_words_can_be_read(page, portal):
    found = take(page, choose(page, "PDF"))
    reader = pypdf.PdfReader(io.BytesIO(found))
    text = "\n".join(sheet.extract_text() for sheet in reader.pages)

    assert len(reader.pages) >= 2
    assert reader.pages[0].mediabox.width > reader.pages[0].mediabox.height
    for title in page.locator("[data-widget] h2").all_inner_texts():
        assert text.count(title) >= 1, title
    assert f"1 of {len(reader.pages)}" in text
    assert "Order Complete" in text, "Words of a chart are pixels."
    rows = text[text.index("Countries\nCarts with items") :].splitlines()[2:]
    assert "Average order" in rows[0], "What sticks on screens stands elsewhere on paper."
    assert next(at for at, row in enumerate(rows) if row.startswith("Total")) > 5
    assert not [image for sheet in reader.pages for image in sheet.images]
    # Chromium makes a page on which something is too wide smaller, and drawings do not follow.
    assert title_size(reader.pages[0]) == pytest.approx(28 * SCALE * 72 / 96, rel=0.01)
    sessions = "SELECT count(*) FROM django_session WHERE expire_date < now() + interval '1 hour'"
    assert portal.run_sql(sessions) == [(0,)], "The session of the print is left."


def test_a_page_becomes_one_picture(page):
    image = look(take(page, choose(page, "PNG")))

    assert image.width == 2560
    assert image.height > 2560


def test_a_dark_page_is_printed_light(page):
    page.emulate_media(color_scheme="dark")
    image = look(take(page, choose(page, "PNG")))

    assert image.getpixel((2, 2)) == (255, 255, 255)


def test_a_card_becomes_a_picture_of_its_own(page):
    image = look(take(page, from_menu(page, "Abandonment funnel", "Download PNG")))

    assert 600 < image.width < 1400
    assert len(image.getcolors(1_000_000)) > 20


def test_the_rows_of_a_card_are_downloaded_from_its_menu(page):
    found = take(page, from_menu(page, "Lost value by country", "Download CSV"))
    lines = found.decode("utf-8-sig").splitlines()
    shown = widget(page, "Lost value by country").locator("[data-summary]").inner_text()

    assert lines[0] == 'Country,"Lost value, EUR"'
    assert len(lines) > 12, "The card shows its largest eight."
    assert shown


def test_what_is_under_way_can_be_cancelled(page, portal):
    choose(page, "PDF").click()
    dialog = page.locator("dialog.export[open]")
    expect(dialog.get_by_role("status")).to_have_text("Making the file ...", timeout=MAKES)
    dialog.get_by_role("button", name="Cancel").click()

    expect(dialog.get_by_role("button", name=re.compile("^Excel"))).to_be_visible()
    newest = "SELECT state FROM dashboards_export ORDER BY id DESC LIMIT 1"
    page.wait_for_timeout(500)
    assert portal.run_sql(newest) == [("cancelled",)]


def test_the_dialog_is_left_with_the_keyboard_and_the_focus_comes_back(page):
    expect(choose(page, "PDF")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("dialog.export")).to_be_hidden()
    expect(page.get_by_role("button", name="Export", exact=True)).to_be_focused()
