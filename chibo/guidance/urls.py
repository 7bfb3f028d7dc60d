"""URLs of the guidance of cells: weak cells and their plans, guide cells, members often absent, the norms."""

from django.urls import path

from chibo.guidance import absent_views, guide_views, norm_views, pick_views, views

urlpatterns = [
    path("units/<int:pk>/weak/", views.unit_weak, name="unit_weak"),
    path("units/<int:pk>/weak/new/", views.support_new, name="support_new"),
    path("support/<int:pk>/", views.support, name="support"),
    path("units/<int:pk>/guides/", guide_views.unit_guides, name="unit_guides"),
    path("units/<int:pk>/cells/", pick_views.pick, name="pick_cells"),
    path("units/<int:pk>/absent/", absent_views.unit_absent, name="unit_absent"),
    path("norms/cells/", norm_views.norms, name="cell_norms"),
]
