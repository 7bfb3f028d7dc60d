"""What every page says of itself."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from chibo.core import clock


def standing(request: HttpRequest) -> dict[str, Any]:
    """The day it is, and whether the installation stands at a day of its own."""
    return {"today": clock.today(), "stands_still": settings.CHIBO_TODAY is not None}
