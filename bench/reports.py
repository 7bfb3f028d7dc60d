"""Making the annual report of a district, and writing it in each form, beside what is asked."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench.measure import milliseconds

RUNS = 5
ASKED = {"docx": 3000, "pdf": 3000}


def main() -> None:
    """The first run of each form loads its libraries; it is told apart from those after."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from chibo.accounts.actions import make_user
    from chibo.core import clock
    from chibo.core.periods import Period
    from chibo.organizations.actions import grant
    from chibo.organizations.models import Unit
    from chibo.reports.actions import make_snapshot
    from chibo.reports.content import report_of
    from chibo.reports.files import FORMS

    now, district = clock.now(), Unit.objects.get(code="HU-TD")
    user = make_user(username="bench-reports", full_name="Bench", password="bench-of-reports", by=None, at=now)
    grant(user=user, role="officer", unit=district, from_on=now.date(), by=None, at=now)

    def make():
        return make_snapshot(kind="annual", unit=district, period=Period.parse("2023"), by=user, at=now)

    snapshot = make()
    _line("report made and kept", milliseconds(make, RUNS))
    kept = list(snapshot.evidence.values_list("count", "rows"))
    print(f"{'':36} {sum(n for n, _ in kept):,} records in {sum(len(rows) for _, rows in kept) / 1024:,.0f} kB")
    for form, each in FORMS.items():
        first = milliseconds(lambda each=each: each.write(report_of(snapshot), "/"))
        _line(f"as {form}, the first time", first, ASKED.get(form))
        _line(f"as {form}, after", milliseconds(lambda each=each: each.write(report_of(snapshot), "/"), RUNS))
    with tempfile.TemporaryDirectory() as folder:
        for form, asked in ASKED.items():
            target = str(Path(folder) / form)
            taken = milliseconds(
                lambda form=form, target=target: call_command(
                    "report", "annual", unit="HU-TD", period="2023", format=form, output=target
                ),
                RUNS,
            )
            _line(f"made and written as {form}", taken, asked)
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    for name, path in (("page", ""), ("records", "figures/members.total/"), ("changes", "changes/members.total/")):
        url = f"/reports/{snapshot.code}/{path}"
        assert client.get(url).status_code == 200
        with CaptureQueriesContext(connection) as asked_of:
            client.get(url)
        asked_in_all = len(asked_of)  # the next request empties the log
        taken = milliseconds(lambda url=url: client.get(url), 30)
        _line(f"{name} of a report, {asked_in_all} queries", taken, 150 if not path else None)


def _line(name: str, taken: list[float], asked: float | None = None) -> None:
    worst = statistics.quantiles(taken, n=20)[18] if len(taken) > 19 else max(taken)
    verdict = "" if asked is None else f"   asked {asked:5.0f} ms: {'ok' if worst <= asked else 'MISSED'}"
    print(f"{name:36} {statistics.median(taken):8.1f} ms   worst {worst:8.1f} ms{verdict}")
