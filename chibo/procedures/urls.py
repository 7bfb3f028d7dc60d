"""URLs of cases."""

from django.urls import path

from chibo.procedures import case_views, list_views

urlpatterns = [
    path("cases/", list_views.cases, name="cases"),
    path("cases/cases.xlsx", list_views.cases_workbook, name="cases_workbook"),
    path("cases/<int:pk>/", case_views.case, name="case"),
    path("units/<int:pk>/cases/", list_views.unit_cases, name="unit_cases"),
    path("units/<int:pk>/cases/cases.xlsx", list_views.cases_workbook, name="unit_cases_workbook"),
]
