"""URLs of members' files."""

from django.urls import path

from chibo.files import entry_views, views

FILE = "members/<int:pk>/file/"

urlpatterns = [
    path(FILE, views.member_file, name="member_file"),
    path(f"{FILE}openings/", views.file_openings, name="file_openings"),
    path(f"{FILE}facts/<str:fact>/", entry_views.fact_correct, name="fact_correct"),
    path(f"{FILE}entries/<int:entry>/<str:act>/", entry_views.entry_act, name="entry_act"),
    path(f"{FILE}<str:group>/", views.file_group, name="file_group"),
    path(f"{FILE}<str:group>/new/", entry_views.entry_new, name="entry_new"),
]
