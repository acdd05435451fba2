"""To which addresses sources connect: see `datasets.addresses` for the rule."""

from __future__ import annotations

from django.conf import settings

from datasets.addresses import AddressRefused, AddressUnknown, Guard
from datasets.errors import SourceRefused, SourceUnavailable


def guard() -> Guard:
    return Guard.of(settings.SOURCE_NETWORKS, "SOURCE_NETWORKS")


def check_host(host: str) -> None:
    """What can be said of a host without asking anybody."""
    if host.startswith(("/", "@")) or "," in host:
        raise SourceUnavailable("The host is one name or address; socket folders are not allowed.")
    try:
        guard().check_literal(host)
    except AddressRefused as error:
        raise SourceRefused(str(error)) from error


def addresses(host: str) -> list[str]:
    """The host's addresses, looked up once and checked; connect to these and to no other."""
    try:
        return guard().addresses(host)
    except AddressRefused as error:
        raise SourceRefused(str(error)) from error
    except AddressUnknown as error:
        raise SourceUnavailable(str(error)) from error
