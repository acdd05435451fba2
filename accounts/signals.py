"""What happens to accounts, for whoever keeps a record of it. Besides these there are Django's
`user_logged_in`, `user_logged_out`, `user_login_failed`, and `user_locked_out` of django-axes.

All send `user`, the person it happened to, `by`, who did it (None: nobody in particular), and
`request` where there is one."""

from django.dispatch import Signal

two_factor_changed = Signal()  # also `what`, in words
sessions_ended = Signal()  # also `count`
invited = Signal()  # also `mailed`: whether a mail went out
password_asked = Signal()  # a mail to choose a new password went out
identity_used = Signal()  # signed in by a single sign-on; also `identity`, `changes` in words
