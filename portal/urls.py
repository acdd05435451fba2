from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from accounts.viewing_as import as_oneself
from portal import health
from portal.config import views as config

admin.autodiscover()

urlpatterns = [
    path("", include("dashboards.urls")),
    path("login/", auth.LoginView.as_view(template_name="accounts/login.html"), name="login"),
    path("logout/", as_oneself(auth.LogoutView.as_view()), name="logout"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("feeds.rest.urls")),
    path("config/schema/<str:name>", config.schema_file, name="config-schema"),
    path("health/", health.health, name="health"),
]
