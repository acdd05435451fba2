"""LDAP and Active Directory by django-auth-ldap, an optional part (requirements-sso.txt): people
sign in with their password there. Imported only where LDAP_URL is set."""

from __future__ import annotations

import ldap
from django.conf import settings
from django_auth_ldap.backend import LDAPBackend
from django_auth_ldap.config import GroupOfNamesType, LDAPSearch

from accounts import sso

SECONDS = 5  # that an answer of the directory may take


class Directory(LDAPBackend):
    """Says whether the password is right; `accounts.sso` does the rest."""

    def __init__(self):
        self.default_settings = {
            "SERVER_URI": settings.LDAP_URL,
            "START_TLS": settings.LDAP_START_TLS,
            "BIND_DN": settings.LDAP_BIND_DN,
            "BIND_PASSWORD": settings.LDAP_BIND_PASSWORD,
            "USER_SEARCH": LDAPSearch(
                settings.LDAP_PEOPLE, ldap.SCOPE_SUBTREE, settings.LDAP_PEOPLE_FILTER, ["*", "+"]
            ),
            "USER_ATTRLIST": ["*", "+"],
            "GROUP_SEARCH": settings.LDAP_GROUPS
            and LDAPSearch(settings.LDAP_GROUPS, ldap.SCOPE_SUBTREE, settings.LDAP_GROUPS_FILTER),
            "GROUP_TYPE": GroupOfNamesType() if settings.LDAP_GROUPS else None,
            "ALWAYS_UPDATE_USER": False,
            "CONNECTION_OPTIONS": _options(),
        }

    def get_or_build_user(self, username, ldap_user):
        said = {
            name.lower(): [_text(one)[: sso.LONGEST] for one in values]
            for name, values in ldap_user.attrs.items()
        }

        def first(name: str) -> str:
            return (said.get(name) or [""])[0]

        groups = ldap_user.group_names if settings.LDAP_GROUPS else ()
        claims = sso.Claims(
            issuer=settings.LDAP_URL,
            subject=first(settings.LDAP_SUBJECT.lower()),
            username=username.casefold(),
            first_name=first("givenname"),
            last_name=first("sn"),
            email=first("mail"),
            groups=frozenset(groups),
            attributes={
                here: said[there.lower()]
                for here, there in settings.SSO_ATTRIBUTES.items()
                if said.get(there.lower())
            },
        )
        try:
            return sso.person_of(claims), False
        except sso.Refused as refused:
            raise ldap_user.AuthenticationFailed(str(refused)) from refused

    def has_perm(self, user, perm, obj=None):
        return False  # rights come from roles here

    def has_module_perms(self, user, app_label):
        return False

    def get_all_permissions(self, user, obj=None):
        return set()


def _text(value: str | bytes) -> str:
    """Keys of Active Directory are bytes."""
    return value if isinstance(value, str) else value.hex()


def _options() -> dict:
    found = {
        ldap.OPT_NETWORK_TIMEOUT: SECONDS,
        ldap.OPT_TIMEOUT: SECONDS,
        ldap.OPT_REFERRALS: 0,
        ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
    }
    if settings.LDAP_CA_FILE:
        found[ldap.OPT_X_TLS_CACERTFILE] = settings.LDAP_CA_FILE
    return found | {ldap.OPT_X_TLS_NEWCTX: 0}  # last: it takes those before into use
