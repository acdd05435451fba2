"""A theme is made, seen in its preview, put in use and taken back; and what people prefer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.factories.pictures import picture

GREEN, DARK_GREEN = "#12715b", "#4fc3a1"
RGB = {GREEN: "rgb(18, 113, 91)", DARK_GREEN: "rgb(79, 195, 161)"}


def token(page, name):
    """The colour of a token as the page has it now."""
    return page.evaluate(
        """(name) => { const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(--${name})`; const found = getComputedStyle(probe).color;
        probe.remove(); return found; }""",
        name,
    )


COUNT = """(card, wanted) => {
  const canvases = (node) => [...node.querySelectorAll("*")].flatMap((one) => [
    ...(one.localName === "canvas" ? [one] : []),
    ...(one.shadowRoot ? canvases(one.shadowRoot) : [])]);
  const count = (canvas) => {
    const { width, height } = canvas;
    if (!width || !height) return 0;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4)
      if (wanted.every((part, index) => data[at + index] === part)) found += 1;
    return found;
  };
  return canvases(card).reduce((sum, canvas) => sum + count(canvas), 0);
}"""


def pixels_of(page, title, colour):
    """How many pixels of a drawing have exactly this colour."""
    card = page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))
    return card.evaluate(COUNT, [int(colour[at : at + 2], 16) for at in (1, 3, 5)])


@pytest.fixture
def admin(log_in):
    page = log_in("admin", viewport={"width": 1440, "height": 1000}, color_scheme="light")
    yield page
    page.goto("/admin/dashboards/theme/")
    link = page.get_by_role("link", name="Of the test")
    if link.count():
        link.click()
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Yes").click()


def test_a_theme_changes_accent_charts_name_and_logo_of_all_pages(admin):
    page = admin
    page.goto("/dashboards/main-analytics/")
    wait_until_drawn(page)
    assert pixels_of(page, "Device", "#c46a00") == 0

    page.goto("/admin/dashboards/theme/add/")
    page.fill("[name=name]", "Of the test")
    page.fill("[name=portal_name]", "Grove")
    page.fill("[name=accent_light]", "#ffd400")
    expect(page.locator("[data-problem=accent_light]")).to_contain_text("contrast of 1.3")
    page.fill("[name=accent_light]", GREEN)
    page.fill("[name=accent_dark]", DARK_GREEN)
    expect(page.locator("[data-problem=accent_light]")).to_be_empty()
    for place in range(10):  # whichever place a device has
        page.fill(f"[name=palette_light-{place}]", "#c46a00")
        page.fill(f"[name=palette_dark-{place}]", "#f0a04b")
    page.set_input_files("[name=upload]", {
        "name": "logo.png", "mimeType": "image/png", "buffer": picture()})  # fmt: skip
    inside = page.frame_locator("#brand-stage iframe")
    expect(inside.locator(".sample.dark [data-logo] img")).to_be_visible()
    expect(inside.locator(".sample.light [data-name]")).to_have_text("Grove")
    button = inside.locator(".sample.light .btn.primary")
    expect(button).to_have_css("background-color", RGB[GREEN])
    dark = inside.locator(".sample.dark .btn.primary")
    expect(dark).to_have_css("background-color", RGB[DARK_GREEN])
    expect(page.locator("[data-warning=palette_light]")).to_contain_text("look nearly alike")
    page.locator("label[for=id_in_use], #id_in_use").first.click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile("/admin/dashboards/theme/$"))

    page.goto("/dashboards/main-analytics/")
    wait_until_drawn(page)
    expect(page.locator(".nav .brand .label")).to_have_text("Grove")
    logo = page.locator(".nav .brand img")
    assert logo.evaluate("image => image.complete && image.naturalWidth") == 300
    assert token(page, "accent") == RGB[GREEN]
    assert pixels_of(page, "Device", "#c46a00") > 500
    page.get_by_role("button", name="Dark", exact=True).click()
    assert token(page, "accent") == RGB[DARK_GREEN]
    page.get_by_role("button", name="Auto", exact=True).click()


def test_a_person_sees_times_in_a_zone_and_words_of_their_own(log_in):
    page = log_in("marketing", viewport={"width": 1440, "height": 1000}, timezone_id="Asia/Tokyo")
    page.get_by_role("link", name="Preferences").click()
    page.get_by_role("button", name="Take the zone of this device, Asia/Tokyo").click()
    page.select_option("[name=locale]", "en-US")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your preferences are saved.")

    page.goto("/dashboards/main-analytics/")
    wait_until_drawn(page)
    expect(page.locator("#datatime")).to_contain_text(re.compile("[AP]M"))
    expect(page.locator("[data-time]").first).to_contain_text(re.compile("[AP]M"))
    assert page.locator("#grid").get_attribute("data-zone") == "Asia/Tokyo"
    expect(page.get_by_text("Asia/Tokyo").first).to_be_visible()

    page.goto("/preferences/")
    page.select_option("[name=locale]", "")
    page.fill("[name=time_zone]", "")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your preferences are saved.")
