from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from portal.config import schema, write


@require_safe
@login_required
def schema_file(request, name: str):
    """A JSON schema, for editors that check a file while one writes it."""
    found = schema.all_schemas().get(name)
    if found is None:
        raise Http404("No such schema.")
    return HttpResponse(write.text(found), content_type="application/schema+json")
