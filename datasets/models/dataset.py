"""Datasets, their snapshots and the runs that make them."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from accounts.models import Shared, SharedQuerySet, valid_time_zone
from datasets import formats, schedule, sql
from datasets.errors import DatasetError
from datasets.models.source import Source


class ColumnType(models.TextChoices):
    TEXT = "text", "Text"
    INTEGER = "integer", "Whole number"
    NUMBER = "number", "Number"
    BOOLEAN = "boolean", "Yes or no"
    DATE = "date", "Date"
    DATETIME = "datetime", "Date and time"


class DatasetQuerySet(SharedQuerySet):
    def due(self, now):
        """Enabled datasets whose time has come and that no run is working on."""
        busy = RefreshRun.objects.active().values("dataset")
        return self.filter(enabled=True, next_run_at__lte=now).exclude(pk__in=busy)


def portal_time_zone() -> str:
    return settings.TIME_ZONE


def valid_pattern(pattern: str) -> None:
    if not formats.is_pattern(pattern):
        raise ValidationError(f"'{pattern}' is no number format such as #,##0.0 or 0.0%.")


class Dataset(Shared):
    """One query on a source, with typed columns, kept as versioned snapshots."""

    name = models.CharField(max_length=100, unique=True, help_text="For example: Carts of 60 days")
    slug = models.SlugField(max_length=100, unique=True, help_text="Its name in links and the API.")
    description = models.TextField(blank=True, help_text="What one row is, and what is left out.")
    source = models.ForeignKey(Source, models.PROTECT, related_name="datasets")
    sql = models.TextField("SQL", help_text="Exactly one SELECT. Parameters are written :name.")
    canonical_sql = models.TextField(editable=False)
    refresh_every = models.DurationField(
        null=True, blank=True, help_text="Interval, for example 00:05:00 for five minutes."
    )
    refresh_cron = models.CharField(
        max_length=100,
        blank=True,
        help_text="Instead of an interval: minute hour day month weekday, for example 30 6 * * 1-5",
    )
    time_zone = models.CharField(
        max_length=60,
        default=portal_time_zone,
        validators=[valid_time_zone],
        help_text="Of the cron times, for example Europe/Berlin.",
    )
    fresh_for = models.DurationField(
        "freshness promise",
        default=timedelta(minutes=15),
        help_text="Older data is marked stale on every page, for example 00:15:00.",
    )
    row_limit = models.PositiveIntegerField(
        default=1_000_000,
        validators=[MinValueValidator(1), MaxValueValidator(100_000_000)],
        help_text="A refresh with more rows fails; the last good data stays.",
    )
    time_limit = models.PositiveIntegerField(
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3500)],
        help_text="Seconds after which the source is told to stop.",
    )
    enabled = models.BooleanField(default=True, help_text="Refresh by schedule.")

    changed_at = models.DateTimeField(auto_now=True)  # by people, not by refreshes
    accepts_new_columns = models.BooleanField(
        default=True, editable=False, help_text="The next run says what the columns are."
    )
    next_run_at = models.DateTimeField(null=True, editable=False, db_index=True)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)  # for those who work on it
    failing_because = models.CharField(max_length=100, blank=True, editable=False)  # for all
    current_snapshot = models.ForeignKey(
        "Snapshot", models.SET_NULL, null=True, editable=False, related_name="+"
    )
    history = HistoricalRecords(
        excluded_fields=[
            "accepts_new_columns", "next_run_at", "failures", "failing_since", "last_error",
            "failing_because", "current_snapshot", "canonical_sql", "changed_at",
        ],
        m2m_fields=["view_roles", "edit_roles"],
    )  # fmt: skip

    objects = DatasetQuerySet.as_manager()

    class Meta:
        permissions = [("explore_dataset", "Read single rows")]
        ordering = ["name"]

    def __str__(self):
        return self.name

    def clean(self):
        if self.refresh_every and self.refresh_cron:
            raise ValidationError({"refresh_cron": "Give an interval or a cron line, not both."})
        try:
            schedule.next_due(self, timezone.now())
        except ValueError as error:
            raise ValidationError({"refresh_cron": str(error)}) from error
        if self.source_id and self.sql:
            self.canonicalise()

    def canonicalise(self):
        """Check the SQL's form and keep the text that is sent; a refusal stands at the SQL
        field."""
        try:
            self.canonical_sql = sql.canonical(self.sql, self.source.connector.dialect)
        except DatasetError as error:
            raise ValidationError({"sql": str(error)}) from error

    def is_stale(self, now) -> bool:
        snapshot = self.current_snapshot
        return bool(snapshot and (self.failures or snapshot.as_of < now - self.fresh_for))

    def stale_reason(self, now) -> str:
        """Why the data is old, in words for viewers: the engine's own text is for authors only."""
        if self.failures:
            since = self.failing_since or now
            because = self.failing_because or DatasetError.because
            return f"Stale since {timezone.localtime(since):%d %b %H:%M} because {because}"
        late = timezone.localtime(self.current_snapshot.as_of + self.fresh_for)
        return f"Stale since {late:%d %b %H:%M} because the refresh is late"

    def parameter_values(self) -> dict:
        return {parameter.name: parameter.typed_value() for parameter in self.parameters.all()}


class Column(models.Model):
    """A column of a dataset: found by the first run of its SQL, then described by people."""

    Type = ColumnType

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="columns")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=63)
    type = models.CharField(max_length=8, choices=ColumnType)
    label = models.CharField(max_length=100, blank=True, help_text="Shown instead of the name.")
    unit = models.CharField(max_length=20, blank=True, help_text="For example: EUR, %, carts")
    format = models.CharField(
        max_length=40,
        blank=True,
        validators=[valid_pattern],
        help_text="Number pattern, for example #,##0.00 or 0.0%",
    )
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="column_once_per_dataset")
        ]

    def __str__(self):
        return self.label or self.name


class Parameter(models.Model):
    """A value that is bound to ``:name`` in the SQL of its dataset."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="parameters")
    name = models.SlugField(max_length=63, help_text="Written :name in the SQL.")
    type = models.CharField(max_length=8, choices=ColumnType, default=ColumnType.TEXT)
    value = models.CharField(max_length=200, blank=True, help_text="For example: 2026-01-31")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="parameter_once_per_dataset")
        ]

    def __str__(self):
        return self.name

    def clean(self):
        try:
            self.typed_value()
        except (ValueError, ArithmeticError) as error:
            label = ColumnType(self.type).label.lower()
            raise ValidationError({"value": f"'{self.value}' is no {label}."}) from error

    def typed_value(self):
        return sql.typed(self.value, self.type)


class Snapshot(models.Model):
    """One version of a dataset's rows: a Parquet file that is never written again."""

    audited = False

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="snapshots")
    run = models.OneToOneField("RefreshRun", models.SET_NULL, null=True, related_name="snapshot")
    file = models.CharField(max_length=200, unique=True)
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    schema = models.JSONField(help_text="List of {name, type}")
    as_of = models.DateTimeField(help_text="When the read began.")
    created_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.dataset} of {self.as_of:%Y-%m-%d %H:%M:%S}"


class RefreshRunQuerySet(models.QuerySet):
    def active(self):
        return self.filter(state__in=RefreshRun.ACTIVE)

    def expired(self):
        """Active runs whose worker did not show a sign of life within its lease."""
        return self.active().filter(lease_until__lt=models.functions.Now())


class RefreshRun(models.Model):
    """One try to make a new snapshot. The row is the lease: whoever moves its state on, owns it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"
        LOST = "lost", "Lost: its worker died"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule"
        PERSON = "person"

    ACTIVE = (State.QUEUED, State.RUNNING)
    audited = False

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.SCHEDULE)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    worker = models.CharField(max_length=100, blank=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField()
    rows = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = RefreshRunQuerySet.as_manager()
    asked: tuple | None = None  # what its fetch asked the source; known to the worker at it alone

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"],
                condition=Q(state__in=("queued", "running")),
                name="one_active_run_per_dataset",
            )
        ]
        indexes = [models.Index(fields=["dataset", "-id"], name="run_newest_first")]

    def __str__(self):
        return f"{self.dataset} {self.queued_at:%Y-%m-%d %H:%M:%S} {self.state}"
