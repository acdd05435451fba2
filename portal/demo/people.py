"""One person per role, to try the portal with; the passwords are made at the first load."""

import json
import os
import re
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

FILE = "demo-people.json"
# Role: first name, last name, what the person sees.
ROLES = {
    "Executive": ("Elena", "Brandt", "All dashboards but those of operation and A/B tests"),
    "Marketing": (
        "Marco",
        "Rossi",
        "Dashboards of carts, mails and A/B tests, and their rows by the API",
    ),
    "Operations": ("Olivia", "Peters", "Operational metrics: mails, refreshes, page speed"),
    "Analyst": ("Anna", "Keller", "All dashboards; sources, datasets and dashboards in the admin"),
    "Admin": ("Adam", "Novak", "Everything"),
}
WORDS = re.findall(
    r"\w+",
    """amber anchor apple arrow autumn bamboo basket beacon birch breeze bridge button cactus
    candle canyon carbon castle cedar cherry clover cobalt comet copper coral cotton crystal
    dolphin ember falcon feather fennel forest garden ginger glacier granite harbor hazel honey
    island ivory jasmine juniper kettle lagoon lantern lemon linen lotus magnet maple marble
    meadow mango mirror mosaic nectar nutmeg ocean olive opal orchid otter paper pebble pepper
    pillow planet plume prairie quartz quill raven ribbon river rocket saffron sail salmon
    sapphire shadow silver spruce summit sunset thistle thunder timber topaz tulip tundra velvet
    violet walnut willow winter yarrow zephyr""",
)


def ensure_people(say) -> None:
    """Make the roles and people that are missing, and the file with their passwords.

    A person who exists keeps rights and password; one that this file does not know belongs to
    somebody else and is left alone."""
    path = Path(settings.DATA_FOLDER) / FILE
    written = json.loads(path.read_text()) if path.exists() else []
    known = {person["username"]: person["password"] for person in written}
    people = []
    with transaction.atomic():
        for role, (first, last, sees) in ROLES.items():
            group, _ = Group.objects.get_or_create(name=role)  # somebody may have deleted it
            username = role.lower()
            password = known.get(username)
            if get_user_model().objects.filter(username=username).exists():
                if not password:
                    say(f"The person '{username}' exists already and is left as is.")
                    continue
            else:
                password = password or _password()
                _create(username, password, role, group, first, last)
            people.append({"username": username, "password": password, "role": role, "sees": sees})
        _write(path, people)


def _create(username, password, role, group, first, last) -> None:
    user = get_user_model().objects.create_user(
        username,
        email=f"{username}@example.com",
        password=password,
        first_name=first,
        last_name=last,
    )
    user.groups.add(group)


def _password() -> str:
    """Three words of about a hundred and four digits: 33 bits, and Argon2 behind them."""
    words = [secrets.choice(WORDS) for _ in range(3)]
    return "-".join([*words, f"{secrets.randbelow(9000) + 1000}"])


def _write(path: Path, people: list[dict]) -> None:
    """Replace the file whole; at no time may others read it."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(people, file, indent=2)
    part.replace(path)
