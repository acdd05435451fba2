from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from portal import health

admin.autodiscover()

urlpatterns = [
    path("", include("dashboards.urls")),
    path("login/", auth.LoginView.as_view(template_name="accounts/login.html"), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("feeds.rest.urls")),
    path("health/", health.health, name="health"),
]
