from importlib import import_module

from django.apps import AppConfig


class ModesConfig(AppConfig):
    name = "chibo.modes"

    def ready(self) -> None:
        import_module("chibo.modes.asked")
