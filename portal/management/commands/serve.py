import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from portal import stack
from portal.embedded import EmbeddedError
from portal.supervisor import StopRequested


class Command(BaseCommand):
    help = "Run the whole portal: database, Redis, web, worker, beat; until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--port", type=int, default=settings.PORT, help="0 takes a free one.")
        demo = parser.add_mutually_exclusive_group()
        demo.add_argument("--no-demo", action="store_true", help="Start without the demo shop.")
        demo.add_argument(
            "--demo",
            action="store_true",
            help="Load the demo shop also into your own DATABASE_URL.",
        )

    def handle(self, *, host, port, demo, no_demo, **options):
        wanted = demo or settings.EMBEDDED_DATABASE
        try:
            stack.serve(host, port, demo=wanted and not no_demo)
        except StopRequested:
            stack.say("Stopped.")
        except EmbeddedError as error:
            sys.stdout.flush()
            print(f"\n{error}", file=sys.stderr, flush=True)
            sys.exit(1)
