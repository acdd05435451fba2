"""The theme in use, as all pages need it: read once per process and change.

A word in Redis is another one after each change of a theme; a process that sees a new word reads
the theme again. While Redis is away, each process looks into the database every few seconds."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
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


@dataclass(frozen=True, slots=True)
class Kept:
    brand: Brand
    word: bytes  # of Redis when it was read; none while Redis is away
    until: float  # of the clock of this process, where there is no word


_kept: Kept | None = None


def current() -> Brand:
    global _kept
    kept, word = _kept, cache.ask(lambda: cache.client().get(KEY))
    if word is None:
        if kept is not None and kept.until > time.monotonic():
            return kept.brand
        # Redis is away, or was emptied.
        cache.ask(lambda: cache.client().set(KEY, uuid.uuid4().hex, nx=True))
        word = cache.ask(lambda: cache.client().get(KEY)) or b""
    if kept is not None and word and word == kept.word:
        return kept.brand
    try:
        made = of(Theme.objects.filter(in_use=True).first())
    except (OperationalError, InterfaceError):  # also pages that say so have a look
        return kept.brand if kept is not None else of(None)
    _kept = Kept(made, word, 0.0 if word else time.monotonic() + SECONDS)
    return made


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
    global _kept
    _kept = None


def connect() -> None:
    for signal in (post_save, post_delete):
        signal.connect(_changed, sender=Theme, dispatch_uid=f"brand {id(signal)}")


def _changed(**kwargs) -> None:
    transaction.on_commit(_tell, robust=True)


def _tell() -> None:
    forget()
    cache.ask(lambda: cache.client().set(KEY, uuid.uuid4().hex))
