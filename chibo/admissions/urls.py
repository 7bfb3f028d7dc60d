"""URLs of the list of sources, of heads who are no members, of screening."""

from django.urls import path

from chibo.admissions import head_views, screening_views, source_views, views

urlpatterns = [
    path("units/<int:pk>/sources/", views.unit_sources, name="unit_sources"),
    path("units/<int:pk>/sources/sources.xlsx", views.unit_sources_workbook, name="unit_sources_workbook"),
    path("units/<int:pk>/sources/new/", source_views.source_new, name="source_new"),
    path("units/<int:pk>/sources/review/", source_views.sources_review, name="sources_review"),
    path("sources/<int:pk>/", source_views.source, name="source"),
    path("sources/<int:pk>/correct/", source_views.source_correct, name="source_correct"),
    path("units/<int:pk>/heads/", head_views.unit_heads, name="unit_heads"),
    path("units/<int:pk>/heads/<int:post>/", head_views.head, name="head"),
    path("units/<int:pk>/without-admission/", head_views.unit_without, name="unit_without"),
    path("units/<int:pk>/screening/", screening_views.unit_screening, name="unit_screening"),
    path("units/<int:pk>/screening/new/", screening_views.screening_new, name="screening_new"),
    path("screening/<int:pk>/", screening_views.screened, name="screened"),
]
