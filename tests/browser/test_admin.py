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
    page.get_by_role("link", name="Carts of 62 days", exact=True).click()

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

    page.goto("/admin/dashboards/widget/?q=Abandonment+funnel")
    page.get_by_role("link", name="Abandonment funnel").click()
    stored = size_in(page)
    choose_type(page, "number")
    assert size_in(page) == stored


def test_the_options_are_those_of_the_last_choice_though_an_earlier_answer_comes_later(log_in):
    page = log_in("analyst")
    late = []

    def delay_first(route):
        answer = route.fetch()  # what the portal says to the choice of this moment
        if not late:
            late.append(lambda: route.fulfill(response=answer))
        else:
            route.fulfill(response=answer)

    page.goto("/admin/dashboards/widget/add/?dashboard=1")
    page.route("**/dashboards/widget/options/", delay_first)
    with page.expect_request("**/dashboards/widget/options/"):
        page.select_option("[name=card-dataset]", label="Carts of 62 days")
    choose_type(page, "line")
    with page.expect_response("**/dashboards/widget/options/"):
        late[0]()
    page.wait_for_load_state("networkidle")

    expect(page.locator("[name=options-of]")).to_have_value("line")
    expect(page.locator("[name=options-x]")).to_have_value("created_at")


def test_the_preview_is_the_card_as_it_stands_on_its_page(log_in):
    page = log_in("analyst", viewport={"width": 1440, "height": 900})
    page.goto("/dashboards/main-analytics/")
    on_page = page.locator(".card", has=page.get_by_role("heading", name="Device", exact=True))
    expect(on_page.locator(".legend-rows")).to_contain_text("phone", timeout=45_000)
    real, legend = on_page.bounding_box(), on_page.locator(".legend-rows li span + span")
    names = legend.all_inner_texts()

    page.goto("/admin/dashboards/widget/?q=without+an+order")
    page.get_by_role("link", name="Device", exact=True).click()
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


def test_a_wide_card_is_shown_in_full_size(log_in):
    page = log_in("analyst", viewport={"width": 1440, "height": 900})
    open_new_card(page, "Carts of 62 days", "line")
    page.fill("[name=card-width]", "12")
    expect(page.locator("#preview-size")).to_contain_text("shown at", timeout=45_000)

    page.get_by_role("button", name="Full size").click()

    expect(page.locator("#preview-size")).not_to_contain_text("shown at")
    assert card_of(page).bounding_box()["width"] == pytest.approx(1176, abs=1)


def test_cards_are_put_in_order_by_drag(log_in):
    page = log_in("analyst", viewport={"width": 1440, "height": 900})
    page.goto("/admin/dashboards/dashboard/")
    page.get_by_role("link", name="Main analytics").click()
    titles = page.locator("#widgets-data tbody.original .field-title input")
    expect(titles).to_have_count(35)
    before = titles.evaluate_all("all => all.map(one => one.value)")
    rows = page.locator("#widgets-data tbody.original")
    rows.nth(3).scroll_into_view_if_needed()

    rows.nth(0).get_by_text("drag_indicator").drag_to(rows.nth(1).get_by_text("drag_indicator"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile("/admin/dashboards/dashboard/$"))

    page.goto("/dashboards/main-analytics/")
    assert page.locator(".card h2").all_inner_texts()[:3] == [before[1], before[0], before[2]]


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


def is_in_sight(page, selector) -> bool:
    """Wholly on the screen, and not under the bar with the Save button."""
    box, bar = (page.locator(name).bounding_box() for name in (selector, "#submit-row"))
    floor = min(bar["y"], page.viewport_size["height"])
    return box["y"] >= 0 and box["y"] + box["height"] <= floor


@pytest.mark.parametrize("size", [(1440, 900), (1280, 640), (390, 844)])
def test_answers_of_a_source_open_in_sight_and_take_the_focus(log_in, size):
    page = log_in("admin", viewport={"width": size[0], "height": size[1]})
    page.goto("/admin/datasets/source/")
    page.get_by_role("link", name="crm_workflow_db").click()

    for button, said in (("Test connection", "may only read"), ("Browse tables", "cart_sessions")):
        page.get_by_role("button", name=button).click()
        expect(page.locator(".tools-answer")).to_contain_text(said, timeout=45_000)
        expect(page.locator(".tools-answer")).to_be_focused()
        assert is_in_sight(page, ".tools-answer")


def test_a_preview_says_that_it_runs_and_opens_under_its_sql(log_in):
    page = log_in("analyst", viewport={"width": 1440, "height": 900})
    page.goto("/admin/datasets/dataset/")
    page.get_by_role("link", name="Carts of 50 hours", exact=True).click()
    page.fill("[name=sql]", "SELECT id, sum(n) FROM cart_sessions, generate_series(1, 20000) n "
                            "WHERE id < 400 GROUP BY id")  # fmt: skip
    expect(page.get_by_text("Running …")).to_be_hidden()
    button = page.get_by_role("button", name="Preview")

    button.click()

    expect(page.get_by_text("Running …")).to_be_visible()
    expect(button).to_be_disabled()
    expect(page.locator(".tools-answer tbody tr")).to_have_count(50, timeout=45_000)
    expect(page.locator(".tools-answer")).to_be_focused()
    expect(page.get_by_text("Running …")).to_be_hidden()
    assert is_in_sight(page, ".tools-answer")
    sql, answer = (page.locator(name).bounding_box() for name in ("[name=sql]", ".tools-answer"))
    assert answer["y"] > sql["y"] + sql["height"]


def test_a_wide_answer_does_not_widen_a_phone_page(log_in):
    page = log_in("analyst", viewport={"width": 390, "height": 844})
    page.goto("/admin/datasets/dataset/")
    page.get_by_role("link", name="Carts of 62 days", exact=True).click()

    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".tools-answer tbody tr")).to_have_count(50, timeout=45_000)

    right = page.locator(".tools-answer").bounding_box()
    assert right["x"] + right["width"] <= 390


def test_an_old_version_of_a_card_is_shown_and_brought_back(log_in):
    page = log_in("admin")
    page.goto("/admin/dashboards/widget/?q=Lost+value+by+country")
    page.get_by_role("link", name="Lost value by country", exact=True).last.click()
    page.fill("[name=card-title]", "Renamed for a while")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Edit Renamed for a while").click()
    page.get_by_role("link", name="History").click()
    expect(page.locator(".history li").first).to_contain_text(
        re.compile(r"by Adam Novak[\s\S]*Lost value by country\s+→\s+Renamed for a while")
    )

    page.get_by_role("link", name="Look at this version").nth(1).click()
    expect(card_of(page).locator("h2")).to_have_text("Lost value by country", timeout=45_000)
    page.get_by_role("button", name="Bring this version back").click()

    expect(page.get_by_role("link", name="Edit Lost value by country")).to_be_visible()


def test_who_is_no_staff_is_told_so_and_goes_back(log_in):
    page = log_in("marketing")
    page.goto("/admin/")

    expect(page.get_by_role("heading")).to_have_text("Your account has no access to the admin")
    page.get_by_role("link", name="To my dashboards").click()

    expect(page.get_by_role("heading", name="Dashboards", exact=True)).to_be_visible()


def test_people_who_are_no_staff_have_no_workshop(log_in):
    page = log_in("marketing")

    page.goto("/admin/datasets/source/")

    assert "/login/" in page.url or page.locator("[name=sql]").count() == 0
    assert "crm_reader" not in page.content()
