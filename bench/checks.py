"""Every check on the sample and on ten times the sample: counted as each night, and opened as a page."""

from __future__ import annotations

import statistics
from typing import Any

from bench import tenfold
from bench.measure import milliseconds

ASKED_PAGE = 150  # milliseconds
SLOWEST = 6  # checks told one by one


def main() -> None:
    """Measure on the sample, then on ten times it."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    measure()
    tenfold.load_copies()
    measure()


def measure() -> None:
    """Count every check for the whole tree, as each night, then open the page of each."""
    from chibo.core import clock
    from chibo.integrity import actions, registry
    from chibo.integrity.models import CheckRun
    from chibo.members.models import Person
    from chibo.organizations.models import Unit

    root = Unit.objects.get(parent_links=None)
    size = f"{Unit.objects.count():,} units, {Person.objects.count():,} people"
    now = clock.now()
    run = CheckRun.objects.create(unit=root, asked_at=now, told_at=now)
    taken = {
        check.code: milliseconds(lambda check=check: actions.count(check=check, run=run, by=None, at=now))[0]  # type: ignore[misc]
        for check in registry.every()
    }
    actions.end(run=run, by=None, at=now)
    print(f"Checks of {size}: {len(taken)} counted in {sum(taken.values()) / 1000:.1f} s, the slowest:")
    for code in sorted(taken, key=lambda each: -taken[each])[:SLOWEST]:
        print(f"  {code:36} {taken[code]:8.1f} ms")
    _pages(root)


def _pages(root: Any) -> None:
    """The page of all checks, and that of each, as an officer of the whole tree asks for it."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from chibo.accounts.actions import make_user
    from chibo.core import clock
    from chibo.integrity import registry
    from chibo.organizations.actions import grant

    now = clock.now()
    name = f"bench-checks-{root.pk}-{now:%H%M%S}"
    user = make_user(username=name, full_name="Bench", password="bench-of-the-checks", by=None, at=now)
    for role in ("officer", "administrator"):
        grant(user=user, role=role, unit=root, from_on=now.date(), by=None, at=now)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    times = {}
    paths = ["/checks/", *(f"/checks/{check.code}/" for check in registry.every())]
    paths += [f"/units/{root.pk}/by/1/?period=2023", f"/units/{root.pk}/meetings/?period=2023&value=2"]
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            times[path] = statistics.median(milliseconds(lambda path=path: client.get(path), 5))  # type: ignore[misc]
        assert len(captured) <= 5 * 12, path
    median = statistics.median(times.values())
    print(f"  the page of all checks: {times['/checks/']:.1f} ms; of one, median {median:.1f} ms; the slowest:")
    for path in sorted(times, key=lambda each: -times[each])[:SLOWEST]:
        print(f"  {path:50} {times[path]:8.1f} ms {'ok' if times[path] <= ASKED_PAGE else 'MISSED'}")


if __name__ == "__main__":
    main()
