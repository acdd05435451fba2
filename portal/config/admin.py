"""Dashboards as files in the admin: an upload shows what it would change before it is applied."""

from __future__ import annotations

import io
import zipfile

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_safe
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from accounts import audit
from accounts.audit import Action
from dashboards.models import Dashboard
from datasets.models import Source
from portal import config
from portal.config import write
from portal.config.reading import LARGEST

REASON = 100  # characters that a history keeps of a reason
MOST_EXPORTED = 200
CHANGED = "Somebody changed these records since the difference was shown. This is how it is now."


def urls(site) -> list:
    def view(function):
        return site.admin_view(lambda request: function(site, request))

    return [
        path("config/import/", view(import_view), name="config_import"),
        path("config/export/", view(export_view), name="config_export"),
    ]


class FileForm(forms.Form):
    """A file, or its text; ``seen`` is the token of the difference that was shown."""

    file = forms.FileField(
        required=False, help_text="A JSON file of at most 2 MB.", widget=UnfoldAdminFileFieldWidget
    )
    text = forms.CharField(
        required=False, strip=False, label="Or its text",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false"}),
    )  # fmt: skip
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean(self):
        found = super().clean()
        if upload := found.get("file"):
            if upload.size > LARGEST:
                raise forms.ValidationError(f"The file has more than {LARGEST:,} bytes.")
            try:
                found["text"] = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise forms.ValidationError("This is no text in UTF-8.") from error
            found["name"] = upload.name[:200]
        if not found.get("text"):
            raise forms.ValidationError("Choose a file, or paste its text.")
        return found


class StandInForm(forms.Form):
    """For each source of the file that is not here: one that is."""

    def __init__(self, names: list[str], sources, *args, **kwargs):
        super().__init__(*args, prefix="source", **kwargs)
        known = list(sources.values_list("name", flat=True))
        choices = [("", "–"), *((name, name) for name in known)]
        for name in names:
            self.fields[name] = forms.ChoiceField(
                choices=choices, required=False, label=f"In place of {name}",
                initial=name if name in known else "", widget=UnfoldAdminSelectWidget,
            )  # fmt: skip

    def pairs(self) -> tuple[tuple[str, str], ...]:
        if not self.is_valid():
            return ()
        return tuple((old, new) for old, new in self.cleaned_data.items() if new and new != old)


def import_view(site, request):
    """First the file, then its difference, then that difference is applied."""
    if not _may_import(request.user):
        raise PermissionDenied
    form = FileForm(request.POST or None, request.FILES or None)
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context |= _look(request, form.cleaned_data)
        except config.DefinitionRefused as error:
            context["problems"] = error.problems
        else:
            wanted = request.POST.get("apply") and context["may_apply"]
            if wanted and (answer := _apply(request, form.cleaned_data, context)):
                return answer
    context |= site.each_context(request) | {"title": "Import dashboards from JSON"}
    return render(request, "admin/config/import.html", context)


def _may_import(person) -> bool:
    records = ("dashboard", "charttemplate", "theme")
    return any(person.has_perm(f"dashboards.{verb}_{record}")
               for verb in ("add", "change") for record in records)  # fmt: skip


def _look(request, given: dict) -> dict:
    found = config.definitions(config.parse(given["text"]))
    sources = _stand_ins(request, found)
    wish = config.Wish(request.user, True, sources.pairs())
    planned = config.plan(found, wish)
    problems = [problem for one in planned for problem in one.problems]
    conflicts = any(one.conflicts for one in planned)
    agreed = not conflicts or bool(request.POST.get("overwrite"))
    token = config.token(planned)
    changed = CHANGED if given["seen"] and given["seen"] != token else ""
    again = {"text": given["text"], "name": given["name"], "seen": token}
    return {
        "planned": planned, "problems": problems, "conflicts": conflicts, "sources": sources,
        "nothing": not problems and all(one.is_empty for one in planned), "agreed": agreed,
        "changed": changed, "deletes": sum(one.counts().get("delete", 0) for one in planned),
        "may_apply": not problems and agreed and given["seen"] == token,
        "found": found, "wish": wish,
        "again": FileForm(initial=again),
    }  # fmt: skip


def _stand_ins(request, found: list) -> StandInForm:
    if not request.user.has_perm("datasets.view_source"):
        return StandInForm([], Source.objects.none())
    named = {
        source.get("connection")
        for one in found
        if isinstance(one, dict) and isinstance(one.get("data_sources"), list)
        for source in one["data_sources"]
        if isinstance(source, dict)
    }
    names = sorted(name for name in named if isinstance(name, str) and name)[:50]
    sent = any(key.startswith("source-") for key in request.POST)
    return StandInForm(
        names, Source.objects.visible_to(request.user), request.POST if sent else None
    )


def _apply(request, given: dict, context: dict) -> HttpResponse | None:
    """Apply what was shown; with another difference than that, it is shown again."""
    reason = f"Imported from {given['name'] or 'pasted JSON'}"[:REASON]
    try:
        done = config.apply_all(
            context["found"], context["wish"], seen=given["seen"], reason=reason
        )
    except config.ChangedSince:
        context["changed"] = CHANGED
        return None
    made = [one.dashboard for one in done if one.dashboard]
    names = ", ".join(one.title for one in made) or ", ".join(one.name for one in done)
    messages.success(request, f"Imported: {names}.")
    if len(made) == 1 and request.user.has_perm("dashboards.view_dashboard"):
        page = reverse("admin:dashboards_dashboard_change", args=[made[0].pk])
        return HttpResponseRedirect(page)
    return HttpResponseRedirect(reverse("admin:index"))


@require_safe
def _export(request) -> HttpResponse:
    asked = list(dict.fromkeys(request.GET.getlist("slug")))[:MOST_EXPORTED]
    visible = Dashboard.objects.visible_to(request.user).filter(slug__in=asked).order_by("slug")
    found = {one.slug: write.text(write.dashboard(one, request.user)) for one in visible}
    if not found or len(found) < len(asked):
        raise Http404("No such dashboard.")
    for one in visible:
        audit.record(Action.CONFIG_EXPORTED, one)
    if len(found) == 1:
        [(slug, text)] = found.items()
        return _file(text.encode(), f"{slug}.json", "application/json")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for slug, text in found.items():
            archive.writestr(f"{slug}.json", text)
    return _file(packed.getvalue(), "dashboards.zip", "application/zip")


def export_view(site, request):
    """One dashboard as its file, several as a zip of files; for who may see them in the admin."""
    if not request.user.has_perm("dashboards.view_dashboard"):
        raise PermissionDenied
    return _export(request)


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    head = {"Content-Disposition": f'attachment; filename="{get_valid_filename(name)}"',
            "Cache-Control": "private, no-store"}  # fmt: skip
    return HttpResponse(content, content_type=kind, headers=head)
