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


def _link(title: str, icon: str, view: str, permission: str | None = None) -> dict:
    link = {"title": title, "icon": icon, "link": reverse_lazy(view)}
    if permission:
        link["permission"] = lambda request: request.user.has_perm(permission)
    return link


UNFOLD = {
    "SITE_TITLE": settings.PORTAL_NAME,
    "SITE_HEADER": settings.PORTAL_NAME,
    "SITE_SUBHEADER": "Workshop",
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
            "50": "#eef2ff", "100": "#e0e7ff", "200": "#c7d2fe", "300": "#a5b4fc", "400": "#7c93f5",
            "500": "#587ae4", "600": "#3b5bdb", "700": "#3451c7", "800": "#2c43a3", "900": "#263a82",
            "950": "#1a2553",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "Data",
                "items": [
                    _link("Sources", "database", "admin:datasets_source_changelist", "datasets.view_source"),
                    _link("Datasets", "table", "admin:datasets_dataset_changelist", "datasets.view_dataset"),
                    _link(
                        "Refresh runs", "sync", "admin:datasets_refreshrun_changelist",
                        "datasets.view_refreshrun",
                    ),
                ],
            },
            {
                "title": "Dashboards",
                "items": [
                    _link(
                        "Dashboards", "dashboard", "admin:dashboards_dashboard_changelist",
                        "dashboards.view_dashboard",
                    ),
                    _link(
                        "Widgets", "widgets", "admin:dashboards_widget_changelist",
                        "dashboards.view_widget",
                    ),
                ],
            },
            {
                "title": "People",
                "items": [
                    _link("Users", "person", "admin:accounts_user_changelist", "accounts.view_user"),
                    _link("Roles", "group", "admin:auth_group_changelist", "auth.view_group"),
                    _link(
                        "API tokens", "key", "admin:accounts_apitoken_changelist",
                        "accounts.view_apitoken",
                    ),
                ],
            },
            {"title": "Portal", "items": [_link("Open the portal", "open_in_new", "home") | {"active": lambda request: False}]},
        ],
    },
}  # fmt: skip
