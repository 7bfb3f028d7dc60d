"""The API under its first version, and the pages on which one makes and revokes one's tokens."""

from typing import Any

from django.urls import path, re_path

from chibo.api import views
from chibo.api.interface import api
from chibo.api.problems import nothing_here

ours: Any = api.urls
for pattern in ours[0]:  # what comes in twice is known by its key, not by its page
    pattern.callback.knows_itself = True

urlpatterns = [
    path("me/tokens/", views.tokens, name="tokens"),
    path("me/tokens/new/", views.new_token, name="new_token"),
    path("me/tokens/<int:pk>/", views.token, name="token"),
    path("api/", views.about, name="api_about"),
    path("api/v1/", nothing_here),
    path("api/v1/", ours),
    re_path("^api/(?P<rest>.*)$", nothing_here),
]
