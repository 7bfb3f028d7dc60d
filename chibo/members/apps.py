from importlib import import_module

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "chibo.members"

    def ready(self) -> None:
        import_module("chibo.members.post_roles")
