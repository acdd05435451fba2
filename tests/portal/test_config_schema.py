"""The published schemas say what the reader does."""

import json
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from dashboards import layouts
from dashboards.charts import registry
from dashboards.charts.options import roles
from portal.config import kinds, schema, write
from tests.factories.people import PersonFactory

FOLDER = Path(settings.BASE_DIR) / "config"
FILES = {
    "dashboards/*.json": "dashboard.schema.json",
    "layouts/*.json": "layout.schema.json",
    "chart-templates.json": "chart-templates.schema.json",
    "brand.json": "brand.schema.json",
}
SHIPPED = [(path, name) for glob, name in FILES.items() for path in sorted(FOLDER.glob(glob))]


def published(name):
    return json.loads((FOLDER / "schema" / name).read_text())


@pytest.mark.parametrize("name", schema.all_schemas())
def test_the_published_schema_is_that_of_the_records_and_chart_types(name):
    assert published(name) == json.loads(write.text(schema.all_schemas()[name]))
    jsonschema.Draft202012Validator.check_schema(published(name))
    call_command("export_schema", check=True)


def test_a_stale_schema_is_told(tmp_path, settings):
    settings.BASE_DIR = tmp_path

    with pytest.raises(CommandError, match=r"dashboard\.schema\.json"):
        call_command("export_schema", check=True)
    assert not (tmp_path / "config").exists()
    call_command("export_schema")
    call_command("export_schema", check=True)


@pytest.mark.parametrize(("path", "name"), SHIPPED, ids=[path.name for path, _ in SHIPPED])
def test_shipped_files_are_valid_and_name_their_schema(path, name):
    found = json.loads(path.read_text())

    jsonschema.validate(found, published(name))
    assert found["$schema"].endswith(f"schema/{name}")
    assert (path.parent / found["$schema"]).resolve() == FOLDER / "schema" / name


def test_every_kind_of_file_is_shipped():
    assert {name for _, name in SHIPPED} == set(schema.all_schemas())
    assert len(layouts.all_layouts()) >= 3


@pytest.mark.parametrize("kind", kinds.KINDS, ids=[kind.word for kind in kinds.KINDS])
def test_every_field_of_a_record_has_a_key_or_a_reason(kind):
    fields = {field.name for field in kind.model._meta.concrete_fields}
    fields |= {field.name for field in kind.model._meta.many_to_many}
    told = {key.of for key in kind.keys} | set(kind.names.values()) | set(kind.left_out)

    assert fields == told


def test_every_option_of_every_chart_type_is_described():
    defs = published("dashboard.schema.json")["$defs"]
    for name, chart in registry.load().items():
        described = defs[f"options_{name}"]["properties"]
        assert set(described) == set(roles(chart.Options))
        assert all(option["description"] for option in described.values())


def test_an_export_is_valid(rich):
    found = json.loads(write.text(write.dashboard(rich)))

    jsonschema.validate(found, published("dashboard.schema.json"))


def test_signed_in_people_get_the_schemas(db, browser):
    url = reverse("config-schema", args=["dashboard.schema.json"])

    answer = browser(PersonFactory()).get(url)

    assert answer.headers["Content-Type"] == "application/schema+json"
    assert answer.json() == published("dashboard.schema.json")
    assert browser(PersonFactory()).get(url.replace("dashboard.", "other.")).status_code == 404
    assert browser(None).get(url).status_code == 302
