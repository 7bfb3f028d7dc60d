from django.apps import AppConfig


class RestructuringsConfig(AppConfig):
    name = "chibo.restructurings"

    def ready(self) -> None:
        from chibo.organizations import acts
        from chibo.restructurings.queries import kept_for

        acts.also_kept(kept_for)
