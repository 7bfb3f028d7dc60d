"""A program of its own that records meetings in a database as fast as it can, and says of each that it was recorded.

`python -m tests.project.writing`, on DATABASE_URL: three writers at once; a line `code` for each that was answered.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from threading import Thread
from uuid import uuid4

CELLS = {"A": ("M1", "M3"), "B": (), "D": ()}  # and whose presence is recorded


def write(cell: str) -> None:
    """Record meetings of one cell, one after the other, until the database is gone."""
    from django.db import DatabaseError

    from chibo.accounts.models import User
    from chibo.core import clock
    from chibo.meetings.actions import record
    from chibo.meetings.content import Content
    from chibo.meetings.models import Kind
    from chibo.members.models import Person
    from chibo.organizations.models import Unit

    unit, ana = Unit.objects.get(code=cell), User.objects.get(username="ana")
    came = {person.pk: ("present", "") for person in Person.objects.filter(code__in=CELLS[cell]).order_by("pk")}
    said = Content(kind=Kind.THEMATIC, held_on=date(2023, 10, 3), month=date(2023, 10, 1), attendance=came)
    while True:
        try:
            meeting = record(unit=unit, uid=uuid4(), content=said, by=ana, at=clock.now())
        except DatabaseError:
            return
        os.write(1, f"{meeting.code}\n".encode())


def main() -> None:
    """Write with three writers until all of them found the database gone."""
    import django

    django.setup()
    writers = [Thread(target=write, args=[cell]) for cell in CELLS]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "chibo.project.settings"
    sys.exit(main())
