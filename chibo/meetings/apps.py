from importlib import import_module

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "chibo.meetings"

    def ready(self) -> None:
        import_module("chibo.meetings.approvals")
        import_module("chibo.meetings.cases")
        import_module("chibo.meetings.noticed")
        import_module("chibo.meetings.to_record")
        import_module("chibo.meetings.prepared")
