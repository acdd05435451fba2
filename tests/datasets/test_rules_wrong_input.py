"""Rules that are written wrongly, or with more than somebody thought of, end no page."""

import json

import pyarrow as pa
import pytest
from django.urls import reverse

from datasets import query
from datasets.models import RowPolicy, RuleTest
from datasets.query import Query
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory

DEEP = '{"all":[' * 5000 + "]}" * 5000


@pytest.fixture
def orders(db):
    found = DatasetFactory(name="Orders")
    publish(found, pa.table({"country": ["DE", "FR"], "number": [1, 2]}))
    return found


@pytest.fixture
def root(orders, client):
    client.force_login(PersonFactory(username="root", is_superuser=True, is_staff=True))
    return client


def above(number):
    return {"all": [{"column": "number", "op": "<", "value": number}]}


def written(dataset, **more):
    return {"rule-dataset": dataset.pk, "rule-name": "One"} | {
        f"rule-{name}": value for name, value in more.items()
    }


def test_a_rule_may_compare_with_a_number_that_no_column_holds(orders):
    RowPolicy.objects.create(
        dataset=orders, name="Wide", everybody=True, condition=above(2**120)
    ).full_clean()

    assert query.run(Query(), orders, PersonFactory()).table.num_rows == 2


@pytest.mark.parametrize(
    ("condition", "said"),
    [(DEEP, "too deep"), (json.dumps(above(float("nan"))), "of no use there")],
)
@pytest.mark.parametrize("door", ["try", "add"])
def test_a_condition_that_cannot_be_kept_is_refused_in_words(root, orders, door, condition, said):
    address = reverse(f"admin:datasets_rowpolicy_{door}")

    answer = root.post(address, written(orders, condition=condition, everybody="on"))

    assert said in answer.content.decode()
    assert not RowPolicy.objects.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [({"only": DEEP}, "too deep"),
     ({"only": '{"column": "town", "op": "=", "value": 1}'}, "has no column town"),
     ({"only": '{"column": "number", "op": "=", "value": "x"}'}, "is no integer"),
     ({"attributes-name": "country", "attributes-values": "D\0E"}, "no text")],
)  # fmt: skip
def test_a_rule_test_that_can_never_hold_is_refused(root, orders, more, said):
    answer = root.post(reverse("admin:datasets_ruletest_add"), written(orders, only="{}") | {
        f"rule-{name}": value for name, value in more.items()})  # fmt: skip

    assert said in answer.content.decode()
    assert not RuleTest.objects.exists()


def test_attributes_of_a_rule_test_are_written_as_those_of_people(root, orders):
    rows = {"attributes-name": ["country", ""], "attributes-values": ["DE, AT", ""]}

    root.post(reverse("admin:datasets_ruletest_add"), written(orders, only="{}", **rows))

    assert RuleTest.objects.get().attributes == {"country": ["DE", "AT"]}
