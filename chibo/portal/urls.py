"""URLs of the desk, units, evidence, checks, users and loads."""

from django.urls import path

from chibo.portal import (
    check_views,
    desk_views,
    evidence_views,
    find_views,
    late_views,
    load_views,
    matrix_views,
    person_views,
    tree_views,
    unit_views,
    user_views,
    views,
)

urlpatterns = [
    path("", desk_views.desk, name="desk"),
    path("units/", tree_views.units, name="units"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("units/<int:pk>/below/", tree_views.unit_below, name="unit_below"),
    path("units/<int:pk>/meetings/", matrix_views.unit_meetings, name="unit_meetings"),
    path("units/<int:pk>/meetings/matrix.xlsx", matrix_views.matrix_workbook, name="matrix_workbook"),
    path("units/<int:pk>/late/", late_views.late, name="unit_late"),
    path("units/<int:pk>/remind/", late_views.remind, name="remind"),
    path("units/<int:pk>/targets/", unit_views.unit_targets, name="unit_targets"),
    path("units/<int:pk>/history/", unit_views.unit_history, name="unit_history"),
    path("units/<int:pk>/figures/<str:code>/", evidence_views.evidence, name="evidence"),
    path("units/<int:pk>/figures/<str:code>/evidence.xlsx", evidence_views.evidence_workbook, name="evidence_workbook"),
    path("members/<int:pk>/", person_views.member, name="member"),
    path("me/", person_views.me, name="me"),
    path("find/", find_views.find, name="find"),
    path("checks/", check_views.checks, name="checks"),
    path("checks/run/", check_views.run_checks, name="run_checks"),
    path("checks/limits/", check_views.limits, name="limits"),
    path("checks/<str:code>/", check_views.check, name="check"),
    path("users/", user_views.users, name="users"),
    path("users/new/", user_views.invite, name="invite"),
    path("users/<int:pk>/", user_views.user, name="user"),
    path("loads/", load_views.loads, name="loads"),
    path("loads/template.xlsx", load_views.load_template, name="load_template"),
    path("loads/<int:pk>/", load_views.load, name="load"),
    path("loads/<int:pk>/verdict.xlsx", load_views.load_verdicts, name="load_verdicts"),
    path("loads/<int:pk>/undo/", load_views.undo_load, name="undo_load"),
]
