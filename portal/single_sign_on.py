"""Settings of single sign-on, which is optional: see docs/people.md and requirements-sso.txt."""

from pathlib import Path

import environ

env = environ.Env()
environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")


def _pairs(written: dict[str, str]) -> dict[str, str]:
    """Spaces after commas mean nothing."""
    return {name.strip(): value.strip() for name, value in written.items()}


SSO_ONLY = env.bool("SSO_ONLY", default=False)
SSO_ONLY_EXCEPT = [one.strip() for one in env.list("SSO_ONLY_EXCEPT", default=[])]
SSO_CREATES_PEOPLE = env.bool("SSO_CREATES_PEOPLE", default=True)
SSO_ROLES = _pairs(env.dict("SSO_ROLES", default={}))  # group there = role here
SSO_ATTRIBUTES = _pairs(env.dict("SSO_ATTRIBUTES", default={}))  # attribute here = claim there
SSO_STAFF_GROUPS = [one.strip() for one in env.list("SSO_STAFF_GROUPS", default=[])]
SSO_SUPERUSER_GROUP = env.str("SSO_SUPERUSER_GROUP", default="")
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_NAME = env.str("OIDC_NAME", default="single sign-on")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid email profile")
OIDC_USERNAME_CLAIM = env.str("OIDC_USERNAME_CLAIM", default="preferred_username")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
LDAP_URL = env.str("LDAP_URL", default="")
LDAP_START_TLS = env.bool("LDAP_START_TLS", default=LDAP_URL.startswith("ldap:"))
LDAP_CA_FILE = env.str("LDAP_CA_FILE", default="")
LDAP_BIND_DN = env.str("LDAP_BIND_DN", default="")
LDAP_BIND_PASSWORD = env.str("LDAP_BIND_PASSWORD", default="")
LDAP_PEOPLE = env.str("LDAP_PEOPLE", default="")
LDAP_PEOPLE_FILTER = env.str("LDAP_PEOPLE_FILTER", default="(uid=%(user)s)")
LDAP_GROUPS = env.str("LDAP_GROUPS", default="")
LDAP_GROUPS_FILTER = env.str("LDAP_GROUPS_FILTER", default="(objectClass=groupOfNames)")
LDAP_SUBJECT = env.str("LDAP_SUBJECT", default="entryUUID")

__all__ = [name for name in globals() if name.isupper()]
