from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from feeds.rest import views

router = SimpleRouter()
router.register("dashboards", views.DashboardViewSet, basename="api-dashboard")
router.register("datasets", views.DatasetViewSet, basename="api-dataset")

urlpatterns = [
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
