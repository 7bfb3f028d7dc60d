"""URLs of scoring sheets."""

from django.urls import path

from chibo.scoring import draft_views, views

urlpatterns = [
    path("scoring/", views.sheets, name="scoring_sheets"),
    path("scoring/<str:code>/<int:number>/", views.sheet, name="scoring_sheet"),
    path("scoring/<str:code>/<int:number>/whole/", draft_views.whole, name="scoring_whole"),
    path("scoring/<str:code>/<int:number>/criteria/<str:criterion>/", draft_views.criterion, name="scoring_criterion"),
]
