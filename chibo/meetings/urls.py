"""URLs of the meetings of a unit."""

from django.urls import path

from chibo.meetings import confirm_views, offline_views, paper_views, record_views, sheet_views, views

urlpatterns = [
    path("manifest.webmanifest", offline_views.manifest, name="manifest"),
    path("worker.js", offline_views.worker, name="worker"),
    path("offline/", offline_views.offline, name="offline"),
    path("outbox/", offline_views.outbox, name="outbox"),
    path("units/<int:pk>/meetings/record/", record_views.record, name="meeting_record"),
    path("units/<int:pk>/meetings/drafts/<uuid:uid>/", record_views.draft, name="meeting_draft"),
    path("units/<int:pk>/meetings/none/", views.none_held, name="no_meeting"),
    path("units/<int:pk>/meetings/sheet/", paper_views.attendance_sheet, name="attendance_sheet"),
    path("units/<int:pk>/meetings/<int:meeting>/", views.meeting, name="meeting"),
    path("units/<int:pk>/meetings/<int:meeting>/correct/", record_views.correct, name="meeting_correct"),
    path("units/<int:pk>/meetings/<int:meeting>/withdraw/", views.withdraw, name="meeting_withdraw"),
    path("units/<int:pk>/meetings/<int:meeting>/confirm/", confirm_views.confirm, name="meeting_confirm"),
    path("units/<int:pk>/meetings/<int:meeting>/answer/", confirm_views.answer, name="meeting_answer"),
    path("scores/", confirm_views.waiting, name="scores_waiting"),
    path("scoring/<str:code>/<int:number>/tried/", sheet_views.tried, name="scoring_tried"),
    path("units/<int:pk>/updating/", views.updating, name="updating"),
]
