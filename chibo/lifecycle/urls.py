"""URLs of the cases of members."""

from django.urls import path

from chibo.lifecycle import ground_views, views

urlpatterns = [
    path("members/<int:pk>/cases/", views.member_cases, name="member_cases"),
    path("members/<int:pk>/cases/<slug:code>/", views.begin_case, name="begin_case"),
    path("members/<int:pk>/grounds/", ground_views.member_grounds, name="member_grounds"),
    path("units/<int:pk>/grounds/", ground_views.unit_grounds, name="unit_grounds"),
    path("me/begin/", views.own_requests, name="own_requests"),
    path("me/begin/<slug:code>/", views.begin_own, name="begin_own"),
]
