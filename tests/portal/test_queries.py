"""A page asks the database a dozen times at most, however much lies under the unit it is about."""

from datetime import date, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chibo.core.actions import action
from chibo.indicators import folding
from chibo.members.actions import restay
from chibo.members.models import Membership, Person
from chibo.organizations import actions as organizations
from chibo.organizations.actions import relineage
from chibo.organizations.models import Grant, ParentLink, Unit
from chibo.organizations.permissions import P
from chibo.organizations.scope import reaching, rights_of
from tests.permission_table import status
from tests.world import AT, FOUNDED, TODAY

MOST = 12
PAGES = {
    "/": "flo",
    "/?period=2023-Q4": "chi",
    "/units/": "flo",
    "/units/?q=thon+lam": "flo",
    "/units/?kind=cell": "chi",
    "/units/{upland}/below/": "chi",
    "/units/{north}/meetings/": "chi",
    "/units/{upland}/meetings/?period=2023&which=weak&sort=-missed": "chi",
    "/units/{cell_a}/meetings/": "ana",
    "/units/{north}/late/": "chi",
    "/units/{cell_a}/late/?period=2023-04": "ana",
    "/units/{upland}/targets/?period=2023": "chi",
    "/units/{cell_d}/history/": "dan",
    "/?period=2023-H1&tree=now": "flo",
    "/units/{south}/?period=2023-H1": "flo",
    "/units/{south}/?period=2023-H1&tree=now": "flo",
    "/units/{south}/meetings/?period=2023-H1&tree=now&which=weak": "dan",
    "/units/{cell_d}/figures/members.total/?period=2023&tree=now": "dan",
    "/units/{south}/reports/annual/?period=2023&tree=now": "dan",
    "/units/{south}/members/?on=2023-06-30": "dan",
    "/units/{upland}/acts/": "chi",
    "/units/{upland}/change/": "chi",
    "/units/{upland}/change/merge/": "chi",
    "/units/{upland}/change/split/": "chi",
    "/units/{north}/": "chi",
    "/units/{upland}/": "chi",
    "/units/{province}/?period=2023-03&sort=-members.total": "flo",
    "/units/{upland}/figures/members.total/": "chi",
    "/units/{upland}/figures/meetings.attendance/?q=an&which=missed": "chi",
    "/units/{upland}/reports/annual/": "chi",
    "/units/{province}/reports/half-year/": "flo",
    "/units/{north}/register/?period=2023-Q4": "chi",
    "/units/{cell_a}/register/": "ana",
    "/units/{cell_a}/register/register.xlsx": "ana",
    "/units/{north}/register/quarter/?period=2023-Q3": "chi",
    "/units/{cell_a}/register/quarter/": "ana",
    "/units/{north}/register/differences/": "chi",
    "/units/{north}/dues/": "chi",
    "/units/{cell_a}/dues/": "ana",
    "/me/dues/": "ben",
    "/dues/rules/": "eva",
    "/badges/rules/": "eva",
    "/members/": "flo",
    "/members/?q=an&sort=-cell&unit={cell_a}&left=yes": "flo",
    "/units/{upland}/members/?sex=f&age_from=20": "chi",
    "/units/{upland}/members/members.xlsx": "chi",
    "/me/": "ben",
    "/me/begin/correction/": "ben",
    "/cases/": "chi",
    "/cases/?status=open&overdue=yes&unit={upland}": "chi",
    "/cases/cases.xlsx": "flo",
    "/units/{upland}/cases/?period=2024": "chi",
    "/find/?q=thon": "flo",
    "/find/?q=attendance+thuong+lam": "chi",
    "/checks/": "flo",
    "/checks/?unit={north}": "eva",
    "/checks/units.without_secretary/": "chi",
    "/checks/limits/": "eva",
    "/classifications/": "chi",
    "/classifications/1/": "eva",
    "/classifications/1/units/?q=thon&now=2": "chi",
    "/units/{upland}/classifications/": "chi",
    "/units/{north}/by/1/?period=2023": "chi",
    "/units/{north}/by/1/?period=2021": "chi",
    "/units/?value=2&q=thon": "chi",
    "/units/{north}/meetings/?period=2023&value=2": "chi",
    "/units/{upland}/figures/members.total/?value=2": "chi",
    "/loads/": "eva",
    "/loads/{done}/": "eva",
    "/loads/{done}/undo/": "eva",
    "/users/": "eva",
    "/users/?q=an": "eva",
    "/users/{chi}/": "eva",
    "/users/{chi}/acting/": "eva",
    "/users/review/": "eva",
    "/users/review/?which=all": "eva",
    "/users/rules/": "eva",
    "/units/{upland}/badges/": "chi",
    "/units/{cell_a}/access/": "eva",
    "/units/{upland}/access/": "chi",
    "/acting/": "chi",
    "/?period=2023": "eva",
}


def asked(world, page: str, person: str) -> int:
    """How many statements a page takes."""
    client = Client()
    client.force_login(getattr(world, person))
    url = page.format(**{name: one.pk for name, one in vars(world).items()})
    with CaptureQueriesContext(connection) as queries:
        assert status(client.get(url)) == 200
    return len(queries)


@action("tests.grown")
def grow(world, *, by, at):
    """A hundred and twenty more cells in the commune, each with a member."""
    cells = [
        Unit(
            code=f"X{n}",
            name=f"Chi bộ thôn {n}",
            kind="cell",
            founded_on=FOUNDED,
            sort_key=str(n),
            search_key=f"lam {n}",
        )
        for n in range(120)
    ]
    Unit.objects.bulk_create(cells)
    ParentLink.objects.bulk_create(ParentLink(unit=cell, parent=world.upland, from_on=date(1, 1, 1)) for cell in cells)
    relineage([cell.pk for cell in cells])
    people = [
        Person(code=f"P{n}", full_name=f"Lê An {n}", sex="f", born_on=FOUNDED, sort_key=str(n), search_key=f"le an {n}")
        for n in range(120)
    ]
    Person.objects.bulk_create(people)
    spells = [
        Membership(person=person, cell=cell, joined_on=date(2020, 1, 1))
        for person, cell in zip(people, cells, strict=True)
    ]
    Membership.objects.bulk_create(spells)
    restay([spell.pk for spell in spells])


def test_a_dozen_queries_at_most_and_no_more_for_more_units(world):
    few = {page: asked(world, page, person) for page, person in PAGES.items()}
    grow(world, by=None, at=AT)
    folding.fold_all(by=None, at=AT)
    many = {page: asked(world, page, person) for page, person in PAGES.items()}
    # a full first page needs none of those that come last
    assert not {page: (few[page], many[page]) for page in PAGES if not many[page] <= few[page] <= MOST}


def test_who_is_officer_and_administrator_and_acts_for_another_stays_within_the_dozen(world):
    """Officer here, administrator above, acting for another, and another for them."""
    organizations.grant(user=world.chi, role="administrator", unit=world.province, from_on=TODAY, by=world.eva, at=AT)
    for owner, to in ((world.flo, world.chi), (world.chi, world.ana)):
        held = list(Grant.objects.filter(user=owner, source="given").exclude(role="administrator"))
        organizations.lend(
            grants=[held[0]], to=to, from_on=TODAY, to_on=TODAY + timedelta(days=3), reason="x", by=owner, at=AT
        )
    for page in (
        "/",
        "/units/{north}/",
        "/acting/",
        "/units/{cell_a}/access/",
        "/users/review/",
        "/users/{ana}/",
    ):
        assert asked(world, page, "chi") <= MOST, page
    organizations.grant(user=world.hoa, role="administrator", unit=world.north, from_on=TODAY, by=world.eva, at=AT)
    for page in ("/users/", "/users/{ana}/", "/users/{ben}/", "/users/{chi}/", "/users/{ben}/acting/"):
        assert asked(world, page, "hoa") <= MOST, f"{page} for who is administrator of a district"


def test_all_that_someone_holds_is_asked_in_one_query(world, django_assert_num_queries):
    held = list(Grant.objects.filter(user=world.ana))
    until = TODAY + timedelta(days=3)
    organizations.lend(grants=held, to=world.ben, from_on=TODAY, to_on=until, reason="x", by=world.ana, at=AT)
    with django_assert_num_queries(1):
        rights = rights_of(world.ben, TODAY)
    assert {each.role for each in rights.held} == {"member", "secretary"}
    with django_assert_num_queries(2):  # what was granted, what the records bring
        assert len(reaching(world.cell_a, [P.UNIT_VIEW], TODAY)) == 7
