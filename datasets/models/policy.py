"""Rules on the rows and columns of a dataset, and what is expected of them."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from datasets import compile, conditions, masks
from datasets.errors import ConditionRefused, DatasetError
from datasets.models.dataset import Dataset

FEWEST = 5


class RuleQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(dataset__in=Dataset.objects.visible_to(user))


class RowPolicy(models.Model):
    """Rows of a dataset that roles may see."""

    audit_rights = ("everybody", "condition", "enabled")

    dataset = models.ForeignKey(
        Dataset, models.CASCADE, related_name="row_policies",
        help_text="Once it has a row rule, everybody sees only the rows that the rules of their "
        "roles give, and nobody else sees any. Who may change the dataset sees all.",
    )  # fmt: skip
    name = models.CharField(max_length=100, help_text="For example: Own country")
    roles = models.ManyToManyField(
        Group, blank=True, related_name="+",
        help_text="Who gets these rows. Rules of several roles add up.",
    )  # fmt: skip
    everybody = models.BooleanField(
        default=False, help_text="All who see the dataset or a card of it get these rows."
    )
    condition = models.JSONField(
        "rows where", default=dict, blank=True,
        help_text="Compare a column with a value, or with an attribute of the person who looks, "
        "such as country. Without comparisons it is every row.",
    )  # fmt: skip
    enabled = models.BooleanField(
        default=True, help_text="A rule that is not enabled gives no rows."
    )
    history = HistoricalRecords(m2m_fields=["roles"])

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "row rule"
        ordering = ["dataset", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="row_rule_once_per_dataset")
        ]

    def __str__(self):
        return self.name

    def clean(self):
        _check(self.condition, self.dataset if self.dataset_id else None, "condition")


def _check(written: object, dataset: Dataset | None, field: str) -> None:
    """Raise `ValidationError` where a condition is none, or does not fit the dataset's columns."""
    try:
        compared = list(conditions.comparisons(conditions.parse(written)))
        if dataset is None:
            return
        known = dict(dataset.columns.values_list("name", "type"))
        if missing := {one.column for one in compared} - known.keys():
            names = ", ".join(sorted(missing))
            raise ValidationError({field: f"The dataset has no column {names}."})
        fixed = (one for one in compared if not isinstance(one.value, conditions.Attribute))
        compile.check_filters(tuple(fixed), known, dataset.name)
    except (ConditionRefused, DatasetError) as error:
        raise ValidationError({field: str(error)}) from error


class ColumnPolicy(models.Model):
    """Columns of a dataset that not everybody sees as they are."""

    class Effect(models.TextChoices):
        HIDE = "hide", "Hidden, as if it were not there"
        TOTALS = "totals", "Only totals of enough rows"
        MASK = "mask", "Masked"

    audit_rights = ("columns", "effect", "mask", "fewest", "enabled")

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="column_policies")
    name = models.CharField(max_length=100, help_text="For example: No addresses")
    columns = models.JSONField(default=list)
    effect = models.CharField("are", max_length=6, choices=Effect, default=Effect.HIDE)
    mask = models.CharField(
        max_length=10, choices=list(masks.MASKS.items()), default="stars", help_text="What is left."
    )
    fewest = models.PositiveIntegerField(
        "fewest rows", default=FEWEST,
        validators=[MinValueValidator(2), MaxValueValidator(1_000_000)],
        help_text="Totals of fewer rows are not shown.",
    )  # fmt: skip
    roles = models.ManyToManyField(
        Group, blank=True, related_name="+", verbose_name="except for",
        help_text="Roles that see the columns as they are. For all others the rule holds, except "
        "for who may change the dataset.",
    )  # fmt: skip
    enabled = models.BooleanField(
        default=True, help_text="A rule that is not enabled keeps nothing from anybody."
    )
    known_columns = models.JSONField(default=list, editable=False)
    history = HistoricalRecords(m2m_fields=["roles"], excluded_fields=["known_columns"])

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "column rule"
        ordering = ["dataset", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="column_rule_once_per_dataset")
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Columns of the dataset when the rule was made: see `datasets.policies.Policy.hides`."""
        there = list(self.dataset.columns.values_list("name", flat=True))
        if set(self.columns) <= set(there) or not self.known_columns:
            self.known_columns = there
        super().save(*args, **kwargs)

    def clean(self):
        names = self.columns
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise ValidationError({"columns": "Choose at least one column."})
        if not self.dataset_id:
            return
        known = list(self.dataset.columns.values_list("name", flat=True))
        if missing := set(names) - set(known):
            listed = ", ".join(sorted(missing))
            raise ValidationError({"columns": f"The dataset has no column {listed}."})


class RuleTest(models.Model):
    """What a person with these roles and attributes must see of a dataset; tried on each change of
    its rules."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="rule_tests")
    name = models.CharField(max_length=100, help_text="For example: Germany sees Germany alone")
    roles = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Roles of the person."
    )
    attributes = models.JSONField(
        default=dict, blank=True, help_text='For example: {"country": ["DE"]}'
    )
    expected_rows = models.PositiveBigIntegerField(
        "sees so many rows", null=True, blank=True, help_text="Empty: at least one."
    )
    only = models.JSONField(
        "all of them where", default=dict, blank=True,
        help_text="A condition that holds for each row that is seen.",
    )  # fmt: skip
    unseen = models.JSONField(
        "sees nothing of", default=list, blank=True,
        help_text="Columns of which no value of a single row may be seen.",
    )  # fmt: skip
    passed = models.BooleanField(null=True, editable=False)
    said = models.CharField(max_length=500, blank=True, editable=False)
    ran_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords(m2m_fields=["roles"], excluded_fields=["passed", "said", "ran_at"])

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "rule test"
        ordering = ["dataset", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="rule_test_once_per_dataset")
        ]

    def __str__(self):
        return self.name

    def clean(self):
        _check(self.only, self.dataset if self.dataset_id else None, "only")
