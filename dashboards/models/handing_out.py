"""What leaves the portal: links for people without an account, embedding, exported files."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from accounts.encryption import EncryptedField
from dashboards import tokens
from dashboards.models.dashboard import Dashboard, Widget


class ShareLink(models.Model):
    """A dashboard for whoever has the link: read-only, with fixed choices, until it expires.

    It shows what its maker may see at that time: when the maker loses a right, so does the link."""

    PREFIX_LENGTH = 8

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="share_links")
    name = models.CharField(max_length=100, help_text="For whom, for example: agency in Hamburg")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    query = models.CharField(
        max_length=2000, blank=True, help_text="The choices, which cannot be changed."
    )
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False, db_index=True)
    digest = models.CharField(max_length=64, editable=False, unique=True)
    password = models.CharField(max_length=128, blank=True, editable=False)  # hashed
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="After this instant the link shows nothing.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    opened = models.PositiveIntegerField(default=0, editable=False)
    last_opened_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords(excluded_fields=["password", "digest", "opened", "last_opened_at"])

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "share link"

    def __str__(self):
        return self.name

    def is_open(self, now) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def clean(self):
        if self.expires_at and self._state.adding and self.expires_at <= timezone.now():
            raise ValidationError({"expires_at": "This instant is over."})


class EmbedKey(models.Model):
    """The key with which another application signs whom and what its pages embed."""

    audit_rights = ("signs_attributes",)

    name = models.CharField(max_length=100, help_text="Which application, for example: intranet")
    key_id = models.CharField(max_length=16, unique=True, editable=False)
    secret = EncryptedField(editable=False)
    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        help_text="As whom the data is read; best a person without other rights.",
    )
    dashboards = models.ManyToManyField(
        Dashboard, related_name="+", help_text="Those that it may embed."
    )
    origins = models.JSONField(
        default=list,
        help_text='Pages that may embed, for example: ["https://intranet.example.org"]',
    )
    signs_attributes = models.BooleanField(
        "signs attributes", default=False,
        help_text="The application says for whom row rules hold, with any values. Only superusers "
        "may allow it: who has the secret reads the rows of everybody with the viewer's roles.",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    history = HistoricalRecords(excluded_fields=["secret"], m2m_fields=["dashboards"])

    class Meta:
        ordering = ["name"]
        verbose_name = "embedding key"

    def __str__(self):
        return self.name

    def clean(self):
        if wrong := tokens.wrong_origin(self.origins):
            raise ValidationError({"origins": wrong})


class Export(models.Model):
    """A file that a person asked for; made by a worker, kept for a day."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"
        PNG = "png", "Picture"
        PDF = "pdf", "PDF"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)
    audited = False  # who asked for it is told, and who took it away

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="+")
    widget = models.ForeignKey(Widget, models.CASCADE, null=True, related_name="+")
    format = models.CharField(max_length=4, choices=Format)
    query = models.CharField(max_length=2000, blank=True)  # the choices at that time
    origin = models.CharField(max_length=200, blank=True)  # how its owner reaches the portal
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)  # steps
    file = models.CharField(max_length=200, blank=True)  # below the data folder
    name = models.CharField(max_length=150, blank=True)  # of the download
    bytes = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)  # of a file that was made: a note
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)  # the worker's last sign of life
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.dashboard} as {self.get_format_display()}"
