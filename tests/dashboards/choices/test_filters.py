"""How choices stand in an address, what is refused, and what they ask of the rows."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import filters
from dashboards.errors import ChoiceRefused
from dashboards.filters import Chosen, Pick, Wish
from datasets.query import Filter as Condition


def one(name="country", kind="choices", **more):
    usual = {"columns": [name], "required": False, "default_kind": "none", "default": ""}
    return SimpleNamespace(name=name, kind=kind, **(usual | more))


@pytest.mark.parametrize(
    ("kind", "value", "asks"),
    [
        ("choice", "DE", [Condition("c", "in", ["DE"])]),
        ("choices", "", [Condition("c", "in", [None])]),
        ("numbers", "10..20", [Condition("c", ">=", 10.0), Condition("c", "<=", 20.0)]),
        ("numbers", "..20", [Condition("c", "<=", 20.0)]),
        ("numbers", "20..20", [Condition("c", ">=", 20.0), Condition("c", "<=", 20.0)]),
        ("numbers", "-1.5..", [Condition("c", ">=", -1.5)]),
        ("text", "ber", [Condition("c", "contains", "ber")]),
        ("boolean", "false", [Condition("c", "=", "false")]),
        ("period", "30d", [Condition("c", "period", ["30d", 0])]),
        ("choices", "*", []),
    ],
)
def test_a_choice_asks_this_of_the_rows(kind, value, asks):
    chosen = filters.read({"c": [value]}, [one("c", kind)])

    assert list(filters.conditions(one("c", kind), chosen.values["c"], "c")) == asks


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("period", "soon", "no period"),
        ("period", "2026-02-30..", "no period"),
        ("numbers", "ten..20", "no range"),
        ("numbers", "..", "no range"),
        ("numbers", "500..100", "the smaller first"),
        ("numbers", "nan..", "no range"),
        ("numbers", "1e999..", "no range"),
        ("boolean", "perhaps", "neither"),
        ("text", "a\x00b", "character"),
        ("text", "", "write the text"),
        ("choices", "x" * 201, "200 characters"),
    ],
)
def test_what_fits_no_filter_is_refused_by_its_name(kind, value, words):
    with pytest.raises(ChoiceRefused, match=words) as refused:
        filters.read({"country": [value]}, [one(kind=kind)])
    assert refused.value.name == "country"


@pytest.mark.parametrize("name", ["x.", "x.a.b", "x.1", "x.1.", "x.1234567890.b"])
def test_clicks_that_name_no_card_and_column_are_refused(name):
    with pytest.raises(ChoiceRefused, match="click"):
        filters.read({name: ["v"]}, [])


def test_other_parameters_of_an_address_are_left_alone():
    assert filters.read({"utm_source": ["mail"], "cards": ["first"]}, [one()]) == Chosen()


def test_a_filter_that_is_required_takes_no_everything():
    assert filters.read({"country": ["*"]}, [one(required=True)]).values["country"] == ()


texts = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=30)


@given(
    st.lists(texts.filter(lambda v: v != "*"), min_size=1, max_size=5, unique=True),
    st.lists(texts, min_size=1, max_size=3),
    st.sampled_from(["", "previous", "year"]),
)
def test_what_is_written_is_read_again(values, marks, compare):
    from urllib.parse import parse_qs

    picks = (Pick(12, "device", tuple(mark or None for mark in marks)),)
    chosen = Chosen({"country": tuple(values)}, picks, compare, "segments")

    written = filters.write(chosen)

    assert filters.read(parse_qs(written, keep_blank_values=True), [one()]) == chosen


def test_wishes_share_a_key_only_when_they_ask_the_same():
    wishes = [
        Wish(),
        Wish(period="30d"),
        Wish(period=""),
        Wish(compare="year"),
        Wish(conditions=(Condition("a", "=", "1"),)),
        Wish(conditions=(Condition("a", "=", 1),)),
        Wish(conditions=(Condition("a", "in", ["1", None]),)),
        Wish(conditions=(Condition("a", "in", ["1"]),)),
    ]
    assert len({wish.key for wish in wishes}) == len(wishes)
    assert Wish().key == Wish(ignored=("Country",)).key == ""


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"columns": []}, "columns"),
        ({"columns": "country"}, "columns"),
        ({"name": "compare"}, "name"),
        ({"default_kind": "fixed"}, "default"),
        ({"kind": "boolean", "default_kind": "fixed", "default": "maybe"}, "default"),
        ({"kind": "text", "default_kind": "largest"}, "default_kind"),
        ({"kind": "numbers", "required": True}, "default_kind"),
    ],
)
def test_filters_that_make_no_sense_are_refused(more, field):
    with pytest.raises(ChoiceRefused) as refused:
        filters.check(one(**({"name": "country"} | more)))
    assert refused.value.name == field
