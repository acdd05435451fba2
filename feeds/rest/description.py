"""How the API describes itself: besides what an answer holds, how it refuses."""

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class RefusalSerializer(serializers.Serializer):
    detail = serializers.CharField(help_text="What is wrong, in words.")


REFUSALS = {
    "400": "What was asked makes no sense; each wrong parameter by its name, or detail.",
    "401": "No token, or one that is not known, has expired or was revoked.",
    "403": "Your roles do not let you do that.",
    "404": "It is not there, or not for you.",
    "406": "Answers are JSON alone.",
    "429": "Too many requests; Retry-After says how many seconds to wait.",
}


class Description(AutoSchema):
    def _get_response_bodies(self, direction="response"):
        found = super()._get_response_bodies(direction)
        for code, words in REFUSALS.items():
            kind = {"type": "object", "additionalProperties": True}
            said = self._get_response_for_code(kind if code == "400" else RefusalSerializer, code)
            found.setdefault(code, said | {"description": words})
        return found
