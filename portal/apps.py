from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self):
        from portal import checks, pipeline  # noqa: F401  (registers checks and the one receiver)
