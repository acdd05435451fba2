"""Pages speak the time zone and the locale of who looks at them; what a request changes is told
with who sent it."""

from django.utils import timezone

from accounts import audit, locale


class Audited:
    """Asks nothing itself: an event, if there is one, looks at the request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with audit.during(request):
            return self.get_response(request)


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
