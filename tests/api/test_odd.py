"""Whatever stands in the place of a value that is sent: it is taken, or refused as a problem, never a failure."""

import pytest

from chibo.exchange import tasks
from chibo.members.models import Person
from tests.api.asking import Program
from tests.portal.test_exports import own_folder  # noqa: F401 - a fixture

ODD = (
    None, True, False, 0, -1, 10**30, 1.5, "", " ", "\0", "a\0b", "\ud800", "a\u202eb", "x" * 3000, "%s%d",
    "' or 1=1 --",
    "0001-01-01", "9999-12-31", "2023-W52-1", "٢٠٢٣-٠١-٠١", "²", [], [[]], {}, {"a": {"b": []}},
)  # fmt: skip


def bodies(world):
    return {
        "post": ("POST", "/posts", {
            "unit": world.upland.pk, "post": "village_head", "place": "Thôn 9", "member": "M4", "holder_name": "",
            "from_on": "2024-01-02", "to_on": "2024-02-02", "decision": "1",
        }),
        "end": ("POST", f"/posts/{world.post.pk}/end", {"on": "2024-01-10", "decision": "1"}),
        "member": ("PATCH", f"/members/{Person.objects.get(code='M2').pk}", {
            "full_name": "Lê Thị Mai", "sex": "f", "born_on": "1990-01-01", "ethnicity": "Tày", "theory": "Sơ cấp",
            "source": "form", "paper": "3-HSĐV", "paper_on": "2024-01-02",
        }),
        "export": ("POST", "/exports", {
            "list": "members", "form": "csv", "unit": world.upland.pk,
            "asked": {"on": "2023-01-01", "age_from": "20", "sex": "f", "tree": "then"},
        }),
        "evidence": ("POST", "/exports", {
            "list": "evidence", "form": "csv", "unit": world.upland.pk,
            "asked": {"code": "members.total", "period": "2023", "value": "1", "which": "counted"},
        }),
        "register": ("POST", "/exports", {
            "list": "register", "form": "csv", "unit": world.upland.pk, "asked": {"on": "2023-01-01", "period": "2023"},
        }),
        "cases": ("POST", "/exports", {"list": "cases", "form": "csv", "asked": {"procedure": "x", "status": "open"}}),
    }  # fmt: skip


@pytest.mark.parametrize("what", ["post", "end", "member", "export", "evidence", "register", "cases"])
def test_nothing_that_is_sent_makes_it_fail(world, settings, what):
    settings.CHIBO_API_PER_MINUTE = 100_000
    program = Program.of(world.chi)
    method, path, whole = bodies(world)[what]
    n = 0
    for name in whole:
        inner = [{name: {**whole[name], part: odd}} for part in whole[name] for odd in ODD] if name == "asked" else []
        for change in [*({name: odd} for odd in ODD), *inner]:
            n += 1
            tag = program.get(path).headers.get("ETag", "") if method == "PATCH" else ""
            answer = program.send(method, path, whole | change, f"k{n}", {"If-Match": tag} if tag else None)
            assert answer.status_code in (200, 201, 202, 400, 403, 404, 409, 422), (change, answer.content)
            if answer.status_code == 202:
                tasks.run_export(export=answer.json()["id"])
                state = program.get(f"/exports/{answer.json()['id']}").json()["state"]
                assert state == "done", (change, state)
            if answer.status_code >= 400:
                assert answer["Content-Type"] == "application/problem+json"
    for odd in ODD:
        assert program.send(method, path, odd, "odd").status_code in (400, 422, 428)
