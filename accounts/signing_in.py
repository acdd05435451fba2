"""The way from a password (or a passkey, or another site) to a session."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.utils.crypto import constant_time_compare

from accounts import backends, lockout
from accounts.models import User

PENDING, PROVED, PROVIDER = "pending_sign_in", "proved_at", "by_provider"
PENDING_SECONDS = 600  # from the password to the second proof
PROVED_SECONDS = 900  # for which a proof counts before security settings ask again


def begin(request, user, next_page: str = "") -> bool:
    """The password was right: whether that is all. If not, `pending` knows who is half through."""
    if user.two_factor_since is None:
        finish(request, user)
        return True
    request.session.flush()  # also whoever was signed in here: two people share no session
    request.session[PENDING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
        "next": next_page,
    }
    return False


def pending(request) -> tuple[User, dict] | None:
    """Who has given the password and not yet the second proof, and what was noted then."""
    noted = request.session.get(PENDING)
    if not noted or time.time() - noted["at"] > PENDING_SECONDS:
        return None
    user = get_user_model().objects.filter(pk=noted["user"], is_active=True).first()
    if user is None or not constant_time_compare(noted["hash"], user.get_session_auth_hash()):
        return None
    return user, noted


def finish(request, user, *, by_provider: bool = False) -> None:
    """Sign in, with a new session key."""
    login(request, user, backends.PATH)
    request.session.pop(PENDING, None)
    request.session[PROVED] = time.time()
    request.session[PROVIDER] = by_provider
    lockout.passed(lockout.second_step(user))


def prove(request) -> None:
    request.session[PROVED] = time.time()


def proved_lately(request) -> bool:
    return time.time() - request.session.get(PROVED, 0) < PROVED_SECONDS


def second_required(user) -> bool:
    """Whether the portal requires a second factor of this person."""
    rules = settings.REQUIRE_TWO_FACTOR
    if "all" in rules or ("staff" in rules and user.is_staff):
        return True
    roles = [rule for rule in rules if rule not in ("none", "staff")]
    return bool(roles) and user.groups.filter(name__in=roles).exists()


def owes_second(user, session) -> bool:
    """Signed in, but without the second factor that is required: only the pages that set it up are
    open. Whoever came by single sign-on has proved it there. Asks no database, but for roles."""
    return user.two_factor_since is None and not session.get(PROVIDER) and second_required(user)
