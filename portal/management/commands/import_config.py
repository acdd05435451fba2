"""Apply files of dashboards, chart templates and themes; say first what they change."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Apply JSON files: all of them, or nothing when one of them is wrong. What exists stays "
        "as it is unless --replace. Exit codes: 0 done, 1 refused, 2 changed here since the "
        "file was exported (--force overwrites that)."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--replace", action="store_true", help="overwrite what exists")
        parser.add_argument(
            "--force", action="store_true", help="overwrite what changed since the export, too"
        )
        parser.add_argument(
            "--source", action="append", default=[], metavar="OLD=NEW",
            help="a source here that stands in for one of the file",
        )  # fmt: skip

    def handle(self, *, files, dry_run, replace, force, source, **options):
        from portal import config

        wish = config.Wish(None, replace, tuple(_pair(text) for text in source))
        try:
            found = [one for path in files for one in self._read(path)]
            planned = config.plan(found, wish)
            for one in planned:
                self._tell(one)
            self._stop(planned, dry_run, force)
            if not dry_run:
                config.apply_all(found, wish, seen=config.token(planned))
        except config.DefinitionRefused as error:
            raise CommandError("\n".join(map(str, error.problems))) from error
        changed = any(not one.is_empty for one in planned)
        if not changed:
            self.stdout.write("Nothing to change.")
        elif dry_run:
            self.stdout.write("Dry run: nothing was written.")
        else:
            self.stdout.write(self.style.SUCCESS("Applied."))

    def _read(self, path):
        from portal import config

        try:
            return config.definitions(config.parse(Path(path).read_bytes()))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except config.DefinitionRefused as error:
            said = "\n".join(f"{path}: {problem}" for problem in error.problems)
            raise CommandError(said) from error

    def _tell(self, one):
        marks = {"create": "+", "change": "~", "unchanged": "=", "delete": "-", "kept": "="}
        self.stdout.write(self.style.MIGRATE_HEADING(one.name[:1].upper() + one.name[1:]))
        for entry in one.entries:
            note = f"  ! {entry.conflict}" if entry.conflict else ""
            self.stdout.write(f"  {marks[entry.verb]} {entry.title}: {entry.word}{note}")
            for change in entry.changes if entry.verb == "change" else []:
                if change.lines:
                    self.stdout.write(f"      {change.what}:")
                    for sign, line in change.lines:
                        self.stdout.write(f"        {sign} {line}")
                else:
                    self.stdout.write(f"      {change.what}: {change.before} -> {change.after}")
        for role in one.new_roles:
            self.stdout.write(f"  + Role {role}: new, without rights of its own")
        for note in one.notes:
            self.stdout.write(f"  . {note}")
        for problem in one.problems:
            self.stdout.write(self.style.ERROR(f"  x {problem}"))

    def _stop(self, planned, dry_run, force):
        if any(one.problems for one in planned):
            raise CommandError("Refused; nothing was written.")
        if any(one.conflicts for one in planned) and not force and not dry_run:
            raise CommandError(
                "Marked with ! is what somebody changed here since the file was exported. Nothing "
                "was written; --force overwrites it.", returncode=2,
            )  # fmt: skip


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise CommandError(f"--source takes OLD=NEW, not '{text}'.")
    return old, new
