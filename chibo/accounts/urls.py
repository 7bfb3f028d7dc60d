"""Coming in with a code, signing in and out, one's password: of allauth's pages only these, under its own names."""

from allauth.account import views
from django.urls import path

from chibo.accounts.views import invitation

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("invitation/", invitation, name="invitation"),
    path("password/change/", views.password_change, name="account_change_password"),
]
