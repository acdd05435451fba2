"""The workshop in a real browser: every form shows what it does before it is saved."""

import re

import pytest
from playwright.sync_api import expect


def test_a_source_is_tested_and_browsed_before_it_is_saved(log_in):
    page = log_in("admin")
    page.goto("/admin/datasets/source/")
    page.get_by_role("link", name="crm_workflow_db").click()

    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#source-result")).to_contain_text("may only read", timeout=45_000)
    page.get_by_role("button", name="Browse tables").click()
    expect(page.locator("#source-result")).to_contain_text("cart_sessions", timeout=45_000)

    page.fill("[name=host]", "localhost")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#source-result")).to_contain_text("Type the password again")
    assert page.locator("[name=password]").input_value() == ""


def test_a_dataset_shows_rows_or_what_is_wrong_with_its_sql(log_in):
    page = log_in("analyst")
    page.goto("/admin/datasets/dataset/")
    page.get_by_role("link", name="Carts of 62 days", exact=True).click()

    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#dataset-result tbody tr")).to_have_count(50, timeout=45_000)
    expect(page.locator("#dataset-result")).to_contain_text("datetime")

    page.fill("[name=sql]", "SELECT id,\n  revenu\nFROM cart_sessions")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#dataset-result")).to_contain_text("Line 2, column 3", timeout=45_000)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main, #content-main")).to_contain_text('column "revenu" does not exist')


def test_refresh_now_shows_how_it_goes(log_in):
    page = log_in("analyst")
    page.goto("/admin/datasets/dataset/")
    page.get_by_role("link", name="Carts by product", exact=True).click()

    page.get_by_role("button", name="Refresh now").click()

    expect(page.locator("#dataset-progress")).to_contain_text("Newest data", timeout=60_000)


def test_a_first_chart_is_made_by_choosing(log_in):
    page = log_in("analyst")
    page.goto("/admin/dashboards/widget/add/?dashboard=1")
    page.fill("[name=card-title]", "Carts by country")
    page.select_option("[name=card-dataset]", label="Carts of 62 days")
    page.select_option("[name=card-chart_type]", "bar")
    page.wait_for_selector("[name=options-category]")
    page.select_option("[name=options-category]", "country")

    expect(card_of(page).locator(".card-chart")).to_be_visible(timeout=45_000)
    expect(page.locator("#preview-note")).to_contain_text("DE")


def card_of(page):
    """The card inside the frame of the preview."""
    return page.frame_locator("#preview-stage iframe").locator(".card")


def open_new_card(page, dataset, chart_type):
    page.goto("/admin/dashboards/widget/add/?dashboard=1")
    page.select_option("[name=card-dataset]", label=dataset)
    choose_type(page, chart_type)


def choose_type(page, chart_type):
    page.select_option("[name=card-chart_type]", chart_type)
    expect(page.locator("[name=options-of]")).to_have_value(chart_type)


def size_in(page):
    return page.input_value("[name=card-width]"), page.input_value("[name=card-height]")


def test_the_size_follows_the_type_until_the_person_sets_one(log_in):
    page = log_in("analyst")
    open_new_card(page, "Carts of 62 days", "number")
    assert size_in(page) == ("3", "4")
    choose_type(page, "heatmap")
    assert size_in(page) == ("6", "8")

    page.fill("[name=card-width]", "9")
    choose_type(page, "pie")
    assert size_in(page) == ("9", "8")

    page.goto("/admin/dashboards/widget/")
    page.get_by_role("link", name="Abandonment funnel").click()
    stored = size_in(page)
    choose_type(page, "number")
    assert size_in(page) == stored


def test_the_preview_is_the_card_as_it_stands_on_its_page(log_in):
    page = log_in("analyst", viewport={"width": 1440, "height": 900})
    page.goto("/dashboards/main-analytics/")
    on_page = page.locator(".card", has=page.get_by_role("heading", name="Device", exact=True))
    expect(on_page.locator(".legend-rows")).to_contain_text("phone", timeout=45_000)
    real, legend = on_page.bounding_box(), on_page.locator(".legend-rows li span + span")
    names = legend.all_inner_texts()

    page.goto("/admin/dashboards/widget/")
    page.get_by_role("link", name="Device").click()
    card = card_of(page)
    expect(card.locator(".legend-rows")).to_contain_text("phone", timeout=45_000)
    expect(card.locator("h2")).to_have_text("Device")
    expect(card.locator(".card-title p")).to_contain_text("last 30 days")
    expect(card.locator("[data-time]")).to_contain_text("Carts of 62 days, ")
    assert card.locator(".legend-rows li span + span").all_inner_texts() == names
    shown = card.bounding_box()
    assert shown["width"] == pytest.approx(real["width"], abs=12)  # less the page's scroll bar
    assert shown["height"] == pytest.approx(real["height"], abs=1)

    page.fill("[name=card-title]", "<b>Devices</b>")
    expect(card.locator("h2")).to_have_text("<b>Devices</b>")
    page.fill("[name=card-width]", "12")
    expect(page.locator("#preview-size")).to_contain_text("1176 ×")
    wide, stage = card.bounding_box(), page.locator("#preview-stage").bounding_box()
    assert wide["width"] / wide["height"] == pytest.approx(1176 / real["height"], rel=0.02)
    assert wide["x"] + wide["width"] <= stage["x"] + stage["width"] + 1


def test_no_old_picture_stays_above_what_is_wrong(log_in):
    page = log_in("analyst")
    open_new_card(page, "Carts of 62 days", "number")
    expect(card_of(page)).to_be_visible(timeout=45_000)

    page.fill("[name=options-value]", "sum(nothing)")

    expect(page.locator("#preview-note")).to_contain_text("nothing")
    expect(page.locator("#preview-stage iframe")).to_be_hidden()


def test_rows_of_filters_are_added_and_removed(log_in):
    page = log_in("analyst")
    open_new_card(page, "Carts of 62 days", "number")
    rows = page.locator(".filter-row")
    expect(rows).to_have_count(1)

    for index in range(4):
        rows.nth(index).locator("select").first.select_option("value")
        rows.nth(index).locator("select").nth(1).select_option(">")
        rows.nth(index).locator("input").fill(str(index))
        page.get_by_role("button", name="Add another row").click()
    rows.nth(1).get_by_role("button", name="Remove this row").click()
    page.fill("[name=card-title]", "Costly carts")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page).to_have_url(re.compile(r"/admin/dashboards/dashboard/\d+/change/"))
    page.get_by_role("link", name="Edit Costly carts").click()
    expect(rows).to_have_count(4)
    assert [rows.nth(i).locator("input").input_value() for i in range(4)] == ["0", "2", "3", ""]
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Yes").click()
    expect(page).to_have_url(re.compile(r"/admin/dashboards/dashboard/\d+/change/"))


def test_people_who_are_no_staff_have_no_workshop(log_in):
    page = log_in("marketing")

    page.goto("/admin/datasets/source/")

    assert "/login/" in page.url or page.locator("[name=sql]").count() == 0
    assert "crm_reader" not in page.content()
