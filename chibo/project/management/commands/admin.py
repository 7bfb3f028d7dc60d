"""`chibo admin USERNAME`: the first administrator."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chibo.accounts.actions import make_user
from chibo.accounts.models import User
from chibo.core import clock
from chibo.core.text import clean
from chibo.organizations.actions import grant
from chibo.organizations.models import Unit
from chibo.organizations.roles import RoleCode


class Command(BaseCommand):
    help = "Make an administrator of the whole tree: a user with a password and the role at the root unit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--full-name", default="")
        parser.add_argument("--password-file", type=Path, help="its first line; without it, two prompts or a pipe")

    def handle(self, *args: Any, **options: Any) -> None:
        username, now = clean(options["username"]), clock.now()
        root = Unit.objects.filter(parent_links=None).first()
        if root is None:
            raise CommandError("There is no unit yet to be administrator of: load a roll first, with chibo load FILE.")
        try:
            User.username_validator(username)
            password = self._password(options["password_file"])
            validate_password(password, User(username=username, full_name=options["full_name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user = make_user(username=username, full_name=options["full_name"], password=password, by=None, at=now)
        if not user.grants.filter(role=RoleCode.ADMINISTRATOR, unit=root, to_on=None).exists():
            grant(user=user, role=RoleCode.ADMINISTRATOR, unit=root, from_on=now.date(), by=None, at=now)
        self.stdout.write(f"{username} is administrator of {root.name} from today.")

    def _password(self, file: Path | None) -> str:
        if file is not None:
            try:
                return file.read_text(encoding="utf-8").splitlines()[0]
            except (OSError, IndexError, UnicodeDecodeError) as error:
                raise CommandError(f"{file}: no password can be read from it.") from error
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        first = getpass("Password: ")
        if getpass("Again: ") != first:
            raise CommandError("The two passwords differ.")
        return first
