from importlib import import_module

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "chibo.registers"

    def ready(self) -> None:
        import_module("chibo.registers.filling")
