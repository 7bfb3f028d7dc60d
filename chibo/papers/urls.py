"""URLs of forms: their list, one with its templates, a template and what it makes as files."""

from django.urls import path

from chibo.papers import views

urlpatterns = [
    path("forms/", views.forms, name="forms"),
    path("forms/<int:pk>/", views.form, name="form"),
    path("forms/<int:pk>/<str:which>/template.docx", views.template_file, name="form_template"),
    path("forms/<int:pk>/<str:which>/preview.docx", views.preview_file, name="form_preview"),
]
