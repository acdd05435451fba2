"""What the role of a source may do besides reading.

Asked at "Test connection" and again in the fresh session of every run: a role that may write is
refused, unless the operator allows it (SOURCES_MAY_WRITE). The first of the layers, and the only
one that holds when all of ours are wrong."""

from __future__ import annotations

from django.conf import settings

from datasets.errors import SourceRefused


def refuse(role: str, rights: list[str]) -> None:
    """Raise `SourceRefused` if there are rights to do more than read, and nobody allowed it."""
    if rights and not settings.SOURCES_MAY_WRITE:
        raise SourceRefused(
            f"The role {role} may do more than read: {'; '.join(rights)}. Give the source a role "
            "that may only SELECT (docs/sources.md has the statements), or let the operator set "
            "SOURCES_MAY_WRITE=1."
        )


def told(role: str, rights: list[str]) -> str:
    """One sentence for who tests the connection."""
    if rights:
        return f"Warning: the role {role} may do more than read: {'; '.join(rights)}."
    return f"The role {role} may only read."
