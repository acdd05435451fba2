"""How the tests find their way on a dashboard's page."""

DASHBOARD = "/dashboards/main-analytics/"


def widget(page, title: str):
    return page.locator("[data-widget]", has=page.get_by_role("heading", name=title, exact=True))


def open_table(page, title: str):
    widget(page, title).hover()
    page.get_by_role("button", name=f"Menu of {title}").click()
    page.get_by_role("button", name="Show as table").click()
