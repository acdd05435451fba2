"""Is the portal well? For load balancers (HTTP status) and people (what is wrong)."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from datasets import cache
from datasets.models import Dataset

LATE = timedelta(minutes=2)


@require_safe
def health(request):
    """200 while pages can be served; Redis away or refreshes late are said, but harm no page."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        late = Dataset.objects.due(timezone.now() - LATE).filter(enabled=True).count()
    except DatabaseError:
        return JsonResponse({"database": "does not answer"}, status=503)
    redis = cache.ask(lambda: cache.client().ping())
    return JsonResponse(
        {
            "database": "ok",
            "redis": "ok" if redis else "does not answer; pages are slower",
            "refreshes": "ok" if not late else f"{late} datasets are late; is the worker running?",
        }
    )
