"""Dashboards and their widgets."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from accounts.models import Shared
from datasets.models import Dataset


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
        ordering = ["position", "title"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("dashboard", args=[self.slug])


class Palette(models.Model):
    """Which values have which colours on a dashboard; written by `dashboards.colors` alone."""

    dashboard = models.OneToOneField(Dashboard, models.CASCADE, primary_key=True)
    #: Column: its values in the order in which they took the places of the theme's palette
    places = models.JSONField(default=dict)

    def __str__(self):
        return f"Colours of {self.dashboard}"


class Widget(models.Model):
    """One card of a dashboard: a chart type, its options, and the dataset that it asks."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="widgets")
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
