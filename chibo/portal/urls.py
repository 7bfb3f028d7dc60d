"""URLs of the desk, units and evidence."""

from django.urls import path

from chibo.portal import desk_views, evidence_views, load_views, views

urlpatterns = [
    path("", desk_views.desk, name="desk"),
    path("units/", views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("units/<int:pk>/figures/<str:code>/", evidence_views.evidence, name="evidence"),
    path("units/<int:pk>/figures/<str:code>/evidence.xlsx", evidence_views.evidence_workbook, name="evidence_workbook"),
    path("loads/", load_views.loads, name="loads"),
    path("loads/<int:pk>/", load_views.load, name="load"),
]
