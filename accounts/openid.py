"""OpenID Connect by Authlib: code flow with state, nonce and PKCE. Authlib is an optional part
(requirements-sso.txt), imported when somebody signs in so."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from accounts.sso import Claims, Refused, attributes_of, values_at

SIGNATURES = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA", "Ed25519"}  # fmt: skip
SECONDS = 10  # that an answer of the provider may take
NOT_RIGHT = "The answer of the single sign-on was not right, or too old. Try again."


@lru_cache(maxsize=4)
def _app(issuer: str, client_id: str, secret: str, scopes: str):
    from authlib.integrations.django_client import OAuth

    found = OAuth().register(
        name="oidc",
        client_id=client_id,
        client_secret=secret or None,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": scopes,
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )
    known = found.load_server_metadata()
    if known.get("issuer") != issuer:
        raise Refused("The single sign-on is set up for another issuer: OIDC_ISSUER must be equal.")
    said = set(known.get("id_token_signing_alg_values_supported") or ["RS256"])
    known["id_token_signing_alg_values_supported"] = sorted(said & SIGNATURES)
    return found


def app():
    """The client; what the provider says of itself is read once per process."""
    return _app(
        settings.OIDC_ISSUER,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_CLIENT_SECRET,
        settings.OIDC_SCOPES,
    )


def leave(request, back: str, *, again: bool):
    """To the provider; `again`: it must ask for the password once more."""
    more = {"prompt": "login", "max_age": 0} if again else {}
    return _asked(lambda: app().authorize_redirect(request, back, **more))


def claims(request) -> Claims:
    """Of who comes back, from a token that is signed, of this issuer, for this portal, in time, and
    the answer to the question that this browser asked; raises `Refused`."""
    options = {
        "iss": {"essential": True, "values": [settings.OIDC_ISSUER]},
        "aud": {"essential": True, "values": [settings.OIDC_CLIENT_ID]},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    answer = _asked(
        lambda: app().authorize_access_token(request, claims_options=options, leeway=30)
    )
    said = answer.get("userinfo")
    if not said:
        raise Refused(NOT_RIGHT)
    return Claims(
        issuer=settings.OIDC_ISSUER,
        subject=str(said["sub"]),
        username=(values_at(said, settings.OIDC_USERNAME_CLAIM) or [str(said["sub"])])[0],
        first_name=str(said.get("given_name") or ""),
        last_name=str(said.get("family_name") or ""),
        email=str(said.get("email") or "") if said.get("email_verified") is True else "",
        groups=frozenset(values_at(said, settings.OIDC_GROUPS_CLAIM)),
        attributes=attributes_of(said),
    )


def _asked(ask):
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        return ask()
    except RequestException as error:
        raise Refused("The single sign-on does not answer. Try again later.") from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(NOT_RIGHT) from error
