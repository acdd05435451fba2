"""Second proofs: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

The libraries are imported where they are used: most processes never need them."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts import signals
from accounts.encryption import Unreadable
from accounts.models import Factor, RecoveryCode, Session, User

STEP = 30  # seconds that a code of an app lives
DRIFT = 1  # steps that a clock may be wrong
CODES = 10
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that are mistaken for others


class Refused(ValueError):
    """Told to the person."""


def new_secret() -> str:
    import pyotp

    return pyotp.random_base32()


def address_of(secret: str, user: User, issuer: str) -> str:
    """What the QR code says to the app."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name=issuer)


def picture(text: str) -> str:
    """A QR code as the address of an image; made here, no other site learns the secret."""
    import segno

    return segno.make(text, error="m").svg_data_uri(scale=5, border=3, light="#fff", dark="#101828")


def counter_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of time for which a code is right."""
    import pyotp

    code = "".join(code.split())
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    at, found = int(now.timestamp()) // STEP, None
    for step in range(at - DRIFT, at + DRIFT + 1):  # all of them: the time taken tells nothing
        if constant_time_compare(pyotp.TOTP(secret).generate_otp(step), code):
            found = step
    return found


@transaction.atomic
def add_app(user: User, secret: str, code: str, now: datetime, request=None) -> list[str]:
    """Take the app whose code is shown right; the recovery codes, if it is the first factor."""
    counter = counter_of(secret, code, now)
    if counter is None:
        raise Refused("This code is not right. Codes change every 30 seconds: take the newest one.")
    Factor.objects.filter(user=user, kind=Factor.Kind.APP).delete()
    factor = Factor(user=user, kind=Factor.Kind.APP, name="Authenticator app", counter=counter)
    factor.secret = secret
    return add(factor, now, request)


@transaction.atomic
def add(factor: Factor, now: datetime, request=None) -> list[str]:
    """Keep a new factor. With the first one come recovery codes, and everywhere else the person is
    signed out: those sessions have not given a second proof."""
    user = factor.user
    factor.save()
    signals.two_factor_changed.send(
        User, user=user, by=user, request=request, what=f"added {factor.name}"
    )
    if not User.objects.filter(pk=user.pk, two_factor_since=None).update(two_factor_since=now):
        return []
    user.two_factor_since = now
    Session.objects.end(user, but=request and request.session.session_key)
    return new_codes(user)


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """Ten codes, shown once; older ones are refused from now on."""
    codes = ["-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2))
             for _ in range(CODES)]  # fmt: skip
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=RecoveryCode.digest_of(user.pk, code)) for code in codes
    )
    return codes


def check(user: User, code: str, now: datetime) -> bool:
    """Whether it is a right code of the app, or a recovery code; neither counts twice."""
    return _check_app(user, code, now) or _check_recovery(user, code, now)


def _check_app(user: User, code: str, now: datetime) -> bool:
    factor = user.factors.filter(kind=Factor.Kind.APP).first()
    unread = factor is None or isinstance(factor.secret, Unreadable)
    counter = None if unread else counter_of(factor.secret, code, now)
    if counter is None:
        return False
    unused = Factor.objects.filter(pk=factor.pk, counter__lt=counter)
    return bool(unused.update(counter=counter, last_used_at=now))


def _check_recovery(user: User, code: str, now: datetime) -> bool:
    digest = RecoveryCode.digest_of(user.pk, code[:40])
    unused = RecoveryCode.objects.filter(user=user, digest=digest, used_at=None)
    return bool(unused.update(used_at=now))


@transaction.atomic
def remove(factor: Factor, by: User, request=None) -> None:
    """With the last factor go the recovery codes: there is nothing to recover."""
    user, name = factor.user, factor.name
    factor.delete()
    if not user.factors.exists():
        _clear(user)
    signals.two_factor_changed.send(User, user=user, by=by, request=request, what=f"removed {name}")


@transaction.atomic
def reset(user: User, by: User, request=None) -> None:
    """By an administrator, for who lost everything: the person is signed out everywhere and sets
    it up anew."""
    user.factors.all().delete()
    _clear(user)
    Session.objects.end(user)
    signals.two_factor_changed.send(User, user=user, by=by, request=request, what="reset")


def _clear(user: User) -> None:
    RecoveryCode.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(two_factor_since=None)
    user.two_factor_since = None
