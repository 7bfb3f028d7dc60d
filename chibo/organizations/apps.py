from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OrganizationsConfig(AppConfig):
    name = "chibo.organizations"

    def ready(self) -> None:
        autodiscover_modules("deeds", "followers", "post_followers")
