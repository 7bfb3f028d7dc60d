from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "chibo.duplicates"

    def ready(self) -> None:
        from chibo.duplicates import queries  # noqa: F401 - says what former codes there are
