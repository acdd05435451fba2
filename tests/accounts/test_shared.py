"""Who sees and who changes a shared record."""

import pytest
from django.contrib.auth.models import AnonymousUser

from dashboards.models import Dashboard
from datasets.models import Dataset
from tests.factories.dashboards import DashboardFactory
from tests.factories.people import PersonFactory, RoleFactory

#: Person -> (sees it, may change it).
RIGHTS = {
    "owner": (True, True),
    "viewer": (True, False),
    "editor": (True, True),
    "superuser": (True, True),
    "outsider": (False, False),
    "staff outsider": (False, False),
    "former viewer": (False, False),
    "inactive": (False, False),
}


@pytest.mark.parametrize("model", [Dashboard, Dataset])
@pytest.mark.parametrize("name", RIGHTS)
def test_rights_on_a_record(world, model, name):
    person = world.people[name]

    sees = model.objects.visible_to(person).exists()
    changes = model.objects.editable_by(person).exists()

    assert (sees, changes) == RIGHTS[name]


def test_every_person_of_the_world_has_an_expectation(world):
    assert set(RIGHTS) == set(world.people)


@pytest.mark.parametrize("model", [Dashboard, Dataset])
def test_nobody_sees_nothing(world, model):
    assert not model.objects.visible_to(AnonymousUser()).exists()
    assert not model.objects.editable_by(AnonymousUser()).exists()


def test_an_inactive_owner_and_an_inactive_superuser_see_nothing(db):
    owner = PersonFactory(is_active=False)
    root = PersonFactory(is_superuser=True, is_active=False)
    DashboardFactory(owner=owner)

    assert not Dashboard.objects.visible_to(owner).exists()
    assert not Dashboard.objects.visible_to(root).exists()


def test_rights_of_one_record_say_nothing_of_another(world):
    other = DashboardFactory(title="Menu of the canteen")

    assert list(Dashboard.objects.visible_to(world.people["viewer"])) == [world.dashboard]
    assert list(Dashboard.objects.editable_by(world.people["editor"])) == [world.dashboard]
    assert other in Dashboard.objects.visible_to(world.people["superuser"])


def test_who_has_several_of_its_roles_sees_a_record_once(db):
    sales, lead = RoleFactory(name="Sales"), RoleFactory(name="Lead")
    shown = DashboardFactory(view_roles=[sales, lead], edit_roles=[lead])
    person = PersonFactory(roles=["Sales", "Lead"])

    assert list(Dashboard.objects.visible_to(person)) == [shown]


def test_a_role_that_is_deleted_or_taken_off_the_record_gives_no_right_any_more(world):
    viewer, editor = world.people["viewer"], world.people["editor"]

    world.dashboard.view_roles.clear()
    editor.groups.all().delete()

    assert not Dashboard.objects.visible_to(viewer).exists()
    assert not Dashboard.objects.visible_to(editor).exists()


def test_a_deleted_owner_leaves_the_record_to_its_roles(world):
    world.people["owner"].delete()

    world.dashboard.refresh_from_db()
    assert world.dashboard.owner is None
    assert Dashboard.objects.visible_to(world.people["viewer"]).exists()


def test_the_rights_are_checked_in_one_query(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        list(Dashboard.objects.visible_to(world.people["viewer"]))
