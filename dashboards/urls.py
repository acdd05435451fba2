from django.urls import path

from dashboards import export_views, views

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
    path("dashboards/<slug:slug>/export/", export_views.exports, name="exports"),
    path("dashboards/<slug:slug>/print/", export_views.print_page, name="print"),
    path("dashboards/<slug:slug>/print-data/", export_views.print_data, name="print-data"),
    path(
        "dashboards/<slug:slug>/print/<int:widget_id>/", export_views.print_page, name="print-card"
    ),
    path(
        "dashboards/<slug:slug>/print-data/<int:widget_id>/",
        export_views.print_data,
        name="print-card-data",
    ),
    path("exports/<int:export_id>/", export_views.one, name="export"),
    path("exports/<int:export_id>/file/", export_views.file, name="export-file"),
]
