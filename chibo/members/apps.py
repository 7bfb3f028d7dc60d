from django.apps import AppConfig
from importlib import import_module


class MembersConfig(AppConfig):
    name = "chibo.members"

    def ready(self) -> None:
        import_module("chibo.members.post_roles")
