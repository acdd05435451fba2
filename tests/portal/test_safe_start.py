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


BEHIND_TLS = """
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from portal import asgi
call_command("check", deploy=True, fail_level="WARNING")
for path in ("/login/", "/api/v1/datasets/", "/admin/"):
    answer = Client().get(path, headers={"Host": "bi.example.org", "X-Forwarded-Proto": "https"})
    print(answer.status_code, answer.headers["Location"])
evil = Client(raise_request_exception=False).get("/login/", headers={"Host": "evil.example"})
print(evil.status_code)
for name in ("SESSION", "CSRF"):
    print(*(getattr(settings, f"{name}_COOKIE_{of}") for of in
            ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN", "PATH")))
print(settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS,
      settings.SECURE_HSTS_PRELOAD)
"""


def test_behind_tls_djangos_own_checks_find_nothing_and_nothing_goes_in_the_clear():
    """In a process of its own, because settings are read once. Whoever is no proxy of ours cannot
    say that his connection is safe."""
    environment = {
        "SECRET_KEY": KEY, "ENCRYPTION_KEYS": KEY[::-1], "HTTPS": "true", "HSTS_SUBDOMAINS": "true",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "ALLOWED_HOSTS": "bi.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://bi.example.org", "PATH": os.environ["PATH"],
        "PORTAL_DATA": str(settings.DATA_FOLDER), "DJANGO_SETTINGS_MODULE": "portal.settings",
    }  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-c", BEHIND_TLS], cwd=settings.BASE_DIR, env=environment,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert "no issues" in lines[0]
    assert lines[1:] == [
        "301 https://bi.example.org/login/", "301 https://bi.example.org/api/v1/datasets/",
        "301 https://bi.example.org/admin/", "400", "__Host-session True True Lax None /",
        "__Host-csrf True True Lax None /", "31536000 True False",
    ]  # fmt: skip
