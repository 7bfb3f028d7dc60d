"""Every URL of the program."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("chibo.accounts.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("chibo.core.urls")),
    path("", include("chibo.procedures.urls")),
    path("", include("chibo.meetings.urls")),
    path("", include("chibo.agendas.urls")),
    path("", include("chibo.modes.urls")),
    path("", include("chibo.resolutions.urls")),
    path("", include("chibo.guidance.urls")),
    path("", include("chibo.scoring.urls")),
    path("", include("chibo.committees.urls")),
    path("", include("chibo.admissions.urls")),
    path("", include("chibo.members.urls")),
    path("", include("chibo.lifecycle.urls")),
    path("", include("chibo.papers.urls")),
    path("", include("chibo.files.urls")),
    path("", include("chibo.duplicates.urls")),
    path("", include("chibo.registers.urls")),
    path("", include("chibo.reports.urls")),
    path("", include("chibo.restructurings.urls")),
    path("", include("chibo.api.urls")),
    path("", include("chibo.portal.urls")),
]
