"""Dashboards inside the pages of other applications, which sign what is shown and to whom.

An application's token opens a page once. The page itself lives on with a token of the portal,
because browsers block cookies of embedded pages; the key behind both is looked at each time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core import signing
from django.views.decorators.debug import sensitive_variables

from dashboards import filters, locked, tokens
from dashboards.choices import View
from dashboards.errors import EmbedRefused, LinkClosed
from dashboards.models import Dashboard, EmbedKey
from datasets.errors import SecretUnreadable
from datasets.secrets import readable

PAGE_SECONDS = 12 * 3600
SALT = "dashboards.embedded-page"


@dataclass(frozen=True, slots=True)
class Embedded:
    """One embedded page; without a view its key may not show it (any more)."""

    key: EmbedKey
    view: View | None
    theme: str = ""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # that were signed

    @property
    def origins(self) -> list[str]:
        return tokens.valid_origins(self.key.origins)


@sensitive_variables()
def new_key(key: EmbedKey) -> str:
    """Set a new id and secret on an unsaved key; the secret is shown to its maker once."""
    key.key_id, key.secret = secrets.token_hex(8), tokens.new_secret()
    return key.secret


@sensitive_variables("token")
def opened(token: str, slug: str, now: datetime) -> Embedded:
    """The page that an application's token asks for; raises `EmbedRefused`."""
    key = _key(tokens.key_id_of(token))
    try:
        said = tokens.claims(token, readable(key.secret), now)
    except SecretUnreadable as error:
        raise EmbedRefused(f"the secret of key {key.key_id} cannot be read.") from error
    except EmbedRefused as error:
        raise EmbedRefused(f"key {key.key_id}: {error}") from error
    dashboard = key.dashboards.filter(slug=slug).first()
    if said.dashboard != slug or dashboard is None:
        return Embedded(key, None, said.theme)
    if said.attributes and not key.signs_attributes:
        raise EmbedRefused(f"key {key.key_id} signs no attributes: a superuser may allow it.")
    unknown = set(said.filters) - set(dashboard.filters.values_list("name", flat=True))
    if unknown:
        raise EmbedRefused(f"key {key.key_id}: {slug} has no such filters.")
    query = filters.write(filters.Chosen(values=_all_or_some(said.filters), tab=said.tab))
    view = _view(key, dashboard, query, said.attributes)
    return Embedded(key, view, said.theme, said.attributes)


def pass_of(page: Embedded) -> str:
    """What the page shows with its later questions: bound to its key, dashboard and choices."""
    assert page.view is not None
    held = {"k": page.key.key_id, "d": page.view.dashboard.pk, "q": page.view.query,
            "a": dict(page.attributes)}  # fmt: skip
    return signing.dumps(held, salt=SALT, compress=True)


def again(held: str, slug: str) -> Embedded:
    """The page that this pass was given to, with the rights of now; raises `EmbedRefused`."""
    try:
        said = signing.loads(held, salt=SALT, max_age=PAGE_SECONDS)
    except signing.BadSignature as error:
        raise EmbedRefused("the pass of the page is over, or none of ours.") from error
    key = _key(said["k"])
    dashboard = key.dashboards.filter(pk=said["d"], slug=slug).first()
    attributes = said.get("a", {})
    if attributes and not key.signs_attributes:
        raise EmbedRefused(f"key {key.key_id} signs no attributes any more.")
    return Embedded(key, _view(key, dashboard, said["q"], attributes) if dashboard else None)


def _key(key_id: str) -> EmbedKey:
    key = EmbedKey.objects.select_related("viewer").filter(key_id=key_id).first()
    if key is None:
        raise EmbedRefused("there is no such key.")
    if key.revoked_at:
        raise EmbedRefused(f"key {key.key_id} is revoked.")
    return key


def _all_or_some(held: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """In an address everything beside other values is everything; in a signature it is a fault."""
    if any(filters.ALL in values and len(values) > 1 for values in held.values()):
        raise EmbedRefused("* stands beside other values.")
    return dict(held)


def _view(
    key: EmbedKey, dashboard: Dashboard, query: str, attributes: Mapping[str, Sequence[str]]
) -> View | None:
    """As the key's person, with the attributes that the application signed for who looks: rules of
    rows ask for them."""
    viewer = locked.reader(key.viewer, dashboard)
    if viewer is None:
        return None
    if attributes:  # the rules were asked for, so they hold, also where the person writes the data
        viewer.is_superuser = viewer.reads_as_staff = False
    own = viewer.attributes if isinstance(viewer.attributes, dict) else {}
    viewer.attributes = own | {name: list(values) for name, values in attributes.items()}
    try:
        return locked.locked(dashboard, viewer, query)
    except LinkClosed as error:
        raise EmbedRefused(f"key {key.key_id}: its choices do not fit the dashboard.") from error
