"""URLs of reports."""

from django.urls import path

from chibo.reports import snapshot_views, views

urlpatterns = [
    path("reports/", views.home_reports, name="reports"),
    path("units/<int:pk>/reports/", views.unit_reports, name="unit_reports"),
    path("units/<int:pk>/reports/<str:kind>/", views.report, name="report"),
    path("units/<int:pk>/reports/<str:kind>/make/", views.make_report, name="make_report"),
    path("reports/<str:code>/", snapshot_views.snapshot, name="snapshot"),
    path("reports/<str:code>/report.<str:form>", snapshot_views.snapshot_file, name="snapshot_file"),
    path("reports/<str:code>/charts/<str:name>.svg", snapshot_views.snapshot_chart, name="snapshot_chart"),
    path("reports/<str:code>/figures/<str:indicator>/", snapshot_views.figure, name="snapshot_figure"),
    path("reports/<str:code>/changes/<str:indicator>/", snapshot_views.changes, name="snapshot_changes"),
]
