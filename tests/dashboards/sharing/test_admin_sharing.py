"""Share links and embedding keys in the admin: no secret is shown twice, nothing comes back."""

import re
import time

import jwt
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from dashboards import tokens
from dashboards.models import EmbedKey
from tests.dashboards.sharing.conftest import ORIGIN, only_link
from tests.factories.dashboards import DashboardFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
LINKS, KEYS = "admin:dashboards_sharelink", "admin:dashboards_embedkey"
EVERYTHING = [
    f"{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("sharelink", "embedkey", "dashboard")
]


def signed_in(**person) -> Client:
    client = Client()
    client.force_login(PersonFactory(is_staff=True, **person))
    return client


@pytest.fixture
def root(maker) -> Client:
    return signed_in(username="root", is_superuser=True)


def new_key(shop, viewer, **changes):
    origins = f"{ORIGIN}/\n\nhttp://localhost:9000"
    return {"name": "Intranet", "viewer": viewer.pk, "dashboards": [shop.dashboard.pk],
            "origins": origins} | changes  # fmt: skip


def test_a_link_is_looked_at_but_its_token_is_nowhere(root, issue):
    token = issue(password="correct horse").split("/")[2]
    link = only_link()
    pages = [reverse(f"{LINKS}_changelist")]
    pages += [reverse(f"{LINKS}_{kind}", args=[link.pk]) for kind in ("change", "history")]

    for page in pages:
        html = root.get(page).content.decode()
        assert "Agency" in html
        assert token not in html
        assert link.digest not in html
        assert link.password not in html
    assert root.get(reverse(f"{LINKS}_add")).status_code == 403


@pytest.mark.parametrize("kind", ["link", "key"])
def test_what_was_revoked_comes_back_by_no_way(root, issue, key, stranger, kind):
    address = issue()
    model, record = (LINKS, only_link()) if kind == "link" else (KEYS, key)
    done = root.post(
        reverse(f"{model}_changelist"), {"action": "revoke", "_selected_action": record.pk}
    )
    record.refresh_from_db()
    version = record.history.last()  # the first one, before it was revoked

    assert done.status_code == 302
    assert record.revoked_at
    assert record.history.first().history_user.username == "root"
    old = reverse(f"{model}_simple_history", args=[record.pk, version.pk])
    assert root.get(old).status_code == 200
    assert root.post(old, {"name": "again"}).status_code == 403
    assert root.post(reverse(f"{model}_change", args=[record.pk]), {}).status_code == 403
    record.refresh_from_db()
    assert record.revoked_at
    if kind == "link":
        assert stranger.get(address).status_code == 410


def test_staff_see_links_of_dashboards_that_they_may_edit(issue, maker):
    issue()
    link = only_link()
    other = signed_in(username="other", may=EVERYTHING)

    assert "Agency" not in other.get(reverse(f"{LINKS}_changelist")).content.decode()
    assert other.get(reverse(f"{LINKS}_change", args=[link.pk])).status_code == 302
    other.post(reverse(f"{LINKS}_changelist"), {"action": "revoke", "_selected_action": link.pk})
    assert only_link().revoked_at is None


def test_the_fields_of_a_link_that_say_what_it_shows_cannot_be_changed(root, issue):
    issue(country=["DE"])
    link = only_link()

    root.post(reverse(f"{LINKS}_change", args=[link.pk]), {
        "name": "Renamed", "query": "", "owner": 1, "expires_at_0": "2030-01-01",
        "expires_at_1": "00:00", "dashboard": 1,
    })  # fmt: skip

    after = only_link()
    assert after.name == "Renamed"
    for field in ("query", "owner_id", "expires_at", "dashboard_id"):
        assert getattr(after, field) == getattr(link, field)


def test_the_secret_of_a_new_key_is_shown_once_and_signs(root, shop, maker, stranger):
    answer = root.post(reverse(f"{KEYS}_add"), new_key(shop, maker), follow=True)
    key = EmbedKey.objects.get()
    html = answer.content.decode()

    assert key.secret in html
    assert key.origins == [ORIGIN, "http://localhost:9000"]
    assert "token=THE-TOKEN" in html
    assert key.key_id in html
    later = [root.get(reverse(f"{KEYS}_{kind}", args=[key.pk])) for kind in ("change", "history")]
    later.append(root.get(reverse(f"{KEYS}_changelist")))
    assert all(key.secret not in page.content.decode() for page in later)

    code = re.search(r"import os, time.*?(?=</pre>)", html, re.DOTALL)[0]
    code = code.replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'")
    made = {}
    exec(code.replace('os.environ["EMBED_SECRET"]', repr(key.secret)), made)
    token = made["token"]("six", {"country": ["DE"]})
    assert stranger.get("/embed/six/", {"token": token}).status_code == 200
    assert jwt.decode(token, key.secret, ["HS256"])["exp"] < time.time() + 600


def test_saving_a_key_again_keeps_its_secret_and_viewer(root, shop, maker, key):
    changed = new_key(shop, shop.viewer, name="Renamed", origins="https://other.example.org")
    root.post(reverse(f"{KEYS}_change", args=[key.pk]), changed)
    after = EmbedKey.objects.get()

    assert (after.name, after.origins) == ("Renamed", ["https://other.example.org"])
    assert (after.secret, after.key_id, after.viewer) == (key.secret, key.key_id, maker)


def test_nobody_but_superusers_makes_a_key_with_the_rights_of_somebody_else(shop, maker):
    hidden = DashboardFactory(title="Hidden")
    clerk = PersonFactory(username="clerk", is_staff=True, roles=["Makers"], may=EVERYTHING)
    client = Client()
    client.force_login(clerk)
    add = reverse(f"{KEYS}_add")

    assert "Hidden" not in client.get(add).content.decode()
    client.post(add, new_key(shop, maker))
    client.post(add, new_key(shop, clerk, dashboards=[hidden.pk]))
    assert EmbedKey.objects.count() == 0
    client.post(add, new_key(shop, clerk, signs_attributes="on"))
    made = EmbedKey.objects.get()
    assert (made.viewer, made.signs_attributes) == (clerk, False)


def test_keys_of_others_do_not_exist_for_staff(shop, key):
    clerk = signed_in(username="clerk", roles=["Makers"], may=EVERYTHING)

    assert key.key_id not in clerk.get(reverse(f"{KEYS}_changelist")).content.decode()
    assert clerk.get(reverse(f"{KEYS}_change", args=[key.pk])).status_code == 302


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*", "https://*.example.org", "https://a.example/", "https://a.example/path",
     "a.example", "https:", "data:", "'self'", "https://a.example; script-src *", "https://a b",
     "https://a.example\nhttps://b", "https://a.example:0", "https://user@a.example", "",
     "javascript://a", "https://A.example", "https://a.example,https://b.example", 1, None],
)  # fmt: skip
def test_only_plain_origins_are_taken(key, origin):
    key.origins = [origin]

    with pytest.raises(ValidationError, match="origin|at least one"):
        key.clean()
    assert tokens.valid_origins([origin]) == []


@pytest.mark.parametrize(
    "origin", ["https://a.example", "http://localhost:9000", "https://10.0.0.1", "https://[::1]:8"]
)
def test_origins_of_all_usual_forms_are_taken(key, origin):
    key.origins = [origin]

    key.clean()
    assert tokens.valid_origins([origin]) == [origin]
