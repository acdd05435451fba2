"""A portal in which every text that somebody may write is hostile."""

from datetime import timedelta

import pyarrow as pa
from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.models import (
    ApiToken,
    AuditEvent,
    Factor,
    Identity,
    RecoveryCode,
    RoleProfile,
    Session,
    User,
)
from dashboards import choices, embedding, sharing
from dashboards.models import (
    Annotation,
    ChartTemplate,
    Dashboard,
    EmbedKey,
    Export,
    Filter,
    Page,
    PageLoad,
    Palette,
    SavedView,
    Theme,
)
from datasets.models import Column, ColumnPolicy, Parameter, RowPolicy, RuleTest, Source
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import RunFactory, publish

SHORT = '"><svg onload=hit()>'  # fits the shortest text, a unit
LONG = SHORT + "'</script><script>hit()</script><img src=x onerror=hit()>{{7*7}}@{a}{safe}$$x$$"
APPS = ("auth", "accounts", "datasets", "dashboards", "feeds", "portal")
#: Texts that nobody writes freely: the portal makes them, or takes few values alone.
NOT_FREE = {
    "accounts.User.password": "a hash",
    "accounts.User.locale": "one of those that Babel knows",
    "accounts.User.time_zone": "one of the system's zones",
    "accounts.ApiToken.prefix": "random",
    "accounts.ApiToken.digest": "a hash",
    "accounts.RecoveryCode.digest": "a hash",
    "accounts.Factor.secret": "encrypted and never shown",
    "accounts.Factor.credential_id": "of a device, and never shown",
    "accounts.Session.session_key": "random",
    "accounts.Session.session_data": "signed by the portal",
    "accounts.AuditEvent.kind": "of our code",
    "accounts.AuditEvent.within_kind": "of our code",
    "auth.Permission.name": "of our code",
    "auth.Permission.codename": "of our code",
    "datasets.Source.kind": "one of the connectors",
    "datasets.Source.password": "encrypted and never shown",
    "datasets.Dataset.time_zone": "one of the system's zones",
    "datasets.Dataset.refresh_cron": "checked to be a cron line",
    "datasets.Column.name": "hostile in one column; cards need the others",
    "datasets.Snapshot.file": "made by the portal",
    "dashboards.Theme.accent_light": "a colour",
    "dashboards.Theme.accent_dark": "a colour",
    "dashboards.Widget.chart_type": "one of the registry",
    "dashboards.Filter.name": "letters and digits, for addresses",
    "dashboards.ChartTemplate.chart_type": "one of the registry",
    "dashboards.SavedView.query": "choices, written by the portal",
    "dashboards.ShareLink.query": "choices, written by the portal",
    "dashboards.ShareLink.prefix": "random",
    "dashboards.ShareLink.digest": "a hash",
    "dashboards.ShareLink.password": "a hash",
    "dashboards.EmbedKey.key_id": "random",
    "dashboards.EmbedKey.secret": "encrypted and never shown",
    "dashboards.Export.query": "choices, written by the portal",
    "dashboards.Export.origin": "the address of the portal",
    "dashboards.Export.file": "made by the portal",
}


def own_models():
    for model in apps.get_models():
        meta = model._meta
        is_history = hasattr(model, "history_object")
        if meta.app_label in APPS and not meta.auto_created and not is_history:
            yield model


def free_texts(model):
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField)
        few = field.choices or isinstance(field, models.SlugField)
        if is_text and not few and f"{model._meta.label}.{field.name}" not in NOT_FREE:
            yield field


def hostile(field, number: int) -> str:
    """Hostile, as long as the field takes, and no other record's."""
    longest = field.max_length or 500
    if field.name == "format":  # what stands before the digits is free
        return f"{SHORT}0"
    if field.unique and not field.primary_key:
        return f"{SHORT}{number}"
    return LONG if longest >= len(LONG) else SHORT


def poison() -> None:
    """Every free text of every record, past all forms, whose checks an importer or an older version
    may not have had. Saved, so that the history tells it."""
    for model in own_models():
        if model is AuditEvent:  # is never changed
            texts = {field.name: hostile(field, 0) for field in free_texts(model)}
            model(action="changed", kind="datasets.dataset", **texts).save(force_insert=True)
            continue
        for number, record in enumerate(model._default_manager.all()):
            fields = list(free_texts(model))
            for field in fields:
                setattr(record, field.name, hostile(field, number))
            if fields:
                record._change_reason = LONG[:100]
                record.save()


def fill(world, kinds=None) -> None:
    """A record of each kind beside those of the small world, on its dashboard and dataset."""
    dashboard, dataset, owner = world.dashboard, world.dataset, world.people["superuser"]
    rows = {"bidder_shortname": [LONG, SHORT], "amount": [2, 1], SHORT: [LONG, SHORT]}
    publish(dataset, pa.table(rows))
    for name in rows:
        Column.objects.update_or_create(
            dataset=dataset, name=name, defaults={"label": "x", "type": "text"}
        )
    Column.objects.filter(name="amount").update(type="integer")
    Parameter.objects.create(dataset=dataset, name="since", type="text", value="x")
    RunFactory(dataset=dataset, state="failed", error="x", worker="x", requested_by=owner)
    for model, more in (
        (RowPolicy, {"everybody": True, "condition": {}, "enabled": False}),
        (ColumnPolicy, {"columns": [LONG], "enabled": False}),
        (RuleTest, {"attributes": {"country": LONG}, "said": "x"}),
    ):
        model.objects.create(dataset=dataset, name="x", **more)
    _fill_dashboard(dashboard, dataset, owner, KINDS if kinds is None else kinds)
    role = dashboard.view_roles.first()
    RoleProfile.objects.update_or_create(role=role, defaults={"description": "x"})
    key = ApiToken(user=owner, name="x")
    key.issue_key()
    key.save()
    Factor.objects.create(user=owner, kind="passkey", name="x", secret="x", credential_id="x")
    RecoveryCode.objects.create(user=owner, digest="x")
    Identity.objects.create(user=owner, issuer="x", subject="x")
    Session.objects.create(session_key="x", session_data="", user=owner, seen_at=timezone.now(),
                           expire_date=timezone.now() + timedelta(days=1))  # fmt: skip
    User.objects.update(email="x@example.org", attributes={"country": [LONG]})
    Source.objects.update(options={"schema": LONG})
    poison()
    Dashboard.objects.exclude(pk=dashboard.pk).delete()


def _fill_dashboard(dashboard, dataset, owner, kinds) -> None:
    page = Page.objects.create(dashboard=dashboard, title="x", slug="one")
    Page.objects.create(dashboard=dashboard, title="x", slug="two", position=2)
    dashboard.widgets.update(page=page)
    for kind, options in kinds.items():
        WidgetFactory(
            dashboard=dashboard, page=page, dataset=dataset, title="x", subtitle="x",
            chart_type=kind, options=options,
        )  # fmt: skip
    for name, kind in (("bidder", "choices"), ("words", "text")):
        Filter.objects.create(dashboard=dashboard, label="x", name=name, kind=kind,
                              columns=["bidder_shortname"])  # fmt: skip
    view = SavedView.objects.create(dashboard=dashboard, name="x", owner=owner, query="tab=two")
    view.view_roles.set(dashboard.view_roles.all())
    mark = Annotation.objects.create(title="x", kind="campaign", start=timezone.now())
    mark.datasets.set([dataset])
    ChartTemplate.objects.create(name="x", slug="x", chart_type="number", roles=[],
                                 options={"value": "count()", "unit": SHORT})  # fmt: skip
    Theme.objects.create(name="x", portal_name="x", in_use=True)
    Palette.objects.create(dashboard=dashboard, places={LONG: 1})
    PageLoad.objects.create(dashboard=dashboard, viewer=owner, kind="page", cards=1, first_screen=9,
                            at=timezone.now())  # fmt: skip
    Export.objects.create(dashboard=dashboard, owner=owner, format="csv", state="failed")
    expires = timezone.now() + timedelta(days=1)
    start = choices.start(dashboard, owner)
    sharing.issue(start, owner, name="x", expires_at=expires)
    key = EmbedKey(name="x", viewer=owner, origins=["https://a.example"])
    embedding.new_key(key)
    key.save()
    key.dashboards.set([dashboard])


#: Cards that the server writes as HTML, with hostile options.
KINDS = {
    "number": {"value": "sum(amount)", "unit": SHORT},
    "table": {"group_by": ["bidder_shortname", SHORT],
              "measures": [f"{SHORT}: sum(amount)"]},
    "pivot": {"group_by": ["bidder_shortname"], "column": "bidder_shortname",
              "measures": [f"{SHORT}: sum(amount)"]},
    "bar": {"category": "bidder_shortname", "measures": [f"{SHORT}: sum(amount)"]},
    "pie": {"category": "bidder_shortname", "measure": "sum(amount)", "center": SHORT},
}  # fmt: skip
