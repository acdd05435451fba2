from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self):
        # The tables of `operation` register themselves.
        from dashboards import annotations, branding, operation, structure  # noqa: F401

        annotations.connect()
        branding.connect()
        structure.connect()
