"""URLs of the cases of members."""

from django.urls import path

from chibo.lifecycle import views

urlpatterns = [
    path("members/<int:pk>/cases/", views.member_cases, name="member_cases"),
    path("members/<int:pk>/cases/<slug:code>/", views.begin_case, name="begin_case"),
    path("me/begin/<slug:code>/", views.begin_own, name="begin_own"),
]
