"""The branded admin site; its sections stand in the order of the flow."""

from django.contrib.admin.apps import SimpleAdminConfig


class PortalAdminConfig(SimpleAdminConfig):
    default_site = "unfold.sites.UnfoldAdminSite"
