"""Users: someone who signs in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Someone who signs in by user name and password; linked to no rights but by grants."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(max_length=200, blank=True)

    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.full_name or self.username
