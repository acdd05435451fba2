"""How often a person and a token may ask the API. The count is one for all web processes: with
Django's own memory each would have a limit of its own."""

from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken
from datasets import counting


class Counted(SimpleRateThrottle):
    left = 0

    def allow_request(self, request, view):
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        many, self.left = counting.count(key, self.duration)
        return many <= self.num_requests

    def wait(self):
        return self.left


class PerPerson(Counted):
    """All tokens of a person and all her browsers together."""

    scope = "user"

    def get_cache_key(self, request, view):
        return f"api-user:{request.user.pk}" if request.user.is_authenticated else None


class PerToken(Counted):
    """One tool that runs wild leaves room for the others of the same person."""

    scope = "token"

    def get_cache_key(self, request, view):
        return f"api-token:{request.auth.pk}" if isinstance(request.auth, ApiToken) else None
