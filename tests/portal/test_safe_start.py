"""What a portal refuses to start with, and that one behind TLS passes Django's own checks."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from django.conf import settings

from portal import stack
from portal.embedded import EmbeddedError
from portal.safe_start import Start, reasons, wrong_listener

KEY = "pQ7rS2tU9vW4xY1zA6bC3dE8fG5hI0jKpQ7rS2tU9vW4xY1zA6bC"
GOOD = Start(
    secret_key=KEY, encryption_keys=[KEY[::-1]], hosts=["bi.example.org"],
    trusted_origins=["https://bi.example.org"], debug=False, https=True, plain_http=False,
)  # fmt: skip


def refused(**changed):
    return " ".join(reasons(replace(GOOD, **changed)))


@pytest.mark.parametrize(
    "changed",
    [{}, {"debug": True, "https": False, "hosts": ["localhost", "127.0.0.1", "[::1]"]},
     {"https": False, "plain_http": True}, {"hosts": [".example.org"]}],
)  # fmt: skip
def test_a_safe_portal_starts(changed):
    assert refused(trusted_origins=[], **changed) == ""


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"secret_key": ""}, "SECRET_KEY is missing"),
        ({"secret_key": KEY[:31]}, "shorter than 32"),
        ({"secret_key": "ab" * 30}, "made of few different ones"),
        ({"secret_key": "django-insecure-" + KEY}, "a known example"),
        ({"secret_key": "ChangeMe" + KEY}, "a known example"),
        ({"encryption_keys": []}, "ENCRYPTION_KEYS must name"),
        ({"encryption_keys": [KEY, "short"]}, "ENCRYPTION_KEYS must name"),
        ({"encryption_keys": ["k" * 50]}, "ENCRYPTION_KEYS must name"),
        ({"hosts": ["*"]}, "ALLOWED_HOSTS takes every name"),
        ({"hosts": ["bi.example.org", "*.example.org"]}, "takes every name"),
        ({"hosts": ["."]}, "takes every name"),
        ({"hosts": ["https://bi.example.org"]}, "names without https://"),
        ({"debug": True}, "DEBUG shows source code"),
        ({"https": False}, "ALLOWED_HOSTS has bi.example.org, and HTTPS is not set"),
        ({"trusted_origins": ["http://bi.example.org"]}, "has http://bi.example.org"),
        ({"trusted_origins": ["https://*.example.org"]}, "could act for the people"),
    ],
)
def test_an_unsafe_portal_does_not_start(changed, says):
    assert says in refused(**changed)


@pytest.mark.parametrize(
    ("host", "more", "is_wrong"),
    [("127.0.0.1", {}, False), ("::1", {}, False), ("localhost", {}, False), ("0.0.0.0", {}, True),
     ("::", {}, True), ("192.168.1.5", {}, True), ("bi.example.org", {}, True),
     ("0.0.0.0", {"https": True}, False), ("0.0.0.0", {"plain_http": True}, False)],
)  # fmt: skip
def test_other_machines_reach_no_portal_without_tls(host, more, is_wrong):
    wrong = wrong_listener(host, **({"https": False, "plain_http": False} | more))

    assert ("HTTPS is not set" in wrong) is is_wrong


def test_serve_says_so_before_it_listens():
    with pytest.raises(EmbeddedError, match=r"Other machines would reach 0\.0\.0\.0"):
        stack.serve("0.0.0.0", 0, demo=False)


def manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], "PORTAL_DATA": str(settings.DATA_FOLDER)} | environment,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_settings_obey():
    """The database is one of the operator's own, so nothing is made for him."""
    refused = manage("check", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")

    assert refused.returncode != 0
    assert "SECRET_KEY is missing" in refused.stderr
    assert "ENCRYPTION_KEYS must name" in refused.stderr


def test_djangos_own_checks_find_nothing_in_a_portal_behind_tls():
    checked = manage(
        "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=KEY, ENCRYPTION_KEYS=KEY[::-1],
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none", ALLOWED_HOSTS="bi.example.org",
        HTTPS="true", CSRF_TRUSTED_ORIGINS="https://bi.example.org",
    )  # fmt: skip

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout
