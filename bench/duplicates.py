"""Looking for records alike among 100,000 and 1,000,000 invented people: all of them, as a load warns, one, entered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bench.measure import milliseconds
from chibo.core.actions import action

SIZES = (100_000, 1_000_000)
TODAY = date(2024, 1, 10)
# Names as they are spread: a third one family name, two thirds one of two middle names; every hundredth a second time,
# with one letter of the name, the day or the order changed.
MAKE = """
with drawn as (
  select n, (array['nguyen', 'nguyen', 'nguyen', 'tran', 'le', 'pham', 'hoang', 'phan', 'vu', 'dang', 'bui', 'do'])[
      1 + (hashint4(n) & 1048575) %% 12] as family,
    (array['van', 'thi', 'van', 'thi', 'duc', 'minh', 'ngoc', 'quang', 'thanh'])[1 + (hashint4(n + 7) & 1048575) %% 9]
      as middle,
    (array['an', 'anh', 'binh', 'chi', 'cuong', 'dung', 'duong', 'giang', 'ha', 'hai', 'hanh', 'hien', 'hoa', 'hoai',
      'hung', 'huong', 'khanh', 'lam', 'lan', 'linh', 'long', 'mai', 'minh', 'nam', 'nga', 'ngoc', 'nhung', 'oanh',
      'phong', 'phuc', 'quan', 'quyen', 'son', 'tam', 'thao', 'thuy', 'tien', 'trang', 'tuan', 'yen'])[
      1 + (hashint4(n + 13) & 1048575) %% 40] as given,
    date '1940-01-01' + (hashint4(n + 29) & 1073741823) %% 24000 as born_on
  from generate_series(%(first)s, %(last)s) n
), twice as (
  select n, family || ' ' || middle || ' ' || given as name, born_on from drawn
  union all
  select -n, case n %% 3 when 0 then given || ' ' || family || ' ' || middle when 1 then family || ' ' || given
    else family || ' ' || middle || ' ' || given || 'h' end, born_on from drawn where n %% 100 = 0
)
insert into members_person (code, full_name, sex, born_on, ethnicity, religion, occupation, education, theory, sort_key,
  search_key) select 'bench' || n, name, 'f', born_on, '', '', '', '', '', name, name from twice
"""


@action("bench.people_made")
def make(*, first: int, last: int, by: Any, at: datetime) -> None:
    """People in bulk."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(MAKE, {"first": first, "last": last})


def warned(people: list[int]) -> None:
    """What a load asks of the people it wrote."""
    from django.db import transaction

    from chibo.duplicates import finding

    with transaction.atomic():
        finding.among(people)


def main() -> None:
    """Make the people, look among them, and tell how long it took."""
    from django.db import connection

    from chibo.core import clock
    from chibo.duplicates import actions, queries
    from chibo.duplicates.models import Pair, Stale
    from chibo.members.models import Person
    from chibo.organizations.models import Unit
    from chibo.organizations.roles import Reach, RoleCode
    from chibo.organizations.scope import Held, Rights

    now, made = clock.now(), 0
    root = Unit.objects.get(parent_links=None)
    rights = Rights((Held(RoleCode.OFFICER, root.path, root.pk, root.name, Reach.SUBTREE, 0),))
    for size in SIZES:
        took = milliseconds(lambda made=made, size=size: make(first=made + 1, last=size, by=None, at=now))[0]  # type: ignore[misc]
        print(f"Duplicates: {size - made:,} people made in {took / 1000:.1f} s, with their keys")
        made = size
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze duplicates_keyed, members_person")
        new = list(Stale.objects.order_by().values_list("person_id", flat=True))
        took = milliseconds(lambda new=new: warned(new))[0]  # type: ignore[misc]
        print(f"  a load is told of its {len(new):,} people who is twice in {took / 1000:.1f} s")
        few = new[:10_000]
        took = milliseconds(lambda few=few: warned(few))[0]  # type: ignore[misc]
        print(f"  of {len(few):,} of them in {took / 1000:.1f} s")
        took = milliseconds(lambda: actions.find(by=None, at=now))[0]
        pairs = {strength: Pair.objects.filter(strength=strength).count() for strength in (3, 2, 1)}
        print(f"  all looked at in {took / 1000:.1f} s; pairs by strength {pairs}")
        one = Person.objects.filter(code="bench100").values_list("pk", flat=True)[0]

        def again(one: int = one) -> None:
            Stale.objects.create(person_id=one)
            actions.find(by=None, at=now)

        print(f"  one changed: {milliseconds(again)[0]:.1f} ms")
        asked = milliseconds(lambda: queries.probably("Nguyễn Thị Hạnh", date(1970, 3, 5), "f"), times=5)
        print(f"  one entered: {min(asked):.1f} ms")
        listed = milliseconds(lambda: queries.listed(rights, TODAY, least=2), times=5)
        print(f"  the list: {min(listed):.1f} ms")
