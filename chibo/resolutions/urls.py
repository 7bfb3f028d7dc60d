"""URLs of minutes, resolutions and tasks."""

from django.urls import path

from chibo.resolutions import find_views, resolution_views, rule_views, task_views, text_views, views

urlpatterns = [
    path("units/<int:pk>/meetings/<int:meeting>/minutes/", views.minutes, name="minutes"),
    path("units/<int:pk>/meetings/<int:meeting>/minutes/edit/", text_views.edit, name="minutes_edit"),
    path("units/<int:pk>/meetings/<int:meeting>/minutes/compare/", text_views.compared, name="minutes_compare"),
    path("units/<int:pk>/meetings/<int:meeting>/minutes/minutes.<str:kind>", views.file, name="minutes_file"),
    path("units/<int:pk>/meetings/<int:meeting>/resolution/", resolution_views.issue, name="resolution_issue"),
    path("units/<int:pk>/resolutions/", resolution_views.resolutions, name="unit_resolutions"),
    path("units/<int:pk>/resolutions/<int:resolution>/", resolution_views.resolution, name="resolution"),
    path(
        "units/<int:pk>/resolutions/<int:resolution>/resolution.<str:kind>",
        resolution_views.file,
        name="resolution_file",
    ),
    path("me/tasks/", task_views.mine, name="my_tasks"),
    path("tasks/<int:pk>/", task_views.task, name="task"),
    path("minutes/rules/", rule_views.rules, name="minutes_rules"),
    path("minutes/", find_views.find, name="find_minutes"),
]
