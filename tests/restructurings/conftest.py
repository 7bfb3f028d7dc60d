"""Uploads of a test stay in a folder of its own."""

from __future__ import annotations

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA", tmp_path / "data")
