"""URLs of procedures: every one, one as it is read, drafts changed and tried; special days."""

from django.urls import path

from chibo.procedures import draft_views, views

urlpatterns = [
    path("procedures/", views.procedures, name="procedures"),
    path("procedures/<str:code>/", views.procedure, name="procedure"),
    path("procedures/<str:code>/<int:number>/", views.version, name="procedure_version"),
    path("procedures/<str:code>/<int:number>/change/", draft_views.whole, name="procedure_whole"),
    path("procedures/<str:code>/<int:number>/steps/<int:at>/", draft_views.step, name="procedure_step"),
    path("procedures/<str:code>/<int:number>/try/", draft_views.try_it, name="procedure_try"),
    path("special-days/", views.days, name="special_days"),
]
