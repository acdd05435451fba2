"""Load the demo shop, its people and its dashboards."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal import embedded
from portal.demo import load, people, server, story

SOURCE = "crm_workflow_db"
PORTAL = "portal"  # the source with the portal's own tables


class Command(BaseCommand):
    help = "Build the demo shop (database crm_workflow), its source, people and dashboards."

    def add_arguments(self, parser):
        parser.add_argument(
            "--carts", type=int, default=settings.DEMO_CARTS, help="carts in the history"
        )
        parser.add_argument("--days", type=int, default=story.DAYS, help="length of the history")
        parser.add_argument("--seed", type=int, default=story.SEED, help="same seed, same shop")
        parser.add_argument(
            "--if-missing", action="store_true", help="say nothing when it is loaded already"
        )
        parser.add_argument("--replace", action="store_true", help="drop the loaded shop first")
        parser.add_argument(
            "--no-records", action="store_true", help="leave the portal's own records alone"
        )

    def handle(self, *, carts, days, seed, if_missing, replace, no_records, **options):
        if carts < 1 or days < 1:
            raise CommandError("--carts and --days must be 1 or more.")
        if server.is_of_another_version():
            self.stdout.write(
                "The demo shop is of another version of the portal, with other tables. It is built"
                f" anew, with {carts:,} carts."
            )
        if replace or not server.is_loaded():
            self._load(carts, days, seed)
        elif not if_missing:
            self.stdout.write("The demo shop is loaded already; --replace builds it anew.")
        password = server.ensure_reader()
        if not no_records:
            self._records(password)

    def _load(self, carts, days, seed):
        end = int(time.time()) // story.MINUTE * story.MINUTE
        began = time.monotonic()
        try:
            load.load(carts=carts, days=days, seed=seed, end=end, say=self.stdout.write)
        except server.NotTheDemo as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Loaded {carts:,} carts in {time.monotonic() - began:.0f} s.")

    def _records(self, password):
        people.ensure_people(self.stdout.write)
        self._source(password)
        self._apply_dashboards(Path(settings.BASE_DIR) / "config" / "dashboards")

    def _source(self, password):
        """The port may change from start to start; an unchanged record gets no line of history."""
        from django.contrib.auth.models import Group

        from datasets.connectors import network
        from datasets.errors import SourceRefused
        from datasets.models import Source

        host, port = address()
        wanted = {
            "kind": "postgresql",
            "host": host,
            "port": port,
            "database": server.DATABASE,
            "username": server.READER,
            "password": password,
        }
        source = Source.objects.filter(name=SOURCE).first() or Source(name=SOURCE)
        if any(getattr(source, field) != value for field, value in wanted.items()):
            for field, value in wanted.items():
                setattr(source, field, value)
            source.save()
        own, _ = Source.objects.get_or_create(name=PORTAL, defaults={"kind": "portal"})
        for one in (source, own):
            if not (one.view_roles.exists() or one.edit_roles.exists()):
                one.view_roles.set(Group.objects.filter(name="Analyst"))  # they write its SQL
        try:
            network.addresses(host)
        except SourceRefused as error:
            self.stdout.write(f"The demo shop cannot be fetched yet. {error}")

    def _apply_dashboards(self, folder):
        from portal.config import DefinitionRefused, apply_file
        from portal.config.folder import apply_folder

        try:
            apply_folder(folder)
            for name in ("chart-templates.json", "brand.json"):
                if (path := folder.parent / name).exists():
                    apply_file(path)
        except DefinitionRefused as error:
            raise CommandError(str(error)) from error
        self._first_refresh()

    def _first_refresh(self):
        """Without it the very first page would show cards that wait for the workers."""
        from datasets import refresh
        from datasets.models import Dataset

        for dataset in Dataset.objects.filter(
            source__name__in=[SOURCE, PORTAL], current_snapshot=None
        ):
            if run := refresh.queue(dataset):
                self.stdout.write(f"Fetching {dataset}")
                refresh.refresh(run.pk)


def address() -> tuple[str, int]:
    """Host and port at which the reading role reaches the demo's database."""
    if settings.EMBEDDED_DATABASE:
        return "127.0.0.1", embedded.postgres_port(settings.DATA_FOLDER)
    database = server.settings_dict()
    return database["HOST"] or "127.0.0.1", int(database["PORT"] or 5432)
