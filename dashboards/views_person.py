"""Pages about the person who is signed in; nobody sees or changes those of somebody else."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.shortcuts import render as render_page
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import viewing_as
from accounts.forms import PreferencesForm, example
from accounts.models import User
from dashboards.views import private


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request):
    # A record of its own: what is wrong in the form must not count for the page around it.
    person = User.objects.get(pk=request.user.pk)
    form = PreferencesForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        # Only these: the admin may be changing the rest of the person at this moment.
        person.save(update_fields=form.Meta.fields)
        messages.success(request, "Your preferences are saved.")
        return redirect("preferences")
    said = example(request.user.wanted_locale, timezone.now())
    context = {"form": form, "here": "preferences", "example": said}
    return private(render_page(request, "accounts/preferences.html", context))


@viewing_as.as_oneself
@login_required
@require_http_methods(["POST"])
def stop_viewing_as(request):
    """Back to oneself; see `accounts.viewing_as`."""
    viewing_as.end(request.session)
    return redirect("home")
