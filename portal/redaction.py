"""No secret in a line of the log or in what is told of an error, whoever wrote it there."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.views.debug import ExceptionReporter

GONE = "[hidden]"
WORDS = r"pass(?:word|wd|phrase)|sslpassword|secret|api_?key|access_token|token|signature"
#: Each keeps its first group and loses the rest.
PATTERNS = [
    # Heads of requests, also as Python writes a dictionary of them.
    re.compile(
        r"""(\b(?:http_)?(?:authorization|cookie|set-cookie|x[-_]page[-_]pass)\b['"]?\s*[:=]\s*['"]?)"""
        r"""[^'"\r\n]+""", re.IGNORECASE,
    ),
    re.compile(r"(\b(?:bearer|basic|token)\s+)[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE),
    # postgresql://reader:secret@host, redis://:secret@host
    re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s@]+(?=@)", re.IGNORECASE),
    # ?token=, password=..., 'password': '...'
    re.compile(
        rf"""(\b\w*(?:{WORDS})\w*['"]?\s*(?:=|:)\s*)(?:'[^']*'|"[^"]*"|[^\s&'",;)}}\]]+)""",
        re.IGNORECASE,
    ),
    re.compile(r"()\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"),  # signed tokens
    re.compile(r"()(?<![\w-])[\w-]{43}(?![\w-])"),  # our own keys, also in the address of a page
]  # fmt: skip


def redacted(text: str) -> str:
    """The text without what looks like a secret, and without our own ones whatever they look
    like."""
    for known in _known():
        text = text.replace(known, GONE)
    for pattern in PATTERNS:
        text = pattern.sub(rf"\1{GONE}", text)
    return text


def _known() -> Iterator[str]:
    found = [settings.SECRET_KEY, *settings.ENCRYPTION_KEYS]
    found += [one.get("PASSWORD", "") for one in settings.DATABASES.values()]
    found.append(unquote(urlsplit(settings.REDIS_URL).password or ""))
    return (str(one) for one in found if one and len(str(one)) >= 6)


class Formatter(logging.Formatter):
    """Lines as all others write them, less the secrets: in the message, its values, and the
    traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class Reporter(ExceptionReporter):
    """Pages and mails of errors, with the values of variables and settings."""

    def get_traceback_text(self) -> str:
        return redacted(super().get_traceback_text())

    def get_traceback_html(self) -> str:
        return redacted(super().get_traceback_html())
