"""People, what they share, how they prove who they are, and the keys of their tools."""

from accounts.models.factor import Factor, RecoveryCode
from accounts.models.identity import Identity
from accounts.models.person import User, valid_locale, valid_time_zone
from accounts.models.session import Session
from accounts.models.shared import Shared, SharedQuerySet
from accounts.models.token import ApiToken

__all__ = [
    "ApiToken", "Factor", "Identity", "RecoveryCode", "Session", "Shared", "SharedQuerySet",
    "User", "valid_locale", "valid_time_zone",
]  # fmt: skip
