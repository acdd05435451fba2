import factory

from dashboards.models import Dashboard, Widget
from tests.factories.datasets import DatasetFactory


class DashboardFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Dashboard
        skip_postgeneration_save = True

    title = factory.Sequence("Dashboard {}".format)
    slug = factory.Sequence("dashboard-{}".format)

    @factory.post_generation
    def view_roles(self, create, roles, **kwargs):
        self.view_roles.set(roles or [])

    @factory.post_generation
    def edit_roles(self, create, roles, **kwargs):
        self.edit_roles.set(roles or [])


class WidgetFactory(factory.django.DjangoModelFactory):
    """A number that counts rows, which fits every dataset."""

    class Meta:
        model = Widget

    dashboard = factory.SubFactory(DashboardFactory)
    dataset = factory.SubFactory(DatasetFactory)
    title = factory.Sequence("Widget {}".format)
    chart_type = "number"
    options = factory.LazyFunction(lambda: {"value": "count()"})
