"""Whatever stands in a text that people or programs write, its parser takes or refuses it: no other
error, and in no time that anybody notices."""

import json
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards import filters, tokens
from dashboards.charts import options as chart_options
from dashboards.charts import registry
from dashboards.errors import ChoiceRefused, EmbedRefused, OptionsRefused
from datasets import conditions, formats, measures, periods, sql
from datasets.errors import ConditionRefused, FormulaRefused, SqlRefused
from portal import config
from portal.config import DefinitionRefused
from tests.factories.people import PersonFactory
from tests.factories.poison import LONG

SECONDS = 1.0  # of the processor, for one text
FUZZ = settings(
    deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
MANY, SOME = settings(FUZZ, max_examples=250), settings(FUZZ, max_examples=60)
WORDS = st.sampled_from([LONG, "\0", "\ud800", "١", "1e999", "-" * 300, "(" * 300, "'", '"',
                         "$$", "9" * 400, "\u202e", "{{7*7}}", "%s%n", "../../x",
                         "x" * 5000])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), WORDS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@contextmanager
def refused_with(*errors):
    """Within its time, and with no other error than these."""
    start = time.thread_time()
    with suppress(*errors):
        yield
    assert time.thread_time() - start < SECONDS


def made_of(pieces, most=14):
    """Texts that are nearly right: pieces of the language in any order."""
    return st.lists(st.sampled_from(pieces) | TEXTS, max_size=most).map(" ".join)


def joined(pieces, most=14):
    return st.lists(st.sampled_from(pieces), max_size=most).map("".join)


@given(
    TEXTS | st.binary(max_size=80) | joined(list('[]{}:,"0.eE-+') + ["null", "NaN", "1e999"], 40)
)
@MANY
def test_a_file_of_definitions(text):
    with refused_with(DefinitionRefused):
        config.parse(text)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 23 + "]" * 23,
                                  "9" * 100_000,
                                  '"' + "\\u0000" * 10 + '"', "1e400", "-" * 10_000])  # fmt: skip
def test_a_file_that_is_deep_or_large(text):
    with refused_with(DefinitionRefused):
        config.parse(text)


FILES = [json.loads(path.read_text())
         for path in sorted(Path(portal.BASE_DIR, "config/dashboards").glob("*.json"))]  # fmt: skip
SMALLEST = min(FILES, key=lambda one: len(str(one)))


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from places(item, (*path, key))


@pytest.fixture
def wish(db):
    return config.Wish(PersonFactory(is_superuser=True), True, ())


@given(data=st.data())
@settings(FUZZ, max_examples=25)
def test_a_dashboard_of_which_one_value_is_another(wish, data):
    """A problem is told at its place, or it would be applied; then all is taken back."""
    found = {"root": json.loads(json.dumps(SMALLEST))}
    path = ("root", *data.draw(st.sampled_from(list(places(SMALLEST)))))
    inside = found
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = data.draw(JSON)

    with suppress(DefinitionRefused):
        config.plan(config.definitions(config.parse(json.dumps(found["root"]))), wish)


FILTER = st.builds(
    SimpleNamespace, name=st.sampled_from(["a", "b"]), columns=st.just(["x"]),
    required=st.booleans(),
    kind=st.sampled_from(["period", "choice", "choices", "numbers", "text", "boolean"]),
)  # fmt: skip
ADDRESS = st.dictionaries(
    st.sampled_from(["a", "b", "compare", "tab", "x.1.c", "x..", "x.9999999999.c", "x.1."]) | TEXTS,
    st.lists(TEXTS | joined(["1", "..", "e", "9" * 9, "-", "d", "last-", "2026-02-30", "*"], 6),
             max_size=3),
    max_size=4,
)  # fmt: skip


@given(ADDRESS, st.lists(FILTER, max_size=2, unique_by=lambda one: one.name))
@MANY
def test_choices_in_an_address(params, known):
    with refused_with(ChoiceRefused):
        chosen = filters.read(params, known)
        for one in known:
            filters.conditions(one, chosen.values.get(one.name, ()), "x")
        filters.write(chosen)


SQL = ["SELECT", "*", "FROM", "t", "WHERE", "a", "=", "1", ";", "--", "/*", "*/", "(", ")", ",",
       "'", "WITH", "x", "AS", "UNION", "$$", "E'\\", ":p", "CASE WHEN", "END", "::int", "JOIN",
       "ON", "U&\"", "ORDER BY", "INTO", "/*!", "EXPLAIN", "[", "]",
       "OVER", "INTERVAL '1'"]  # fmt: skip


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "mysql"])
@given(made_of(SQL, 18))
@SOME
def test_sql(dialect, text):
    with refused_with(SqlRefused):
        canonical = sql.canonical(text, dialect)
        sql.parameters(canonical, dialect)


@pytest.mark.parametrize("text", ["SELECT " + "(" * 5000, "SELECT 1" + " UNION SELECT 1" * 2000,
                                  "SELECT " + "-" * 5001 + "1", "SELECT '" + "a" * 199_000,
                                  "SELECT " + "CASE WHEN 1 THEN " * 900])  # fmt: skip
def test_sql_that_is_deep_or_long(text):
    with refused_with(SqlRefused):
        sql.canonical(text, "postgres")


FORMULA = ["sum", "(", ")", "value", "/", "*", "-", "+", "count", "0", "1e308", "**", ",",
           "0.9", "quantile", "\"", "lambda:", "[", "]", ".", "__class__", ":=",
           "if", "yield"]  # fmt: skip


@given(joined(FORMULA) | TEXTS)
@MANY
def test_a_formula(text):
    with refused_with(FormulaRefused):
        measures.compile_formula(text, {"value": "number", "name": "text"})
    with refused_with(FormulaRefused):
        measures.check_names(text)


LEAF = st.fixed_dictionaries(
    {"column": TEXTS | st.just("c"), "op": st.sampled_from([*conditions.OPERATORS, "like", ""])},
    optional={"value": JSON, "attribute": TEXTS, "more": JSON},
)  # fmt: skip
CONDITION = st.recursive(
    LEAF | JSON,
    lambda inner: st.dictionaries(
        st.sampled_from(["all", "any", "not"]), st.lists(inner, max_size=3) | inner, max_size=2
    ),
    max_leaves=8,
)


@given(CONDITION)
@MANY
def test_a_condition_of_a_rule(written):
    with refused_with(ConditionRefused):
        found = conditions.parse(written)
        assert conditions.parse(conditions.plain(found)) == found
        conditions.words(found, {})


@given(data=st.data())
@MANY
def test_options_of_a_chart(data):
    chart = registry.get(data.draw(st.sampled_from(sorted(registry.load()))))
    known = list(chart_options.roles(chart.Options))
    value = JSON | joined(FORMULA) | st.lists(joined(FORMULA), max_size=3)
    values = data.draw(st.dictionaries(st.sampled_from(known) | TEXTS, value, max_size=5))

    with refused_with(OptionsRefused):
        chart_options.read(chart.Options, values, {"value": "number", "name": "text"})


@given(
    joined(["#", "0", ",", ".", "%", "'", "E", " ", "€", ";", "¤", "-", "@", "*"], 9) | TEXTS,
    st.floats() | st.integers(-(10**18), 10**18),
    st.sampled_from(["en", "de", "ar", "hi", "x"]),
)
@MANY  # fmt: skip
def test_a_number_format(pattern, number, locale):
    with refused_with():
        if formats.is_pattern(pattern):
            formats.number(number, pattern, locale)
        formats.compact(number, locale)


@given(
    joined(["last-", "this-", "7", "d", "m", "w", "..", "2026-01-01", "week", "year", "-", "0"], 5)
    | TEXTS
)
@MANY  # fmt: skip
def test_a_period(text):
    with refused_with():
        periods.is_period(text)


@given(TEXTS | joined(["eyJ", ".", "A", "=", "_", "-", "e30", "bnVsbA", "\n"], 8))
@MANY
def test_a_token_of_another_application(text):
    with refused_with(EmbedRefused):
        tokens.key_id_of(text)
