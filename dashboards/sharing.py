"""Links for people without an account: made, found, unlocked, revoked."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.debug import sensitive_variables

from accounts import audit
from accounts.address import network
from accounts.audit import Action
from dashboards import choices, filters, locked, tokens
from dashboards.errors import ChoiceRefused, LinkClosed
from dashboards.models import Dashboard, ShareLink
from datasets.counting import count

PRESETS, LONGEST_DAYS = (1, 7, 30), 365
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
LINKS_MOST = 200  # open ones of one dashboard
WRONG_MOST, WRONG_SECONDS = 5, 60  # passwords, of one link from one address
LINK_MOST, LINK_SECONDS = 100, 3600  # of one link from all addresses together


def may_share(user, dashboard: Dashboard) -> bool:
    """Who may edit a dashboard and has the right to share hands it out to people without an
    account."""
    if not user.has_perm("dashboards.share_dashboard"):
        return False
    return Dashboard.objects.editable_by(user).filter(pk=dashboard.pk).exists()


def may_hand_to_roles(user, dashboard: Dashboard) -> bool:
    """Saved views go to roles by staff who may edit the dashboard."""
    return user.is_staff and Dashboard.objects.editable_by(user).filter(pk=dashboard.pk).exists()


def until(days: str, day: str, now: datetime, zone: str) -> datetime:
    """When a link expires: after so many days, or at the end of a day in the maker's zone."""
    if days.isdecimal() and len(days) < 4:
        found = now + timedelta(days=int(days))
    else:
        try:
            last = date.fromisoformat(day)
            found = datetime(last.year, last.month, last.day, tzinfo=ZoneInfo(zone))
            found += timedelta(days=1)
        except (ValueError, OverflowError) as error:
            raise ChoiceRefused("expires", "write the last day, such as 2026-12-31.") from error
    if not now < found <= now + timedelta(days=LONGEST_DAYS, hours=1):
        raise ChoiceRefused("expires", f"choose a day from today to {LONGEST_DAYS} days ahead.")
    return found


@sensitive_variables("password", "token")
def issue(
    view: choices.View, owner, *, name: str, expires_at: datetime, password: str = ""
) -> tuple[ShareLink, str]:
    """A link with the choices of this view, and its token, which is not kept."""
    if not 1 <= len(name) <= 100 or not filters.is_text(name):
        raise ChoiceRefused("name", "write for whom it is, in at most 100 characters.")
    if password and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ChoiceRefused(
            "password", f"write {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        )
    open_ones = view.dashboard.share_links.filter(revoked_at=None)
    if open_ones.count() >= LINKS_MOST:
        raise ChoiceRefused("name", f"there are {LINKS_MOST} links already; revoke one first.")
    token = tokens.new_secret()
    link = ShareLink(
        dashboard=view.dashboard, owner=owner, name=name, query=locked.frozen(view),
        prefix=token[: ShareLink.PREFIX_LENGTH], digest=tokens.digest_of(token),
        password=make_password(password) if password else "", expires_at=expires_at,
    )  # fmt: skip
    link.save()
    return link, token


@sensitive_variables("token", "digest")
def find(token: str) -> ShareLink | None:
    """The link with this token, open or not."""
    if not tokens.is_token(token):
        return None
    digest = tokens.digest_of(token)
    near = ShareLink.objects.filter(prefix=token[: ShareLink.PREFIX_LENGTH])
    for link in near.select_related("dashboard", "owner"):
        if secrets.compare_digest(link.digest, digest):
            return link
    return None


def view_of(link: ShareLink, now: datetime) -> choices.View | None:
    """What a link shows, with the rights that its owner has at this time; None when the owner has
    none. Raises `LinkClosed` for a link that is over."""
    viewer = locked.reader(link.owner, link.dashboard)
    if viewer is None:
        return None
    if link.revoked_at:
        raise LinkClosed("It was taken back by the people who shared it.")
    if not link.is_open(now):
        raise LinkClosed("It was made for a limited time, which is over.")
    return locked.locked(link.dashboard, viewer, link.query)


def count_opening(link: ShareLink, now: datetime) -> None:
    ShareLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1, last_opened_at=now)
    audit.record(Action.OPENED, link, person="", once=f"link {link.pk}")


def revoke(links, now: datetime) -> int:
    """Links that were open and now show nothing; their histories say so."""
    found = list(links.filter(revoked_at=None))
    for link in found:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
    return len(found)


def pass_of(link: ShareLink) -> str:
    """What a browser keeps that gave the password: of no use for another link, nor after the
    password was changed."""
    return salted_hmac("dashboards.share", f"{link.digest}:{link.password}").hexdigest()


def has_pass(link: ShareLink, held: str) -> bool:
    return not link.password or constant_time_compare(held, pass_of(link))


class TooManyTries(Exception):
    """The text is for who tries; ``seconds`` after which the next try is taken for certain."""

    def __init__(self, text: str, seconds: int):
        self.seconds = seconds
        super().__init__(text)


@sensitive_variables("password")
def unlock(link: ShareLink, password: str, address: str) -> bool:
    """Whether the password is right. Each try is counted before it is looked at, so that many at
    once are no way around the limits; those that were right do not count. What one address tries
    beyond its own limit does not count for the link, or it alone could close the link to all."""
    here, link_key = f"share-tries:{link.pk}:{network(address)}", f"share-tries:{link.pk}"
    if count(here, WRONG_SECONDS)[0] > WRONG_MOST:
        _tell_refused(link, "passwords from one address")
        raise TooManyTries("Too many tries. Wait a minute, then try again.", WRONG_SECONDS)
    if count(link_key, LINK_SECONDS)[0] > LINK_MOST:
        text = "Too many wrong passwords were given for this link. Try again in an hour."
        _tell_refused(link, "passwords from all addresses")
        raise TooManyTries(text, LINK_SECONDS)
    right = check_password(password[:LONGEST_PASSWORD], link.password)  # none takes as long
    if right:
        count(here, WRONG_SECONDS, -1)
        count(link_key, LINK_SECONDS, -1)
    return right


def _tell_refused(link: ShareLink, note: str) -> None:
    audit.record(Action.REFUSED, link, note=f"Too many {note}", once=f"tries {link.pk} {note}")
