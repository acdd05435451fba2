"""The shop of the choices' tests, shared out: its owner is staff who may edit the dashboard."""

import time
from datetime import timedelta

import jwt
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboards import choices, embedding, sharing
from dashboards.models import EmbedKey, ShareLink
from datasets import policies
from tests.dashboards.choices.conftest import shop  # noqa: F401
from tests.factories.people import PersonFactory, RoleFactory

DAY = timedelta(days=1)
ORIGIN = "https://intranet.example.org"


@pytest.fixture
def maker(shop):  # noqa: F811
    """Who shares: staff with a role that may edit."""
    shop.dashboard.edit_roles.set([RoleFactory(name="Makers")])
    shop.filter("country")
    shop.filter("period", "period")
    return PersonFactory(
        username="ada@example.org", first_name="Ada", last_name="Byron", is_staff=True,
        email="ada@example.org", roles=["Makers"], may=["share_dashboard"],
    )  # fmt: skip


@pytest.fixture
def issue(shop, maker):  # noqa: F811
    """``issue(country=["DE"])`` is the address of a new link with these choices."""

    def make(password="", expires_in=DAY, **chosen):
        view = choices.look(shop.dashboard, maker, chosen)
        _, token = sharing.issue(
            view, maker, name="Agency", expires_at=timezone.now() + expires_in, password=password
        )
        return reverse("shared", args=[token])

    return make


@pytest.fixture
def stranger() -> Client:
    """Somebody with no account, whose requests need no token of a form."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def rules(monkeypatch):
    """person -> `Policy`."""
    held, real = {}, policies.of
    monkeypatch.setattr(
        policies, "of", lambda dataset, viewer: held.get(viewer) or real(dataset, viewer)
    )
    return held


@pytest.fixture
def key(shop, maker) -> EmbedKey:  # noqa: F811
    made = EmbedKey(name="Intranet", viewer=maker, origins=[ORIGIN])
    embedding.new_key(made)
    made.save()
    made.dashboards.set([shop.dashboard])
    return made


def signed(key, secret=None, headers=None, algorithm="HS256", **changes) -> str:
    said = {"dashboard": "six", "filters": {}, "exp": int(time.time()) + 300} | changes
    said = {name: value for name, value in said.items() if value is not None}
    secret = key.secret if secret is None else secret
    return jwt.encode(said, secret, algorithm, headers=headers or {"kid": key.key_id})


def total(answer, title="Value") -> str:
    """What the number of the shop's dashboard says in the answer with all cards."""
    from dashboards.models import Widget

    widget = Widget.objects.get(title=title)
    card = next(card for card in answer.json()["widgets"] if card["id"] == widget.pk)
    return card["body"]["summary"]


def only_link() -> ShareLink:
    return ShareLink.objects.get()
