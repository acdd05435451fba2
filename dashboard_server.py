"""Start the whole portal: the same as ``python manage.py serve``."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    execute_from_command_line([sys.argv[0], "serve", *sys.argv[1:]])
