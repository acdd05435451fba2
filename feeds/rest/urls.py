from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from feeds.rest import views

router = DefaultRouter()
router.include_format_suffixes = False
router.register("dashboards", views.DashboardViewSet, basename="api-dashboard")
router.register("datasets", views.DatasetViewSet, basename="api-dataset")

urlpatterns = [
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
