"""URLs of restructurings."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
