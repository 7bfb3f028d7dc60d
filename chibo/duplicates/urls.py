"""URLs of duplicates: pairs alike, two records side by side, a merge."""

from django.urls import path

from chibo.duplicates import views

urlpatterns = [
    path("members/alike/", views.alike, name="alike"),
    path("members/alike/<int:kept>/<int:gone>/", views.pair, name="alike_pair"),
    path("members/merges/<int:pk>/", views.merge, name="merge"),
]
