"""Passkeys and security keys (WebAuthn), by the library of Yubico.

The library is imported where it is used: most processes never need it."""

from __future__ import annotations

import base64
import ipaddress
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.http.request import split_domain_port
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.encryption import Unreadable
from accounts.models import Factor, User
from accounts.two_factor import Refused

STATE = "passkey_challenge"  # in the session: a challenge is answered once
NOT_RIGHT = "The passkey was not accepted. Try again, or use another way."


def possible(request) -> bool:
    """Browsers keep passkeys for names, not for bare addresses, and only on safe connections."""
    host = split_domain_port(request.get_host())[0].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False


def _server(request):
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    host = split_domain_port(request.get_host())[0]
    origin = f"{request.scheme}://{request.get_host()}"
    entity = PublicKeyCredentialRpEntity(name=settings.PORTAL_NAME, id=host)
    return Fido2Server(entity, attestation="none", verify_origin=lambda said: said == origin)


def handle(user: User) -> bytes:
    """How a passkey names the person; nobody else can read who it is."""
    return salted_hmac("accounts.passkeys", str(user.pk), algorithm="sha256").digest()


def begin_adding(request) -> dict:
    user = request.user
    options, state = _server(request).register_begin(
        {
            "id": handle(user),
            "name": user.get_username(),
            "displayName": user.get_full_name() or user.get_username(),
        },
        credentials=[_credential(factor) for factor in _of(user)],
        resident_key_requirement="preferred",
        user_verification="preferred",
    )
    request.session[STATE] = state
    return dict(options)


def added(request, answer: dict, name: str) -> Factor:
    """The passkey of a browser's answer, not yet saved."""
    found = _checked(lambda: _server(request).register_complete(_state(request), answer))
    data = found.credential_data
    if Factor.objects.filter(credential_id=_text(data.credential_id)).exists():
        raise Refused("This passkey is known already.")
    return Factor(
        user=request.user,
        kind=Factor.Kind.PASSKEY,
        name=name.strip()[:60] or "Passkey",
        secret=_text(bytes(data)),
        credential_id=_text(data.credential_id),
        counter=found.counter,
    )


def begin_proof(request, user: User | None) -> dict:
    """Of a person, as second proof; of anybody (`None`), instead of the password: then the device
    must have checked who holds it, by PIN, finger or face."""
    options, state = _server(request).authenticate_begin(
        credentials=None if user is None else [_credential(factor) for factor in _of(user)],
        user_verification="required" if user is None else "preferred",
    )
    request.session[STATE] = state
    return dict(options)


def proved(request, answer: dict, user: User | None, now: datetime) -> User:
    """The person whose passkey answered; raises `Refused`."""
    key = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(key, str):
        raise Refused(NOT_RIGHT)
    factor = Factor.objects.select_related("user").filter(
        kind=Factor.Kind.PASSKEY, credential_id=key, user__is_active=True
    ).first()  # fmt: skip
    state = _state(request)
    if factor is None or (user is not None and factor.user_id != user.pk):
        raise Refused(NOT_RIGHT)
    credential = _credential(factor)
    _checked(lambda: _server(request).authenticate_complete(state, [credential], answer))
    said = answer["response"].get("userHandle")
    if said and not constant_time_compare(said, _text(handle(factor.user))):
        raise Refused(NOT_RIGHT)
    _count(factor, answer, now)
    return factor.user


def _count(factor: Factor, answer: dict, now: datetime) -> None:
    """Devices that count their proofs must count on: a lower number is that of a copy."""
    from fido2.webauthn import AuthenticatorData

    counter = AuthenticatorData(_bytes(answer["response"]["authenticatorData"])).counter
    unused = Factor.objects.filter(Q(counter__lt=counter) | Q(counter=0), pk=factor.pk)
    if not unused.update(counter=counter, last_used_at=now):
        raise Refused(NOT_RIGHT)


def _checked(check):
    """The library says by many kinds of errors what is wrong with an answer from outside."""
    try:
        return check()
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError) as error:
        raise Refused(NOT_RIGHT) from error


def _state(request) -> dict:
    state = request.session.pop(STATE, None)
    if not state:
        raise Refused("This took too long. Try again.")
    return state


def _of(user: User) -> list[Factor]:
    return list(user.factors.filter(kind=Factor.Kind.PASSKEY))


def _credential(factor: Factor):
    from fido2.webauthn import AttestedCredentialData

    if isinstance(factor.secret, Unreadable):
        raise Refused("This passkey cannot be read any more: an administrator can reset it.")
    return AttestedCredentialData(_bytes(factor.secret))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
