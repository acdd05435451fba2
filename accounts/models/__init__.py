"""People, what they share, how they prove who they are, the keys of their tools, and what all of
them did."""

from accounts.models.audit import Action, AuditEvent
from accounts.models.factor import Factor, RecoveryCode
from accounts.models.identity import Identity
from accounts.models.person import User, valid_locale, valid_time_zone
from accounts.models.role import RoleProfile
from accounts.models.session import Session
from accounts.models.shared import Shared, SharedQuerySet
from accounts.models.token import ApiToken

__all__ = [
    "Action", "ApiToken", "AuditEvent", "Factor", "Identity", "RecoveryCode", "RoleProfile",
    "Session", "Shared", "SharedQuerySet", "User", "valid_locale", "valid_time_zone",
]  # fmt: skip
