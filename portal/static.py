"""Serves BokehJS from the installed wheel, so that browser and server always have one version."""

from pathlib import Path

import bokeh
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

FOLDER = Path(bokeh.__file__).parent / "server" / "static" / "js"
FILES = ["bokeh.min.js"]


class BokehFinder(BaseFinder):
    storage = FileSystemStorage(location=FOLDER)
    storage.prefix = "bokeh"

    def find(self, path, find_all=False, **kwargs):
        prefix, _, name = path.partition("/")
        found = [str(FOLDER / name)] if prefix == "bokeh" and name in FILES else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns):
        return [(name, self.storage) for name in FILES]


class Storage(CompressedManifestStaticFilesStorage):
    """Files by the hash of their content, also where one of our modules imports another.

    Django's own switch for that reads every script, and stumbles over bundles such as BokehJS."""

    IMPORT = (
        r"""(?P<matched>import(?P<import>[^;"']*?)from\s*["'](?P<url>\./[^"']+)["'];)""",
        """import%(import)sfrom "%(url)s";""",
    )
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("portal/*.js", (IMPORT,)))
