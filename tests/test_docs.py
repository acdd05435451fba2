"""What the guides say exists: settings, calls, commands, files."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parents[1]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def operators_guide():
    """Variables of how people sign in stand in a guide of their own."""
    return "".join((ROOT / "docs" / name).read_text() for name in ("operating.md", "people.md"))


def settings_text() -> str:
    return "".join(
        (ROOT / "portal" / name).read_text() for name in ("settings.py", "single_sign_on.py")
    )


def test_settings_of_the_operators_guide_are_read_from_the_environment():
    text = operators_guide()
    cells = re.findall(r"^\| (`[A-Z_`, ]+`) \|", text, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"[A-Z_]+", cell)}
    settings = settings_text()

    unread = {name for name in named if f'"{name}"' not in settings}

    assert len(named) > 15
    assert unread == set()


def test_settings_that_operators_set_are_in_their_guide():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings_text()))
    internal = {"LEASE_SECONDS", "DEBUG", "LOG_LEVEL", "PORTAL_NAME"}
    text = operators_guide()

    untold = {name for name in read - internal if name not in text}

    assert untold == set()


def test_calls_in_the_api_guide_exist():
    calls = re.findall(r"(/api/v1/[\w\-/]*)", (ROOT / "docs/api.md").read_text())

    assert len(calls) > 7
    for call in calls:
        try:
            resolve(call)
        except Resolver404:
            pytest.fail(f"docs/api.md names {call}, which leads nowhere")


def test_commands_in_the_guides_exist():
    named = {
        command
        for guide in GUIDES
        for command in re.findall(r"manage\.py (\w+)", guide.read_text())
    }

    assert named
    assert named <= set(get_commands())


def test_targets_of_make_exist():
    named = set(re.findall(r"`?make (\w+)", (ROOT / "README.md").read_text()))
    makefile = (ROOT / "Makefile").read_text()

    assert {name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)} <= {"a"}


def test_links_between_documents_lead_somewhere():
    for guide in GUIDES:
        for target in re.findall(r"\]\(([^)#:]+)\)", guide.read_text()):
            assert (guide.parent / target).exists(), f"{guide.name} links to {target}"
