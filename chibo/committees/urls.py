"""URLs of committees: posts, terms, vacancies, who looks after whom, the rules' numbers."""

from django.urls import path

from chibo.committees import board_views, charge_views, norm_views, post_views, views

urlpatterns = [
    path("units/<int:pk>/committee/", views.unit_committee, name="unit_committee"),
    path("units/<int:pk>/committee/terms/new/", views.record_term, name="term_new"),
    path("units/<int:pk>/committee/terms/<int:term>/", views.record_term, name="term"),
    path("units/<int:pk>/posts/new/", post_views.appoint, name="appoint"),
    path("units/<int:pk>/posts/<int:post>/end/", post_views.end_post, name="end_post"),
    path("units/<int:pk>/posts/<int:post>/hand-over/", post_views.hand_over, name="hand_over"),
    path("units/<int:pk>/posts/<int:post>/correct/", post_views.correct_post, name="correct_post"),
    path("units/<int:pk>/vacancies/", board_views.vacancies_below, name="unit_vacancies"),
    path("units/<int:pk>/several-posts/", board_views.several_posts, name="unit_several"),
    path("units/<int:pk>/in-charge/", charge_views.in_charge, name="unit_charges"),
    path("units/<int:pk>/in-charge/new/", charge_views.put_in_charge, name="put_in_charge"),
    path("charges/<int:pk>/", charge_views.charge, name="charge"),
    path("norms/", norm_views.norms, name="norms"),
]
