"""Rules are tried before they are saved, and their tests tell when one breaks."""

import pyarrow as pa
import pytest
from django.urls import reverse

from datasets import trial
from datasets.models import ColumnPolicy, RowPolicy, RuleTest
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory, RoleFactory

OWN = {"column": "country", "op": "in", "attribute": "country"}
RIGHTS = [
    f"{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("dataset", "rowpolicy", "columnpolicy", "ruletest")
]


@pytest.fixture
def orders(db):
    dataset = DatasetFactory(name="Orders", edit_roles=[RoleFactory(name="Makers")])
    publish(dataset, pa.table({"id": [1, 2, 3], "country": ["DE", "AT", "DE"], "mail": ["a"] * 3}))
    return dataset


@pytest.fixture
def rule(orders):
    made = RowPolicy.objects.create(dataset=orders, name="Own country", condition=OWN)
    made.roles.set([RoleFactory(name="Sales")])
    return made


@pytest.fixture
def maker(orders, client):
    client.force_login(PersonFactory(is_staff=True, roles=["Makers"], may=RIGHTS))
    return client


def kept_test(orders, **more):
    test = RuleTest.objects.create(
        dataset=orders, name="Germany", **{"attributes": {"country": ["DE"]}} | more
    )
    test.roles.set([RoleFactory(name="Sales")])
    return test


@pytest.mark.parametrize(
    ("expects", "said"),
    [
        ({"expected_rows": 2}, ""),
        ({"expected_rows": 3}, "Sees 2 rows, not 3."),
        ({"expected_rows": 0, "attributes": {}}, ""),
        ({"attributes": {"country": ["FR"]}}, "Sees no row."),
        ({"only": {"column": "country", "op": "=", "value": "DE"}}, ""),
        ({"only": {"column": "id", "op": "=", "value": 1}}, "Sees 1 rows that do not fit."),
        ({"unseen": ["mail"]}, "Sees mail."),
        ({"unseen": ["gone"]}, ""),
        ({"only": {"column": "gone", "op": "=", "value": 1}}, "Sees 2 rows that do not fit."),
    ],
)
def test_a_test_tells_what_is_not_as_expected(orders, rule, expects, said):
    kept_test(orders, **expects)

    [found] = trial.run_tests(orders)

    assert (found.said, found.passed) == (said, not said)
    stored = RuleTest.objects.get()
    assert (stored.said, stored.passed) == (said, not said)


def test_a_masked_column_is_not_seen(orders, rule):
    kept_test(orders, unseen=["mail"])
    ColumnPolicy.objects.create(dataset=orders, name="x", columns=["mail"], effect="mask")

    assert trial.run_tests(orders)[0].passed


def form(orders, **more):
    roles = [role.pk for role in [RoleFactory(name="Sales")]]
    return {
        "rule-dataset": orders.pk, "rule-name": "All of Austria", "rule-roles": roles,
        "rule-enabled": "on",
        "rule-condition": '{"column": "country", "op": "=", "value": "AT"}',
        "try-role": roles[0], "try-attribute": "country=DE",
    } | more  # fmt: skip


def test_a_rule_is_tried_as_it_stands_in_the_form(orders, rule, maker):
    answer = maker.post(reverse("admin:datasets_rowpolicy_try"), form(orders)).content.decode()

    assert "Somebody with the role Sales sees 3 of 3 rows." in answer
    assert RowPolicy.objects.count() == 1


def test_a_saved_rule_is_tried_with_what_was_changed(orders, rule, maker):
    changed = form(orders, record=rule.pk, **{"rule-name": "Own country"})
    answer = maker.post(reverse("admin:datasets_rowpolicy_try"), changed).content.decode()

    assert "sees 1 of 3 rows." in answer


def test_a_rule_is_tried_as_a_person(orders, rule, maker):
    PersonFactory(username="grete", roles=["Sales"], attributes={"country": "DE"})
    asked = form(orders, **{"try-person": "grete", "rule-enabled": ""})
    answer = maker.post(reverse("admin:datasets_rowpolicy_try"), asked).content.decode()

    assert "grete sees 2 of 3 rows." in answer


def test_a_column_rule_is_tried_too(orders, maker):
    asked = {
        "rule-dataset": orders.pk, "rule-name": "No mails", "rule-columns": ["mail"],
        "rule-effect": "hide", "rule-mask": "stars", "rule-fewest": 5, "rule-enabled": "on",
    }  # fmt: skip
    answer = maker.post(reverse("admin:datasets_columnpolicy_try"), asked).content.decode()

    masked = maker.post(
        reverse("admin:datasets_columnpolicy_try"), asked | {"rule-effect": "mask"}
    ).content.decode()

    assert "Hidden: mail." in answer
    assert '<th scope="col">mail' not in answer
    assert "Masked: mail." in masked


@pytest.mark.parametrize(
    "changes",
    [{"rule-condition": '{"column": "gone", "op": "=", "value": 1}'},
     {"rule-condition": '{"column": "id", "op": "=", "value": "many"}'},
     {"rule-condition": "nonsense"}, {"try-person": "nobody"}, {"rule-name": ""},
     {"rule-dataset": "x"}, {"record": "1e9"}],
)  # fmt: skip
def test_what_makes_no_sense_is_said(orders, maker, changes):
    answer = maker.post(reverse("admin:datasets_rowpolicy_try"), form(orders) | changes)

    assert answer.status_code == 200
    assert ("tools-bad" in answer.content.decode()) == ("record" not in changes)


def test_saving_a_rule_runs_the_tests_and_says_which_fail(orders, rule, maker):
    kept_test(orders, expected_rows=2)

    answer = maker.post(reverse("admin:datasets_rowpolicy_add"), form(orders), follow=True)

    assert (
        "1 of 1 rule tests of Orders fail. Germany: Sees 3 rows, not 2." in answer.content.decode()
    )
    assert RuleTest.objects.get().passed is False


@pytest.mark.parametrize("model", ["rowpolicy", "columnpolicy", "ruletest"])
@pytest.mark.parametrize("lacks", ["change_dataset", "the edit role"])
def test_rules_are_made_by_who_may_change_the_dataset(orders, rule, client, model, lacks):
    kept_test(orders)
    ColumnPolicy.objects.create(dataset=orders, name="x", columns=["mail"], effect="hide")
    rights = [name for name in RIGHTS if name != lacks]
    who = PersonFactory(is_staff=True, may=rights, roles=["Sales" if "role" in lacks else "Makers"])
    client.force_login(who)
    kinds = {"rowpolicy": RowPolicy, "columnpolicy": ColumnPolicy, "ruletest": RuleTest}
    key = kinds[model].objects.get().pk
    name = f"admin:datasets_{model}"

    changed = client.post(reverse(f"{name}_change", args=[key]), form(orders))
    added = client.post(reverse(f"{name}_add"), form(orders))
    gone = client.post(reverse(f"{name}_delete", args=[key]), {"post": "yes"})
    tried = (
        model == "ruletest"
        or client.post(reverse(f"{name}_try"), form(orders, record=key)).status_code == 403
        or b"tools-bad" in client.post(reverse(f"{name}_try"), form(orders)).content
    )

    assert kinds[model].objects.get().pk == key
    assert RowPolicy.objects.get().condition == OWN
    assert tried
    assert {changed.status_code, gone.status_code} <= {302, 403}
    assert added.status_code in (200, 403)
