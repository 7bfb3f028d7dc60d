"""URLs of restructurings."""

from django.urls import path

from chibo.restructurings import result_views, views

urlpatterns = [
    path("restructurings/", views.restructurings, name="restructurings"),
    path("restructurings/template.xlsx", views.template, name="restructuring_template"),
    path("restructurings/<int:pk>/", views.restructuring, name="restructuring"),
    path("restructurings/<int:pk>/back/", result_views.back, name="restructuring_back"),
    path("restructurings/<int:pk>/verdicts.xlsx", views.verdicts, name="restructuring_verdicts"),
    path("restructurings/<int:pk>/tree/", result_views.tree, name="restructuring_tree"),
    path("restructurings/<int:pk>/tree/<str:side>/", result_views.branch, name="restructuring_branch"),
    path("restructurings/<int:pk>/settle/<str:code>/", result_views.settle, name="restructuring_settle"),
]
