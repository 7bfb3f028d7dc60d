from importlib import import_module

from django.apps import AppConfig


class ResolutionsConfig(AppConfig):
    name = "chibo.resolutions"

    def ready(self) -> None:
        import_module("chibo.resolutions.agenda")
        import_module("chibo.resolutions.online")
        import_module("chibo.resolutions.ways")
        import_module("chibo.resolutions.evidence")
