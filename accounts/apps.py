from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self):
        from django.contrib.auth.models import Group
        from django.db.models.signals import post_migrate

        from accounts import audit_watch, checks, following, roles  # noqa: F401

        roles.connect()
        post_migrate.connect(roles.ensure_shipped, sender=self)

        audit_watch.watch_own()
        # A role. The worker and commands, which change roles too, do not load the admin.
        audit_watch.watch(Group, always=True)
