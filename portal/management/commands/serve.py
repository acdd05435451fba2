import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.stack import add_options


class Command(BaseCommand):
    """Becomes `portal.stack`, which needs none of the apps that Django has loaded by now."""

    help = "Run the whole portal: database, Redis, web, worker, beat; until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser):
        add_options(parser)

    def handle(self, *, host, port, demo, no_demo, **options):
        arguments = ["--host", host, "--port", str(port)]
        arguments += ["--demo"] * demo + ["--no-demo"] * no_demo
        os.environ["PORTAL_DATA"] = os.path.abspath(settings.DATA_FOLDER)
        os.chdir(settings.BASE_DIR)  # from here `portal` is importable for all children
        sys.stdout.flush()
        command = [sys.executable, "-m", "portal.stack", *arguments]
        os.execv(sys.executable, command)  # noqa: S606  (no shell is what we want)
