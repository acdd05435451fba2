"""People, what they share, and the keys of their tools."""

from accounts.models.person import User, valid_locale, valid_time_zone
from accounts.models.role import RoleProfile
from accounts.models.shared import Shared, SharedQuerySet
from accounts.models.token import ApiToken

__all__ = [
    "ApiToken",
    "RoleProfile",
    "Shared",
    "SharedQuerySet",
    "User",
    "valid_locale",
    "valid_time_zone",
]
