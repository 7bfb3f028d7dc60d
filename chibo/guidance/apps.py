from importlib import import_module

from django.apps import AppConfig


class GuidanceConfig(AppConfig):
    name = "chibo.guidance"

    def ready(self) -> None:
        import_module("chibo.guidance.trained")
        import_module("chibo.guidance.years")
