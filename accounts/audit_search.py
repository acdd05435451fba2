"""Search in the audit by beginnings of words, with the index of PostgreSQL's text search."""

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models

from accounts.audit import tokens_of

MOST = 12  # words of one search


def found(events: models.QuerySet, text: str) -> models.QuerySet:
    """Events that have words with all these beginnings."""
    words = tokens_of(text)[:MOST]
    if not words:
        return events.none() if text.strip() else events
    asked = " & ".join(f"{word[:100]}:*" for word in words)  # letters and digits alone
    query = SearchQuery(asked, search_type="raw", config="simple")
    return events.alias(found_by=SearchVector("words", config="simple")).filter(found_by=query)
