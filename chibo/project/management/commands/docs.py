"""`chibo docs`: the generated pages of the documentation."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.project.documentation import pages


class Command(BaseCommand):
    help = "Print the pages of docs/generated/ from the code."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = settings.BASE.parent
        folder = root / "docs" / "generated"
        if not folder.is_dir():
            raise CommandError(f"{folder} is not there: the pages are made in a checkout.")
        wanted = pages(root)
        stale = [name for name, text in wanted.items() if text != _text_of(folder / name)]
        stale += [file.name for file in sorted(folder.glob("*.md")) if file.name not in wanted]
        if options["check"]:
            if stale:
                raise CommandError(f"Stale: {', '.join(stale)}. Run `chibo docs`.")
            return
        for name in stale:
            if name in wanted:
                (folder / name).write_text(wanted[name], encoding="utf-8")
            else:
                (folder / name).unlink()
            self.stdout.write(name)


def _text_of(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None
