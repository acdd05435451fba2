"""People, what they share, the keys of their tools, and what all of them did."""

from accounts.models.audit import Action, AuditEvent
from accounts.models.person import User, valid_locale, valid_time_zone
from accounts.models.role import RoleProfile
from accounts.models.shared import Shared, SharedQuerySet
from accounts.models.token import ApiToken

__all__ = [
    "Action",
    "ApiToken",
    "AuditEvent",
    "RoleProfile",
    "Shared",
    "SharedQuerySet",
    "User",
    "valid_locale",
    "valid_time_zone",
]
