from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self):
        from dashboards import annotations, operation  # noqa: F401 - its tables register themselves

        annotations.connect()
