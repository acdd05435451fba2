"""Links by which people get into their account: the invitation of a new person, and the way back
for who forgot the password.

A link is signed and says nothing of its own: it names the person, and counts while the account is
as it was when the link was made. Choosing a password changes that, so a link works once; a newer
invitation ends the older one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import audit
from accounts.models import User

SALT = "accounts.invitation"
MAIL_EVERY = timedelta(minutes=2)  # nobody fills a mailbox by asking for mails again and again


def _state(user: User) -> str:
    at = user.invited_at and user.invited_at.isoformat()
    text = f"{user.pk}:{user.password}:{user.is_active}:{at}"
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:40]


@dataclass(frozen=True)
class Invitation:
    link: str
    mailed: bool
    problem: str = ""  # why no mail went out, though one should have


def invite(user: User, by: User, now: datetime, base: str) -> Invitation:
    """A new link for a person without a password, by mail where that can be."""
    user.invited_at = now
    user.save(update_fields=["invited_at"])
    link = base + reverse("welcome", args=[signing.dumps([user.pk, _state(user)], salt=SALT)])
    problem, mailed = "", bool(settings.MAIL and user.email)
    if mailed:
        context = {"person": user, "by": by, "link": link, "days": settings.INVITATION_DAYS}
        try:
            _mail(user.email, "invitation", context)
        except OSError as error:  # those of smtplib are of this kind
            problem, mailed = str(error) or type(error).__name__, False
    audit.record(audit.Action.INVITED, user, person=by, details={"by mail": mailed})
    return Invitation(link, mailed, problem)


def invited(key: str) -> User | None:
    """The person of a link that still counts."""
    try:
        said = signing.loads(key, salt=SALT, max_age=timedelta(days=settings.INVITATION_DAYS))
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=said[0], is_active=True).exclude(invited_at=None).first()
    return user if user and constant_time_compare(said[1], _state(user)) else None


def accept(user: User) -> None:
    """The password is chosen, and with it the invitation over."""
    user.invited_at = None
    user.save(update_fields=["invited_at"])


def send_way_back(address: str, base: str, now: datetime) -> None:
    """A link for a new password to who has this address; run by a worker, so that the page that
    asks takes as long for addresses that nobody has."""
    for user in User.objects.filter(email__iexact=address, is_active=True):
        late = Q(mailed_at=None) | Q(mailed_at__lt=now - MAIL_EVERY)
        may = user.has_usable_password() and user.email.casefold() == address.casefold()
        if not may or not User.objects.filter(late, pk=user.pk).update(mailed_at=now):
            continue
        key = urlsafe_base64_encode(force_bytes(user.pk))
        token = default_token_generator.make_token(user)
        _mail(user.email, "way_back", {"person": user, "link": base + reverse(
            "new-password", args=[key, token])})  # fmt: skip


def _mail(to: str, kind: str, context: dict) -> None:
    context |= {"portal": settings.PORTAL_NAME}
    subject = " ".join(render_to_string(f"accounts/mail/{kind}_subject.txt", context).split())
    mail = EmailMultiAlternatives(subject, render_to_string(f"accounts/mail/{kind}.txt", context),
                                  to=[to])  # fmt: skip
    mail.attach_alternative(render_to_string(f"accounts/mail/{kind}.html", context), "text/html")
    mail.send()


def base_of(request) -> str:
    """Scheme and name of the portal, as links in mails begin."""
    return f"{request.scheme}://{request.get_host()}"
