from importlib import import_module

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "chibo.members"

    def ready(self) -> None:
        import_module("chibo.members.post_roles")
        from chibo.members.models import Stay, TemporaryStay
        from chibo.organizations.brought import brings

        for stays in (Stay, TemporaryStay):
            brings(stays, "membership__person__user", "cell")
