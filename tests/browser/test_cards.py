"""Cards of the main dashboard in a real browser: pointer, keyboard, zoom, labels, tables."""

from playwright.sync_api import expect

from tests.browser.conftest import wait_until_drawn
from tests.browser.pages import DASHBOARD, open_table, widget

LABELS_IN_VIEW = """() => {
    const stacked = Bokeh.documents.find(d => d.get_model_by_name('areas')?.data.xs.length > 2);
    const model = name => stacked.get_model_by_name(name);
    return model('x_ticks').ticks
        .filter(tick => tick >= model('x_range').start && tick <= model('x_range').end)
        .map(tick => model('x_axis').major_label_overrides.get(tick));
}"""


def test_charts_answer_to_the_pointer(log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    covered = page.evaluate(
        """() => [...document.querySelectorAll('.card-chart')].filter(chart => {
            chart.scrollIntoView({ block: 'center' });
            const box = chart.getBoundingClientRect();
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return top.closest('.bk-Notifications') !== null || !chart.contains(top);
        }).length"""
    )

    assert page.locator(".card-chart").count() >= 6
    assert covered == 0


def test_a_card_shows_its_numbers_as_a_table(log_in):
    page = log_in("executive")
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    open_table(page, "Abandonment funnel")

    twin = page.locator("#twin")
    expect(twin).to_be_visible()
    expect(twin.get_by_role("row")).to_have_count(6)


def test_bars_in_a_table_have_one_scale(log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    bars = widget(page, "Most abandoned products").locator(".cellbar")
    widths = bars.evaluate_all("all => all.map((bar) => bar.getBoundingClientRect().width)")

    assert len(widths) >= 6
    assert max(widths) - min(widths) < 0.5


def test_a_zoomed_line_has_labels_of_its_own_and_all_again_after(log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    chart = widget(page, "Carts per hour").locator(".card-chart")
    chart.scroll_into_view_if_needed()
    whole = page.evaluate(LABELS_IN_VIEW)
    box = chart.bounding_box()
    y = box["y"] + 80

    page.mouse.move(box["x"] + 300, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, y, steps=4)
    page.mouse.up()

    zoomed = page.evaluate(LABELS_IN_VIEW)
    assert 3 <= len(zoomed) <= 6
    assert zoomed != whole
    assert all(zoomed)
    page.mouse.dblclick(box["x"] + 300, y)
    assert page.evaluate(LABELS_IN_VIEW) == whole


def test_a_zoomed_line_offers_the_way_back(log_in):
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    card = widget(page, "Carts per hour")
    chart, reset = card.locator(".card-chart"), card.get_by_role("button", name="Reset zoom")
    chart.scroll_into_view_if_needed()
    whole = page.evaluate(LABELS_IN_VIEW)
    box = chart.bounding_box()
    y = box["y"] + 80

    def zoom(start, end):
        page.mouse.move(box["x"] + start, y)
        page.mouse.down()
        page.mouse.move(box["x"] + end, y, steps=4)
        page.mouse.up()

    expect(reset).to_have_count(0)
    zoom(200, 420)
    zoom(200, 300)
    expect(reset).to_be_visible()
    place, head = reset.bounding_box(), card.locator("h2").bounding_box()
    assert place["y"] + place["height"] <= box["y"]  # it covers nothing of the picture
    assert place["y"] >= head["y"] - 4
    menu = card.locator("[data-menu]").bounding_box()
    assert place["x"] + place["width"] <= menu["x"] + 1
    reset.press("Enter")

    assert page.evaluate(LABELS_IN_VIEW) == whole
    expect(reset).to_have_count(0)
    expect(chart).to_be_focused()
    zoom(200, 420)
    zoom(200, 300)
    expect(reset).to_be_visible()
    page.mouse.dblclick(box["x"] + 300, y)
    expect(reset).to_have_count(0)
    assert page.evaluate(LABELS_IN_VIEW) == whole


LAST_WRITTEN = """
    const write = CanvasRenderingContext2D.prototype.fillText;
    window.ends = new Map(); // text on a canvas -> pixels from where it ends to the canvas's end
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        const wide = this.measureText(text).width;
        const end = this.getTransform().transformPoint({ x: x + wide, y }).x;
        window.ends.set(text, this.canvas.width - end);
        return write.apply(this, arguments);
    };"""


def test_labels_at_the_ends_of_lines_stay_within_their_card_at_any_width(log_in):
    page = log_in("marketing", viewport={"width": 1900, "height": 900})
    page.add_init_script(LAST_WRITTEN)
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    for width in (2560, 1440):
        page.set_viewport_size({"width": width, "height": 1000})
        widget(page, "Carts per hour").scroll_into_view_if_needed()
        page.wait_for_timeout(1000)
        room = page.evaluate("['desktop', 'phone', 'tablet', 'app'].map(t => window.ends.get(t))")
        assert all(pixels > 0 for pixels in room), room


def test_the_keyboard_reaches_a_chart_visibly_and_opens_its_table(log_in):
    page = log_in("executive")
    page.goto(DASHBOARD)
    wait_until_drawn(page)
    chart = widget(page, "Abandonment funnel").locator(".card-chart")

    page.get_by_role("button", name="Menu of Abandonment funnel").focus()
    page.keyboard.press("Tab")

    expect(chart).to_be_focused()
    assert chart.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Tab")  # nothing of Bokeh's own takes the focus in between
    assert page.evaluate("document.activeElement.matches('[data-menu]')")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#twin").get_by_role("row")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(chart).to_be_focused()


def test_a_table_on_a_phone_scrolls_and_does_not_break_its_dates(log_in):
    page = log_in("marketing", viewport={"width": 390, "height": 844})
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    open_table(page, "Carts per hour")

    twin = page.locator("#twin")
    expect(twin).to_be_visible()
    heights = twin.locator("tbody tr").evaluate_all("rows => rows.map(r => r.offsetHeight)")
    assert len(heights) > 40
    assert max(heights) <= 37
    scroll = twin.locator(".scroll")
    assert scroll.evaluate("e => e.scrollWidth > e.clientWidth")
    assert twin.evaluate("e => e.scrollWidth <= e.clientWidth")
    scroll.evaluate("e => { e.scrollLeft = 500; }")
    first = twin.locator("tbody td").first.bounding_box()
    assert first["x"] >= twin.bounding_box()["x"]  # the row's name stays


SHRINK_AND_GROW = """async () => {
    const [script] = performance.getEntriesByType('resource')
        .filter(({ name }) => name.includes('/portal/charts.'));
    const { Drawing } = await import(script.name);
    const { widgets } = await (await fetch(`${location.pathname}data`)).json();
    const place = document.body.appendChild(document.createElement('div'));
    place.style.cssText = 'width: 600px; height: 300px';
    const painted = () => new Promise((done) => setTimeout(done, 50));
    const drawn = widgets.filter(({ drawing, body }) => drawing && body.sources);
    for (const { drawing, body } of drawn) {
        const { sources, props } = structuredClone(body);
        for (const columns of Object.values(sources))
            for (const name in columns) columns[name] = columns[name].slice(0, 1);
        props.plot = { ...props.plot, min_border_right: 90 };
        const chart = new Drawing(place);
        await chart.show(drawing, body);
        await painted();
        chart.update({ ...body, sources, props });
        await painted();
        chart.update(body);
        await painted();
        chart.close();
    }
    return drawn.length;
}"""


def test_rows_that_become_fewer_and_more_are_drawn_without_an_error(log_in):
    """Bokeh takes rows in steps. With a margin of another size the layout is made anew at once,
    and one that painted then would look for rows that are gone."""
    page = log_in("marketing")
    page.goto(DASHBOARD)
    wait_until_drawn(page)

    assert page.evaluate(SHRINK_AND_GROW) >= 3
