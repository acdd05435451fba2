"""Core: tokens that leave the portal, those that other applications sign, and the origins of their
pages."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt

from dashboards.errors import EmbedRefused

LONGEST = 8000  # characters of a signed token
AHEAD, LEEWAY = 600, 10  # seconds: how far ahead a token may expire, how far clocks may differ
THEMES = ("light", "dark")
#: A scheme, a host and perhaps a port: nothing that could end a directive of the page's policy.
ORIGIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?"
)


def new_secret() -> str:
    """Random, of 256 bits."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether a text has the form of one of ours."""
    return re.fullmatch(r"[A-Za-z0-9_-]{43}", text) is not None


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Claims:
    """What an application signed: a dashboard, and the choices that its pages cannot change."""

    dashboard: str
    filters: Mapping[str, tuple[str, ...]]
    tab: str = ""
    theme: str = ""
    attributes: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # of who looks, for the rules of datasets


def key_id_of(token: str) -> str:
    """The key that a token names. Nothing of it is verified yet."""
    if len(token) > LONGEST:
        raise EmbedRefused(f"a token has at most {LONGEST} characters.")
    try:
        found = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise EmbedRefused("this is no signed token.") from error
    if not isinstance(found, str) or not re.fullmatch(r"[0-9a-f]{16}", found):
        raise EmbedRefused("the header of the token names no key as its kid.")
    return found


def claims(token: str, secret: str, now: datetime) -> Claims:
    """What a token says, verified; raises `EmbedRefused`."""
    try:
        said = jwt.decode(
            token, secret, algorithms=["HS256"], leeway=LEEWAY,
            options={"require": ["exp", "dashboard", "filters"]},
        )  # fmt: skip
        if float(said["exp"]) > now.timestamp() + AHEAD + LEEWAY:
            raise EmbedRefused(f"it expires more than {AHEAD // 60} minutes ahead.")
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise EmbedRefused(f"{error}.") from error
    return _read(said)


def _read(said: Mapping[str, Any]) -> Claims:
    dashboard, tab, theme = said["dashboard"], said.get("tab", ""), said.get("theme", "")
    if not all(isinstance(one, str) for one in (dashboard, tab, theme)):
        raise EmbedRefused("dashboard, tab and theme are texts.")
    if theme and theme not in THEMES:
        raise EmbedRefused("theme is light or dark.")
    if said.get("locked", True) is not True:
        raise EmbedRefused("filters are always locked.")
    attributes = _values(said.get("attributes", {}), "attributes")
    return Claims(dashboard, _values(said["filters"], "filters"), tab, theme, attributes)


def _values(held: Any, what: str) -> dict[str, tuple[str, ...]]:
    """Lists of texts. An empty list is refused: it would mean nothing to its signer, and everything
    to a filter."""
    if not isinstance(held, dict):
        raise EmbedRefused(f"{what} is an object of names with lists of values.")
    for name, values in held.items():
        is_list = isinstance(values, list) and all(isinstance(value, str) for value in values)
        if not is_list or not values:
            raise EmbedRefused(f"the values of '{name[:40]}' are no list of texts, or it is empty.")
    return {name: tuple(values) for name, values in held.items()}


def wrong_origin(origins: Any) -> str:
    """What is wrong with a list of origins; empty when nothing is."""
    if not isinstance(origins, list) or not origins:
        return 'Write at least one, for example ["https://intranet.example.org"].'
    for one in origins:
        if not isinstance(one, str) or not ORIGIN.fullmatch(one):
            return (
                f"'{str(one)[:80]}' is no origin: write https:// and the host in small letters, "
                "with its port where it has one, and without a path or *."
            )
    return ""


def valid_origins(origins: Iterable[Any]) -> list[str]:
    """Those that may stand in a policy, whatever the record holds."""
    return [one for one in origins if isinstance(one, str) and ORIGIN.fullmatch(one)]
