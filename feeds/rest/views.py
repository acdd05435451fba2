"""The REST doors: the same rights and the same numbers as on the pages."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from dashboards import choices, render
from dashboards.errors import ChoiceRefused, DashboardError
from dashboards.models import Dashboard
from dashboards.views import cards_answer, not_modified, private, same
from datasets import formats, policies
from datasets.errors import (
    ColumnMissing,
    DatasetError,
    FilterRefused,
    LimitExceeded,
    NoSnapshot,
    QueryFailed,
)
from datasets.models import Dataset
from datasets.query import Filter, Measure, Order, Query, current, run
from feeds.rest import serializers

log = logging.getLogger(__name__)

OPERATORS = {
    "": "=", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=",
    "in": "in", "not_in": "not_in", "contains": "contains", "period": "period",
}  # fmt: skip
FILTERS_MOST = 50


class RecordViewSet(viewsets.ReadOnlyModelViewSet):
    """Records by their slug, for the person who asks and for nobody's shared cache."""

    lookup_field = "slug"

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        return response if response.has_header("Cache-Control") else private(response)


class DashboardViewSet(RecordViewSet):
    queryset = Dashboard.objects.none()  # for the schema only

    def get_queryset(self):
        return Dashboard.objects.visible_to(self.request.user).prefetch_related("widgets")

    def get_serializer_class(self):
        if self.action == "list":
            return serializers.DashboardSerializer
        return serializers.DashboardDetailSerializer

    @extend_schema(responses={200: dict}, description="All cards as the page draws them.")
    @action(detail=True)
    def data(self, request, slug):
        view = self._view(self.get_object())
        return cards_answer(request, render.cards(view, all_tabs=True))

    @extend_schema(responses=serializers.WidgetDataSerializer)
    @action(detail=True, url_path=r"widgets/(?P<widget_id>\d+)/data")
    def widget_data(self, request, slug, widget_id):
        widgets = self.get_object().widgets.select_related("dataset__current_snapshot")
        widget = get_object_or_404(widgets, pk=widget_id)
        wish = self._view(widget.dashboard).wish(widget)
        etag = render.etag([render.card(widget, request.user, wish)])
        if same(request, etag):
            return not_modified(etag)
        try:
            twin = render.table(widget, request.user, wish)
        except (DatasetError, DashboardError) as error:
            said = render.told(widget, request.user, error)
            raise exceptions.ValidationError({"detail": said}) from error
        answer = {name: twin[name] for name in ("as_of", "headings", "rows", "values")}
        return private(Response({"title": widget.title, **answer}), etag)

    def _view(self, dashboard):
        """The dashboard with the choices in the address, named as in the page's own."""
        try:
            return choices.look(dashboard, self.request.user, dict(self.request.GET.lists()))
        except ChoiceRefused as error:
            raise exceptions.ValidationError({"detail": str(error)}) from error


class DatasetViewSet(RecordViewSet):
    queryset = Dataset.objects.none()  # for the schema only

    def get_queryset(self):
        found = Dataset.objects.visible_to(self.request.user).select_related("current_snapshot")
        return found.prefetch_related("columns")

    def get_serializer_class(self):
        if self.action == "list":
            return serializers.DatasetSerializer
        return serializers.DatasetDetailSerializer

    def retrieve(self, request, *args, **kwargs):
        dataset = self.get_object()
        names = [column.name for column in dataset.columns.all()]
        hidden = policies.of(dataset, request.user).hides(names)
        return Response(
            self.get_serializer(dataset, context={"hidden": hidden, "request": request}).data
        )

    @extend_schema(
        parameters=[
            serializers.RowsParameters,
            OpenApiParameter(
                "column__operator", str, description=f"Filter; {', '.join(OPERATORS)}"
            ),
        ],
        responses=serializers.RowsSerializer,
    )
    @action(detail=True)
    def rows(self, request, slug):
        dataset = self.get_object()
        if not request.user.has_perm("datasets.explore_dataset"):
            raise exceptions.PermissionDenied("Your roles do not let you read single rows.")
        wanted = serializers.RowsParameters(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        try:
            policy, snapshot = policies.of(dataset, request.user), current(dataset)
            every = [column["name"] for column in snapshot.schema]
            unlisted = policy.unlisted(every)
            columns = [name for name in every if name not in unlisted]
            query = _query(wanted.validated_data, request.query_params, columns)
            identity = f"{snapshot.pk}:{policy.fingerprint}:{query.key()}"
            etag = hashlib.sha256(identity.encode()).hexdigest()[:32]
            if same(request, etag):
                return not_modified(etag)
            result = run(query, dataset, request.user)
            total = run(_counted(query), dataset, request.user).table
        except NoSnapshot as error:
            raise exceptions.NotFound(str(error)) from error
        except (ColumnMissing, FilterRefused, LimitExceeded) as error:
            raise exceptions.ValidationError({"detail": str(error)}) from error
        except QueryFailed as error:  # such as a number beyond all types; its text is the engine's
            log.warning("Rows of dataset %s were refused by the engine: %s", dataset.pk, error)
            raise exceptions.ValidationError({"detail": "The engine refuses a value."}) from error
        count = int(total.column("count")[0].as_py())
        rows = [{k: formats.plain(v) for k, v in row.items()} for row in result.table.to_pylist()]
        answer = {"as_of": result.as_of, "count": count, "next": _next(request, query, count)}
        return private(Response({**answer, "rows": rows}), etag)


def _query(wanted: dict, parameters, columns: list[str]) -> Query:
    names = _names(wanted.get("select", ""))
    order = [
        Order(name.removeprefix("-"), name.startswith("-"))
        for name in _names(wanted.get("order", ""))
    ]
    if order:  # equal rows would stand now on this page, now on that, and some on none
        known = {one.name for one in order}
        order += [Order(name) for name in names or columns if name not in known]
    return Query(
        select=tuple(names),
        filters=_filters(parameters, columns),
        order=tuple(order),
        limit=wanted["limit"],
        offset=wanted["offset"],
        time_zone=settings.TIME_ZONE,  # a day is the same day as on the pages
    )


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _filters(parameters, columns: list[str]) -> tuple[Filter, ...]:
    found = []
    for key, values in parameters.lists():
        if key in serializers.RowsParameters().fields:
            continue
        column, _, suffix = key.rpartition("__")
        if not column or key in columns:
            column, suffix = key, ""
        if suffix not in OPERATORS:
            raise FilterRefused(f"{key}: there is no operator '{suffix}'.")
        operator = OPERATORS[suffix]
        for text in values:
            found.append(Filter(column, operator, _value(operator, text)))
    if len(found) > FILTERS_MOST:
        raise FilterRefused(f"At most {FILTERS_MOST} filters are taken.")
    return tuple(found)


def _value(operator: str, text: str):
    if operator in ("in", "not_in"):
        return text.split(",")
    return [text, 0] if operator == "period" else text


def _counted(query: Query) -> Query:
    count = (Measure("count", "count()"),)
    return replace(query, select=(), measures=count, order=(), limit=None, offset=0)


def _next(request, query: Query, count: int) -> str | None:
    after = query.offset + query.limit
    if after >= count:
        return None
    parameters = request.query_params.copy()
    parameters["offset"], parameters["limit"] = after, query.limit
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
