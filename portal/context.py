"""What every page needs besides its own context."""

from django.conf import settings

from accounts import locale
from dashboards import branding
from dashboards.charts.theme import FONT_TOKEN, TOKENS
from dashboards.models import Dashboard


def portal(request):
    zone = getattr(request.user, "wanted_time_zone", settings.TIME_ZONE)
    brand = branding.current()
    chosen = getattr(request.user, "theme", "system")
    return {
        "portal_name": brand.name,
        # Of the menu; asked only by pages that show it and bring no list of their own.
        "dashboards": lambda: Dashboard.objects.visible_to(request.user).only("title", "slug"),
        "brand": brand,
        # Who prints gets dark words on white, whatever the screen has.
        "page_theme": "light"
        if "print" in request.GET
        else chosen
        if chosen != "system"
        else brand.scheme,
        "time_zone": zone,
        "zone_name": zone.replace("_", " "),
        "time_locale": locale.tag(locale.current()),
        "theme_choices": [("system", "Auto"), ("light", "Light"), ("dark", "Dark")],
        "colour_tokens": TOKENS | {FONT_TOKEN: "font"},
    }
