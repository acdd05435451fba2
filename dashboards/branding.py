"""The theme in use, as all pages need it: read once per process and change.

A word in Redis is another one after each change of a theme; a process that sees a new word reads
the theme again. While Redis is away, each process looks into the database every few seconds."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from dashboards import brand_css
from dashboards.models import Theme
from datasets import cache

KEY = "brand"
SECONDS = 2.0  # between two looks without Redis


@dataclass(frozen=True, slots=True)
class Brand:
    """How the portal looks now. Without a theme in use there is no style sheet and no logo."""

    name: str
    css: bytes = b""
    css_version: str = ""
    logo: bytes = b""
    logo_version: str = ""
    scheme: str = Theme.Scheme.SYSTEM
    admin_steps: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Changes with all that a page shows of it."""
        return f"{self.name}:{self.css_version}:{self.logo_version}:{self.scheme}"


@dataclass(slots=True)
class _Kept:
    brand: Brand | None = None
    word: bytes = b""
    until: float = 0.0


_kept = _Kept()


def current() -> Brand:
    word = cache.ask(lambda: cache.client().get(KEY))
    if word is None and _kept.until > time.monotonic() and _kept.brand is not None:
        return _kept.brand
    if word is None:  # Redis is away, or was emptied
        cache.ask(lambda: cache.client().set(KEY, uuid.uuid4().hex, nx=True))
        word = cache.ask(lambda: cache.client().get(KEY)) or b""
    if _kept.brand is None or not word or word != _kept.word:
        made = of(Theme.objects.filter(in_use=True).first())
        until = 0.0 if word else time.monotonic() + SECONDS
        _kept.brand, _kept.word, _kept.until = made, word, until
        return made
    return _kept.brand


def of(theme: Theme | None) -> Brand:
    if theme is None:
        return Brand(settings.PORTAL_NAME)
    css, logo = brand_css.css(theme).encode(), bytes(theme.logo)
    return Brand(
        theme.portal_name or settings.PORTAL_NAME,
        css, version(css), logo, version(logo), theme.scheme, brand_css.admin_steps(theme),
    )  # fmt: skip


def version(content: bytes) -> str:
    """Of an address whose content never changes; empty without content."""
    return hashlib.sha256(content).hexdigest()[:12] if content else ""


def forget() -> None:
    """This process reads the theme again when it is asked for the next time."""
    _kept.brand, _kept.word, _kept.until = None, b"", 0.0


def connect() -> None:
    for signal in (post_save, post_delete):
        signal.connect(_changed, sender=Theme, dispatch_uid=f"brand {id(signal)}")


def _changed(**kwargs) -> None:
    transaction.on_commit(_tell, robust=True)


def _tell() -> None:
    forget()
    cache.ask(lambda: cache.client().set(KEY, uuid.uuid4().hex))
