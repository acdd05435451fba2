"""What real browsers measured."""

from django.conf import settings
from django.db import models

from dashboards.models.dashboard import Dashboard


class PageLoad(models.Model):
    """How long a person waited for a page, or for an answer to what the person did on it."""

    audited = False

    class Kind(models.TextChoices):
        LOAD = "load", "Page opened"
        FILTER = "filter", "Choice changed"

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    kind = models.CharField(max_length=6, choices=Kind)
    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="+")
    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    cards = models.PositiveSmallIntegerField()
    first_byte = models.PositiveIntegerField(null=True)  # milliseconds since the page was asked for
    first_paint = models.PositiveIntegerField(null=True)
    first_screen = models.PositiveIntegerField()  # all cards in sight are drawn
    all_cards = models.PositiveIntegerField(null=True)
    phone = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.dashboard} {self.at:%Y-%m-%d %H:%M:%S}: {self.first_screen} ms"
