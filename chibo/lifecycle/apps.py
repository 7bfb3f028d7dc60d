from importlib import import_module
from pathlib import Path

from django.apps import AppConfig

from chibo.procedures import shipped


class LifecycleConfig(AppConfig):
    name = "chibo.lifecycle"

    def ready(self) -> None:
        for each in ("subjects", "voters", "guards", "effects"):
            import_module(f"chibo.lifecycle.{each}")
        shipped.register(Path(__file__).parent / "shipped")
