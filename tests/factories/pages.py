"""Pages as a browser would read them."""

import re
from html.parser import HTMLParser


class Tags(HTMLParser):
    """Elements of a page: what would run, and what it loads."""

    def __init__(self, html):
        super().__init__()
        self.names, self.handlers, self.loaded, self.inline_scripts = [], [], [], []
        self.links, self.nested = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.names.append((tag, values.get("src")))
        self.handlers += [f"{tag} {name}={values[name]}" for name in values if name[:2] == "on"]
        self.loaded += [values[name] for name in ("src", "href") if name in values]
        self.links += [values[n] or "" for n in ("href", "action", "formaction") if n in values]
        if tag == "script" and "src" not in values and values.get("type") != "application/json":
            self.inline_scripts.append(values)
        if values.get("srcdoc"):
            self.nested.append(values["srcdoc"])


def running(html: str) -> list[str]:
    """What a page holds that would run without being a file of the portal, in its frames too."""
    found = Tags(html)
    links = [one for one in found.links if re.match(r"\s*(javascript|data|vbscript):", one, re.I)]
    inner = [one for nested in found.nested for one in running(nested)]
    return [*found.handlers, *map(str, found.inline_scripts), *links, *inner]


def policy(answer) -> dict[str, list[str]]:
    """The directives of an answer's Content-Security-Policy."""
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {name: values for name, *values in (part.split() for part in parts)}
