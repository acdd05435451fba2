"""Start-up checks: registries load, so a broken chart type or connector is found before a user
does."""

from django.core.checks import Error, register


@register()
def registries(app_configs, **kwargs):
    from dashboards.charts import registry as charts
    from datasets.connectors import registry as connectors

    errors = []
    for registry in (charts, connectors):
        try:
            registry.load()
        except (ValueError, ImportError) as error:
            errors.append(Error(str(error), id="portal.E001"))
    return errors
