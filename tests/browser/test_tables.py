"""The tables of cards in a real browser, without a portal: orders, pages, keyboard."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from django.template.loader import render_to_string

from tests.dashboards.charts.tables import context, read, table

STATIC = Path(__file__).resolve().parents[2] / "portal/static/portal"
SCRIPT = STATIC / "table.js"
STYLES = "".join(
    (STATIC / f"{name}.css").read_text() for name in ("tokens", "portal", "cards", "tables")
)
CARD = """<section data-widget="7"><div class="card-body"><div class="card-html">{}</div></div>
<p data-summary></p><span data-note></span></section>"""
SERVE = """
import {{ serve }} from "./table.js";
const bodies = {};
window.asked = [];
serve(async (id, wanted) => {{
    window.asked.push([id, wanted]);
    return {{ html: bodies[wanted.page - 1] ?? "", note: `page ${{wanted.page}}`, summary: "s" }};
}});
window.ready = true;
"""
HIDDEN = """place => {
    const end = (place.querySelector(".pager") ?? place).getBoundingClientRect();
    const seen = place.querySelector(".pager") ? end.top : end.bottom;
    return [...place.querySelectorAll("tr")].filter(
        (row) => row.getBoundingClientRect().bottom > seen + 1).length;
}"""
ANSWER = {
    "rows": table(name=["b10", "b9", "a", None], measure_0=[412, 286, 391, 5],
                  measure_1=[0.7, None, 0.4, -0.1]),
}  # fmt: skip
VALUES = {"group_by": ["name"], "measures": ["Carts: count()", "Rate: avg(value) | 0%"]}


def drawn(wanted=None, total: int = 4) -> str:
    chart, options = read("table", limit=4, **VALUES)
    answer = {**ANSWER, "total": pa.table({"total": [total]})}
    state = chart.state(answer, chart.browsed(options, wanted or {}, context()), context())
    return render_to_string(chart.template, {"view": state.view, "state": state})


@pytest.fixture
def card(chromium):
    """``card(html, bodies)`` is a page with that card; ``bodies`` are what the server answers."""
    page = chromium.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def show(html: str, bodies: list[str]):
        script = SERVE.format(json.dumps(bodies))
        body = f'<div id="grid">{CARD.format(html)}</div><script type="module">{script}</script>'
        files = {"/": ("text/html", body), "/table.js": ("text/javascript", SCRIPT.read_text())}

        def answer(route):
            kind, text = files.get(route.request.url.partition("tables.test")[2], ("", ""))
            route.fulfill(content_type=f"{kind}; charset=utf-8", body=text)

        page.route("http://tables.test/**", answer)
        page.goto("http://tables.test/")
        page.wait_for_function("window.ready")
        return page

    yield show
    page.close()
    assert errors == []


def names(page) -> list[str]:
    return page.eval_on_selector_all("tbody tr", "all => all.map(r => r.cells[0].textContent)")


def sorts(page) -> list[str | None]:
    return page.eval_on_selector_all("th", "all => all.map(h => h.getAttribute('aria-sort'))")


def test_a_whole_table_is_sorted_on_the_page_and_nothing_comes_last(card):
    page = card(drawn(), [])
    found = []

    for order in ("name", "name", "measure_1", "measure_1"):
        page.click(f"[data-order={order}]")
        found.append((names(page), sorts(page)))

    up, down = "ascending", "descending"
    assert found == [
        (["a", "b9", "b10", "–"], [up, None, None]),
        (["b10", "b9", "a", "–"], [down, None, None]),
        (["b10", "a", "–", "b9"], [None, None, down]),
        (["–", "a", "b10", "b9"], [None, None, up]),
    ]
    assert page.evaluate("asked") == []


def test_further_pages_and_orders_of_them_come_from_the_server(card):
    pages = [drawn({"page": str(n)}, 12) for n in (1, 2, 3)]
    page = card(pages[0], pages)

    page.focus("[data-page='2']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page='3']")
    # The keyboard is where it was: at the button for the next page.
    assert page.evaluate("document.activeElement.dataset.page") == "3"
    assert page.inner_text("[data-note]") == "page 2"
    page.click("[data-order=name]")
    page.wait_for_selector("[data-page='2']:not(:disabled)")

    first = {"order": "measure_0", "descending": True, "page": 2}
    second = {"order": "name", "descending": False, "page": 1}
    assert page.evaluate("asked") == [[7, first], [7, second]]
    assert page.evaluate("document.activeElement.dataset.order") == "name"


def test_news_keep_the_page_that_a_reader_chose(card):
    pages = [drawn({"page": str(n)}, 12) for n in (1, 2, 3)]
    page = card(pages[0], pages)
    page.click("[data-page='2']")
    page.wait_for_selector("[data-page='3']")

    page.evaluate(
        """html => {
            const made = document.createElement("div");
            made.className = "card-html";
            made.innerHTML = html;
            document.querySelector(".card-body").replaceChildren(made);
        }""",
        pages[0],
    )
    page.wait_for_selector("[data-page='3']")

    assert [wanted["page"] for _, wanted in page.evaluate("asked")] == [2, 2]


def test_a_page_that_is_no_more_leads_to_the_first(card):
    first = drawn({"page": "1"}, 12)
    page = card(first, [first])

    page.click("[data-page='2']")
    page.wait_for_function("asked.length === 2")

    assert [wanted["page"] for _, wanted in page.evaluate("asked")] == [2, 1]


@pytest.mark.parametrize(("total", "rows"), [(8, 8), (50, 8), (50, 3)])
def test_a_card_shows_all_rows_of_its_page(chromium, total, rows):
    columns = {"name": map(str, range(rows)), "measure_0": range(rows), "measure_1": [0.5] * rows}
    answer = {"rows": table(**columns), "total": pa.table({"total": [total]})}
    chart, options = read("table", limit=8, **VALUES)
    state = chart.state(answer, options, context())
    html = render_to_string(chart.template, {"view": state.view, "state": state})
    page = chromium.new_page()
    page.set_content(
        f"""<html data-tables><style>{STYLES}</style><section class="card"
        style="width: 580px; height: 350px"><div class="card-body"><div class="card-html">{html}
        </div></div></section></html>"""
    )
    place = page.locator(".card-html")
    heights = page.eval_on_selector_all("tbody tr", "rows => rows.map((r) => r.offsetHeight)")

    assert place.evaluate(HIDDEN) == 0
    assert place.evaluate("p => p.scrollHeight - p.clientHeight") <= 0
    assert max(heights) <= 36
    page.close()


def test_names_of_two_lines_push_no_row_under_the_pager(chromium):
    names = ["From recovered revenue to recovered revenue that stays"] * 8
    chart, options = read("table", limit=8, columns=["name", "value"])
    answer = {"rows": table(name=names, value=range(8)), "total": pa.table({"total": [50]})}
    state = chart.state(answer, options, context())
    html = render_to_string(chart.template, {"view": state.view, "state": state})
    page = chromium.new_page(has_touch=True, viewport={"width": 390, "height": 844})
    page.set_content(
        f"""<!doctype html><html data-tables><style>{STYLES}</style><section class="card"
        style="width: 358px; height: 390px"><div class="card-body"><div class="card-html">{html}
        </div></div></section></html>"""
    )

    assert page.locator("td .name").first.evaluate("n => n.offsetHeight") > 28  # two lines
    assert page.locator(".card-html").evaluate(HIDDEN) == 0
    page.close()


def test_a_narrow_card_says_what_it_leaves_out_and_fingers_hit_its_pager(chromium):
    measures = [*VALUES["measures"], "Most: max(value)"]
    rows = table(name=["a"], measure_0=[3], measure_1=[0.5], measure_2=[1.0])
    chart, options = read("table", limit=1, group_by=["name"], measures=measures)
    state = chart.state({"rows": rows, "total": pa.table({"total": [3]})}, options, context())
    html = render_to_string(chart.template, {"view": state.view, "state": state})
    opened = chromium.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    page = opened.new_page()
    page.set_content(
        f"""<html data-tables><meta name="viewport" content="width=device-width">
        <style>{STYLES}</style><section class="card"><div class="card-body"><div class="card-html">
        {html}</div></div></section></html>"""
    )

    assert page.locator("thead th:visible").count() == 2
    assert page.inner_text(".dropped") == "+2 columns as table"
    assert page.locator(".pager button").first.bounding_box()["width"] >= 44
    opened.close()
