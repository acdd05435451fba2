from django.contrib import admin
from django.urls import include, path

from portal import health
from portal.config import views as config

admin.autodiscover()

urlpatterns = [
    path("", include("dashboards.urls")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("feeds.rest.urls")),
    path("config/schema/<str:name>", config.schema_file, name="config-schema"),
    path("health/", health.health, name="health"),
]
