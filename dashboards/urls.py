from django.urls import path

from dashboards import views

urlpatterns = [
    path("", views.home, name="home"),
    path("theme/", views.set_theme, name="set-theme"),
    path("dashboards/<slug:slug>/", views.page, name="dashboard"),
    path("dashboards/<slug:slug>/data", views.data, name="dashboard-data"),
    path(
        "dashboards/<slug:slug>/widgets/<int:widget_id>/table",
        views.widget_table,
        name="widget-table",
    ),
]
