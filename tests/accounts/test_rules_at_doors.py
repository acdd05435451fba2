"""Row and column rules at every door: two people of one role, each with the rows of a country.

The doors are those of `test_doors`, the pages of the admin, exported files and the live hub."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from accounts.models import ApiToken, User
from dashboards.models import Filter
from datasets.models import ColumnPolicy, RowPolicy
from tests.accounts.test_doors import DOORS, TOKEN, address, give_out, knock
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import publish
from tests.factories.people import PersonFactory, RoleFactory
from tests.factories.world import ALL_RECORDS, COLUMN

NAMES = {"DE": "Konrad-de-7b1f", "FR": "Fabienne-fr-9c2e", "PT": "Paulo-pt-11ab"}
MAIL, HIDDEN = "hush@secret.example", "mail_of_bidder"
OWN = {"column": "country", "op": "in", "attribute": "country"}
#: Doors behind which rows are: there each finds the own ones, so that the others' would show.
WITH_ROWS = {
    "dashboard-data", "widget-table", "widget-browse", "widget-rows",
    "filter-values", "print-data", "print-card-data", "api-dashboard-data",
    "api-dashboard-widget-data", "api-dataset-rows", "shared-data", "shared-table", "embed-data",
    "embed-table",
}  # fmt: skip
#: There they may be: when the cards are ready, or by another column.
PERHAPS = {"dashboard", "shared", "embed", "widget-by"}


def expected(name, country) -> tuple:
    own = {country}
    return (own, set()) if name in PERHAPS else (own,) if name in WITH_ROWS else (set(),)


def rows(names=NAMES):
    return pa.table({
        COLUMN: list(names.values()),
        "country": list(names),
        HIDDEN: [MAIL] * len(names),
        "amount": [17] * len(names),
        "at": [datetime(2026, 5, 1, tzinfo=UTC)] * len(names),
    })  # fmt: skip


def add_rules(dataset):
    rule = RowPolicy.objects.create(dataset=dataset, name="Own country", condition=OWN)
    rule.roles.set([RoleFactory(name="Bankers")])
    ColumnPolicy.objects.create(dataset=dataset, name="No mails", columns=[HIDDEN], effect="hide")


@pytest.fixture
def ruled(world):
    publish(world.dataset, rows())
    add_rules(world.dataset)
    Filter.objects.create(
        dashboard=world.dashboard, name="country", label="Bidders", columns=[COLUMN]
    )
    every = {"columns": [COLUMN, "amount", "at"], "limit": 50}
    options = {"dashboard": world.dashboard, "dataset": world.dataset}
    WidgetFactory(**options, title="Rows", chart_type="table", options=every)
    WidgetFactory(**options, title="Bars", chart_type="bar",
                  options={"category": COLUMN, "measures": ["sum(amount)"]})  # fmt: skip
    for country, person in (("DE", "viewer"), ("FR", "former viewer")):
        User.objects.filter(username=person).update(attributes={"country": [country]})
    world.people["former viewer"].groups.add(RoleFactory(name="Bankers"))
    return world


def told(answer) -> str:
    content = b"".join(answer) if answer.streaming else answer.content
    return content.decode() + str(answer.headers)


def seen(text: str) -> set[str]:
    found = {country for country, name in NAMES.items() if name in text}
    return found | ({HIDDEN} if MAIL in text or HIDDEN in text else set())


@pytest.mark.parametrize(("person", "country"), [("viewer", "DE"), ("former viewer", "FR")])
def test_each_finds_the_own_rows_behind_every_door(ruled, browser, person, country):
    client = browser(ruled.people[person])
    for name, door in DOORS.items():
        if door.kind == TOKEN or name == "logout":
            continue
        answer = knock(client, name, ruled)

        assert answer.status_code < 500, name
        assert seen(told(answer)) in expected(name, country), name


def test_who_is_free_of_rules_finds_all_rows(ruled, browser):
    client = browser(ruled.people["superuser"])
    for name in WITH_ROWS:
        if DOORS[name].kind != TOKEN:
            assert {"DE", "FR", "PT"} <= seen(told(knock(client, name, ruled))), name


def test_without_the_attribute_there_is_nothing_behind_any_door(ruled, browser):
    User.objects.filter(username="viewer").update(attributes={})
    client = browser(ruled.people["viewer"])
    for name, door in DOORS.items():
        if door.kind != TOKEN and name != "logout":
            assert seen(told(knock(client, name, ruled))) == set(), name


def test_links_and_embedded_pages_show_the_rows_of_who_gave_them(ruled, browser):
    """The editor of the world gives them, who gets the role and a country here."""
    User.objects.filter(username="editor").update(attributes={"country": ["FR"]})
    ruled.people["editor"].groups.add(RoleFactory(name="Bankers"))
    ruled.people["editor"].refresh_from_db()
    for name, door in DOORS.items():
        if door.kind != TOKEN:
            continue
        token, more = give_out(ruled, name)
        answer = browser(ruled.people["superuser"]).get(
            address(name, ruled, token), more.get("query"), headers=more["headers"]
        )
        assert seen(told(answer)) in expected(name, "FR"), name


def test_a_token_reads_what_its_person_reads(ruled):
    token = ApiToken(user=ruled.people["viewer"], name="notebook")
    headers = {"Authorization": f"Bearer {token.issue_key()}"}
    token.save()
    for name, door in DOORS.items():
        if door.kind == "api":
            answer = Client().get(address(name, ruled), headers=headers)
            assert seen(told(answer)) in expected(name, "DE"), name


def test_an_answer_from_a_cache_is_never_that_of_another_country(ruled, browser):
    """One after the other, each twice: the second answer of each comes from the caches."""
    address = reverse("dashboard-data", args=[ruled.dashboard.slug])
    found = []
    for person in ("viewer", "former viewer", "superuser", "viewer", "former viewer"):
        found.append(seen(told(browser(ruled.people[person]).get(address))) - {HIDDEN})

    assert found == [{"DE"}, {"FR"}, {"DE", "FR", "PT"}, {"DE"}, {"FR"}]


def test_an_etag_of_one_person_is_none_of_another(ruled, browser):
    address = reverse("dashboard-data", args=[ruled.dashboard.slug])
    etag = browser(ruled.people["viewer"]).get(address).headers["ETag"]

    answer = browser(ruled.people["former viewer"]).get(address, headers={"If-None-Match": etag})

    assert answer.status_code == 200


def test_a_changed_attribute_counts_at_the_next_request(ruled, browser):
    client = browser(ruled.people["viewer"])
    address = reverse("api-dataset-rows", args=[ruled.dataset.slug])
    before = seen(told(client.get(address)))
    User.objects.filter(username="viewer").update(attributes={"country": "PT"})

    assert (before, seen(told(client.get(address)))) == ({"DE"}, {"PT"})


@pytest.mark.parametrize(
    "asked",
    [f"{HIDDEN}={MAIL}", f"{HIDDEN}__ne=x", f"select={HIDDEN}", f"order={HIDDEN}",
     f"{HIDDEN}__contains=h", f"select={COLUMN},{HIDDEN}", f"{HIDDEN}__in={MAIL}"],
)  # fmt: skip
def test_the_api_knows_no_hidden_column(ruled, browser, asked):
    answer = browser(ruled.people["viewer"]).get(
        reverse("api-dataset-rows", args=[ruled.dataset.slug]) + f"?{asked}"
    )

    assert answer.status_code == 400
    assert HIDDEN not in answer.json()["detail"].replace(asked, "").partition("Did you")[2]
    assert not any(name in told(answer) for name in NAMES.values())


@pytest.mark.parametrize(
    "asked",
    ["country=FR", "country__ne=DE", "country__in=DE,FR", "country__not_in=XX",
     f"{COLUMN}={NAMES['FR']}", "limit=1&offset=1", "order=country"],
)  # fmt: skip
def test_no_question_to_the_api_widens_a_rule(ruled, browser, asked):
    answer = browser(ruled.people["viewer"]).get(
        reverse("api-dataset-rows", args=[ruled.dataset.slug]) + f"?{asked}"
    )

    assert answer.status_code == 200
    assert {row[COLUMN] for row in answer.json()["rows"]} <= {NAMES["DE"]}
    assert answer.json()["count"] <= 1


def pages_of_the_admin(record):
    """(name, address) of every page, with the key of its record where it takes one."""
    admin = next(p for p in get_resolver().url_patterns if getattr(p, "app_name", "") == "admin")
    for pattern in admin.url_patterns:
        nested = [pattern] if isinstance(pattern, URLPattern) else pattern.url_patterns
        for found in nested:
            for arguments in ([], [record]):
                try:
                    yield found.name, reverse(f"admin:{found.name}", args=arguments)
                except NoReverseMatch:
                    continue


@pytest.mark.parametrize("may", ["view", "all"])
def test_staff_find_the_own_rows_on_every_page_of_the_admin(ruled, browser, may):
    rights = [name for name in ALL_RECORDS if may == "all" or name.startswith("view")]
    staff = PersonFactory(is_staff=True, roles=["Bankers"], may=rights,
                          attributes={"country": ["DE"]})  # fmt: skip
    client = browser(staff)
    found = set()
    for record in (ruled.dashboard.pk, ruled.widget.pk, ruled.dataset.pk):
        for name, page in pages_of_the_admin(record):
            if name in ("logout",):
                continue
            answer = client.get(page)
            assert answer.status_code < 500, page
            text = told(answer)
            assert not {"FR", "PT"} & seen(text), page
            assert MAIL not in text, page
            found |= {name} if NAMES["DE"] in text else set()
    assert found <= {"dashboards_widget_preview", "dashboards_widget_change"}


def test_the_preview_of_a_card_shows_the_own_rows(ruled, browser):
    staff = PersonFactory(is_staff=True, roles=["Bankers"], may=ALL_RECORDS,
                          attributes={"country": ["DE"]})  # fmt: skip
    ruled.dashboard.edit_roles.add(RoleFactory(name="Bankers"))
    fields = {
        "card-title": "Mine", "card-dashboard": ruled.dashboard.pk,
        "card-dataset": ruled.dataset.pk, "card-chart_type": "table", "card-position": 0,
        "card-width": 4, "card-height": 6,
        "options-group_by": [COLUMN], "options-measures": "count()", "record": "",
    }  # fmt: skip

    answer = browser(staff).post(reverse("admin:dashboards_widget_preview"), fields)

    assert seen(told(answer)) == {"DE"}
