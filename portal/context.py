"""What every page needs besides its own context."""

from django.conf import settings

from dashboards.charts.theme import TOKENS


def portal(request):
    return {
        "portal_name": settings.PORTAL_NAME,
        "time_zone": getattr(request.user, "wanted_time_zone", settings.TIME_ZONE),
        "theme_choices": [("system", "Auto"), ("light", "Light"), ("dark", "Dark")],
        "colour_tokens": TOKENS,
    }
