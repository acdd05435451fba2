"""The branded admin site; its sections stand in the order of the flow."""

from functools import wraps

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db.models.base import ModelBase
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from unfold.settings import CONFIG_DEFAULTS
from unfold.sites import UnfoldAdminSite

from accounts import audit_watch, viewing_as
from accounts.keys import is_key


class PortalAdminSite(UnfoldAdminSite):
    index_title = "Admin"
    index_template = "admin/start_page.html"

    def login(self, request, extra_context=None):
        """One door for everybody; who is through it without a right to the admin is told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            return render(request, "admin/no_access.html", status=403)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def register(self, model_or_iterable, admin_class=None, **options):
        """What can be changed here leaves audit events, whoever's model it is."""
        super().register(model_or_iterable, admin_class, **options)
        for model in _models(model_or_iterable):
            audit_watch.watch(model)

    def unregister(self, model_or_iterable):
        super().unregister(model_or_iterable)
        for model in _models(model_or_iterable):
            audit_watch.unwatch(model)

    def get_app_list(self, request, app_label=None):
        """The index in the order of the flow; the page of one app as it is."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        found = {
            f"{app['app_label']}_{model['object_name'].lower()}": model
            for app in apps
            for model in app["models"]
        }
        sections = []
        for title, known in SECTIONS.items():
            models = [found.pop(key) | {"about": known[key]} for key in known if key in found]
            sections.append({"name": title, "app_label": title.lower(), "models": models})
        sections.append({"name": "More", "app_label": "more", "models": list(found.values())})
        return [section | {"app_url": ""} for section in sections if section["models"]]

    def get_urls(self):
        # They ask for records, which are not loaded before.
        from accounts import admin_viewing_as
        from portal.config import admin as config

        return [*config.urls(self), *admin_viewing_as.urls(self), *super().get_urls()]

    def admin_view(self, view, cacheable=False):
        """The admin's theme needs a wider script policy than the pages of viewers."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def answer(request, *args, **kwargs):
            _refuse_what_no_page_sends(request)
            return guarded(request, *args, **kwargs)

        return csp_update(settings.ADMIN_POLICY)(answer)


def _refuse_what_no_page_sends(request) -> None:
    """Django's lists take each of these to the database, which knows no such text or key."""
    asked = [*request.GET, *(value for _, values in request.GET.lists() for value in values)]
    if any("\0" in text for text in asked):
        raise BadRequest("NUL in an address")
    if not all(is_key(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
        raise BadRequest("No key of a record")


def _models(one_or_more) -> list:
    return [one_or_more] if isinstance(one_or_more, ModelBase) else list(one_or_more)


#: The index in the order of the flow, with what each kind of record is for.
SECTIONS = {
    "Data": {
        "datasets_source": "Where data comes from, with a role that only reads.",
        "datasets_dataset": "One SELECT on a source, refreshed by a schedule.",
        "datasets_rowpolicy": "Which rows of a dataset roles see.",
        "datasets_columnpolicy": "Columns that not everybody sees as they are.",
        "datasets_ruletest": "What somebody must see; tried on each change of the rules.",
        "datasets_refreshrun": "What was refreshed when, and what went wrong.",
    },
    "Dashboards": {
        "dashboards_dashboard": "Pages of cards, and the roles that see them.",
        "dashboards_widget": "A chart, table or number of a dataset.",
        "dashboards_filter": "What viewers of a dashboard may choose.",
        "dashboards_savedview": "Named choices, shared with roles.",
        "dashboards_annotation": "What happened when; charts over time show it.",
        "dashboards_charttemplate": "Cards in the making: they ask for the columns they need.",
        "dashboards_sharelink": "Dashboards for people without an account.",
        "dashboards_embedkey": "Applications whose pages show dashboards.",
        "dashboards_theme": "Name, logo, colours and font of all pages.",
    },
    "People": {
        "accounts_user": "Who may sign in, and with which roles.",
        "auth_group": "What people of one kind see and may do.",
        "accounts_apitoken": "Keys for tools that read the same numbers.",
        "accounts_auditevent": "Who did what, when and from where; nobody can change it.",
        "axes_accessattempt": "Who failed to sign in, and has to wait.",
    },
}


def _list(title: str, icon: str, model: str) -> dict:
    """A menu entry for the list of a model, for people who may see it."""
    app, _, name = model.partition("_")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


PRIMARY = {
    "50": "#eef2ff", "100": "#e0e7ff", "200": "#c7d2fe", "300": "#a5b4fc", "400": "#7c93f5",
    "500": "#587ae4", "600": "#3b5bdb", "700": "#3451c7", "800": "#2c43a3", "900": "#263a82",
    "950": "#1a2553",
}  # fmt: skip
GREYS = {  # of the portal's own pages
    "50": "#f6f7f9", "100": "#f1f3f6", "200": "#e4e7ec", "300": "#d0d5dd", "400": "#9aa4b2",
    "500": "#5b6472", "600": "#475467", "700": "#3a4350", "800": "#2a313c", "900": "#0e1116",
    "950": "#0a0c10",
}  # fmt: skip


def _brand():
    from dashboards import branding  # asks for records, which are not loaded before

    return branding.current()


def _name(request) -> str:
    return _brand().name


def _colours(request) -> dict[str, dict[str, str]]:
    """New ones each time: the admin's theme writes into them."""
    font = dict(CONFIG_DEFAULTS["COLORS"]["font"])
    return {"primary": PRIMARY | _brand().admin_steps, "base": dict(GREYS), "font": font}


def _logo(request) -> str:
    """Its address; empty without a logo."""
    version = _brand().logo_version
    return f"{reverse('brand-logo')}?v={version}" if version else ""


def _icon(request) -> str:
    return _logo(request) or static("portal/icon.svg")


UNFOLD = {
    "SITE_TITLE": _name,
    "SITE_HEADER": _name,
    "SITE_SUBHEADER": "Admin",
    "SITE_URL": "/",
    "SITE_ICON": _logo,  # a symbol stands there without one
    "SITE_SYMBOL": "monitoring",
    "SITE_FAVICONS": [
        {"rel": "icon", "href": _icon},
    ],
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_HISTORY": True,
    "BORDER_RADIUS": "8px",
    "COLORS": _colours,
    "STYLES": [lambda request: static("portal/admin.css")],
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "Data",
                "items": [
                    _list("Sources", "database", "datasets_source"),
                    _list("Datasets", "table", "datasets_dataset"),
                    _list("Row rules", "filter_list", "datasets_rowpolicy"),
                    _list("Column rules", "visibility_off", "datasets_columnpolicy"),
                    _list("Rule tests", "rule", "datasets_ruletest"),
                    _list("Refresh runs", "sync", "datasets_refreshrun"),
                ],
            },
            {
                "title": "Dashboards",
                "items": [
                    _list("Dashboards", "dashboard", "dashboards_dashboard"),
                    _list("Cards", "widgets", "dashboards_widget"),
                    _list("Filters", "filter_alt", "dashboards_filter"),
                    _list("Saved views", "bookmark", "dashboards_savedview"),
                    _list("Annotations", "flag", "dashboards_annotation"),
                    _list("Chart templates", "extension", "dashboards_charttemplate"),
                    _list("Share links", "link", "dashboards_sharelink"),
                    _list("Embedding keys", "code", "dashboards_embedkey"),
                    _list("Themes", "palette", "dashboards_theme"),
                ],
            },
            {
                "title": "People",
                "items": [
                    _list("Users", "person", "accounts_user"),
                    _list("Roles", "group", "auth_group"),
                    _list("API tokens", "key", "accounts_apitoken"),
                    {
                        "title": "View as",
                        "icon": "visibility",
                        "link": reverse_lazy("admin:view_as"),
                        "permission": lambda request: request.user.has_perm(viewing_as.RIGHT),
                    },
                    _list("Audit", "policy", "accounts_auditevent"),
                    _list("Failed sign-ins", "lock", "axes_accessattempt"),
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
