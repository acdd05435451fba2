"""Django's sessions in the database, in a table that also says whose they are and from where."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from accounts.models.session import Session

SIGNED_IN = "signed_in_at"
ON_THE_WAY = timedelta(hours=1)  # that sessions of nobody live
SEEN_EVERY = timedelta(minutes=1)  # how exactly "last seen" is kept; a write per request is dear


class SessionStore(DatabaseStore):
    """`row` is what was read from the table; `address` and `device` are those of this request."""

    def __init__(self, session_key=None, address=None, device=""):
        super().__init__(session_key)
        self.address, self.device = address, device
        self.row: Session | None = None

    @classmethod
    def get_model_class(cls):
        return Session

    def _get_session_from_db(self):
        self.row = super()._get_session_from_db()
        return self.row

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        if since := data.get(SIGNED_IN):
            row.signed_in_at = datetime.fromisoformat(since)
        row.seen_at, row.address, row.device = timezone.now(), self.address, self.device
        if row.user_id is None:  # on the way to signing in
            row.expire_date = min(row.expire_date, row.seen_at + ON_THE_WAY)
        self.row = row
        return row

    def delete(self, session_key=None):
        super().delete(session_key)
        if session_key in (None, self.session_key):
            self.row = None

    def touch(self) -> bool:
        """Note that it is in use, once a minute; whether that was done. Only these columns: another
        request of the same session may be writing its content."""
        row, now = self.row, timezone.now()
        every = min(SEEN_EVERY, timedelta(seconds=settings.SESSION_COOKIE_AGE) / 4)
        if row is None or row.user_id is None or (row.seen_at and now - row.seen_at < every):
            return False
        ends = now + timedelta(seconds=self.get_expiry_age())  # that of a print is short
        return bool(
            Session.objects.filter(pk=row.pk).update(
                seen_at=now, expire_date=ends, address=self.address, device=self.device
            )
        )
