"""URLs of the guidance of cells: objectives, weak cells, guide cells."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
