"""Pages of the house itself."""

from django.urls import path

from chibo.core import views

urlpatterns = [path("styleguide/", views.styleguide, name="styleguide")]
