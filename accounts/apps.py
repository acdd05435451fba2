from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self):
        from django.contrib.auth.models import Group

        from accounts import audit_signals, audit_watch

        audit_watch.watch_own()
        # A role. The worker and commands, which change roles too, do not load the admin.
        audit_watch.watch(Group, always=True)
        audit_signals.connect()
