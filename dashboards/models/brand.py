"""How the portal looks."""

from collections import defaultdict

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from dashboards import brand


class Theme(models.Model):
    """Name, logo, colours and font of every page; one theme is in use."""

    class Scheme(models.TextChoices):
        SYSTEM = "system", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    name = models.CharField(max_length=60, unique=True, help_text="For example: Brand of 2026")
    in_use = models.BooleanField(default=False, help_text="All pages take this theme.")
    portal_name = models.CharField(
        max_length=60, blank=True, help_text="Stands in the menu. Empty: the portal's own name."
    )
    logo = models.BinaryField(blank=True, default=b"", editable=True)  # PNG
    accent_light = models.CharField(
        max_length=7, blank=True, help_text="For example #3b5bdb; on white. Empty: the usual one."
    )
    accent_dark = models.CharField(
        max_length=7, blank=True, help_text="For example #7c93f5; on black. Empty: the usual one."
    )
    palette_light = models.JSONField(
        default=list, blank=True, help_text="Up to ten colours of charts, in the order of use."
    )
    palette_dark = models.JSONField(
        default=list, blank=True, help_text="The same entities on dark pages, in the same order."
    )
    font = models.CharField(
        max_length=20,
        choices=[(key, font.label) for key, font in brand.FONTS.items()],
        default="system",
        help_text="Of those installed on your people's devices.",
    )
    scheme = models.CharField(
        max_length=6,
        choices=Scheme,
        default=Scheme.SYSTEM,
        help_text="For people who have not chosen themselves.",
    )
    changed_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords(excluded_fields=["logo"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["in_use"], condition=models.Q(in_use=True), name="one_theme_in_use"
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        found = defaultdict(list)
        for problem in brand.problems(self):
            found[problem.field].append(problem.message)
        if found:
            raise ValidationError(found)

    def switch_off_others(self) -> None:
        """Before this theme is saved as the one in use; belongs into one transaction with that."""
        others = Theme.objects.select_for_update().filter(in_use=True).exclude(pk=self.pk)
        for other in others:  # one by one: each has its history
            other.in_use = False
            other.save()
