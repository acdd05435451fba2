"""What the admin tells of earlier versions and of what uses a record: in words, and only what the
person may know."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dashboards.models import PageLoad
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory, RoleFactory
from tests.factories.world import leaks


def page(record, kind, *more):
    options = record._meta
    name = f"admin:{options.app_label}_{options.model_name}_{kind}"
    return reverse(name, args=[record.pk, *more])


def text_of(answer) -> str:
    """The words of a page, each run of white space as one space."""
    html = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", answer.content.decode())
    html = re.sub(r"(?s)<span class=\"[^\"]*material-symbols.*?</span>", " ", html)  # icons
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


@pytest.fixture
def root(db, browser):
    person = PersonFactory(
        username="root", first_name="Ada", last_name="Byron", is_superuser=True, is_staff=True
    )
    return browser(person)


# --- History


def test_a_card_tells_who_changed_which_option_from_what_to_what(root):
    card = WidgetFactory(
        title="Carts",
        chart_type="bar",
        options={"category": "one", "orientation": "vertical"},
        filters=[["one", ">", "3"]],
    )
    card.title, card.options = "<b>Orders</b>", {"category": "two", "top": 5}
    card.filters, card.chart_type = [["one", "is_null"]], "pie"
    card._history_user = User.objects.get(username="root")
    card.save()
    card.chart_type = "bar"
    card.save()

    answer = root.get(page(card, "history"))

    told = text_of(answer)
    assert "Changed by Ada Byron" in told
    assert "Created by the portal" in told
    assert "Title Carts → <b>Orders</b>" in told
    assert "&lt;b&gt;Orders&lt;/b&gt;" in answer.content.decode()
    assert "Options: Category one → two" in told
    assert "Filters one > 3 → one is_null" in told
    assert "Chart type Bar → Pie" in told


def test_an_option_that_is_not_stored_is_told_as_its_default(root):
    card = WidgetFactory(chart_type="bar", options={"category": "one"})
    card.options = {"category": "one", "orientation": "vertical", "top": 5}
    card.save()

    told = text_of(root.get(page(card, "history")))

    assert "Options: Direction Lying → Standing" in told
    assert "Options: Bars shown 8 → 5" in told


def test_a_dataset_tells_its_sql_line_by_line(root):
    dataset = DatasetFactory(sql="SELECT a,\n  b\nFROM carts")
    dataset.sql = "SELECT a,\n  c\nFROM carts"
    dataset.save()

    told = text_of(root.get(page(dataset, "history")))

    assert "SQL − b + c" in told
    assert "SELECT a" not in told  # what stayed


def test_a_statement_that_was_written_anew_is_told_shortly_and_at_once(root):
    """Comparing each line with each other one would take minutes."""
    cases = [f"  WHEN a = {n} THEN {n * n}" for n in range(2000)]
    dataset = DatasetFactory(sql="\n".join(["SELECT CASE", *cases, "END AS x"]))
    dataset.sql = dataset.sql.replace("WHEN a", "WHEN bcd")
    dataset.save()

    told = text_of(root.get(page(dataset, "history")))

    assert "WHEN a = 1 THEN 1" in told
    assert "3,900 lines more" in told


def test_a_dashboard_tells_its_roles_by_name(root):
    dashboard = DashboardFactory()

    dashboard.view_roles.set([RoleFactory(name="Bankers"), RoleFactory(name="Partners")])

    assert "View roles nothing → Bankers; Partners" in text_of(root.get(page(dashboard, "history")))


def test_the_history_of_a_card_does_not_name_a_dashboard_that_is_not_shared(world, browser):
    analyst = world.people["staff outsider"]
    own = DashboardFactory(owner=analyst, title="My own")
    world.widget.dashboard, world.widget.title = own, "Moved"
    world.widget.save()

    answer = browser(analyst).get(page(world.widget, "history"))

    assert "Dashboard a dashboard not shared with you → My own" in text_of(answer)
    assert leaks(answer) == ["Bids by bidder"]  # the title that the card itself had


def test_long_histories_have_pages_that_do_not_lose_a_change(root):
    card = WidgetFactory(title="Title 0")
    for number in range(1, 31):
        card.title = f"Title {number}"
        card.save()

    told = [text_of(root.get(page(card, "history"), {"p": number})) for number in (1, 2)]

    assert "Title 5 → Title 6" in told[0]
    assert "Title 4 → Title 5" in told[1]


def test_an_old_version_is_brought_back(root):
    dashboard = DashboardFactory(title="Before", slug="before")
    version = dashboard.history.get()
    dashboard.title = "After"
    dashboard.save()
    address = page(dashboard, "simple_history", version.pk)

    form = text_of(root.get(address))
    root.post(address, {"title": "Before", "slug": "before", "position": 1})

    assert "This is the dashboard as it was after" in form
    assert "Bring this version back" in form
    dashboard.refresh_from_db()
    assert dashboard.title == "Before"


# --- What stands in the way of a deletion


@pytest.fixture
def clerk(world):
    """May delete sources and datasets, and sees one dataset and its card."""
    return world.people["staff outsider"]


def test_what_uses_a_source_is_named_only_to_who_may_see_it(world, browser, clerk):
    source = world.dataset.source
    source.owner = clerk
    source.save()
    own = DatasetFactory(source=source, owner=clerk, name="Seen by the clerk")

    answer = browser(clerk).get(page(source, "delete"))

    told = text_of(answer)
    assert "Dataset: Seen by the clerk" in told
    assert "1 other dataset not shared with you" in told
    assert page(own, "change") in answer.content.decode()
    assert leaks(answer) == []


def test_what_uses_a_dataset_is_counted_for_who_sees_none_of_it(world, browser, clerk):
    own = DatasetFactory(owner=clerk)
    for _ in range(2):
        WidgetFactory(dataset=own, dashboard=world.dashboard, title="Bids by bidder")

    one = browser(clerk).get(page(own, "delete"))
    chosen = {"action": "delete_selected", "_selected_action": [own.pk]}
    many = browser(clerk).post(reverse("admin:datasets_dataset_changelist"), chosen)

    for answer in (one, many):
        assert "2 cards not shared with you" in text_of(answer)
        assert leaks(answer) == []


def test_measurements_that_go_with_a_dashboard_are_counted(
    world, root, django_assert_max_num_queries
):
    loads = [PageLoad(dashboard=world.dashboard, kind="load", cards=1, first_screen=624)] * 1204
    PageLoad.objects.bulk_create(loads)

    answer = root.get(page(world.dashboard, "delete"))

    assert "Page loads: 1,204" in text_of(answer)
    assert "624 ms" not in text_of(answer)
    assert str(world.widget) in text_of(answer)


def test_who_may_not_delete_what_goes_with_it_is_told_so(world, browser):
    person = PersonFactory(is_staff=True, may=["view_dashboard", "delete_dashboard"])
    own = DashboardFactory(owner=person)
    WidgetFactory(dashboard=own)

    answer = browser(person).get(page(own, "delete"))

    assert "your account doesn't have permission" in text_of(answer)
    assert "card" in text_of(answer)


def test_what_nothing_uses_can_be_deleted(root):
    source = SourceFactory()

    root.post(page(source, "delete"), {"post": "yes"})

    assert not type(source).objects.filter(pk=source.pk).exists()


# --- Words and doors


def test_who_has_no_access_is_told_so_and_led_back(world, browser):
    client = browser(world.people["viewer"])

    answer = client.get(reverse("admin:index"), follow=True)

    assert answer.status_code == 403
    assert "Your account has no access to the admin" in text_of(answer)
    assert f'href="{reverse("home")}"' in answer.content.decode()
    assert "Sign in as somebody else" in text_of(answer)


ADDRESSES = [
    *("index", "auth_group_changelist", "auth_group_add", "accounts_user_changelist"),
    *("accounts_user_add", "dashboards_widget_changelist", "dashboards_widget_add"),
    *("dashboards_dashboard_changelist", "dashboards_dashboard_add", "datasets_dataset_add"),
    *("accounts_apitoken_changelist", "accounts_apitoken_add"),
]


@pytest.mark.parametrize("name", ADDRESSES)
def test_lists_and_forms_speak_of_cards_and_roles(root, name):
    told = text_of(root.get(reverse(f"admin:{name}")))

    assert not re.search(
        r"\b(widgets?|groups?|authentication and authorization)\b", told, re.IGNORECASE
    )


@pytest.mark.parametrize("kind", ["change", "delete", "history"])
@pytest.mark.parametrize("make", [PersonFactory, RoleFactory, WidgetFactory, DashboardFactory])
def test_pages_of_a_record_speak_of_cards_and_roles(root, make, kind):
    record = make(**{"name": "Bankers"} if make is RoleFactory else {"username": "bo"}
                  if make is PersonFactory else {"title": "Bids"})  # fmt: skip

    told = text_of(root.get(page(record, kind)))

    assert not re.search(
        r"\b(widgets?|groups?|authentication and authorization)\b", told, re.IGNORECASE
    )


def test_the_index_follows_the_flow_from_data_to_people(root):
    told = text_of(root.get(reverse("admin:index")))

    places = [told.index(about) for about in ("Where data comes from", "One SELECT on a source",
                                              "Pages of cards", "Who may sign in")]  # fmt: skip
    assert places == sorted(places)


def test_a_role_is_given_rights_in_words_and_keeps_those_that_are_not_offered(root):
    role = RoleFactory(name="Bankers")
    kept = Permission.objects.get(codename="view_session", content_type__app_label="sessions")
    role.permissions.add(kept)
    wanted = Permission.objects.get(codename="view_dashboard")

    told = root.get(page(role, "change")).content.decode()
    chosen = {"name": "Bankers", "permissions": [kept.pk, wanted.pk]}
    root.post(page(role, "change"), chosen)

    assert 'aria-label="Cards: add"' in told
    assert 'aria-label="Dashboards: see"' in told
    assert "historical" not in told.lower()
    assert set(Group.objects.get(pk=role.pk).permissions.all()) == {kept, wanted}
    kinds = ContentType.objects.filter(app_label="sessions")
    assert "view session" not in text_of(root.get(reverse("admin:auth_group_add"))).lower()
    assert kinds.exists()


def test_a_new_token_is_for_oneself_and_for_ninety_days(root):
    form = root.get(reverse("admin:accounts_apitoken_add")).context["adminform"].form

    assert form.initial["user"] == User.objects.get(username="root").pk
    left = form.initial["expires_at"] - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)
