"""What no page of the admin sends is refused, and ends no page with an error."""

import pytest

from tests.factories.people import PersonFactory

WRONG = ["abc", "9" * 30, "a\0b"]


@pytest.fixture
def root(db, client):
    client.force_login(PersonFactory(is_superuser=True, is_staff=True))
    return client


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("accounts/auditevent/?kind=%00", 400),
        ("datasets/source/?kind=%00", 400),
        ("accounts/auditevent/export/?town=Rome", 400),
        ("autocomplete/?app_label=datasets&model_name=rowpolicy&field_name=roles&term=%00", 400),
        ("datasets/rowpolicy/add/?roles=abc", 200),
    ],
)
def test_an_address_that_nobody_is_given(root, path, status):
    assert root.get(f"/admin/{path}").status_code == status


@pytest.mark.parametrize("key", WRONG)
def test_a_key_that_no_record_has(root, key):
    action = {"action": "delete_selected", "_selected_action": key}

    assert root.post("/admin/datasets/dataset/", action).status_code == 400
    for name in ("record", "source"):
        tried = root.post("/admin/datasets/dataset/preview/", {name: key, "sql": "SELECT 1"})
        assert "Choose a source" in tried.content.decode()
    assert root.post("/admin/datasets/source/test/", {"record": key}).status_code == 200


def test_options_that_lie_too_deep_for_python(root):
    sent = {"kind": "postgresql", "options": "[" * 20_000}

    for door in ("test", "add"):
        assert "too deep" in root.post(f"/admin/datasets/source/{door}/", sent).content.decode()
