from datetime import UTC, datetime, timedelta

import factory
import pyarrow as pa
from django.utils import timezone

from datasets import refresh, sql, store
from datasets.errors import SqlRefused
from datasets.models import Dataset, RefreshRun, Snapshot, Source

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source

    name = factory.Sequence("source{}".format)
    kind = "postgresql"
    host = "db.example.org"
    database = "shop"
    username = "reader"
    password = "correct horse"


class DatasetFactory(factory.django.DjangoModelFactory):
    """By hand only: no schedule, so no tick queues it unless a test asks for that."""

    class Meta:
        model = Dataset
        skip_postgeneration_save = True

    name = factory.Sequence("Dataset {}".format)
    slug = factory.Sequence("dataset-{}".format)
    source = factory.SubFactory(SourceFactory)
    sql = "SELECT 1 AS one"

    @factory.lazy_attribute
    def canonical_sql(self):
        try:
            return sql.canonical(self.sql, self.source.connector.dialect)
        except SqlRefused:
            return ""

    @factory.post_generation
    def view_roles(self, create, roles, **kwargs):
        self.view_roles.set(roles or [])

    @factory.post_generation
    def edit_roles(self, create, roles, **kwargs):
        self.edit_roles.set(roles or [])


class RunFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RefreshRun

    dataset = factory.SubFactory(DatasetFactory)
    state = RefreshRun.State.RUNNING
    lease_until = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))


def publish(
    dataset: Dataset, rows: pa.Table | store.Written, as_of: datetime = LONG_AGO
) -> Snapshot:
    """The dataset with ``rows`` as its newest version, as a run would leave it."""
    written = rows if isinstance(rows, store.Written) else store.write(rows.to_reader())
    snapshot = refresh.publish(RunFactory(dataset=dataset), written, as_of)
    dataset.refresh_from_db()
    return snapshot
