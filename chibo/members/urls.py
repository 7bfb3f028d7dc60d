"""URLs of the lists of members."""

from django.urls import path

from chibo.members import badge_rule_views, views

urlpatterns = [
    path("badges/rules/", badge_rule_views.rules, name="badge_rules"),
    path("members/", views.members, name="members"),
    path("members/members.xlsx", views.members_workbook, name="members_workbook"),
    path("units/<int:pk>/members/", views.members, name="unit_members"),
    path("units/<int:pk>/members/members.xlsx", views.members_workbook, name="unit_members_workbook"),
]
