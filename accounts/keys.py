"""Keys of records in texts from outside: addresses, forms, saved choices."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

LONGEST = 18  # digits; Python refuses to read thousands, and PostgreSQL counts to 19


def is_key(text: object) -> bool:
    """Whether a text may be the key of a record."""
    return isinstance(text, (str, int)) and str(text).isdecimal() and len(str(text)) <= LONGEST


def posted(request: HttpRequest, name: str, records: QuerySet[Any]) -> Any:
    """The record whose key was posted under a name, or None."""
    key = request.POST.get(name, "")
    return records.filter(pk=key).first() if is_key(key) else None
