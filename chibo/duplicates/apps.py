from django.apps import AppConfig


class DuplicatesConfig(AppConfig):
    name = "chibo.duplicates"

    def ready(self) -> None:
        from chibo.duplicates import queries, warning  # noqa: F401 - say what former codes there are, and who is twice
