"""Pages of accounts: signing in, security settings, invitations, single sign-on."""

from functools import wraps
from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.signing_in import proved_lately


def safe_next(request, usual: str = "home") -> str:
    """Where to go on: a page of this portal, never another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and allowed else reverse(usual)


def unkept(view):
    """No cache may keep what it answers, the browser's own included."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        patch_vary_headers(response, ("Cookie", "Authorization"))
        return response

    return answer


def proved(view):
    """Only for who has proved lately to be the person; who has not is asked, and comes back."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        if proved_lately(request):
            return view(request, *args, **kwargs)
        back = request.path if request.method == "GET" else reverse("security")
        return redirect(f"{reverse('confirm')}?{urlencode({'next': back})}")

    return answer
