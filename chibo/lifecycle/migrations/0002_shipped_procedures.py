"""The procedures of the member's life, as they are shipped."""

from functools import partial
from pathlib import Path

from django.db import migrations

from chibo.procedures.shipped import seed

FOLDER = Path(__file__).parent.parent / "shipped"
NAMES = [
    "abroad.1", "admission.1", "back.1", "badge.1", "correction.1", "death.1", "exemption.1", "exemption_return.1",
    "expulsion.1", "leaving.1", "readmission.1", "recognition.1", "removal.1", "transfer.1", "transfer_temporary.1",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_cases_of_members"), ("procedures", "0004_papers_of_cases")]
    operations = [migrations.RunPython(partial(seed, folder=FOLDER, names=NAMES), migrations.RunPython.noop)]
