"""Log-ins and log-outs, for the audit."""

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from accounts import audit
from accounts.audit import Action


def connect() -> None:
    user_logged_in.connect(_logged_in, dispatch_uid="audit")
    user_logged_out.connect(_logged_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")


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
