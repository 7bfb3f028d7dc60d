"""`chibo demo`: the sample roll, users to try it as, server and worker."""

import json
import os
import secrets
import webbrowser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Exists, OuterRef

from chibo.accounts.actions import make_user
from chibo.accounts.models import User
from chibo.core import clock
from chibo.core.assets import collect
from chibo.core.spans import holding
from chibo.indicators import folding
from chibo.integrity import actions as checks
from chibo.integrity.models import CheckRun
from chibo.members.actions import link_user
from chibo.members.models import Person, Post, PostKind
from chibo.organizations.actions import grant
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode
from chibo.project import sample, sample_cases, supervise

SAMPLE = Path(__file__).parents[2] / "demo" / "tam-duong-2023.xlsx"
HOST = "127.0.0.1"
ROOT = "TW"
PEOPLE = [  # user name, full name, role, unit: invented
    ("district", "Nguyễn Thu Hà", RoleCode.OFFICER, "HU-TD"),
    ("leader", "Trần Quốc Bảo", RoleCode.LEADER, "HU-TD"),
    ("province", "Lê Minh Châu", RoleCode.OFFICER, "TU-VP"),
    ("commune", "Phạm Gia Huy", RoleCode.OFFICER, "DU-01"),
    ("secretary", "Vũ Thị Lan", RoleCode.SECRETARY, "DU-01-T01"),
    ("keeper", "Ngô Thị Minh", RoleCode.FILE_KEEPER, "HU-TD"),
    ("member", "Đỗ Văn Khoa", RoleCode.MEMBER, "DU-01-T01"),
    ("admin", "Hoàng Ngọc Mai", RoleCode.ADMINISTRATOR, ROOT),
]

IN_CELL = ("secretary", "member")


class Command(BaseCommand):
    help = "Load the sample roll, make users, and run server and worker until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="8000, or the next free one, if not said")
        parser.add_argument("--no-browser", action="store_true")
        parser.add_argument("--fresh", action="store_true", help="start over: away with what the database holds")

    def handle(self, *args: Any, **options: Any) -> None:
        port = self._port(options["port"])
        if not Unit.objects.exists():
            self.stdout.write("Loading the sample roll of one district ...")
            call_command("load", str(SAMPLE))
            sample.committees(day=date(2024, 1, 1), by=None, at=clock.now())
            sample.sources(day=date(2024, 1, 1), by=None, at=clock.now())
            sample.files(cell="DU-01-T01", day=min(date(2024, 1, 1), clock.today()), by=None, at=clock.now())
            sample.targets(unit="HU-TD", years=(2023, 2024), by=None, at=clock.now())
            sample.registers(by=None, at=clock.now())
        if settings.CHIBO_TODAY:  # every other command on this data is to stand at the same day
            (settings.DATA / "stands_at").write_text(settings.CHIBO_TODAY.isoformat())
        users = self._users()
        sample_cases.cases(cell="DU-01-T01", day=min(date(2024, 1, 10), clock.today()))
        if not CheckRun.objects.exists():  # the worker counts them as it starts
            folding.fold_all(by=None, at=clock.now())
            checks.ask(unit=Unit.objects.get(code=ROOT), by=None, at=clock.now())
        collect()
        self.stdout.write("Starting server and worker ...")
        self.stdout.flush()
        children = supervise.server_and_worker(HOST, port)
        supervise.run(children, lambda: self._welcome(port, users, not options["no_browser"]))
        self.stdout.write("Stopped.")

    def _port(self, asked: int | None) -> int:
        if asked is not None:
            if not supervise.is_free(HOST, asked):
                raise CommandError(f"Port {asked} is taken; choose another one with --port.", returncode=2)
            return asked
        for port in range(8000, 8100):
            if supervise.is_free(HOST, port, patience=2 if port == 8000 else 0):
                if port != 8000:
                    self.stdout.write(f"Port 8000 is taken; this is at {port}.")
                return port
        raise CommandError("No port from 8000 to 8099 is free; name one with --port.", returncode=2)

    def _users(self) -> dict[str, str]:
        """The passwords of the demonstration's users, kept in a file nobody else reads; made on first use."""
        file = settings.DATA / "demo_users.json"
        fresh = False
        try:
            passwords: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            passwords = {name: "-".join(secrets.token_hex(2) for _ in range(3)) for name, *_rest in PEOPLE}
            half = file.with_suffix(".half")
            half.unlink(missing_ok=True)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
                json.dump(passwords, target)
            half.replace(file)
            fresh = True
        now = clock.now()
        members = self._members(now.date())
        for name, full_name, role, code in PEOPLE:
            person = members.get(name)
            full_name = person.full_name if person else full_name
            user = User.objects.filter(username=name).first()
            if user is None or fresh:
                user = make_user(username=name, full_name=full_name, password=passwords[name], by=None, at=now)
            by_record = person is not None and role == RoleCode.MEMBER
            if not by_record and not user.grants.exists():
                unit = Unit.objects.get(code=code)
                grant(user=user, role=role, unit=unit, from_on=date(2023, 1, 1), by=None, at=now)
            if person and person.user_id is None:
                link_user(person=person, user=user, by=None, at=now)
        return passwords

    def _members(self, today: date) -> dict[str, Person]:
        """Who of the roll those who work in a cell sign in as: the secretary, and a member with meetings to show."""
        found = Person.objects.filter(user__username__in=IN_CELL)
        linked = {each.user.username: each for each in found.select_related("user") if each.user}
        for name in IN_CELL:
            code = next(code for user, _name, _role, code in PEOPLE if user == name)
            here = Person.objects.filter(holding(today, "memberships__stays__"), memberships__stays__cell__code=code)
            free = here.filter(user=None, attendance__isnull=False).exclude(pk__in=[p.pk for p in linked.values()])
            bringing = Post.objects.filter(person=OuterRef("pk"), post__in=sample.BRINGING)
            if name == "secretary":  # whoever holds the post, if the roll says, and none that lets them see more
                bringing, own = bringing.exclude(unit__code=code), bringing.filter(unit__code=code)
                free = free.annotate(is_own=Exists(own.filter(post=PostKind.SECRETARY))).order_by("-is_own", "pk")
            else:
                free = free.order_by("sort_key", "pk")
            person = free.filter(~Exists(bringing)).first()
            if name not in linked and person:
                linked[name] = person
        return linked

    def _welcome(self, port: int, passwords: dict[str, str], browser: bool) -> None:
        address = f"http://localhost:{port}/"
        if not supervise.await_answer(HOST, port):
            raise CommandError("The server does not answer; what it said stands above.")
        self.stdout.write(f"\nChibo stands at {settings.CHIBO_TODAY} on  {address}\n\n")
        names = dict(User.objects.filter(username__in=passwords).values_list("username", "full_name"))
        for name, _full_name, role, code in PEOPLE:
            line = f"  {name:10} {passwords[name]:16} {names[name]:20} {RoleCode(role).label} at {code}"
            self.stdout.write(line)
        self.stdout.write("\nCtrl-C stops everything.")
        self.stdout.flush()
        if browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            webbrowser.open(address)
