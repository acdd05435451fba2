from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Encrypt all stored secrets anew with the first of ENCRYPTION_KEYS, so that the older ones "
        "can be dropped. Exit codes: 0 done, 1 a secret is unreadable or (--check) under an older "
        "key."
    )

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only say what needs it")

    def handle(self, *, check, **options):
        from datasets import rotate

        found = rotate.look() if check else rotate.rotate()
        done = "under an older key" if check else "encrypted anew"
        for one in found:
            line = f"{one.where}: {one.newest} under the first key, {one.older} {done}"
            lost = f", {len(one.unreadable)} unreadable" if one.unreadable else ""
            self.stdout.write(line + lost)
            for name in one.unreadable:
                self.stdout.write(self.style.ERROR(f"  no key opens that of {name}"))
        if any(one.unreadable for one in found):
            raise CommandError(
                "Unreadable secrets are left as they are. Add the key that they were encrypted "
                "with to the end of ENCRYPTION_KEYS, or type them anew in the admin."
            )
        if check and any(one.older for one in found):
            raise CommandError("Run rotate_secrets before you drop an older key.")
