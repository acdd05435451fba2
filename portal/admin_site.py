"""The branded admin site; its sections stand in the order of the flow."""

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from unfold.sites import UnfoldAdminSite


class PortalAdminSite(UnfoldAdminSite):
    def login(self, request, extra_context=None):
        """One door for everybody."""
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def admin_view(self, view, cacheable=False):
        """The admin's theme needs a wider script policy than the pages of viewers."""
        guarded = super().admin_view(view, cacheable)
        return csp_update({"script-src": settings.ADMIN_SCRIPT_SRC})(guarded)


def _list(title: str, icon: str, model: str) -> dict:
    """A menu entry for the list of a model, for people who may see it."""
    app, _, name = model.partition("_")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


UNFOLD = {
    "SITE_TITLE": settings.PORTAL_NAME,
    "SITE_HEADER": settings.PORTAL_NAME,
    "SITE_SUBHEADER": "Admin",
    "SITE_URL": "/",
    "SITE_SYMBOL": "monitoring",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/icon.svg")}
    ],
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_HISTORY": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "#eef2ff", "100": "#e0e7ff", "200": "#c7d2fe", "300": "#a5b4fc",
            "400": "#7c93f5", "500": "#587ae4", "600": "#3b5bdb", "700": "#3451c7",
            "800": "#2c43a3", "900": "#263a82", "950": "#1a2553",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "Data",
                "items": [
                    _list("Sources", "database", "datasets_source"),
                    _list("Datasets", "table", "datasets_dataset"),
                    _list("Refresh runs", "sync", "datasets_refreshrun"),
                ],
            },
            {
                "title": "Dashboards",
                "items": [
                    _list("Dashboards", "dashboard", "dashboards_dashboard"),
                    _list("Cards", "widgets", "dashboards_widget"),
                ],
            },
            {
                "title": "People",
                "items": [
                    _list("Users", "person", "accounts_user"),
                    _list("Roles", "group", "auth_group"),
                    _list("API tokens", "key", "accounts_apitoken"),
                ],
            },
            {
                "title": "Portal",
                "items": [
                    {
                        "title": "Open the portal",
                        "icon": "open_in_new",
                        "link": reverse_lazy("home"),
                        "active": lambda request: False,
                    }
                ],
            },
        ],
    },
}  # fmt: skip
