"""Row and column rules as records: to whom they give what, and that they give nothing in doubt."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from datasets import policies
from datasets.errors import DatasetError
from datasets.models import ColumnPolicy, RowPolicy
from datasets.query import Filter, Group, Measure, Order, Query, count, run
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory, RoleFactory

ROWS = {
    "id": [1, 2, 3, 4, 5, 6],
    "country": ["DE", "AT", "DE", None, "FR", "DE"],
    "city": ["Ulm", "Graz", "Ulm", "Ulm", "Lyon", "Bonn"],
    "mail": ["ada@shop.de", "bob@shop.at", "cy@shop.de", None, "d", "eve.long@mail.org"],
    "salary": [1234, 5678, -87, None, 0, 15],
    "born": [date(1990, 5, 17)] * 6,
    "seen": [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)] * 6,
    "paid": [True, False, None, True, True, False],
}
OWN = {"column": "country", "op": "in", "attribute": "country"}


@pytest.fixture
def people(db):
    dataset = DatasetFactory(name="People", view_roles=[RoleFactory(name="Sales")])
    publish(dataset, pa.table(ROWS))
    return dataset


def person(*roles, **more):
    return PersonFactory(roles=list(roles), **more)


def row_rule(dataset, condition, *roles, **more):
    name = f"Rule {RowPolicy.objects.count()}"
    rule = RowPolicy.objects.create(dataset=dataset, name=name, condition=condition, **more)
    rule.roles.set([RoleFactory(name=role) for role in roles])
    return rule


def column_rule(dataset, columns, effect, *except_for, **more):
    name = f"Rule {ColumnPolicy.objects.count()}"
    rule = ColumnPolicy.objects.create(
        dataset=dataset, name=name, columns=columns, effect=effect, **more
    )
    rule.roles.set([RoleFactory(name=role) for role in except_for])
    return rule


def ids(dataset, viewer, **asked):
    table = run(Query(select=("id",), order=(Order("id"),), **asked), dataset, viewer).table
    return table.column("id").to_pylist()


def answer(dataset, viewer, **asked):
    return run(Query(**asked), dataset, viewer).table.to_pylist()


# --- Rows


def test_without_rules_a_viewer_sees_every_row(people):
    assert ids(people, person("Sales")) == [1, 2, 3, 4, 5, 6]


def test_a_rule_gives_rows_to_its_roles_and_to_nobody_else(people):
    row_rule(people, {"column": "country", "op": "=", "value": "AT"}, "Sales")

    assert ids(people, person("Sales")) == [2]
    assert ids(people, person("Finance")) == []
    assert ids(people, person()) == []
    assert ids(people, PersonFactory(is_superuser=True)) == [1, 2, 3, 4, 5, 6]


def test_rules_of_several_roles_add_up(people):
    row_rule(people, {"column": "country", "op": "=", "value": "AT"}, "Sales")
    row_rule(people, {"column": "salary", "op": ">", "value": 1000}, "Finance")

    assert ids(people, person("Sales", "Finance")) == [1, 2]


def test_an_attribute_stands_for_what_the_person_has(people):
    row_rule(people, OWN, "Sales")

    assert ids(people, person("Sales", attributes={"country": ["DE", "FR"]})) == [1, 3, 5, 6]
    assert ids(people, person("Sales", attributes={"country": "AT"})) == [2]


NO_VALUE = (
    {}, {"country": ""}, {"country": []}, {"country": [""]}, {"country": [None]},
    {"Country": "DE"}, {"country": {"$ne": ""}}, [], None, "DE",
)  # fmt: skip


@pytest.mark.parametrize("op", ["in", "not_in", "=", "!=", "<", "contains"])
def test_without_a_value_of_the_attribute_there_are_no_rows(people, op):
    row_rule(people, {"column": "country", "op": op, "attribute": "country"}, "Sales")
    viewer = person("Sales")

    for viewer.attributes in NO_VALUE:
        assert ids(people, viewer) == [], viewer.attributes


def test_an_attribute_is_a_text_and_no_part_of_the_statement(people):
    row_rule(people, OWN, "Sales")

    assert ids(people, person("Sales", attributes={"country": "x') OR ('1'='1"})) == []


def test_a_rule_that_cannot_be_evaluated_gives_nothing_as_a_whole(people):
    """Also where one side of an OR could be."""
    row_rule(people, {"any": [OWN, {"column": "id", "op": "=", "value": 1}]}, "Sales")

    assert ids(people, person("Sales")) == []
    assert ids(people, person("Sales", attributes={"country": "AT"})) == [1, 2]


def test_groups_join_by_and_and_or(people):
    ulm = {"column": "city", "op": "=", "value": "Ulm"}
    de = {"column": "country", "op": "=", "value": "DE"}
    row_rule(people, {"all": [ulm, {"any": [de, {"column": "country", "op": "is_null"}]}]}, "Sales")

    assert ids(people, person("Sales")) == [1, 3, 4]


def test_nobody_gets_the_rows_of_a_rule_whose_roles_are_gone(people):
    row_rule(people, {}, "Sales")
    viewer = person("Sales")
    assert len(ids(people, viewer)) == 6

    RoleFactory(name="Sales").delete()

    assert ids(people, person("Sales")) == []


def test_a_rule_for_everybody_needs_no_role(people):
    row_rule(people, {"column": "id", "op": "<=", "value": 2}, everybody=True)

    assert ids(people, person()) == [1, 2]


def test_a_rule_that_is_switched_off_or_deleted_holds_no_more(people):
    rule = row_rule(people, {"column": "id", "op": "=", "value": 1}, "Sales")
    viewer = person("Sales")
    assert ids(people, viewer) == [1]

    rule.enabled = False
    rule.save()
    assert len(ids(people, viewer)) == 6
    rule.enabled = True
    rule.save()
    assert ids(people, viewer) == [1]
    rule.delete()
    assert len(ids(people, viewer)) == 6


@pytest.mark.parametrize(
    "condition",
    [{"column": "gone", "op": "=", "value": 1}, {"column": "id", "op": "=", "value": "x"},
     {"all": [{"column": "id", "op": "=", "value": 1}, {"column": "gone", "op": "is_null"}]},
     {"column": "city", "op": "period", "value": ["7d", 0]}, "nonsense", ["all"], {"all": "x"},
     {"any": []}, {"column": "id", "op": "sql", "value": "1=1"}],
)  # fmt: skip
def test_a_rule_that_does_not_fit_gives_nothing_and_hinders_no_other(people, condition):
    row_rule(people, condition, "Sales")
    assert ids(people, person("Sales")) == []

    row_rule(people, {"column": "id", "op": "=", "value": 5}, "Sales")
    assert ids(people, person("Sales")) == [5]


def test_a_rule_of_a_missing_column_is_refused_when_it_is_saved(people):
    with pytest.raises(ValidationError, match="no column gone"):
        RowPolicy(dataset=people, name="x", condition={"column": "gone", "op": "is_null"}).clean()


def test_who_may_change_the_dataset_sees_all_its_rows(people):
    """They write its SQL, so a rule would hold nothing back."""
    row_rule(people, {"column": "id", "op": "=", "value": 1}, "Sales")
    people.edit_roles.add(RoleFactory(name="Editors"))
    editor = person("Editors", is_staff=True, may=["change_dataset"])
    no_staff = person("Editors", may=["change_dataset"])
    no_right = person("Editors", is_staff=True)
    staff = person("Sales", is_staff=True, may=["change_dataset"])

    seen = [ids(people, one) for one in (editor, no_staff, no_right, staff)]

    assert seen == [[1, 2, 3, 4, 5, 6], [], [], [1]]


def test_the_count_of_rows_is_of_those_one_may_see(people):
    row_rule(people, {"column": "country", "op": "=", "value": "DE"}, "Sales")

    assert count(people, person("Sales")) == 3
    assert count(people, person()) == 0


def test_bins_are_laid_over_the_rows_one_may_see(people):
    row_rule(people, {"column": "salary", "op": "<", "value": 100}, "Sales")
    asked = {
        "group_by": (Group("salary", bins=4, name="bin"),),
        "measures": (Measure("n", "count()"),),
    }

    bins = answer(people, person("Sales"), **asked)

    assert max(row["bin"]["to"] for row in bins) <= 100


def test_rules_cost_no_query_of_datasets_without_them(people, django_assert_num_queries):
    other = DatasetFactory()
    row_rule(other, {}, "Sales")
    viewer = person("Sales")
    policies.of(people, viewer)

    with django_assert_num_queries(0):
        policies.of(people, viewer)
    with django_assert_num_queries(1):  # the viewer's roles, once
        policies.of(other, viewer)
        policies.of(other, viewer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trusted", [0.0, 60.0])
def test_a_change_that_is_rolled_back_is_forgotten(people, monkeypatch, trusted):
    monkeypatch.setattr(policies, "TRUSTED", trusted)
    viewer = person("Sales")
    with transaction.atomic():
        row_rule(people, {"column": "id", "op": "=", "value": 1}, "Sales")
        assert ids(people, viewer) == [1]
        with ThreadPoolExecutor(1) as other:
            seen = other.submit(lambda: (policies.rules_of(people).rows, connection.close()))
        assert seen.result()[0] == ()
        transaction.set_rollback(True)

    assert len(ids(people, viewer)) == 6
    connection.close()


# --- Columns


def test_a_hidden_column_is_there_for_the_roles_that_the_rule_names(people):
    column_rule(people, ["mail", "salary"], "hide", "Finance")

    [first, *_] = answer(people, person("Sales"), order=(Order("id"),))
    assert set(first) == set(ROWS) - {"mail", "salary"}
    [first, *_] = answer(people, person("Finance"), order=(Order("id"),))
    assert set(first) == set(ROWS)


@pytest.mark.parametrize(
    ("column", "mask", "expected"),
    [
        ("mail", "empty", [None] * 6),
        ("mail", "stars", ["***", "***", "***", None, "***", "***"]),
        ("mail", "first", ["a***", "b***", "c***", None, "d***", "e***"]),
        ("mail", "last", ["***p.de", "***p.at", "***p.de", None, "***", "***.org"]),
        ("mail", "domain",
         ["***@shop.de", "***@shop.at", "***@shop.de", None, "***", "***@mail.org"]),
        ("salary", "coarse", [1000, 6000, -90, None, 0, 20]),
        ("salary", "stars", [None] * 6),
        ("born", "coarse", [date(1990, 5, 1)] * 6),
        ("seen", "coarse", [datetime(2026, 3, 1, tzinfo=UTC)] * 6),
        ("born", "first", [None] * 6),
        ("paid", "coarse", [None] * 6),
        ("mail", "nonsense", [None] * 6),
    ],
)  # fmt: skip
def test_a_mask_leaves_what_it_says_and_keeps_the_type(people, column, mask, expected):
    viewer = person("Sales")
    plain = run(Query(), people, viewer).table.schema.field(column).type
    column_rule(people, [column], "mask", mask=mask)

    table = run(Query(order=(Order("id"),)), people, viewer).table

    assert table.column(column).to_pylist() == expected
    assert table.schema.field(column).type == plain


def test_a_pseudonym_is_the_same_for_equal_texts_and_not_to_be_guessed(people):
    column_rule(people, ["city"], "mask", mask="pseudonym")
    viewer = person("Sales")

    names = [row["city"] for row in answer(people, viewer, order=(Order("id"),))]

    assert names[0] == names[2] == names[3] != names[1]
    assert not any(city in name for name in names for city in ("Ulm", "Graz"))
    [groups] = answer(people, viewer, measures=(Measure("n", "count_distinct(city)"),))
    assert groups["n"] == 4


@pytest.mark.parametrize(
    "asked",
    [
        {"filters": (Filter("mail", "contains", "ada"),)},
        {"filters": (Filter("mail", "=", "ada@shop.de"),)},
        {"filters": (Filter("mail", "in", ["ada@shop.de"]),)},
    ],
)
def test_a_filter_cannot_feel_for_what_a_mask_covers(people, asked):
    column_rule(people, ["mail"], "mask", mask="stars")

    assert ids(people, person("Sales"), **asked) == []


def test_measures_and_order_see_the_mask_alone(people):
    column_rule(people, ["salary"], "mask", mask="empty")
    viewer = person("Sales")

    [total] = answer(people, viewer, measures=(Measure("m", "max(salary)"),))
    ordered = answer(people, viewer, select=("id",), order=(Order("salary", True), Order("id")))

    assert total == {"m": None}
    assert [row["id"] for row in ordered] == [1, 2, 3, 4, 5, 6]


def test_row_rules_see_what_masks_and_hiding_cover(people):
    column_rule(people, ["mail", "country"], "hide")
    column_rule(people, ["city"], "mask", mask="stars")
    row_rule(people, {"all": [{"column": "country", "op": "=", "value": "DE"},
                              {"column": "city", "op": "=", "value": "Ulm"}]}, "Sales")  # fmt: skip

    assert ids(people, person("Sales")) == [1, 3]


def test_totals_need_enough_rows(people):
    column_rule(people, ["salary"], "totals", fewest=3)
    measures = (
        Measure("s", "sum(salary)"),
        Measure("a", "avg(salary) * 2"),
        Measure("n", "count()"),
    )
    viewer = person("Sales")

    groups = answer(people, viewer, group_by=(Group("country"),), measures=measures,
                    order=(Order("country"),))  # fmt: skip

    assert groups == [
        {"country": "AT", "s": None, "a": None, "n": 1},
        {"country": "DE", "s": 1162, "a": 1162 / 3 * 2, "n": 3},
        {"country": "FR", "s": None, "a": None, "n": 1},
        {"country": None, "s": None, "a": None, "n": 1},
    ]
    assert "salary" not in answer(people, viewer)[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"select": ("salary",)},
        {"group_by": (Group("salary"),)},
        {"group_by": (Group("salary", bins=3),)},
        {"filters": (Filter("salary", ">", 100),)},
        {"filters": (Filter("salary", "is_null"),)},
        {"order": (Order("salary"),)},
        *({"measures": (Measure("m", f"{name}(salary)"),)} for name in ("min", "max", "p90")),
        {"measures": (Measure("m", "quantile(salary, 0.1)"),)},
    ],
)  # fmt: skip
def test_a_column_of_totals_gives_no_single_value(people, asked):
    column_rule(people, ["salary"], "totals", fewest=2)

    with pytest.raises(DatasetError):
        answer(people, person("Sales"), **asked)


def test_of_several_rules_on_a_column_the_strictest_holds(people):
    column_rule(people, ["mail"], "mask", mask="domain")
    column_rule(people, ["mail"], "mask", "Sales", mask="stars")
    both, sales = person("Finance"), person("Sales")
    assert answer(people, both, select=("mail",), limit=1) == [{"mail": "***"}]
    assert answer(people, sales, select=("mail",), limit=1) == [{"mail": "***@shop.de"}]

    column_rule(people, ["mail"], "hide", "Sales")

    assert "mail" not in answer(people, both)[0]
    assert answer(people, sales, select=("mail",), limit=1) == [{"mail": "***@shop.de"}]


def test_a_column_with_a_new_name_does_not_slip_out_of_its_rule(people):
    column_rule(people, ["mail"], "hide")
    publish(
        people, pa.table({**{k: v for k, v in ROWS.items() if k != "mail"}, "e_mail": ROWS["mail"]})
    )

    assert set(answer(people, person("Sales"))[0]) == set(ROWS) - {"mail"}
    assert "e_mail" in answer(people, PersonFactory(is_superuser=True))[0]
