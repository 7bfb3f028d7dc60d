"""URLs of how cells meet: online requests of a cell, one of them, the rule; the Party groups of a cell."""

from django.urls import path

from chibo.modes import group_views, rule_views, views

urlpatterns = [
    path("units/<int:pk>/online/", views.unit_online, name="unit_online"),
    path("online/<int:pk>/", views.request, name="online_request"),
    path("units/<int:pk>/groups/", group_views.groups, name="unit_groups"),
    path("norms/online/", rule_views.rules, name="online_rules"),
]
