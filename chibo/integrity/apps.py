from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class IntegrityConfig(AppConfig):
    name = "chibo.integrity"

    def ready(self) -> None:
        autodiscover_modules("checks", "post_checks")
