"""Files and templates as analysts use them: difference, agreement, and the card's live preview."""

import json

LIST = "/admin/dashboards/dashboard/"


def exported(page):
    return page.request.get("/admin/config/export/?slug=main-analytics").json()


def look(page, file):
    page.goto("/admin/config/import/")
    content = json.dumps(file).encode()
    page.set_input_files(
        "input[type=file]", {"name": "m.json", "mimeType": "application/json", "buffer": content}
    )
    page.click("text=Show what it changes")


def test_a_file_is_looked_at_agreed_to_and_applied(log_in):
    page = log_in("analyst")
    before = exported(page)
    file = json.loads(json.dumps(before))
    file["widgets"][-1] |= {"title": "Renamed by a file"}
    broken = json.loads(json.dumps(file))
    broken["widgets"][3]["options"] = {"measur": 1}

    page.goto(LIST)
    page.click("text=Import JSON")
    page.fill("textarea[name=text]", json.dumps(broken))
    page.click("text=Show what it changes")
    assert "$.widgets[3].options.measur" in page.inner_text("[role=alert]")

    look(page, file)
    page.wait_for_selector(".difference .history > li")
    assert page.locator(".difference .history > li").count() == 1
    page.click("button[name=apply]")
    page.wait_for_selector("text=Imported: Main analytics")
    assert exported(page)["widgets"][-1]["title"] == "Renamed by a file"

    look(page, before)  # back again: the card changed since that was exported
    page.check("[name=overwrite]")
    page.click("button[name=apply]")
    page.wait_for_selector("text=Imported: Main analytics")
    assert exported(page) == before


def test_a_card_from_a_template_is_drawn_before_it_is_saved(log_in):
    page = log_in("analyst")
    page.goto(LIST)
    page.click("table >> text=Main analytics")
    page.click("text=From a template")
    page.select_option("select[name=template]", "customer-segments")
    page.select_option("select[name=dataset]", label="Carts of 62 days")
    page.click("text=Next")
    page.select_option("select[name=role-category]", "device")
    page.click("text=Go on to the card")

    frame = page.frame_locator("#preview-stage iframe")
    frame.locator("canvas").first.wait_for(timeout=30_000)
    assert page.input_value("#id_card-title") == "Customer segments"
    assert page.locator("#id_card-dashboard option:checked").inner_text() == "Main analytics"
