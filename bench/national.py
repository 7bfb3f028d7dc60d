"""A country straight into the embedded database, then 32 people at work in it at once: `python -m bench national`.

CHIBO_BENCH_SCALE (0.01 unless set, 1 at most) says how much of it: at 1 there are 310,000 units, 5.4 million people,
9.4 million meetings of three years and 65 million marks of attendance of the last. The 34 provinces are always there
and are the real ones, as are the communes. Figures are kept of all years with records.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from bench import country
from bench import national_sql as sql

SCALE = float(os.environ.get("CHIBO_BENCH_SCALE", "0.01"))
GRASSROOTS, COMMUNES = 52_000, 3_321
FIRST_PROVINCE = 2
FAMILY = "Nguyễn Trần Lê Phạm Hoàng Vũ Võ Phan Trương Bùi Đặng Đỗ Ngô Hồ Dương Đinh Lý Mai"
MIDDLE = "Văn Thị|Đức Thị Thu|Quang Thị Thanh|Hữu Ngọc|Công Thị Minh|Xuân Thị Hồng|Minh Thị Kim|Đình Thị Lan"
GIVEN = (
    "An Anh Bình Bảo Cường Chi Dung Dũng Đạt Đức Giang Hà Hải Hạnh Hằng Hiền Hiếu Hoa Hòa Hùng Hương Khánh Kiên Lan "
    "Linh Loan Long Mai Mạnh Minh Nam Nga Ngân Ngọc Nhung Phong Phúc Phương Quân Quang Quý Sơn Tâm Thảo Thắng Thành "
    "Thủy Tiến Toàn Trang Trung Tú Tuấn Tùng Tuyết Vân Việt Vinh Xuân Yến"
)
STEMS = (  # what the grassroots units of a commune are called, and where they work; the last two are cells
    ("Đảng ủy thôn, tổ dân phố", "commune"), ("Đảng ủy khu dân cư", "commune"), ("Đảng ủy liên thôn", "commune"),
    ("Đảng ủy trường học", "school"), ("Đảng ủy cơ quan", "agency"), ("Đảng ủy y tế", "health"),
    ("Đảng ủy doanh nghiệp nhà nước", "state_enterprise"), ("Đảng ủy đơn vị sự nghiệp", "public_service"),
    ("Đảng ủy doanh nghiệp", "private_enterprise"), ("Chi bộ cơ sở", "agency"),
    ("Chi bộ thôn", ""), ("Chi bộ số", ""),
)  # fmt: skip
BULK = (  # filled without their indexes, which are built at once afterwards
    "organizations_unit", "members_person", "members_membership", "members_stay", "members_post", "members_transfer",
    "accounts_user", "organizations_grant", "meetings_meeting", "meetings_score", "meetings_confirmation",
    "meetings_attendance",
)  # fmt: skip
INDEXES = """
select c.conname, pg_get_constraintdef(c.oid), i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
where i.indrelid = %s::regclass and not exists (select from pg_constraint f where f.conindid = i.indexrelid
  and f.contype = 'f') order by i.indexrelid
"""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How many of each there are at a scale, and from which key on."""

    communes: int
    grassroots: int

    @property
    def cells(self) -> int:
        return self.grassroots * 5

    @property
    def grassroots_from(self) -> int:
        return FIRST_PROVINCE + 34 + self.communes

    @property
    def numbers(self) -> dict[str, Any]:
        """What the SQL is told of it."""
        return {
            "communes": self.communes, "grassroots": self.grassroots, "cells": self.cells,
            "grassroots_from": self.grassroots_from, "cell_from": self.grassroots_from + self.grassroots,
            "founded": sql.FOUNDED, "ever": sql.EVER, "share": sql.SHARE, "first_year": sql.FIRST_YEAR,
            "secretary": sql.SECRETARY, "member": sql.SECRETARY + self.cells, "officer": sql.OFFICER,
            "leader": sql.LEADER, "officer_of_commune": sql.OFFICER_OF_COMMUNE,
            "families": len(FAMILY.split()), "middles": 16, "givens": len(GIVEN.split()),
        }  # fmt: skip


def size_of(scale: float) -> Size:
    """At least a commune in each province; ten grassroots units at a time, of which one is a cell."""
    assert 0 < scale <= 1, "a country is no larger than itself"
    return Size(max(34, round(COMMUNES * scale)), max(40, round(GRASSROOTS * scale) // 10 * 10))


def main() -> None:
    """Write the country and let people work in it."""
    from django.conf import settings

    from bench import national_load

    os.environ["CHIBO_TODAY"] = sql.TODAY.isoformat()
    settings.CHIBO_TODAY = sql.TODAY
    size = make(SCALE)
    national_load.main(size)


def make(scale: float, say: Say = print) -> Size:
    """Write the country and its figures, saying rows, seconds and disk of each part."""
    from django.db import connection

    size = size_of(scale)
    say(f"A country at scale {scale}: {size.cells:,} cells")
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for setting in (
            "session_replication_role = replica", "synchronous_commit = off", "work_mem = '256MB'",
            "maintenance_work_mem = '1GB'", "temp_buffers = '64MB'",
        ):  # fmt: skip
            cursor.execute(f"set {setting}")
        try:
            _write(cursor, size, say)
        finally:
            for name in ("session_replication_role", "synchronous_commit", "work_mem", "maintenance_work_mem"):
                cursor.execute(f"reset {name}")
        with _part(cursor, "vacuum (analyze)", say):
            cursor.execute("vacuum (analyze)")
        with _part(cursor, "figures, by DuckDB", say):
            _figures(cursor)
        cursor.execute("select pg_size_pretty(pg_database_size(current_database()))")
        say(f"  all of it: {time.perf_counter() - begun:.0f} s, {cursor.fetchone()[0]}")
    return size


def _write(cursor: Any, size: Size, say: Say) -> None:
    numbers = size.numbers
    built = _without_indexes(cursor)

    def run(script: str, given: dict[str, Any] | None = None, **more: Any) -> None:
        for statement in script.format(**numbers | more).split(";\n"):
            cursor.execute(statement, given or {})

    with _part(cursor, "units", say, "organizations_unit"):
        _places(cursor, size)
        run(sql.UNITS)
        cursor.execute(country.SPANS)
        run(sql.CELLS, size=sql.dice("id", 1))
    with _part(cursor, "people, spells, transfers, posts", say, "members_person", "members_membership",
               "members_transfer", "members_post"):  # fmt: skip
        run(sql.BODIES, leaves=sql.dice("c.id", 2), chance=sql.dice("id", 3), later=sql.dice("id", 4),
            birth=sql.dice("id", 5))  # fmt: skip
        cursor.execute("select count(*) from body")
        run(sql.PEOPLE, people=cursor.fetchone()[0], family=sql.dice("b.id", 6), middle=sql.dice("b.id", 7),
            called=sql.dice("b.id", 8))  # fmt: skip
    with _part(cursor, "users", say, "accounts_user"):
        run(sql.USERS)
    year = date(sql.LAST_YEAR, 1, 1)
    with _part(cursor, "meetings of three years", say, "meetings_meeting", "meetings_score"):
        run(sql.MEETINGS, {"from": date(sql.FIRST_YEAR, 1, 1), "to": date(sql.LAST_YEAR, 12, 1)})
        run(sql.SCORES, {"year": year}, chance=sql.dice("id", 9))
    with _part(cursor, "attendance of a year", say, "meetings_attendance"):
        run(sql.HERE, {"year": year})
        for month in range(1, 13):
            given = {"n": 12 * (sql.LAST_YEAR - sql.FIRST_YEAR) + month - 1, "month": date(sql.LAST_YEAR, month, 1)}
            run(sql.ATTENDANCE, given, chance=sql.dice("person * 12 + %(n)s", 10))
    with _part(cursor, "cases, targets", say, "procedures_case", "targets_target"):
        from chibo.procedures.flow import BEGIN

        run(sql.CASES, {"begin": BEGIN})
        run(sql.TARGETS)
    with _part(cursor, "indexes", say):
        for statement in built:
            cursor.execute(statement)
    with _part(cursor, "history of a part", say, "pghistory_context", "meetings_attendanceevent"):
        cursor.execute("analyze meetings_meeting, meetings_attendance, meetings_score, members_membership")
        run(sql.CONTEXTS, {"at": "2025-01-05 09:00+07"})
        for table, joined, context, at in sql.HISTORY:
            columns = _columns(cursor, f"{table}event")
            run(sql.EVENTS, table=table, joined=joined.format(**numbers), context=context, at=at,
                columns=", ".join(columns), from_row=", ".join(f"r.{name}" for name in columns))  # fmt: skip
    cursor.execute(SEQUENCES)
    cursor.execute("drop table place, known, stem, name, cell, body, person_of_user, here, matter")


SEQUENCES = """
do $$ declare each record; begin
  for each in select c.oid::regclass as owner, a.attname as key,
      pg_get_serial_sequence(c.oid::regclass::text, a.attname) as numbers
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attidentity <> ''
    where c.relkind = 'r' and c.relname like any (array['%person', '%membership', '%unit', '%user', '%case', '%stage',
      '%meeting']) and c.relnamespace = 'public'::regnamespace loop
    execute format('select setval(%L, greatest((select max(%I) from %s), 1))', each.numbers, each.key, each.owner);
  end loop;
end $$
"""


def _columns(cursor: Any, table: str) -> list[str]:
    """The columns of a table of events that are those of the record itself."""
    cursor.execute(
        "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and not attisdropped and attgenerated = '' and attname not like 'pgh%%' order by attnum", [table],
    )  # fmt: skip
    return [name for (name,) in cursor.fetchall()]


def _without_indexes(cursor: Any) -> list[str]:
    """Take the indexes of the large tables away; the statements that bring them back."""
    back = []
    for table in BULK:
        cursor.execute(INDEXES, [table])
        for constraint, rule, index, definition in cursor.fetchall():
            if constraint:
                cursor.execute(f'alter table {table} drop constraint "{constraint}"')
                back.append(f'alter table {table} add constraint "{constraint}" {rule}')
            else:
                cursor.execute(f"drop index {index}")
                back.append(definition)
    return back


def _places(cursor: Any, size: Size) -> None:
    """The centre, the real provinces and communes, and what names are made of."""
    import vietnam_provinces

    from bench.provinces import committee, province
    from chibo.core.text import label_sort_key, name_sort_key, search_key

    cursor.execute(
        "create temporary table place (id bigint, parent bigint, kind text, setting text, name text, sort_key text,"
        " search_key text, path text, at bigint)"
    )
    cursor.execute("create temporary table known (id bigint, code text)")
    cursor.execute("create temporary table stem (at int, label text, setting text, sort_key text, search_key text)")
    cursor.execute("create temporary table name (part text, at int, label text, sort_key text, search_key text)")
    places: list[tuple[Any, ...]] = [(1, None, "central", "", "Ban Chấp hành Trung ương", "1/", None)]
    codes: list[tuple[int, str]] = [(1, "TW")]
    keys: dict[int, int] = {}
    for at, each in enumerate(vietnam_provinces.Province.iter_all()):
        key = keys[int(each.code)] = FIRST_PROVINCE + at
        places.append((key, 1, "province", "", province(each.name, ()), f"1/{key}/", at))
        codes.append((key, f"P{int(each.code):02d}"))
    for at, ward in enumerate(_communes(list(vietnam_provinces.Ward.iter_all()), size.communes)):
        key, above = FIRST_PROVINCE + 34 + at, keys[int(ward.province_code)]
        places.append((key, above, "district", "commune", committee(ward.name), f"1/{above}/{key}/", at))
        codes.append((key, f"W{int(ward.code):05d}"))
    rows = [(k, p, kind, s, n, label_sort_key(n), search_key(n), path, at) for k, p, kind, s, n, path, at in places]
    cursor.executemany("insert into place values (%s, %s, %s, %s, %s, %s, %s, %s, %s)", rows)
    cursor.executemany("insert into known values (%s, %s)", codes)
    stems = [(at, n, s, label_sort_key(n), search_key(n)) for at, (n, s) in enumerate(STEMS)]
    cursor.executemany("insert into stem values (%s, %s, %s, %s, %s)", stems)
    middles = [part for pair in MIDDLE.split("|") for part in pair.split(" ", 1)]
    names = [(kind, at, n, name_sort_key(n) if " " not in n else label_sort_key(n), search_key(n))
             for kind, parts in (("family", FAMILY.split()), ("middle", middles), ("given", GIVEN.split()))
             for at, n in enumerate(parts)]  # fmt: skip
    cursor.executemany("insert into name values (%s, %s, %s, %s, %s)", names)


def _communes(wards: list[Any], many: int) -> list[Any]:
    """So many communes: one of each province, and then others spread over all, province by province."""
    first = {ward.province_code: at for at, ward in reversed(list(enumerate(wards)))}
    chosen = set(first.values())
    rest = [at for at in range(len(wards)) if at not in chosen]
    chosen.update(rest[n * len(rest) // (many - 34)] for n in range(many - 34))
    return [wards[at] for at in sorted(chosen)]


def _figures(cursor: Any) -> None:
    """Every figure of the years kept, by the product's own rebuild."""
    from chibo.core import clock
    from chibo.indicators import rebuilding

    years = ", ".join(f"({year})" for year in range(sql.FIRST_YEAR, sql.TODAY.year + 1))
    cursor.execute(f"insert into indicators_keptyear values {years} on conflict do nothing")
    rebuilding.rebuild(by=None, at=clock.now())


@contextmanager
def _part(cursor: Any, name: str, say: Say, *tables: str) -> Iterator[None]:
    """Say what a part of the country took: seconds, rows of its tables, and disk."""

    def disk() -> int:
        cursor.execute("select pg_database_size(current_database())")
        return int(cursor.fetchone()[0])

    begun, before = time.perf_counter(), disk()
    yield
    took, rows = time.perf_counter() - begun, []
    for table in tables:
        cursor.execute(f"select count(*) from {table}")
        rows.append(f"{cursor.fetchone()[0]:,} {table.partition('_')[2]}")
    say(f"  {name:34} {took:7.1f} s {(disk() - before) / 2**20:9,.0f} MB   {', '.join(rows)}")
