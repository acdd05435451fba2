"""Dashboards: their pages, cards and filters, and what stands on all of them."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from accounts.models import Shared
from dashboards import chart_templates, filters, layout
from dashboards.errors import ChoiceRefused, LayoutRefused, OptionsRefused
from datasets.models import Dataset

valid_name = RegexValidator(
    r"^[a-z][a-z0-9_]{0,39}$", "Write it in small letters, digits and underscores."
)


class Dashboard(Shared):
    """A page of cards that some roles may see."""

    title = models.CharField(max_length=100, help_text="For example: Main analytics")
    slug = models.SlugField(max_length=100, unique=True, help_text="Its name in links.")
    description = models.TextField(
        blank=True, help_text="What it answers, in one or two sentences."
    )
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Lower stands higher in the menu."
    )
    history = HistoricalRecords(m2m_fields=["view_roles", "edit_roles"])

    class Meta:
        permissions = [
            ("export_dashboard", "Take data away as files"),
            ("share_dashboard", "Share with people without an account"),
        ]
        ordering = ["position", "title"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("dashboard", args=[self.slug])


class Palette(models.Model):
    """Which values have which colours on a dashboard; written by `dashboards.colors` alone."""

    audited = False

    dashboard = models.OneToOneField(Dashboard, models.CASCADE, primary_key=True)
    #: Column: its values in the order in which they took the places of the theme's palette
    places = models.JSONField(default=dict)

    def __str__(self):
        return f"Colours of {self.dashboard}"


class Page(models.Model):
    """A tab of a dashboard. A dashboard without any is one page."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="pages")
    title = models.CharField(max_length=60, help_text="On the tab, for example: By segment")
    slug = models.SlugField(max_length=60, help_text="Its name in links.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of the tabs.")
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "tab"
        constraints = [
            models.UniqueConstraint(fields=["dashboard", "slug"], name="tab_once_per_dashboard")
        ]

    def __str__(self):
        return self.title


class Widget(models.Model):
    """One card of a dashboard: a chart type, its options, and the dataset that it asks."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="widgets")
    page = models.ForeignKey(
        Page,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="widgets",
        verbose_name="tab",
        help_text="Empty: the first one.",
    )
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="widgets")
    title = models.CharField(
        max_length=100, help_text="What is shown, for example: Abandonment funnel"
    )
    subtitle = models.CharField(
        max_length=150, blank=True, help_text="Unit and period, for example: EUR per day"
    )
    chart_type = models.CharField(max_length=30, help_text="How it is drawn.")
    options = models.JSONField(default=dict, blank=True)
    filters = models.JSONField(
        default=list,
        blank=True,
        help_text='Rows that count, for example: [["status", "=", "abandoned"]]',
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Order on the page.")
    width = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(2), MaxValueValidator(12)],
        help_text="Columns of twelve.",
    )
    height = models.PositiveSmallIntegerField(
        default=6,
        validators=[MinValueValidator(3), MaxValueValidator(16)],
        help_text="Rows of 56 pixels; a number takes 4, a chart 6 or 7.",
    )
    places = models.JSONField(
        default=dict,
        blank=True,
        help_text="Size and order on tablets and phones, where they differ.",
    )
    changed_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "card"  # the one word for it on every page

    def __str__(self):
        return self.title

    @property
    def version(self) -> str:
        """Changes whenever the drawing may change."""
        return f"{self.pk}-{self.changed_at.timestamp():.6f}"

    def clean(self):
        if self.page_id and self.page.dashboard_id != self.dashboard_id:
            raise ValidationError({"page": "This tab belongs to another dashboard."})
        try:
            layout.check(self.places)
        except LayoutRefused as error:
            raise ValidationError({"places": str(error)}) from error


class Filter(models.Model):
    """What viewers of a dashboard may choose; it limits all cards that listen."""

    class Kind(models.TextChoices):
        PERIOD = "period", "Date range"
        CHOICE = "choice", "One value"
        CHOICES = "choices", "Several values"
        NUMBERS = "numbers", "Number range"
        TEXT = "text", "Text that is contained"
        BOOLEAN = "boolean", "Yes or no"

    class Default(models.TextChoices):
        NONE = "none", "Nothing: all rows"
        FIXED = "fixed", "A value, or a period such as 30d"
        LARGEST = "largest", "The largest value there is, such as the newest"
        FREQUENT = "frequent", "The value with the most rows"
        ATTRIBUTE = "attribute", "An attribute of the person, such as country"

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="filters")
    label = models.CharField(max_length=40, help_text="For example: Country")
    name = models.CharField(
        max_length=40, validators=[valid_name], help_text="In links, for example: country"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CHOICES)
    columns = models.JSONField(
        default=list,
        blank=True,
        help_text="Columns that it limits: of these names, the first that a card's dataset has. "
        "Of a date range: none, for each card has its own time.",
    )
    values_from = models.ForeignKey(
        Dataset,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Dataset with the values to choose from. Empty: the first card's that has them.",
    )
    depends_on = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="dependents",
        help_text="When it changes, the choice here is forgotten: cities of another country.",
    )
    required = models.BooleanField(default=False, help_text="Something must be chosen.")
    default_kind = models.CharField(
        "starts with", max_length=10, choices=Default, default=Default.NONE
    )
    default = models.CharField(
        max_length=200,
        blank=True,
        help_text="The value (several with commas), the period, or the attribute's name.",
    )
    ignored_by = models.ManyToManyField(
        Widget, blank=True, related_name="ignores", help_text="Cards that do not follow it."
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the bar.")
    history = HistoricalRecords(m2m_fields=["ignored_by"])

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dashboard", "name"], name="filter_once_per_dashboard")
        ]

    def __str__(self):
        return self.label

    def clean(self):
        try:
            filters.check(self)
        except ChoiceRefused as error:
            raise ValidationError({error.name: error.message}) from error


class SavedView(Shared):
    """A named set of choices on a dashboard: private, or shared with roles."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60, help_text="For example: Germany, phones")
    query = models.CharField(
        max_length=2000, blank=True, help_text="The choices as they stand in the page's address."
    )
    default_roles = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Roles whose people start with it."
    )
    history = HistoricalRecords(m2m_fields=["view_roles", "edit_roles", "default_roles"])

    class Meta:
        ordering = ["name"]
        verbose_name = "saved view"

    def __str__(self):
        return self.name


class Annotation(models.Model):
    """Something that happened; time charts of the datasets that it names show it."""

    class Kind(models.TextChoices):
        CAMPAIGN = "campaign", "Campaign"
        RELEASE = "release", "Release"
        OUTAGE = "outage", "Outage"
        HOLIDAY = "holiday", "Holiday"
        NOTE = "note", "Note"

    title = models.CharField(max_length=80, help_text="For example: Free shipping from 50 EUR")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.NOTE)
    start = models.DateTimeField(default=timezone.now)
    end = models.DateTimeField(null=True, blank=True, help_text="Empty: it was one moment.")
    description = models.TextField(blank=True)
    datasets = models.ManyToManyField(
        Dataset, related_name="annotations", help_text="Their time charts show it."
    )
    history = HistoricalRecords(m2m_fields=["datasets"])

    class Meta:
        ordering = ["-start"]

    def __str__(self):
        return self.title

    def clean(self):
        if self.end and self.start and self.end <= self.start:
            raise ValidationError({"end": "It must end after it starts."})


class ChartTemplate(models.Model):
    """A card in the making: a chart type with its usual options, and the columns it wants."""

    name = models.CharField(max_length=60, unique=True, help_text="For example: Abandonment funnel")
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True, help_text="What the picture answers.")
    chart_type = models.CharField(max_length=30)
    roles = models.JSONField(
        default=list,
        help_text='What is asked for: [{"option": "stage", "label": "Stage"}, ...], each an option '
        "of the chart type.",
    )
    options = models.JSONField(default=dict, blank=True, help_text="All other options.")
    position = models.PositiveSmallIntegerField(default=100)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "chart template"

    def __str__(self):
        return self.name

    def clean(self):
        try:
            chart_templates.check(self)
        except OptionsRefused as error:
            raise ValidationError({error.field: error.message}) from error
