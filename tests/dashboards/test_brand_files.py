"""The themes that come with the portal."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from dashboards import brand
from dashboards.models import Theme

SHIPPED = json.loads(Path(settings.BASE_DIR, "config/brand.json").read_text())["themes"]


@pytest.mark.parametrize("theme", SHIPPED, ids=lambda theme: theme["name"])
def test_a_theme_that_comes_with_the_portal_is_read_and_told_apart(theme):
    usual = {field.name: field.get_default() for field in Theme._meta.fields}
    found = SimpleNamespace(**usual | theme)

    assert list(brand.problems(found)) == []
    assert brand.warnings(found.palette_light) == brand.warnings(found.palette_dark) == []
