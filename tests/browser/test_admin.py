"""The workshop in a real browser: every form shows what it does before it is saved."""

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

    expect(page.locator("#preview-stage .card-chart")).to_be_visible(timeout=45_000)
    expect(page.locator("#preview-note")).to_contain_text("DE")


def test_people_who_are_no_staff_have_no_workshop(log_in):
    page = log_in("marketing")

    page.goto("/admin/datasets/source/")

    assert "/login/" in page.url or page.locator("[name=sql]").count() == 0
    assert "crm_reader" not in page.content()
