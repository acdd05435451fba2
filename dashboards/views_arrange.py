"""The door of the page's arranging: how the cards stand, and how they shall stand."""

from __future__ import annotations

import orjson
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from dashboards import arrange
from dashboards.errors import LayoutChanged, LayoutRefused
from dashboards.views import private, visible

MAY_NOT = "You may look at this dashboard, but not arrange it."


@login_required
@require_http_methods(["GET", "POST"])
def arranged(request, slug):
    """The arrangement as JSON, after it was written where one is sent."""
    dashboard = visible(request, slug)
    if not arrange.may(request.user, dashboard):
        return _said(MAY_NOT, 403)
    try:
        if request.method == "POST":
            arrange.save(dashboard, request.user, orjson.loads(request.body))
        return _json(arrange.state(dashboard))
    except LayoutChanged as error:
        return _said(str(error), 409)
    except LayoutRefused as error:
        return _said(str(error), 400)
    except orjson.JSONDecodeError:
        return _said("This is no JSON.", 400)
    except PermissionDenied as error:
        return _said(str(error), 403)


def _said(text: str, status: int) -> HttpResponse:
    return _json({"error": text}, status)


def _json(content, status: int = 200) -> HttpResponse:
    return private(HttpResponse(orjson.dumps(content), status=status,
                                content_type="application/json"))  # fmt: skip
