"""Modules that are heavy and wanted by few: loaded when something of them is first used."""

from importlib import import_module
from typing import Any


class Late:
    """Stands for a module and loads it at the first use: `ibis = Late("ibis")`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
