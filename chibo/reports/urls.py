"""URLs of reports."""

from django.urls import path

from chibo.reports import views

urlpatterns = [path("units/<int:pk>/reports/<str:kind>/", views.report, name="report")]
