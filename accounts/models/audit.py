"""What happened, by whom, on what: written once, never changed."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.audit_values import tokens_of


class Action(models.TextChoices):
    """All that is written down. Which kind of record it happened to stands beside it: an issued
    API token is "Created" on an API token, a share link that was taken back is "Revoked"."""

    CREATED = "created", "Created"
    CHANGED = "changed", "Changed"
    RIGHTS = "rights", "Rights changed"
    RESTORED = "restored", "Old version brought back"
    REVOKED = "revoked", "Revoked"
    DELETED = "deleted", "Deleted"

    LOGGED_IN = "logged in", "Logged in"
    LOGGED_OUT = "logged out", "Logged out"
    LOGIN_FAILED = "log-in failed", "Log-in failed"
    LOCKED_OUT = "locked out", "Locked out"
    UNLOCKED = "unlocked", "Lock-out lifted"
    PASSWORD = "password", "Password changed"  # noqa: S105  (the name of an action)
    SECOND_FACTOR = "second factor", "Second factor changed"
    SESSION_ENDED = "session ended", "Session ended by hand"
    INVITED = "invited", "Invited"
    VIEW_AS_BEGAN = "view as began", "Began to view as somebody else"
    VIEW_AS_ENDED = "view as ended", "Ended to view as somebody else"

    USED = "used", "Used"  # a token or an embedding key; once an hour and address
    OPENED = "opened", "Opened"  # a share link; once an hour and address
    REFUSED = "refused", "Refused"  # tries beyond a limit; once an hour and address
    EXPORT_ASKED = "export asked", "Export asked for"
    EXPORTED = "exported", "Exported"
    DOWNLOADED = "downloaded", "Downloaded"

    PREVIEWED = "previewed", "SQL tried"
    CONNECTED = "connected", "Connection tested"
    REFRESHED = "refreshed", "Refreshed by hand"
    CONFIG_IMPORTED = "config imported", "Configuration imported"
    CONFIG_EXPORTED = "config exported", "Configuration exported"
    SECRETS_ROTATED = "secrets rotated", "Secrets encrypted anew"
    AUDIT_PRUNED = "audit pruned", "Old audit events removed"


NEVER = "Audit events are never changed."
SEARCHED = 12  # words of one search


class AuditEventQuerySet(models.QuerySet):
    """PostgreSQL refuses changes as well; this says so before anything is asked."""

    def with_words(self, text: str):
        """Events that have words with all these beginnings."""
        words = tokens_of(text)[:SEARCHED]
        if not words:
            return self.none() if text.strip() else self
        asked = " & ".join(f"{word[:100]}:*" for word in words)  # letters and digits alone
        query = SearchQuery(asked, search_type="raw", config="simple")
        return self.alias(found_by=SearchVector("words", config="simple")).filter(found_by=query)

    def update(self, **values):
        raise TypeError(NEVER)

    def delete(self):
        raise TypeError(NEVER)


class AuditEvent(models.Model):
    """One thing that happened. Names are kept as they were, beside the keys: neither the deletion
    of a person nor that of a record blanks anything here. PostgreSQL refuses to change events (see
    the migration ``audit_append_only``)."""

    NAME, AGENT, NOTE = 200, 300, 500
    audited = False  # or each event would leave an event
    rights_say = {"view": "shows names, SQL and values of all records, also of those not shared"}

    at = models.DateTimeField("when", db_default=Now(), editable=False)  # the database's clock
    action = models.CharField("what", max_length=20, choices=Action)
    person_key = models.BigIntegerField(null=True)
    person = models.CharField("who", max_length=NAME, blank=True)
    acting_as_key = models.BigIntegerField(null=True)
    acting_as = models.CharField("viewing as", max_length=NAME, blank=True)
    kind = models.CharField("kind of record", max_length=80, blank=True)  # datasets.dataset
    key = models.CharField(max_length=64, blank=True)
    name = models.CharField("record", max_length=NAME, blank=True)
    within_kind = models.CharField(max_length=80, blank=True)  # what a part is a part of
    within_key = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=NOTE, blank=True)
    changes = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    details = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField("browser or program", max_length=AGENT, blank=True)
    session = models.CharField("session or token", max_length=40, blank=True)
    via = models.CharField(max_length=120, blank=True)  # the door: a view, a command, a task
    request = models.CharField(max_length=32, blank=True)  # the same for all of one request
    words = models.TextField(blank=True)  # what the search finds it by
    once = models.CharField(max_length=200, blank=True)  # of events that are told once an hour

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "audit event"
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["person_key", "-id"], name="audit_person"),
            models.Index(fields=["kind", "key", "-id"], name="audit_record"),
            models.Index(fields=["within_kind", "within_key", "-id"], name="audit_within",
                         condition=~Q(within_kind="")),
            models.Index(fields=["request"], name="audit_request", condition=~Q(request="")),
            GinIndex(SearchVector("words", config="simple"), name="audit_words", fastupdate=True),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["once"], condition=~Q(once=""), name="audit_once")
        ]

    def __str__(self):
        return " ".join(part for part in (self.get_action_display(), self.name) if part)

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError(NEVER)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError(NEVER)
