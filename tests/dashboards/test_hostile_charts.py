"""Hostile text in every chart, seen by a real browser: nothing of it runs, all of it is text."""

import shutil
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from playwright.sync_api import sync_playwright

from dashboards.charts import options as chart_options
from dashboards.charts import registry
from dashboards.models import Widget
from portal import asgi, wsgi
from tests.dashboards.charts.test_every_chart import CASES
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.poison import LONG, SHORT, fill

TEX = "$$\\href{javascript:hit()}{x}$$"
NAMES = [LONG, SHORT, TEX, "</script><script>hit()</script>", "@value{safe} $value", "{{7*7}}"]
WATCH = """
window.hits = []; window.hit = () => window.hits.push('ran');
document.addEventListener('securitypolicyviolation', event =>
  window.hits.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
#: Elements that hostile text became, also inside of drawings, which have trees of their own.
BORN = """() => {
  const found = [];
  const look = root => { for (const one of root.querySelectorAll('*')) {
    if ([...one.attributes].some(each => each.name.startsWith('on'))) found.push(one.outerHTML);
    if (one.shadowRoot) look(one.shadowRoot); } };
  look(document); return [...found, ...window.hits]; }"""
#: The pointer over the middle of each drawing: its tooltip is born.
HOVER = """async () => { for (const chart of document.querySelectorAll('.card-chart')) {
  const place = chart.getBoundingClientRect();
  const look = root => { for (const one of root.querySelectorAll('*')) {
    if (one.classList.contains('bk-events')) for (const type of ['pointerenter', 'pointermove'])
      for (const part of [0.3, 0.5, 0.7]) one.dispatchEvent(new PointerEvent(type, {
        bubbles: true, composed: true, pointerType: 'mouse', isPrimary: true,
        clientX: place.x + place.width * part, clientY: place.y + place.height / 2}));
    if (one.shadowRoot) look(one.shadowRoot); } };
  look(chart); } await new Promise(done => setTimeout(done, 300)); }"""
DRAWN = """() => [...document.querySelectorAll('[data-widget]')]
  .every(card => card.ariaBusy === 'false')"""


#: Texts that name a time, or other texts of the card.
REFERENCES = {"period", "order", "bars", "color_in", "patterns"}


def hostile_options(kind, values):
    """The options with hostile text in each that takes one."""
    found = dict(values)
    for name, role in chart_options.roles(registry.get(kind).Options).items():
        if name in REFERENCES:
            continue
        if role.kind == "text":
            found[name] = f"{SHORT}0" if name.endswith("pattern") else SHORT
        elif role.kind == "texts":
            found[name] = NAMES[:3]
        elif role.kind == "measures" and values.get(name):
            formulas = [one.split(": ")[-1] for one in values[name]]
            found[name] = [f"{SHORT}{place}: {one}" for place, one in enumerate(formulas)]
    return found


@pytest.fixture
def hostile(shop):
    """A card of each chart, and whatever the poisoned portal has."""
    owner, now = shop.people["superuser"], datetime(2026, 1, 1, tzinfo=UTC)
    dataset = DatasetFactory(name="x", slug="charts", owner=owner)
    count = range(48)
    publish(dataset, pa.table({
        "time": pa.array([now - timedelta(hours=7 * i) for i in count]),
        "name": [NAMES[i % 6] for i in count], "other": [NAMES[(i * 5 + 1) % 6] for i in count],
        "value": [float(i % 9 + 1) for i in count], "happened": [i % 2 == 0 for i in count],
        "day": [(now - timedelta(days=i)).date() for i in count],
    }))  # fmt: skip
    Widget.objects.all().delete()
    shown = {kind: values for kind, values, _ in CASES.values()}  # the last case of each chart
    for kind, values in shown.items():
        if "country" not in values:  # a map of countries knows theirs alone
            WidgetFactory(dashboard=shop.dashboard, dataset=dataset, title="x", chart_type=kind,
                          options=hostile_options(kind, values), height=3, width=2)  # fmt: skip
    fill(shop, kinds={})
    Widget.objects.update(page=None)
    shop.dashboard.pages.all().delete()
    return shop


def session_of(person):
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}


def opened(chromium, address, cookie, said, **options):
    context = chromium.new_context(viewport={"width": 1400, "height": 3200}, **options)
    context.add_cookies([cookie | {"url": address}])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/dashboards/p-73/")
    page.wait_for_function(DRAWN, timeout=120_000)
    return page


def test_nothing_hostile_runs_on_a_dashboard(hostile, server, monkeypatch):
    """Once with the policy, which tells what it stopped, and once without, as if it had a hole."""
    monkeypatch.setattr(asgi, "http", WSGIMiddleware(StaticFilesHandler(wsgi.application)))
    cookie, address, said = session_of(hostile.people["superuser"]), f"http://{server}", []
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for bypass in (False, True):
            page = opened(chromium, address, cookie, said, bypass_csp=bypass)
            texts = page.locator("[data-widget] h2").all_text_contents()
            wrong = page.locator("[data-widget] .void, [data-widget] .strip").all_text_contents()
            page.evaluate(HOVER)
            page.get_by_role("button", name="Share").click()
            page.locator("#share[open]").wait_for()
            born = page.evaluate(BORN)
            assert (born, said) == ([], [])
        chromium.close()

    assert len(texts) > 20
    assert all(text.startswith(SHORT) for text in texts)
    assert wrong == []
