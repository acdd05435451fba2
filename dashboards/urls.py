from django.urls import path

from dashboards import views, views_arrange, views_explore

urlpatterns = [
    path("", views.home, name="home"),
    path("theme/", views.set_theme, name="set-theme"),
    path("dashboards/<slug:slug>/", views.page, name="dashboard"),
    path("dashboards/<slug:slug>/data", views.data, name="dashboard-data"),
    path("dashboards/<slug:slug>/layout", views_arrange.arranged, name="dashboard-layout"),
    path("dashboards/<slug:slug>/filters/<str:name>", views_explore.filter_values,
         name="filter-values"),
    path("dashboards/<slug:slug>/views", views_explore.saved_views, name="saved-views"),
    path("dashboards/<slug:slug>/views/save", views_explore.save_view, name="save-view"),
    path("dashboards/<slug:slug>/views/<int:view_id>/delete", views_explore.delete_view,
         name="delete-view"),
    path("dashboards/<slug:slug>/widgets/<int:widget_id>/table", views.widget_table,
         name="widget-table"),
    path("dashboards/<slug:slug>/widgets/<int:widget_id>/by", views_explore.breakdown,
         name="widget-by"),
    path("dashboards/<slug:slug>/widgets/<int:widget_id>/rows", views_explore.rows,
         name="widget-rows"),
    path("dashboards/<slug:slug>/widgets/<int:widget_id>/explain", views_explore.explain,
         name="widget-explain"),
]  # fmt: skip
