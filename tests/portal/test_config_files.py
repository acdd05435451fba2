"""Dashboards as files and back: the same again, with the records that were there."""

import copy
import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards import logo
from dashboards.models import Annotation, Dashboard, Filter, Page, SavedView, Theme, Widget
from datasets.models import Column, Dataset, Parameter
from portal.config import (
    ChangedSince,
    DefinitionRefused,
    Wish,
    apply,
    apply_all,
    definitions,
    kinds,
    parse,
    plan,
    token,
    write,
)
from portal.config.reading import LARGEST
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import SourceFactory
from tests.factories.pictures import picture

RECORDS = (Dashboard, Dataset, Widget, Page, Filter, SavedView, Annotation)


def empty():
    for model in (Dashboard, Annotation, Dataset):
        model.objects.all().delete()


def exported(dashboard):
    return json.loads(write.text(write.dashboard(dashboard)))


def entries(found):
    return {entry.part.name: entry for one in found for entry in one.entries}


def test_what_is_exported_makes_the_same_on_an_empty_portal(rich):
    before = exported(rich)
    empty()

    made = apply(before)

    assert exported(made) == before
    assert [page.title for page in made.pages.all()] == ["First", "By segment"]
    pie = made.widgets.get(chart_type="pie")
    number = made.widgets.get(chart_type="number", dataset__slug="carts")
    assert pie.page.slug == "segment"
    assert pie.places == {"phone": {"hidden": True}, "tablet": {"width": 6}}
    country, city = made.filters.all()
    assert (country.values_from.slug, city.depends_on) == ("places-of-2026", country)
    assert list(country.ignored_by.all()) == [pie]
    [view] = made.saved_views.all()
    assert view.query == f"country=DE&x.{number.pk}.country=DE&tab=segment"
    assert [role.name for role in view.default_roles.all()] == ["Analyst"]
    carts = Dataset.objects.get(slug="carts")
    assert carts.refresh_cron == "30 6 * * 1-5"
    assert carts.refresh_every is None
    assert carts.next_run_at is not None
    assert carts.parameter_values()["since"].isoformat() == "2026-01-01"
    assert [mark.title for mark in carts.annotations.all()] == ["Free shipping"]


def test_nothing_secret_and_no_primary_key_is_in_a_file(rich):
    text = write.text(write.dashboard(rich))

    assert "swordfish-42" not in text
    assert "db.internal" not in text
    assert "Mine" not in text  # views that people keep for themselves
    for card in rich.widgets.all():
        assert f"x.{card.pk}." not in text
    assert "anna" not in text
    assert "anna" in write.text(write.dashboard(rich, owners=True))


def test_applying_an_export_again_changes_nothing(rich):
    histories = [model.history.count() for model in RECORDS]

    [found] = plan([exported(rich)], Wish())
    apply(exported(rich), replace=True)

    assert found.is_empty
    assert set(found.counts()) == {"unchanged"}
    assert [model.history.count() for model in RECORDS] == histories


def test_cards_that_the_file_still_has_keep_their_records(rich):
    file = exported(rich)
    kept = {card.title + card.chart_type: card.pk for card in rich.widgets.all()}
    file["widgets"][0]["title"] = "Carts of today"  # the same id
    file["widgets"][1]["width"] = 12
    file["widgets"].reverse()
    del file["widgets"][0]  # the mails
    file["widgets"].append({"title": "New", "query": "mails", "visualization": "number"})

    found = entries(plan([file], Wish()))
    apply(file, replace=True)

    assert found["card carts"].verb == "change"
    assert [c.what for c in found["card carts"].changes] == ["Title", "Place in the order"]
    assert found["card mails"].verb == "delete"
    assert found["card new"].verb == "create"
    cards = list(rich.widgets.all())
    assert [card.title for card in cards] == ["Carts", "Carts of today", "New"]
    assert [card.pk for card in cards[:2]] == [kept["Cartspie"], kept["Cartsnumber"]]
    assert cards[1].history.first().history_change_reason == "Applied from a file"
    again = plan([file], Wish())
    assert again[0].is_empty


def test_a_difference_is_told_in_words_and_writes_nothing(rich):
    file = exported(rich)
    file["title"] = "Recovered"
    file["data_sources"][-1]["queries"]["carts"]["sql"] = "SELECT 1 AS value"
    file["data_sources"][-1]["queries"]["carts"]["columns"]["value"]["unit"] = "EUR"
    file["widgets"][1]["options"]["measure"] = "count()"
    file["filters"][0]["ignored_by"] = []
    before = exported(rich)

    [found] = plan([file], Wish())

    told = {(entry.part.name, c.what): (c.before, c.after)
            for entry in found.entries for c in entry.changes}  # fmt: skip
    assert told == {
        ("dashboard recovery", "Title"): ("Recovery", "Recovered"),
        ("dataset carts", "SQL"): ("SELECT * FROM carts WHERE d > :since", "SELECT 1 AS value"),
        ("dataset carts", "Columns: value: unit"): ("nothing", "EUR"),
        ("card carts-2", "Options: measure"): ("sum(value)", "count()"),
        ("filter country", "Ignored by"): ("carts-2", "nothing"),
    }
    assert not found.problems
    assert exported(Dashboard.objects.get()) == before


def test_lists_that_a_file_leaves_out_stay(rich):
    file = {"dashboard_id": "recovery", "description": "Other"}

    apply(file, replace=True)

    rich.refresh_from_db()
    assert (rich.title, rich.description) == ("Recovery", "Other")
    assert rich.widgets.count() == 3
    assert rich.filters.count() == 2
    assert rich.view_roles.count() == 1


def test_what_a_list_has_no_more_is_deleted_but_never_what_people_keep(rich):
    file = exported(rich) | {"pages": [], "filters": [], "saved_views": [], "annotations": []}
    for card in file["widgets"]:
        card.pop("page", None)

    apply(file, replace=True)

    assert not rich.pages.exists()
    assert not rich.filters.exists()
    assert rich.saved_views.count() == 2
    assert Annotation.objects.get().datasets.count() == 2


def test_what_somebody_changed_since_the_export_is_a_conflict(rich):
    file = exported(rich)
    rich.widgets.filter(title="Mails").update(subtitle="Changed by a person")
    WidgetFactory(dashboard=rich, title="Added by a person", position=90)
    rich.widgets.filter(chart_type="pie").delete()
    file["widgets"][0]["width"] = 5  # nobody else touched this one

    found = entries(plan([file], Wish()))

    conflicts = {name: entry.conflict for name, entry in found.items() if entry.conflict}
    assert conflicts.pop("filter country") == "was changed here since"  # it lost that card
    assert conflicts == {
        "card mails": "was changed here since",
        "card added-by-a-person": "was made here since",
        "card carts-2": "was deleted here since",
    }
    assert found["card carts"].verb == "change"


def test_only_the_difference_that_was_shown_is_applied(rich):
    file = exported(rich) | {"title": "Other"}
    seen = token(plan([file], Wish()))
    rich.widgets.filter(title="Mails").update(subtitle="Meanwhile")

    with pytest.raises(ChangedSince):
        apply_all([file], Wish(), seen=seen)

    assert Dashboard.objects.get().title == "Recovery"
    apply_all([file], Wish(), seen=token(plan([file], Wish())))
    assert Dashboard.objects.get().title == "Other"


def test_another_source_may_stand_in(rich):
    file = exported(rich)
    empty()
    SourceFactory(name="copy")

    renamed = json.loads(json.dumps(file).replace("warehouse", "gone"))
    refused = plan([renamed], Wish())[0].problems
    apply_all([renamed], Wish(sources=(("gone", "copy"),)))

    assert [problem.path for problem in refused] == ["$.data_sources[1].connection"]
    assert "There is no source 'gone' of the kind postgresql" in refused[0].message
    assert Dataset.objects.get(slug="carts").source.name == "copy"


def test_of_several_files_all_are_applied_or_none(rich):
    good = exported(rich) | {"title": "Other"}
    bad = {"dashboard_id": "second", "widgets": [{"title": "A", "query": "nothing"}]}

    with pytest.raises(DefinitionRefused):
        apply_all([good, bad], Wish())
    wrong = apply_all([good, bad | {"widgets": [], "data_sources": [
        {"queries": {"q": {"dataset": "nowhere"}}}]}], Wish())  # fmt: skip

    assert wrong[1].problems
    assert Dashboard.objects.get().title == "Recovery"


def test_an_existing_dataset_is_used_by_its_slug(rich):
    columns = Column.objects.count()
    file = {
        "dashboard_id": "short",
        "data_sources": [{"queries": {"all": {"dataset": "carts"}}}],
        "widgets": [{"title": "How many", "query": "all", "visualization": "single_value"}],
    }

    apply(file)

    assert Widget.objects.get(title="How many").dataset.slug == "carts"
    assert Column.objects.count() == columns
    assert Parameter.objects.count() == 1


def test_cards_without_sizes_take_those_of_the_layout(rich):
    card = {"query": "all", "visualization": "single_value"}
    apply({
        "dashboard_id": "wall", "layout": "wall",
        "data_sources": [{"queries": {"all": {"dataset": "carts"}}}],
        "widgets": [card | {"title": "A"}, card | {"title": "B", "width": 9}],
    })  # fmt: skip

    sizes = Dashboard.objects.get(slug="wall").widgets.values_list("width", "height")
    assert list(sizes) == [(4, 7), (9, 7)]


# --- Themes and templates

THEME = {"name": "Brand", "in_use": True, "accent_light": "#3b5bdb", "portal_name": "Shop",
         "palette_light": ["#3b5bdb"], "palette_dark": ["#7c93f5"],
         "logo": kinds.png(logo.clean(picture(size=(90, 30))))}  # fmt: skip


def test_themes_come_and_go_as_files(db):
    Theme.objects.create(name="Old", in_use=True)

    apply_all([{"themes": [THEME]}], Wish())

    made = Theme.objects.get(in_use=True)
    assert (made.name, kinds.png(made.logo)) == ("Brand", THEME["logo"])
    assert write.themes([made])["themes"] == [THEME]
    [again] = plan([{"themes": [THEME]}], Wish())
    assert again.is_empty


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accent_light": "#ffffff"}, "$.themes[0].accent_light: #ffffff has a contrast"),
        ({"logo": "Z"}, "$.themes[0].logo: It is no base64."),
        ({"logo": "R0lGODlh"}, "$.themes[0].logo: It is no PNG."),
        ({"logo": "iVBORw0KGgo="}, "$.themes[0].logo: It is no PNG, JPEG, WebP or GIF"),
        ({"palette_dark": []}, "$.themes[0].palette_dark"),
        ({"scheme": "pink"}, "$.themes[0].scheme: It must be one of system, light, dark"),
    ],
)
def test_a_theme_that_nobody_could_read_is_refused(db, change, said):
    try:
        problems = apply_all([{"themes": [THEME | change]}], Wish())[0].problems
    except DefinitionRefused as error:
        problems = error.problems

    assert str(problems[0]).startswith(said)
    assert not Theme.objects.exists()


# --- Text

HOSTILE = [
    ('{"dashboard_id": "a", "dashboard_id": "b"}', "stands twice"),
    ('{"a": NaN}', "NaN"),
    ('{"a": 1e999}', "$.a: This number is too large."),
    ("[" * 100_000, "deeper"),
    ("[" * 30 + "]" * 30, "deeper than 24"),
    ('{"a": ["b\\u0000"]}', "$.a[0]: It holds a character"),
    ('{"a": "\\ud800"}', "$.a: It holds a character"),
    (b"\xff\xfe", "no JSON"),
    ('"' + "x" * LARGEST + '"', "2,097,152 are taken"),
    ('{"a": 1' + "0" * 5000 + "}", "no JSON"),
]


@pytest.mark.parametrize(("text", "said"), HOSTILE, ids=[said for _, said in HOSTILE])
def test_hostile_texts_are_refused(text, said):
    with pytest.raises(DefinitionRefused, match="^\\$") as refused:
        parse(text)

    assert said in str(refused.value)


@pytest.mark.parametrize("found", [[], [1], {"dashboards": 1}, {"themes": [], "else": 1}])
def test_files_of_several_hold_definitions_only(found):
    with pytest.raises(DefinitionRefused):
        definitions(found)


words = st.text(string.ascii_letters + "äß '\"<>&%-_.", min_size=1, max_size=30).filter(
    lambda text: text.strip()
)
cards = st.lists(
    st.fixed_dictionaries({"title": words, "subtitle": words | st.just(""),
                           "width": st.integers(2, 12), "height": st.integers(3, 16)}),
    max_size=5,
)  # fmt: skip


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(cards=cards, title=words)
def test_any_cards_come_back_as_they_were(transactional, cards, title):
    with transactional():
        found = DashboardFactory(title=title, slug="any")
        dataset = WidgetFactory(dashboard=found, title="first").dataset
        for place, card in enumerate(cards):
            WidgetFactory(dashboard=found, dataset=dataset, position=place, **card)
        before = exported(found)
        assert plan([copy.deepcopy(before)], Wish())[0].is_empty
        Dashboard.objects.all().delete()

        assert exported(apply(before)) == before


@pytest.fixture
def transactional(db):
    from contextlib import contextmanager

    from django.db import transaction

    @contextmanager
    def rolled_back():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return rolled_back
