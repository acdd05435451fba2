"""Sessions that say whose they are; doors that ask for a second factor; pages in the time zone and
the locale of who looks at them."""

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from accounts import address, audit, devices, locale
from accounts.signing_in import owes_second


class Audited:
    """What a request changes is told with who sent it. It asks nothing itself: an event, if there
    is one, looks at the request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with audit.during(request):
            return self.get_response(request)


class Sessions(SessionMiddleware):
    """Django's, with the device and the address, and with an end when nobody comes back."""

    def process_request(self, request):
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = self.SessionStore(key, address.of(request), devices.device(request))

    def process_response(self, request, response):
        response = super().process_response(request, response)
        name = settings.SESSION_COOKIE_NAME
        if name not in response.cookies and request.session.touch():
            response.set_cookie(  # a new one each minute, so that the browser forgets it as late
                name,
                request.session.session_key,
                max_age=settings.SESSION_COOKIE_AGE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite=settings.SESSION_COOKIE_SAMESITE,
            )
        return response


#: What is open to people who still have to set up the second factor: doing so, and leaving.
SET_UP = {"security", "add-app", "passkey-options", "add-passkey", "recovery-codes", "confirm",
          "confirm-passkey", "proof-options", "password", "login", "logout", "set-theme",
          "single-sign-on", "single-sign-on-back"}  # fmt: skip


class SecondFactor(MiddlewareMixin):
    """At every door that a session opens; an API token is a proof of its own (see
    `accounts.authentication`)."""

    def process_view(self, request, view, arguments, named):
        if not getattr(view, "login_required", True) or hasattr(view, "cls"):  # a view of the API
            return None
        user = request.user
        if not user.is_authenticated or not owes_second(user, request.session):
            return None
        if request.resolver_match.view_name in SET_UP:
            return None
        if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", ""):
            return redirect("security")
        return HttpResponse("Set up two-factor sign-in first: Preferences, Security.", status=403)


class OwnTimes:
    """Active while the page of a person is made; pages for everybody look at no session."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
            locale.deactivate()

    def process_view(self, request, view, arguments, named):
        if getattr(view, "login_required", True) and request.user.is_authenticated:
            timezone.activate(request.user.wanted_time_zone)
            locale.activate(request.user.wanted_locale)
