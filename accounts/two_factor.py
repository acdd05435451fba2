"""Second proofs: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

The libraries are imported where they are used: most processes never need them."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.crypto import constant_time_compare

from accounts import audit
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
def add_app(user: User, secret: str, code: str, now: datetime, session: str = "") -> list[str]:
    """Take the app whose code is shown right; the recovery codes, if it is the first factor."""
    counter = counter_of(secret, code, now)
    if counter is None:
        raise Refused("This code is not right. Codes change every 30 seconds: take the newest one.")
    Factor.objects.filter(user=user, kind=Factor.Kind.APP).delete()
    factor = Factor(user=user, kind=Factor.Kind.APP, name="Authenticator app", counter=counter)
    factor.secret = secret
    return add(factor, now, session)


@transaction.atomic
def add(factor: Factor, now: datetime, session: str = "") -> list[str]:
    """Keep a new factor. With the first one come recovery codes, and everywhere but in this session
    the person is signed out: the others have not given a second proof."""
    user = factor.user
    factor.save()
    _tell(user, user, f"added {factor.name}")
    if not User.objects.filter(pk=user.pk, two_factor_since=None).update(two_factor_since=now):
        return []
    user.two_factor_since = now
    Session.objects.end(user, but=session)
    return new_codes(user)


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    _tell(user, user, "new recovery codes")
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
def remove(factor: Factor, by: User) -> None:
    """With the last factor go the recovery codes: there is nothing to recover."""
    user, name = factor.user, factor.name
    factor.delete()
    if not user.factors.exists():
        _clear(user)
    _tell(user, by, f"removed {name}")


@transaction.atomic
def reset(user: User, by: User) -> None:
    """By an administrator, for who lost everything: the person is signed out everywhere and sets
    it up anew."""
    user.factors.all().delete()
    _clear(user)
    Session.objects.end(user)
    _tell(user, by, "reset")


def _clear(user: User) -> None:
    RecoveryCode.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(two_factor_since=None)
    user.two_factor_since = None


def _tell(user: User, by: User, what: str) -> None:
    audit.record(audit.Action.SECOND_FACTOR, user, person=by, note=what)
