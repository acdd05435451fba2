"""Start-up checks: registries load and networks are networks, so what is broken is found before a
user does."""

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


@register()
def networks(app_configs, **kwargs):
    from datasets.connectors import network

    try:
        network.guard()
    except ValueError as error:
        said = f"SOURCE_NETWORKS lists what is no network, such as 10.1.0.0/16: {error}."
        return [Error(said, id="portal.E002")]
    return []
