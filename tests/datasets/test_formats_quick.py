"""The quick way of writing numbers writes what Babel writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import formats

LOCALES = ["en", "de", "fr", "es", "pl", "sv", "de-CH", "en-IN", "hi", "pt-PT", "ar", "fa", "ja"]
PATTERNS = ["#,##0", "#,##0.0", "#,##0.000", "#,##0%", "#,##0.0%", "0", "0.0%", "#,##0.##", "0.0#"]


def by_babel(value, pattern, locale):
    found = formats._pattern(pattern, locale)
    return str(found.apply(value, formats.locale_of(locale)))


@given(
    st.floats(-1e14, 1e14) | st.integers(-(10**14), 10**14) | st.sampled_from([0.125, 2.675, -0.0]),
    st.sampled_from(PATTERNS),
    st.sampled_from(LOCALES),
)
def test_any_number_is_written_as_babel_writes_it(value, pattern, locale):
    assert formats.number(value, pattern, locale) == by_babel(value, pattern, locale)


@pytest.mark.parametrize("value", [999.5, 1234.5, 9999.5, 12345, 0.005, -0.004, 1e14])
@pytest.mark.parametrize("locale", LOCALES)
def test_edges(value, locale):
    for pattern in PATTERNS:
        assert formats.number(value, pattern, locale) == by_babel(value, pattern, locale)


def test_common_locales_are_quick_and_odd_ones_are_not():
    assert all(formats._quick("#,##0.0%", locale) for locale in ("en", "de", "fr"))
    assert formats._quick("0 pcs", "en") is None
