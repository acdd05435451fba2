"""What an operator has to mend before people can sign in."""

from importlib.util import find_spec

from django.conf import settings
from django.core.checks import Error, register

INSTALL = "Install it: pip install -r requirements-sso.txt"


@register()
def single_sign_on(app_configs, **kwargs):
    wrong = []
    if settings.OIDC_ISSUER:
        if not find_spec("authlib"):
            wrong.append(Error("OIDC_ISSUER is set, but Authlib is missing.", INSTALL, id="sso.E1"))
        local = settings.OIDC_ISSUER.startswith(("http://localhost", "http://127.0.0.1"))
        if not settings.OIDC_ISSUER.startswith("https://") and not local:
            wrong.append(Error("OIDC_ISSUER must begin with https://.", id="sso.E2"))
        if not settings.OIDC_CLIENT_ID:
            wrong.append(Error("OIDC_ISSUER is set, but OIDC_CLIENT_ID is not.", id="sso.E3"))
    if settings.LDAP_URL:
        if not find_spec("django_auth_ldap"):
            missing = "LDAP_URL is set, but django-auth-ldap is missing."
            wrong.append(Error(missing, INSTALL, id="sso.E4"))
        if not settings.LDAP_PEOPLE:
            wrong.append(Error("LDAP_URL is set, but LDAP_PEOPLE is not.", id="sso.E5"))
    if settings.SSO_ONLY and not (settings.OIDC_ISSUER or settings.LDAP_URL):
        wrong.append(Error("SSO_ONLY is set, but no single sign-on is: nobody could sign in.",
                           id="sso.E6"))  # fmt: skip
    return wrong
