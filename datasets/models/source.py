"""Where data comes from."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.encryption import EncryptedField
from accounts.models import Shared
from datasets.connectors import registry
from datasets.errors import DatasetError


class Source(Shared):
    """Where data comes from, with a role that can only read. Who views it may write SQL on it, and
    so reads all that this role reads."""

    name = models.CharField(max_length=100, unique=True, help_text="For example: crm_workflow_db")
    kind = models.CharField(max_length=30, help_text="What answers there.")
    host = models.CharField(max_length=253, blank=True, help_text="For example: db.example.org")
    port = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(65535)],
        help_text="Empty: the usual one.",
    )
    database = models.CharField(
        max_length=200,
        blank=True,
        help_text="Name of the database; for files, the folder below the portal's files folder.",
    )
    username = models.CharField(
        "user", max_length=100, blank=True, help_text="A role that only reads."
    )
    password = EncryptedField(
        blank=True, help_text="Kept encrypted and never shown again. Empty keeps the present one."
    )
    options = models.JSONField(
        default=dict,
        blank=True,
        help_text='Options of the driver, for example: {"sslmode": "require"}',
    )
    history = HistoricalRecords(
        excluded_fields=["password"], m2m_fields=["view_roles", "edit_roles"]
    )

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def connector(self):
        return registry.get(self.kind)

    def clean(self):
        try:
            self.connector.check(self)
        except DatasetError as error:
            raise ValidationError(str(error)) from error
