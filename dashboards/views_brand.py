"""What the theme in use adds to every page: a style sheet and a logo, also before log-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from dashboards import branding

FOR_EVER = "public, max-age=31536000, immutable"


@login_not_required
@require_safe
def css(request):
    brand = branding.current()
    return _versioned(request, brand.css, brand.css_version, "text/css; charset=utf-8")


@login_not_required
@require_safe
def logo(request):
    brand = branding.current()
    if not brand.logo:
        return HttpResponseRedirect(static("portal/icon.svg"))
    return _versioned(request, brand.logo, brand.logo_version, "image/png")


def _versioned(request, content: bytes, version: str, kind: str) -> HttpResponse:
    """Kept for ever under the address of its version; an older address may not keep the new one."""
    response = HttpResponse(content, content_type=kind)
    known = bool(version) and request.GET.get("v") == version
    response["Cache-Control"] = FOR_EVER if known else "no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response
