"""Write the JSON schemas of configuration files, as the records and chart types are now."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Write config/schema/*.json, which describe the files that import_config reads."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")

    def handle(self, *, check, **options):
        from portal.config import schema, write

        folder = Path(settings.BASE_DIR) / "config" / "schema"
        stale = []
        for name, found in schema.all_schemas().items():
            path, text = folder / name, write.text(found)
            if path.exists() and path.read_text() == text:
                continue
            stale.append(name)
            if not check:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        if stale and check:
            raise CommandError(f"Stale: {', '.join(stale)}. Run manage.py export_schema.")
        self.stdout.write(
            f"{'Wrote' if stale else 'Up to date'}: {', '.join(stale) or folder.name}"
        )
