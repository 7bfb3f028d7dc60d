"""A process of its own that signs a step of a case and stands still midway, until it is killed.

`python -m tests.procedures.dying DATABASE CASE PLACE`: says "here" when it has come to the place.
"""

from __future__ import annotations

import sys
import time
from typing import Any


def main(database: str, case: int, place: str) -> None:
    """Sign what is to be checked, and never come further than a place."""
    import django

    django.setup()
    from chibo.accounts.models import User
    from chibo.procedures import actions, going
    from chibo.procedures.models import Case
    from tests.database import use
    from tests.procedures.acting import know
    from tests.world import AT

    use(database)
    know()

    def stand(*args: Any, **more: Any) -> None:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(600)

    setattr(going, place, stand)
    by = User.objects.get(username="kim")
    actions.sign(case=Case.objects.get(pk=case), number=2, outcome="pass", by=by, at=AT)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
