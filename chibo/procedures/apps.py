from importlib import import_module

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "chibo.procedures"

    def ready(self) -> None:
        import_module("chibo.procedures.guards")
