"""Log-ins and log-outs, for the audit."""

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from accounts import audit, signals
from accounts.audit import Action


def connect() -> None:
    user_logged_in.connect(_logged_in, dispatch_uid="audit")
    user_logged_out.connect(_logged_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    user_locked_out.connect(_locked_out, dispatch_uid="audit")
    signals.two_factor_changed.connect(_second_factor, dispatch_uid="audit")
    signals.sessions_ended.connect(_sessions_ended, dispatch_uid="audit")
    signals.invited.connect(_invited, dispatch_uid="audit")


def _logged_in(sender, request, user, **kwargs) -> None:
    how = getattr(user, "backend", "").rpartition(".")[2]
    audit.record(Action.LOGGED_IN, user, person=user, details={"checked by": how} if how else {})


def _logged_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        audit.record(Action.LOGGED_OUT, user, person=user)


def _failed(sender, credentials, **kwargs) -> None:
    """The name as it was typed; who it is, if anybody, stands nowhere."""
    typed = str(credentials.get("username", ""))[:100]
    audit.record(Action.LOGIN_FAILED, kind="accounts.user", name=typed)


def _locked_out(sender, username="", **kwargs) -> None:
    audit.record(Action.LOCKED_OUT, kind="accounts.user", name=str(username)[:100])


def _second_factor(sender, user, by, what, **kwargs) -> None:
    audit.record(Action.SECOND_FACTOR, user, person=by, note=what)


def _sessions_ended(sender, user, by, count, **kwargs) -> None:
    audit.record(Action.SESSION_ENDED, user, person=by, details={"devices": count})


def _invited(sender, user, by, mailed, **kwargs) -> None:
    audit.record(Action.INVITED, user, person=by, details={"by mail": mailed})
