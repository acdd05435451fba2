"""Row rules, column rules and their tests in the admin, each tried before it is saved."""

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST
from unfold.decorators import display

from accounts.admin_base import RecordAdmin
from accounts.keys import posted
from datasets import conditions, formats, masks, policies, trial
from datasets.errors import ConditionRefused, DatasetError
from datasets.forms_rules import ColumnPolicyForm, RowPolicyForm, RuleTestForm, Somebody
from datasets.models import ColumnPolicy, Dataset, RowPolicy, RuleTest

CHANGE_DATASET = "datasets.change_dataset"


class OfDatasetAdmin(RecordAdmin):
    """Of datasets that the person may change, and so sees whole: see `datasets.policies.writes`."""

    list_filter = [("dataset", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["dataset"]
    search_fields = ["name", "dataset__name"]
    autocomplete_fields = ["roles"]

    def get_queryset(self, request):
        mine = Dataset.objects.editable_by(request.user)
        return super().get_queryset(request).filter(dataset__in=mine).prefetch_related("roles")

    def has_add_permission(self, request):
        return super().has_add_permission(request) and request.user.has_perm(CHANGE_DATASET)

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and request.user.has_perm(CHANGE_DATASET) and self._is_mine(request, obj)

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and request.user.has_perm(CHANGE_DATASET) and self._is_mine(request, obj)

    def _is_mine(self, request, obj) -> bool:
        mine = Dataset.objects.editable_by(request.user)
        return obj is None or mine.filter(pk=obj.dataset_id).exists()

    def get_readonly_fields(self, request, obj=None):
        return ["dataset"] if obj else []

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "dataset":
            kwargs["queryset"] = Dataset.objects.editable_by(request.user).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self._say_tests(request, form.instance.dataset)

    def delete_model(self, request, obj):
        dataset = obj.dataset
        super().delete_model(request, obj)
        self._say_tests(request, dataset)

    def delete_queryset(self, request, queryset):
        datasets = {one.dataset for one in queryset}
        super().delete_queryset(request, queryset)
        for dataset in datasets:
            self._say_tests(request, dataset)

    def _say_tests(self, request, dataset) -> None:
        """Rules changed, or what is expected of them."""
        tests = trial.run_tests(dataset)
        failed = [f"{test.name}: {test.said}" for test in tests if not test.passed]
        if failed:
            said = f"{len(failed)} of {len(tests)} rule tests of {dataset} fail. " + " ".join(
                failed
            )
            self.message_user(request, said, messages.WARNING)
        elif tests:
            word = "The rule test" if len(tests) == 1 else f"All {len(tests)} rule tests"
            self.message_user(
                request, f"{word} of {dataset} {'holds' if len(tests) == 1 else 'hold'}."
            )

    @admin.display(description="Roles")
    def role_names(self, rule):
        names = ", ".join(sorted(role.name for role in rule.roles.all()))
        return "everybody" if getattr(rule, "everybody", False) else names or "nobody"


class RuleAdmin(OfDatasetAdmin):
    change_form_after_template = "admin/datasets/rule_tools.html"

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_try"
        return [
            path("try/", self.admin_site.admin_view(require_POST(self.try_view)), name=name),
            *super().get_urls(),
        ]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_try"
        more = {"try_url": name, "try_roles": Group.objects.order_by("name")}
        return super().changeform_view(request, object_id, form_url, more | (extra_context or {}))

    def try_view(self, request):
        """What somebody would see of the dataset with the rule in the form, saved or not."""
        stored = posted(request, "record", self.get_queryset(request))
        allowed = (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        )
        if not allowed:
            raise PermissionDenied
        return render(request, "admin/datasets/_tried.html", self._tried(request, stored))

    def _tried(self, request, stored) -> dict:
        form = self.get_form(request, stored)(request.POST, instance=stored)
        whom = Somebody(request.POST, prefix="try")
        if not form.is_valid() or not whom.is_valid():
            errors = [*form.errors.values(), *whom.errors.values()]
            return {"error": " ".join(str(said) for held in errors for said in held)}
        asked, rule = whom.cleaned_data, form.instance
        roles = [asked["role"].pk] if asked["role"] else []
        viewer = asked["who"] or policies.Stranger(frozenset(roles), asked["attributes"])
        try:
            rules = trial.with_rule(rule, [role.pk for role in form.cleaned_data["roles"]])
            found = trial.seen(rule.dataset, rules, viewer)
        except DatasetError as error:
            return {"error": str(error)}
        columns = zip(*(column.to_pylist() for column in found.table.columns), strict=True)
        rows = [[formats.text(cell) for cell in row] for row in columns]
        who = asked["who"] or (f"Somebody with the role {asked['role']}" if asked["role"] else "")
        return {"found": found, "rows": rows, "who": who or "Somebody without a role",
                "visible": formats.number(found.visible, "#,##0"),
                "total": formats.number(found.total, "#,##0")}  # fmt: skip


@admin.register(RowPolicy)
class RowPolicyAdmin(RuleAdmin):
    form = RowPolicyForm
    list_display = ["name", "dataset", "role_names", "in_words", "enabled"]
    fieldsets = [
        (None, {"fields": ["dataset", ("name", "enabled"), "roles", "everybody", "condition"]})
    ]

    @admin.display(description="Rows where")
    def in_words(self, rule):
        return condition_words(rule.condition)

    def history_value(self, field, value):
        return (
            condition_words(value) if field == "condition" else super().history_value(field, value)
        )


def condition_words(written) -> str:
    try:
        return conditions.words(conditions.parse(written), {})
    except ConditionRefused as error:
        return f"not understood: {error}"


@admin.register(ColumnPolicy)
class ColumnPolicyAdmin(RuleAdmin):
    form = ColumnPolicyForm
    list_display = ["name", "dataset", "column_names", "what", "role_names", "enabled"]
    fieldsets = [
        (None, {"fields": ["dataset", ("name", "enabled"), "columns", "effect", "mask", "fewest",
                           "roles"]})
    ]  # fmt: skip
    conditional_fields = {"mask": "effect == 'mask'", "fewest": "effect == 'totals'"}

    @admin.display(description="Columns")
    def column_names(self, rule):
        return ", ".join(rule.columns)

    @admin.display(description="Are")
    def what(self, rule):
        match rule.effect:
            case ColumnPolicy.Effect.MASK:
                return f"Masked: {masks.MASKS.get(rule.mask, rule.mask)}"
            case ColumnPolicy.Effect.TOTALS:
                return f"Totals of {rule.fewest} or more rows"
        return "Hidden"

    @admin.display(description="Except for")
    def role_names(self, rule):
        return ", ".join(sorted(role.name for role in rule.roles.all())) or "nobody"


@admin.register(RuleTest)
class RuleTestAdmin(OfDatasetAdmin):
    form = RuleTestForm
    list_display = ["name", "dataset", "role_names", "result", "said", "ran_at"]
    actions = ["run_now"]
    fieldsets = [
        (None, {"fields": ["dataset", "name"]}),
        ("A person with", {"fields": ["roles", "attributes"]}),
        ("Sees", {"fields": ["expected_rows", "only", "unseen"]}),
    ]

    @admin.display(description="Roles")
    def role_names(self, test):
        return ", ".join(sorted(role.name for role in test.roles.all())) or "no role"

    @display(description="Result", label={"holds": "success", "fails": "danger", "not run": "info"})
    def result(self, test):
        return {True: "holds", False: "fails", None: "not run"}[test.passed]

    @admin.action(description="Run now", permissions=["view"])
    def run_now(self, request, queryset):
        for dataset in {test.dataset for test in queryset}:
            self._say_tests(request, dataset)
