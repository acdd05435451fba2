"""Staff who look after people give nothing that they do not have: no role, no attribute, and no
password of somebody who has more."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import RoleProfile, User
from tests.accounts.test_admin_people import form_of
from tests.factories.people import PersonFactory, RoleFactory

PEOPLE = ["view_user", "add_user", "change_user", "view_group", "change_group"]


@pytest.fixture
def clerk(db):
    return PersonFactory(
        username="clerk", is_staff=True, may=PEOPLE, roles=["Marketing"],
        attributes={"country": ["DE", "AT"]},
    )  # fmt: skip


def edit(browser, clerk, person, **more):
    page = reverse("admin:accounts_user_change", args=[person.pk])
    return browser(clerk).post(page, form_of(person, **more.pop("attributes", {})) | more)


def test_nobody_gives_themselves_an_attribute(clerk, browser):
    edit(browser, clerk, clerk, attributes={"country": "FR"}, first_name="Kim")

    clerk.refresh_from_db()
    assert (clerk.first_name, clerk.attributes) == ("Kim", {"country": ["DE", "AT"]})


@pytest.mark.parametrize(("value", "given"), [("AT", "AT"), ("FR", None), ("DE, FR", None)])
def test_attributes_are_given_by_who_has_them(clerk, browser, value, given):
    nina = PersonFactory(username="nina")

    answer = edit(browser, clerk, nina, attributes={"country": value})

    nina.refresh_from_db()
    assert nina.attributes.get("country") == given
    assert (b"A superuser gives others" in answer.content) == (given is None)


def test_roles_are_given_by_who_has_them(clerk, browser):
    boss = RoleFactory(name="Executive")  # without rights of its own: it opens records
    marketing = Group.objects.get(name="Marketing")
    add = reverse("admin:accounts_user_add")

    browser(clerk).post(add, {"username": "spy", "groups": [boss.pk]})
    browser(clerk).post(add, {"username": "nina", "groups": [marketing.pk]})

    assert list(User.objects.filter(username__in=["spy", "nina"])) == list(
        marketing.user_set.exclude(pk=clerk.pk)
    )


@pytest.mark.parametrize(
    ("more", "status"),
    [({}, 200), ({"roles": ["Marketing"], "attributes": {"country": "DE"}}, 200),
     ({"roles": ["Executive"]}, 403), ({"attributes": {"country": ["FR"]}}, 403)],
)  # fmt: skip
def test_passwords_are_set_only_of_people_who_have_no_more(clerk, browser, more, status):
    other = PersonFactory(username="other", usual=False, **more)

    page = browser(clerk).get(reverse("admin:auth_user_password_change", args=[other.pk]))

    assert page.status_code == status


def test_a_role_that_one_does_not_have_keeps_its_name_and_stays_out_of_the_admin(clerk, browser):
    """Single sign-on gives roles by their names, and staff may change what their roles edit."""
    boss, viewers = RoleFactory(name="Executive"), RoleFactory(name="Viewer")
    clerk.groups.add(viewers)

    for role, name in ((viewers, "Looking"), (boss, "Viewer")):
        page = reverse("admin:auth_group_change", args=[role.pk])
        browser(clerk).post(page, {"name": name, "enters_admin": "on"})

    assert set(Group.objects.values_list("name", flat=True)) == {
        "Executive",
        "Looking",
        "Marketing",
    }
    entering = RoleProfile.objects.filter(enters_admin=True).values_list("role__name", flat=True)
    assert list(entering) == ["Looking"]
