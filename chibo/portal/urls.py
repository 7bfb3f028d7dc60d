"""URLs of the desk, units and evidence."""

from django.urls import path

from chibo.portal import evidence_views, find_views, load_views, person_views, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("units/", views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("units/<int:pk>/figures/<str:code>/", evidence_views.evidence, name="evidence"),
    path("units/<int:pk>/figures/<str:code>/evidence.xlsx", evidence_views.evidence_workbook, name="evidence_workbook"),
    path("members/<int:pk>/", person_views.member, name="member"),
    path("me/", person_views.me, name="me"),
    path("find/", find_views.find, name="find"),
    path("loads/", load_views.loads, name="loads"),
    path("loads/<int:pk>/", load_views.load, name="load"),
]
