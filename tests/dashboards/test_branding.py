"""The theme in use on every page, before and after log-in; its form, and who may use it."""

import base64
import io
import json
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.urls import reverse
from PIL import Image

from dashboards import branding
from dashboards.models import Theme
from datasets import cache
from tests.factories.people import PersonFactory
from tests.factories.pictures import picture

FOREST = {"accent_light": "#12715b", "accent_dark": "#4fc3a1"}
ADD = reverse("admin:dashboards_theme_add")
LIST = reverse("admin:dashboards_theme_changelist")
PREVIEW = reverse("admin:dashboards_theme_preview")


@pytest.fixture
def root(db, browser):
    return browser(PersonFactory(username="root", is_superuser=True, is_staff=True))


@pytest.fixture
def commit(db, django_capture_on_commit_callbacks):
    def run(change):
        with django_capture_on_commit_callbacks(execute=True):
            return change()

    return run


@pytest.fixture
def use(commit):
    """``use(name="Forest", ...)``: a theme in use, as committed."""
    return lambda **fields: commit(
        lambda: Theme.objects.create(**{"name": "Forest", "in_use": True} | fields)
    )


def fields(**changes):
    usual = {"name": "Forest", "font": "system", "scheme": "system"}
    return usual | changes


def palette(**colours):
    return {f"palette_{scheme}-{place}": colour for scheme, listed in colours.items()
            for place, colour in enumerate(listed)}  # fmt: skip


# --- On pages


def test_without_a_theme_pages_load_nothing_more(client, db):
    html = client.get("/login/").content.decode()

    assert "brand" not in html.split("</head>")[0]
    assert settings.PORTAL_NAME in html
    css = client.get(reverse("brand-css"))
    assert (css.content, css.headers["Cache-Control"]) == (b"", "no-cache")
    assert client.get(reverse("brand-logo")).headers["Location"].endswith("portal/icon.svg")


def test_the_theme_in_use_is_on_the_page_for_log_in(client, use):
    use(portal_name="Grove <b>", scheme="dark", logo=picture(), **FOREST)

    html = client.get("/login/").content.decode()

    look = branding.current()
    assert "<title>Sign in - Grove &lt;b&gt;</title>" in html
    assert f'href="/brand.css?v={look.css_version}"' in html
    assert f'<img src="/brand/logo.png?v={look.logo_version}" alt="">' in html
    assert 'data-theme="dark" data-scheme="dark"' in html


def test_style_sheet_and_logo_are_kept_for_ever_under_their_version(client, use):
    use(logo=picture(), **FOREST)
    look = branding.current()

    for name, version, kind in (
        ("brand-css", look.css_version, "text/css; charset=utf-8"),
        ("brand-logo", look.logo_version, "image/png"),
    ):
        answer = client.get(reverse(name), {"v": version})
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Vary" not in answer.headers
        assert client.get(reverse(name), {"v": "older"}).headers["Cache-Control"] == "no-cache"
    assert "--accent: light-dark(#12715b, #4fc3a1);" in look.css.decode()


def test_the_theme_is_read_once_and_again_after_a_change(use, commit, django_assert_num_queries):
    theme = use(**FOREST)
    branding.current()
    with django_assert_num_queries(0):
        assert branding.current().name == settings.PORTAL_NAME

    theme.portal_name = "Grove"
    commit(theme.save)
    assert branding.current().name == "Grove"
    commit(theme.delete)
    assert branding.current().name == settings.PORTAL_NAME


def test_a_change_in_another_process_is_seen_here(use, db):
    use(portal_name="Grove", **FOREST)
    assert branding.current().name == "Grove"

    Theme.objects.update(portal_name="Elsewhere")  # no signal comes to this process
    cache.client().set(branding.KEY, "another word")

    assert branding.current().name == "Elsewhere"


def test_without_redis_the_theme_is_asked_for_now_and_then(use, monkeypatch,
                                                           django_assert_num_queries):  # fmt: skip
    use(portal_name="Grove")
    monkeypatch.setattr(cache, "ask", lambda call: None)
    branding.forget()

    with django_assert_num_queries(1):
        assert [branding.current().name for _ in range(3)] == ["Grove"] * 3
    monkeypatch.setattr(branding, "_kept", replace(branding._kept, until=0.0))
    with django_assert_num_queries(1):
        branding.current()


def test_without_the_database_pages_look_as_they_did_last(use, monkeypatch):
    use(portal_name="Grove")
    assert branding.current().name == "Grove"

    def away(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(Theme.objects, "filter", away)
    cache.client().set(branding.KEY, "another word")
    assert branding.current().name == "Grove"
    branding.forget()
    assert branding.current().name == settings.PORTAL_NAME


def test_a_page_that_is_kept_is_new_with_another_theme(world, browser, use):
    viewer = browser(world.people["viewer"])
    for path in ("/dashboards/p-73/data", "/dashboards/p-73/"):  # cards and token are there
        viewer.get(path)
    tag = viewer.get("/dashboards/p-73/").headers["ETag"]
    assert viewer.get("/dashboards/p-73/", headers={"If-None-Match": tag}).status_code == 304

    use(**FOREST)

    fresh = viewer.get("/dashboards/p-73/", headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert "/brand.css?v=" in fresh.content.decode()


@pytest.mark.parametrize(
    ("own", "scheme", "shown"),
    [("light", "dark", "light"), ("system", "dark", "dark"), ("dark", "system", "dark"),
     ("system", "system", None)],
)  # fmt: skip
def test_a_persons_own_choice_goes_before_the_theme(browser, use, own, scheme, shown):
    use(scheme=scheme)
    html = browser(PersonFactory(theme=own)).get("/").content.decode()

    assert (f'data-theme="{shown}"' in html.split(">")[1]) == bool(shown)
    printed = browser(PersonFactory(theme="dark")).get("/?print").content.decode()
    assert 'data-theme="light"' in printed.split(">")[1]


def test_the_admin_takes_name_and_accent(root, use):
    use(portal_name="Grove", **FOREST)
    html = root.get(LIST).content.decode()

    assert "Grove" in html
    assert "--color-primary-600: rgb(18, 113, 91);" in html
    assert "--color-base-50: rgb(246, 247, 249);" in html


# --- The form


def test_a_theme_is_made_with_a_logo_and_colours(root):
    given = fields(
        in_use="on", portal_name="Grove", accent_light="12715B", accent_dark="#4fc3a1",
        upload=SimpleUploadedFile("logo.jpg", picture("JPEG", (900, 300))),
        **palette(light=["#12715b", "#B4560A"], dark=["#4fc3a1", "#f0a04b"]),
    )  # fmt: skip
    assert root.post(ADD, given).status_code == 302

    made = Theme.objects.get()
    assert (made.accent_light, made.palette_light) == ("#12715b", ["#12715b", "#b4560a"])
    assert Image.open(io.BytesIO(bytes(made.logo))).size == (384, 128)
    page = root.get(reverse("admin:dashboards_theme_change", args=[made.pk])).content.decode()
    assert 'name="palette_light-1" value="#b4560a"' in page
    assert 'name="remove_logo"' in page


def test_only_one_theme_is_in_use_and_each_keeps_its_history(root):
    first = Theme.objects.create(name="First", in_use=True)
    root.post(ADD, fields(in_use="on"))
    first.refresh_from_db()
    assert (first.in_use, Theme.objects.get(in_use=True).name) == (False, "Forest")
    assert first.history.count() == 2

    root.post(LIST, {"action": "put_in_use", "_selected_action": [first.pk]})

    assert Theme.objects.get(in_use=True) == first


def test_the_logo_stays_without_a_new_one_and_goes_when_asked(root):
    theme = Theme.objects.create(name="Forest", logo=b"PNG")
    change = reverse("admin:dashboards_theme_change", args=[theme.pk])
    root.post(change, fields(portal_name="Grove"))
    theme.refresh_from_db()
    assert (theme.portal_name, bytes(theme.logo)) == ("Grove", b"PNG")

    root.post(change, fields(remove_logo="on"))

    theme.refresh_from_db()
    assert bytes(theme.logo) == b""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accent_light": "#ffd400"}, "#ffd400 has a contrast of 1.3 to the page; buttons and "
                                      "lines need 3.0. Take a darker one, such as #"),
        ({"accent_dark": "blue"}, "is no colour such as #3b5bdb."),
        (palette(light=["#3b5bdb", "", "#df6c08"]), "Colour 2 is empty. Fill it, or empty those"),
        (palette(light=["#3b5bdb"]), "Give as many colours as for light pages."),
        ({"upload": SimpleUploadedFile("logo.svg", b"<svg/>")}, "SVG files may hold programs"),
        ({"upload": SimpleUploadedFile("logo.png", b"\0" * 600_000)}, "a logo may have 512 KiB"),
        ({"font": "comic"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(root, change, said):
    answer = root.post(ADD, fields(**change))

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Theme.objects.exists()


def test_a_form_that_is_refused_says_that_the_logo_must_be_chosen_again(root):
    given = {"upload": SimpleUploadedFile("logo.png", picture()), "accent_light": "blue"}

    answer = root.post(ADD, fields(**given)).content.decode()

    assert "Choose the file again: something else was refused." in answer


def test_the_admin_has_the_logo_and_its_list_says_which_theme_is_in_use(root, use):
    use(logo=picture())
    Theme.objects.create(name="Other")

    page = root.get(reverse("admin:dashboards_theme_changelist")).content.decode()

    assert f'<img src="{reverse("brand-logo")}?v=' in page
    assert page.count("not in use") == 1


def test_colours_that_look_alike_are_saved_with_a_warning(root):
    given = fields(**palette(light=["#3b5bdb", "#3b60dd"], dark=["#7c93f5", "#da8a13"]))

    page = root.post(ADD, given, follow=True).content.decode()

    assert "Charts on light pages: Colours 1 and 2 look nearly alike" in page
    assert Theme.objects.count() == 1


def test_the_preview_shows_what_is_sound_and_says_what_is_not(root):
    given = fields(name="", portal_name="Grove", accent_light="#ffd400", accent_dark="#4fc3a1",
                   upload=SimpleUploadedFile("logo.png", picture()))  # fmt: skip
    found = json.loads(root.post(PREVIEW, given).content)

    assert found["name"] == "Grove"
    assert "--accent: light-dark(#3b5bdb, #4fc3a1);" in found["css"]
    assert "contrast of 1.3" in found["problems"]["accent_light"]
    assert base64.b64decode(found["logo"].partition(",")[2]).startswith(b"\x89PNG")
    assert {fact["what"] for fact in found["facts"]} >= {"Words on buttons"}
    assert not Theme.objects.exists()


def test_a_preview_leaves_the_stored_theme_alone(root):
    theme = Theme.objects.create(name="Forest")
    root.post(PREVIEW, fields(record=theme.pk, name="Other", **FOREST))

    theme.refresh_from_db()
    assert (theme.name, theme.accent_light) == ("Forest", "")


# --- Rights


@pytest.mark.parametrize(
    ("may", "status"),
    [
        ([], {"list": 403, "form": 403, "save": 403, "preview": 403}),
        (["view_theme"], {"list": 200, "form": 200, "save": 403, "preview": 403}),
        (["view_theme", "change_theme"], {"list": 200, "form": 200, "save": 302, "preview": 200}),
    ],
)
def test_themes_want_their_own_rights(db, browser, may, status):
    theme = Theme.objects.create(name="Forest")
    staff = browser(PersonFactory(is_staff=True, may=["view_dashboard", *may]))
    change = reverse("admin:dashboards_theme_change", args=[theme.pk])

    assert staff.get(LIST).status_code == status["list"]
    assert staff.get(change).status_code == status["form"]
    preview = staff.post(PREVIEW, fields(record=theme.pk))
    assert preview.status_code == status["preview"]
    assert staff.post(change, fields(name="Mine")).status_code == status["save"]
    assert staff.post(PREVIEW, fields()).status_code == 403  # of a new one
    theme.refresh_from_db()
    assert (theme.name == "Mine") == ("change_theme" in may)


def test_who_may_only_look_cannot_put_a_theme_in_use(db, browser):
    theme = Theme.objects.create(name="Forest")
    staff = browser(PersonFactory(is_staff=True, may=["view_theme"]))

    staff.post(LIST, {"action": "put_in_use", "_selected_action": [theme.pk]})

    assert not Theme.objects.filter(in_use=True).exists()
