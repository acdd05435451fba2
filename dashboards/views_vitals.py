"""What a real browser measured, as its page sends it: numbers within limits, or nothing."""

import re
from datetime import timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboards.models import PageLoad
from dashboards.views import private, visible

LONGEST = 10 * 60 * 1000  # milliseconds: who left the page alone waited for nothing
MOST_CARDS = 500
APART = timedelta(seconds=2)  # between two of one person


class Whole(forms.IntegerField):
    """Digits and nothing else: no sign, no fraction, no digits of other scripts."""

    def to_python(self, value):
        if value and not re.fullmatch(r"\d{1,6}", value, re.ASCII):
            raise forms.ValidationError("No whole number.")
        return super().to_python(value)


def _milliseconds(required=False):
    return Whole(min_value=0, max_value=LONGEST, required=required)


class Vitals(forms.ModelForm):
    cards = Whole(min_value=1, max_value=MOST_CARDS)
    first_byte = _milliseconds()
    first_paint = _milliseconds()
    first_screen = _milliseconds(required=True)
    all_cards = _milliseconds()
    phone = forms.TypedChoiceField(choices=[("0", "No"), ("1", "Yes")], coerce=lambda v: v == "1")

    class Meta:
        model = PageLoad
        fields = ["kind", "cards", "first_byte", "first_paint", "first_screen", "all_cards",
                  "phone"]  # fmt: skip


@login_required
@require_POST
def vitals(request, slug):
    """Keep one measurement; what comes sooner after another one of the same person is dropped."""
    dashboard = visible(request, slug)
    form = Vitals(request.POST)
    if not form.is_valid():
        return private(HttpResponseBadRequest("These are no measurements.", "text/plain"))
    form.instance.dashboard, form.instance.viewer = dashboard, request.user
    with transaction.atomic():
        # Two tabs of one person may send at once; the second waits here, and then sees the first.
        people = get_user_model().objects.select_for_update(no_key=True)
        people.only("pk").get(pk=request.user.pk)
        newest = timezone.now() - APART
        if not PageLoad.objects.filter(viewer=request.user, at__gt=newest).exists():
            form.save()
    return private(HttpResponse(status=204))
