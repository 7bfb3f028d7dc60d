"""URLs of what comes before meetings: notices, the plan of a year, days of meeting, agendas laid down, calendars."""

from django.urls import path

from chibo.agendas import calendar_views, plan_views, prepare_views, rule_views, topic_views, views

urlpatterns = [
    path("units/<int:pk>/notices/new/", prepare_views.new, name="notice_new"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("notices/<int:pk>/change/", prepare_views.change, name="notice_change"),
    path("notices/<int:pk>/cancel/", views.cancel, name="notice_cancel"),
    path("notices/<int:pk>/send-again/", views.send_again, name="notice_send_again"),
    path("notices/<int:pk>/papers/new/", views.papers, name="notice_papers"),
    path("notices/<int:pk>/papers/<int:paper>/", views.paper, name="notice_paper"),
    path("notices/<int:pk>/papers/<int:paper>/off/", views.take_off, name="notice_paper_off"),
    path("units/<int:pk>/year/", plan_views.plan, name="unit_year"),
    path("units/<int:pk>/year/topics/<int:topic>/withdraw/", topic_views.withdraw, name="topic_withdraw"),
    path("units/<int:pk>/rhythm/", plan_views.rhythm, name="unit_rhythm"),
    path("agendas/", rule_views.agendas, name="agendas"),
    path("agendas/new/", rule_views.agenda, name="agenda_new"),
    path("agendas/<int:pk>/", rule_views.agenda, name="agenda"),
    path("agendas/<int:pk>/end/", rule_views.end, name="agenda_end"),
    path("me/calendar/", calendar_views.own, name="own_calendar"),
    path("calendar/<str:secret>.ics", calendar_views.feed, name="calendar_feed"),
]
