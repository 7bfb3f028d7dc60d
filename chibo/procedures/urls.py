"""URLs of procedures, drafts changed and tried, special days; of cases."""

from django.urls import path

from chibo.procedures import case_views, draft_views, list_views, views

urlpatterns = [
    path("procedures/", views.procedures, name="procedures"),
    path("procedures/<str:code>/", views.procedure, name="procedure"),
    path("procedures/<str:code>/<int:number>/", views.version, name="procedure_version"),
    path("procedures/<str:code>/<int:number>/change/", draft_views.whole, name="procedure_whole"),
    path("procedures/<str:code>/<int:number>/steps/<int:at>/", draft_views.step, name="procedure_step"),
    path("procedures/<str:code>/<int:number>/try/", draft_views.try_it, name="procedure_try"),
    path("special-days/", views.days, name="special_days"),
    path("cases/", list_views.cases, name="cases"),
    path("cases/cases.xlsx", list_views.cases_workbook, name="cases_workbook"),
    path("cases/<int:pk>/", case_views.case, name="case"),
    path("cases/<int:pk>/papers/<int:paper>/", case_views.case_paper, name="case_paper"),
    path("units/<int:pk>/cases/", list_views.unit_cases, name="unit_cases"),
    path("units/<int:pk>/cases/cases.xlsx", list_views.cases_workbook, name="unit_cases_workbook"),
]
