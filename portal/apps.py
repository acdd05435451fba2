from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class PortalConfig(AppConfig):
    name = "portal"
    default = True

    def ready(self):
        from django.conf import settings

        from portal import (  # noqa: F401  (checks, the one receiver, a table)
            admin_site,
            checks,
            operation,
            pipeline,
        )

        settings.UNFOLD = admin_site.UNFOLD


class PortalAdminConfig(SimpleAdminConfig):
    """The admin is discovered in `portal.urls`, so only the web process pays for it."""

    default_site = "portal.admin_site.PortalAdminSite"
