from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self):
        from django.db.models.signals import post_migrate

        from accounts import roles

        roles.connect()
        post_migrate.connect(roles.ensure_shipped, sender=self)
