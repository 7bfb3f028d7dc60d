"""URLs of the desk, units, evidence, users and loads."""

from django.urls import path

from chibo.portal import evidence_views, load_views, user_views, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("units/", views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("units/<int:pk>/figures/<str:code>/", evidence_views.evidence, name="evidence"),
    path("units/<int:pk>/figures/<str:code>/evidence.xlsx", evidence_views.evidence_workbook, name="evidence_workbook"),
    path("users/", user_views.users, name="users"),
    path("users/new/", user_views.invite, name="invite"),
    path("users/<int:pk>/", user_views.user, name="user"),
    path("loads/", load_views.loads, name="loads"),
    path("loads/<int:pk>/", load_views.load, name="load"),
    path("loads/<int:pk>/verdict.xlsx", load_views.load_verdicts, name="load_verdicts"),
    path("loads/<int:pk>/undo/", load_views.undo_load, name="undo_load"),
]
