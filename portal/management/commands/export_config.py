"""Dashboards as JSON: to the terminal, one file, or one file each in a folder."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Write dashboards with their datasets, filters and tabs as JSON. No passwords and no "
        "hosts are in it: sources are only named."
    )

    def add_arguments(self, parser):
        parser.add_argument("slugs", nargs="*", metavar="slug", help="names of dashboards in links")
        parser.add_argument("--all", action="store_true", help="all dashboards")
        parser.add_argument("--templates", action="store_true", help="all chart templates, too")
        parser.add_argument("--themes", action="store_true", help="all themes, too")
        parser.add_argument("--owners", action="store_true", help="with the names of the owners")
        parser.add_argument("-o", "--output", help="a file; or a folder, then one file each")

    def handle(self, *, slugs, all, templates, themes, owners, output, **options):
        from accounts import audit
        from dashboards.models import Dashboard
        from portal.config import write

        chosen = Dashboard.objects.all() if all else Dashboard.objects.filter(slug__in=slugs)
        if missing := set(slugs) - set(Dashboard.objects.values_list("slug", flat=True)):
            raise CommandError(f"There is no dashboard {', '.join(sorted(missing))}.")
        if not (slugs or all or templates or themes):
            raise CommandError("Name dashboards, or give --all, --templates or --themes.")
        files = {one.slug: write.dashboard(one, owners=owners) for one in chosen.order_by("slug")}
        for one in chosen:
            audit.record(audit.Action.CONFIG_EXPORTED, one)
        more = {}
        if templates:
            more["chart-templates"] = write.chart_templates()
        if themes:
            more["brand"] = write.themes()
        if output and Path(output).is_dir():
            for name, found in (files | more).items():
                (Path(output) / f"{name}.json").write_text(write.text(found))
            self.stderr.write(f"Wrote {len(files | more)} files to {output}.")
            return
        text = write.text(write.together(list(files.values()), more))
        if output:
            Path(output).write_text(text)
            self.stderr.write(f"Wrote {output}.")
        else:
            self.stdout.write(text, ending="")
