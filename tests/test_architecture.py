"""What holds for every file of the project."""

import ast
import functools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField

ROOT = Path(settings.BASE_DIR)
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
LAYERS = ["portal", "feeds", "dashboards", "datasets", "accounts"]  # upper ones first
NOT_OURS = {".venv", "var", "node_modules", ".git"}


def files(*patterns):
    """Files of the project: those that git knows or would take, or all where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.parts)]
    wanted = [path for path in found if any(path.match(pattern) for pattern in patterns or "*")]
    return [path for path in wanted if path.is_file()]


@functools.cache
def parsed(path):
    """Trees are looked at by several tests; nobody changes them."""
    return ast.parse(path.read_text())


def said(found):
    return "\n".join(str(line).removeprefix(f"{ROOT}/") for line in found)


PYTHON = [path for path in files("*.py") if path.parent.name != "migrations"]
OWN = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in LAYERS]


def test_there_is_something_to_look_at():
    assert len(PYTHON) > 80
    assert {path.relative_to(ROOT).parts[0] for path in OWN} == set(LAYERS)


def test_no_file_is_longer_than_one_can_keep_in_mind():
    lengths = {path: len(path.read_text().splitlines()) for path in PYTHON}

    long = [f"{path}: {lines}" for path, lines in lengths.items() if lines > LONGEST_FILE]
    assert not long, said(long)


def test_no_function_is_longer_than_a_screen():
    long = []
    for path in PYTHON:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path}:{node.lineno} {node.name}: {lines}")
    assert not long, said(long)


def test_import_linter_knows_all_our_apps_in_the_order_of_their_layers():
    written = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    own = [config.name for config in apps.get_app_configs() if (ROOT / config.name).is_dir()]
    layers = next(c for c in written["contracts"] if c["type"] == "layers")["layers"]

    assert sorted(own) == sorted(written["root_packages"]) == sorted(LAYERS)
    assert layers == LAYERS


def test_no_relation_points_to_a_higher_layer():
    """Neither by import, which import-linter sees, nor by a name in a text."""
    upward = []
    for model in apps.get_models():
        if model._meta.app_label not in LAYERS:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey | ManyToManyField):
                continue
            target = field.related_model._meta.app_label
            if target in LAYERS and LAYERS.index(target) < LAYERS.index(model._meta.app_label):
                upward.append(f"{model._meta.label}.{field.name} -> {target}")
    assert not upward, said(upward)


def test_no_lower_layer_names_a_higher_one_in_a_text():
    """Such as "dashboards.Widget" in datasets: it would hide from import-linter."""
    upward = []
    for path in OWN:
        layer = path.relative_to(ROOT).parts[0]
        higher = LAYERS[: LAYERS.index(layer)]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = re.fullmatch(r"(\w+)\.[A-Z]\w+", node.value)
                if found and found[1] in higher:
                    upward.append(f"{path}:{node.lineno} {node.value}")
    assert not upward, said(upward)


def test_nothing_is_left_to_do():
    words = ["TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error"]
    pattern = re.compile(rf"\b({'|'.join(words)})\b")
    found = [
        f"{path}:{number} {line.strip()}"
        for path in files("*.py", "*.js", "*.css", "*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, said(found)


def texts():
    for path in files():
        try:
            yield path, path.read_text()
        except UnicodeDecodeError:
            continue


def package_index():
    """The host that pip asks on this machine, which is nobody else's business."""
    asked = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-m", "pip", "config", "list"],
        capture_output=True, text=True,
    )  # fmt: skip
    return set(re.findall(r"https?://(?:[^@/]*@)?([\w.-]+)", asked.stdout)) - {"pypi.org"}


def test_no_file_knows_the_machine_it_was_written_on():
    secret = {str(ROOT), *package_index()} | ({str(Path.home())} - {"/", "/root"})

    found = [f"{path}: {word}" for path, text in texts() for word in secret if word in text]
    assert not found, said(found)


def test_no_path_of_a_home_folder_stands_in_the_code():
    pattern = re.compile(r"""["'](/home/|/Users/|/work/|/root/|[A-Z]:\\\\)""")
    own = [path for path in PYTHON if path != Path(__file__)]

    found = [str(path) for path in own if pattern.search(path.read_text())]
    assert not found, said(found)


@pytest.mark.parametrize("pattern", [r"\|\s*safe\b", r"\|\s*safeseq\b", r"autoescape\s+off"])
def test_no_template_switches_escaping_off(pattern):
    found = [str(path) for path in files("*.html") if re.search(pattern, path.read_text())]

    assert not found, said(found)


def test_text_is_declared_safe_in_one_place():
    """`dashboards.views` does it for HTML that our own templates made."""
    names = {"mark_safe", "SafeString", "SafeText"}
    found = [
        path.relative_to(ROOT).as_posix()
        for path in OWN
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
    ]
    assert found == ["dashboards/views.py"]


def test_pages_load_nothing_from_other_servers():
    pattern = re.compile(
        r"""(src|href|action)\s*=\s*["'](https?:)?//|url\(\s*["']?(https?:)?//|@import"""
        r"""|\b(import|fetch)\b[^;\n]*["'](https?:)?//"""
    )
    own = files("templates/**/*.html", "*/static/**/*.css", "*/static/**/*.js", "*/static/**/*.svg")
    own += [path for path in files("*.html") if path not in own]

    found = [f"{path}: {m[0]}" for path in own if (m := pattern.search(path.read_text()))]
    assert len(own) > 15
    assert not found, said(found)


#: Modules that may ask other machines, and why. Whoever adds one checks addresses first
#: (docs/security.md): what people write must not lead into the network behind the portal.
FETCHERS = {
    "accounts/openid.py": "asks the OpenID provider that the operator names",
    "portal/stack.py": "asks its own web processes whether they answer",
}
FETCHING = re.compile(
    r"(requests|httpx|aiohttp|urllib3|urllib\.request|http\.client|ftplib|smtplib|telnetlib|pycurl"
    r"|httplib2|websockets\.(sync|asyncio|legacy)|xmlrpc)(\.|$)"
)


def imports(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_nothing_is_fetched_from_addresses_that_people_write():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in OWN
        if any(FETCHING.match(name) for name in imports(path))
    }
    assert found == set(FETCHERS)


def test_nothing_that_comes_in_is_run_or_made_into_objects():
    """Neither pickles, nor templates or regular expressions from texts of people."""
    modules = {"pickle", "marshal", "shelve", "dill", "yaml", "jinja2", "xml", "lxml", "code"}
    calls = {"eval", "exec", "compile", "__import__", "from_string", "Template", "extra", "RawSQL"}
    found = []
    for path in OWN:
        found += [f"{path}: {n}" for n in imports(path) if n.partition(".")[0] in modules]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
                on = getattr(getattr(node.func, "value", None), "id", "")
                if name in calls and on != "re":
                    found.append(f"{path}:{node.lineno} {name}")
    assert not found, said(found)
