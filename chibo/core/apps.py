from django.apps import AppConfig

from chibo.core import triggers

triggers.install()  # before the models of any app register theirs


class CoreConfig(AppConfig):
    name = "chibo.core"
