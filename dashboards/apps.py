from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self):
        from dashboards import annotations, branding

        annotations.connect()
        branding.connect()
