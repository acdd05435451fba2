"""API tokens in the ``Authorization`` header; never in a URL, where logs and referrers keep
them."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from rest_framework import authentication
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from accounts import audit
from accounts.audit import Action
from accounts.models import ApiToken
from accounts.signing_in import owes_second

USED_EVERY = timedelta(
    minutes=1
)  # how exactly "last used" is kept; a write per request is too dear


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; ``Token <token>`` is understood as well."""

    @sensitive_variables("key")
    def authenticate(self, request):
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            return None
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=ApiToken.digest_of(key.strip()), revoked_at=None, expires_at__gt=now)
            .filter(user__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed("This token is not known, has expired or was revoked.")
        unused = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)
        getattr(request, "_request", request).auth = token  # the event says which one
        audit.record(Action.USED, token, person=token.user, once=f"token {token.pk}")
        return token.user, token

    def authenticate_header(self, request):
        return 'Bearer realm="portal"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser; not that of who still owes the second factor."""

    def authenticate(self, request):
        found = super().authenticate(request)
        who = found and (found[0].viewed_by or found[0])
        if found and owes_second(who, request._request.session):
            raise PermissionDenied("Set up two-factor sign-in first: Preferences, Security.")
        return found


def _register_with_openapi():
    from drf_spectacular.authentication import SessionScheme
    from drf_spectacular.extensions import OpenApiAuthenticationExtension

    class OwnSessionScheme(SessionScheme):
        target_class = SessionAuthentication
        priority = 1

    class TokenScheme(OpenApiAuthenticationExtension):
        target_class = TokenAuthentication
        name = "token"

        def get_security_definition(self, auto_schema):
            return {"type": "http", "scheme": "bearer"}


_register_with_openapi()
