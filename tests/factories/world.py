"""A small portal with a secret: one dashboard of one dataset, and people who may or may not see
it."""

from dataclasses import dataclass

import pyarrow as pa

from accounts.models import User
from dashboards.models import Dashboard, Widget
from datasets.models import Dataset
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory, RoleFactory

TITLE, CARD, NAME = "Takeover of Globex", "Bids by bidder", "Bids received"
COLUMN, CELL, SQL = "bidder_shortname", "Initech-7b1f", "SELECT hush_hush FROM bids"
SECRETS = (TITLE, CARD, NAME, COLUMN, CELL, SQL)  # what nobody else may read anywhere

MAY_SEE = ("owner", "viewer", "editor", "superuser")
MAY_NOT_SEE = ("outsider", "staff outsider", "former viewer")
ALL_RECORDS = [
    f"{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("dashboard", "widget", "dataset", "source", "refreshrun")
]


@dataclass
class World:
    dashboard: Dashboard
    widget: Widget
    dataset: Dataset
    people: dict[str, User]


def make_world() -> None:
    viewers, editors = RoleFactory(name="Bankers"), RoleFactory(name="Partners")
    owner = PersonFactory(username="owner")
    PersonFactory(username="viewer", roles=["Bankers"])
    PersonFactory(username="editor", roles=["Partners"])
    PersonFactory(username="superuser", is_superuser=True, is_staff=True)
    PersonFactory(username="outsider", roles=["Interns"])
    PersonFactory(username="staff outsider", is_staff=True, roles=["Interns"], may=ALL_RECORDS)
    PersonFactory(username="former viewer", roles=["Bankers"]).groups.clear()
    PersonFactory(username="inactive", roles=["Bankers"], is_active=False)
    shared = {"owner": owner, "view_roles": [viewers], "edit_roles": [editors]}
    dataset = DatasetFactory(name=NAME, slug="d-41", sql=SQL, **shared)
    publish(dataset, pa.table({COLUMN: [CELL, "Umbrella"], "amount": [17, 4]}))
    WidgetFactory(
        dashboard=DashboardFactory(title=TITLE, slug="p-73", **shared),
        dataset=dataset,
        title=CARD,
        chart_type="table",
        options={"group_by": [COLUMN], "measures": ["sum(amount)"]},
    )


def fetch_world() -> World:
    widget = Widget.objects.select_related("dashboard", "dataset__current_snapshot").get()
    people = {person.username: person for person in User.objects.all()}
    return World(widget.dashboard, widget, widget.dataset, people)


def leaks(response) -> list[str]:
    """The secrets that an answer tells, in its body or its headers."""
    content = b"".join(response) if response.streaming else response.content
    told = content.decode() + str(response.headers)
    return [secret for secret in SECRETS if secret in told]
