"""The page of a unit with a long history beside the same page before it had one, and the page of the history itself."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

from bench.measure import line, milliseconds

ACTS = 40  # names a commune had, one after another
MORE = 10  # milliseconds that a history may add
ROUNDS = 40


def main() -> None:
    """Ask the page, rename the unit again and again, ask it anew."""
    from django.core.management import call_command
    from django.test import Client

    from chibo.accounts.actions import make_user
    from chibo.core import clock
    from chibo.organizations import acts
    from chibo.organizations.actions import grant
    from chibo.organizations.models import Unit
    from chibo.organizations.planning import Asked

    now = clock.now()
    call_command("collectstatic", interactive=False, verbosity=0)
    unit = Unit.objects.get(code="DU-01")
    user = make_user(username="bench-history", full_name="Bench", password="bench-of-history", by=None, at=now)
    grant(user=user, role="officer", unit=Unit.objects.get(code="HU-TD"), from_on=now.date(), by=None, at=now)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    def ask(page: str) -> list[float]:
        address = f"/units/{unit.pk}/{page}"
        assert all(client.get(address).status_code == 200 for _ in range(5))
        return milliseconds(lambda: client.get(address), ROUNDS)

    without, empty = ask(""), ask("history/")
    for n in range(ACTS):
        day = date(2015, 1, 1) + timedelta(days=60 * n)
        acts.do(asked=Asked("rename", day, f"{n}-QĐ", {"unit": unit.code, "name": f"{unit.name} {n}"}), by=None, at=now)
    median, plain = statistics.median(ask("")), statistics.median(without)
    line(f"unit page, {ACTS} names in its history", [median], plain + MORE, [plain], "without a history")
    line("its whole history", ask("history/"), None, empty, "without one")
