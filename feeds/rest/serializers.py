import logging

from rest_framework import serializers

from dashboards.models import Dashboard, Widget
from datasets.errors import DatasetError
from datasets.models import Column, Dataset
from datasets.query import count

log = logging.getLogger(__name__)


class WidgetSerializer(serializers.ModelSerializer):
    class Meta:
        model = Widget
        fields = ["id", "title", "subtitle", "chart_type", "position", "width", "height"]


class DashboardSerializer(serializers.ModelSerializer):
    class Meta:
        model = Dashboard
        fields = ["slug", "title", "description"]


class DashboardDetailSerializer(DashboardSerializer):
    widgets = WidgetSerializer(many=True)

    class Meta(DashboardSerializer.Meta):
        fields = [*DashboardSerializer.Meta.fields, "widgets"]


class ColumnSerializer(serializers.ModelSerializer):
    class Meta:
        model = Column
        fields = ["name", "type", "label", "unit", "format", "description"]


class DatasetSerializer(serializers.ModelSerializer):
    as_of = serializers.DateTimeField(source="current_snapshot.as_of", default=None)
    row_count = serializers.SerializerMethodField(help_text="Rows that you may see.")

    class Meta:
        model = Dataset
        fields = ["slug", "name", "description", "as_of", "row_count"]

    def get_row_count(self, dataset) -> int | None:
        if dataset.current_snapshot is None:
            return None
        try:
            return count(dataset, self.context["request"].user)
        except DatasetError as error:  # it hinders no list of others
            log.warning("The rows of dataset %s cannot be counted: %s", dataset.pk, error)
            return None


class DatasetDetailSerializer(DatasetSerializer):
    columns = serializers.SerializerMethodField()

    class Meta(DatasetSerializer.Meta):
        fields = [*DatasetSerializer.Meta.fields, "columns"]

    def get_columns(self, dataset) -> list[dict]:
        hidden = self.context["hidden"]
        return [ColumnSerializer(c).data for c in dataset.columns.all() if c.name not in hidden]


class RowsParameters(serializers.Serializer):
    """What may be asked of a dataset's rows; everything else in the query string is a filter."""

    select = serializers.CharField(required=False, help_text="Columns, separated by commas.")
    order = serializers.CharField(
        required=False, help_text="Columns; a minus sign sorts downwards."
    )
    limit = serializers.IntegerField(default=1000, min_value=1, max_value=10_000)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=2**31)


class WidgetDataSerializer(serializers.Serializer):
    """A widget's numbers as a table: ``rows`` as texts, as the card shows them, and ``values``,
    the same cells unrounded (numbers, times in ISO 8601, null where there is none)."""

    title = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True)
    headings = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    values = serializers.ListField(child=serializers.ListField(child=serializers.JSONField()))


class RowsSerializer(serializers.Serializer):
    as_of = serializers.DateTimeField()
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    rows = serializers.ListField(child=serializers.DictField())
