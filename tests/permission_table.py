"""Every URL there is, and what everyone there is gets there: one table."""

from __future__ import annotations

from collections.abc import Iterator

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from chibo.classifications.models import Scheme
from chibo.members.models import Person
from chibo.organizations.models import Act
from tests.world import PEOPLE as WORLD_PEOPLE

PEOPLE = ("nobody", "ana", "ben", "chi", "dan", "eva", "flo", "gus", "hoa")
UNITS = ("province", "north", "south", "upland", "lowland", "cell_a", "cell_b", "cell_c", "cell_d", "none", "huge")
LOGIN = "/accounts/login/?next="

# For each URL: what everyone gets, in the order of PEOPLE. 302 leads to the sign-in page. Gus is blocked: he is nobody.
TABLE: dict[str, tuple[int, ...]] = {
    #                      nobody ana  ben  chi  dan  eva  flo  gus  hoa
    "/":                     (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/units/":               (302, 200, 200, 200, 200, 200, 200, 302, 404),
    "/members/":             (302, 200, 404, 200, 200, 404, 200, 302, 404),
    "/members/members.xlsx": (302, 200, 404, 200, 200, 404, 200, 302, 404),
    "/members/M1/":          (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/":          (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/M8/":          (302, 404, 404, 404, 200, 404, 200, 302, 404),  # so did the cell
    "/members/M9/":          (302, 404, 404, 404, 200, 404, 200, 302, 404),  # left
    "/members/M1/badges/new/":   (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/badges/new/":   (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/none/badges/new/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/badges/new/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/access/":   (302, 404, 404, 200, 404, 200, 200, 302, 404),
    "/members/M5/access/":   (302, 404, 404, 404, 200, 200, 200, 302, 404),  # moved to the south
    "/members/none/access/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/access/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/none/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/file/":     (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/file/":     (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/huge/file/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/file/training/":     (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M1/file/family/":   (302, 403, 404, 403, 404, 404, 403, 302, 404),  # nobody here may open it
    "/members/M1/file/nothing/":  (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/file/training/new/": (302, 403, 404, 200, 404, 404, 403, 302, 404),  # Ana's own; Flo reads only
    "/members/M3/file/training/new/": (302, 200, 404, 200, 404, 404, 403, 302, 404),
    "/members/M3/file/posts/new/":    (302, 404, 404, 404, 404, 404, 403, 302, 404),  # recorded elsewhere
    "/members/M3/file/family/new/":   (302, 403, 404, 403, 404, 404, 403, 302, 404),
    "/members/M3/file/facts/religion/": (302, 200, 404, 200, 404, 404, 403, 302, 404),
    "/members/M3/file/facts/code/":     (302, 404, 404, 404, 404, 404, 403, 302, 404),
    "/members/M3/file/entries/987654321/correct/": (302, 404, 404, 404, 404, 404, 403, 302, 404),
    "/members/M1/file/openings/": (302, 404, 404, 200, 404, 200, 200, 302, 404),
    "/members/none/file/openings/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/alike/":       (302, 404, 404, 200, 200, 404, 404, 302, 404),
    "/members/alike/M1/2/":  (302, 404, 404, 200, 404, 404, 404, 302, 404),
    "/members/alike/M5/2/":  (302, 404, 404, 404, 404, 404, 404, 302, 404),  # one in the north, one in the south
    "/members/alike/huge/2/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/merges/none/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/merges/huge/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/me/calendar/":         (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/calendar/1-no.ics":    (404, 404, 404, 404, 404, 404, 404, 404, 404),  # who knows the right one needs no more
    "/agendas/":             (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/agendas/new/":         (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/agendas/1/":           (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/agendas/huge/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/agendas/1/end/":       (302, 405, 405, 405, 405, 405, 405, 302, 405),
    "/notices/none/":           (302, 404, 404, 404, 404, 404, 404, 302, 404),  # of those there are: tests/agendas
    "/notices/huge/":           (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/notices/none/change/":    (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/notices/none/cancel/":    (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/notices/none/send-again/": (302, 405, 405, 405, 405, 405, 405, 302, 405),
    "/notices/none/papers/new/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/notices/none/papers/1/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/notices/none/papers/1/off/": (302, 405, 405, 405, 405, 405, 405, 302, 405),
    "/manifest.webmanifest": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/worker.js":            (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/offline/":             (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/outbox/":              (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/units/none/weak/new/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/support/none/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/support/huge/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/norms/online/":        (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/online/none/":         (302, 404, 404, 404, 404, 404, 404, 302, 404),  # of those there are: tests/modes
    "/online/huge/":         (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/norms/cells/":         (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/acting/":              (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/me/":                  (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/me/file/":             (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/me/tasks/":            (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/scores/":              (302, 404, 404, 200, 200, 404, 200, 302, 404),
    "/minutes/rules/":       (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/minutes/":             (302, 200, 200, 200, 200, 404, 200, 302, 404),
    "/units/none/meetings/1/minutes/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/units/none/meetings/1/minutes/edit/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/units/none/meetings/1/minutes/compare/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/units/none/meetings/1/minutes/minutes.pdf": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/units/none/resolutions/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/units/none/resolutions/1/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/units/none/resolutions/1/resolution.pdf": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/tasks/none/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),  # those there are: tests/resolutions
    "/tasks/huge/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/me/file/copy/":        (302, 405, 405, 405, 405, 405, 405, 302, 405),
    "/find/":                (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/checks/":              (302, 404, 404, 200, 200, 200, 200, 302, 404),
    "/checks/limits/":       (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/checks/figures/":      (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/checks/members.too_old/":   (302, 404, 404, 200, 200, 200, 200, 302, 404),
    "/checks/grants.at_closed/":  (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/checks/none/":         (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/classifications/":     (302, 404, 404, 200, 200, 200, 404, 302, 404),
    "/classifications/region/":   (302, 404, 404, 200, 200, 200, 404, 302, 404),
    "/classifications/none/":     (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/classifications/huge/":     (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/classifications/region/units/": (302, 404, 404, 200, 200, 404, 404, 302, 404),
    "/classifications/huge/units/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/exports/": (302, 200, 200, 200, 200, 200, 200, 302, 200), "/exports/none/file/": (302, *[405] * 6, 302, 405),
    "/loads/":               (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/template.xlsx":  (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/done/":          (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/refused/":       (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/none/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/loads/huge/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/norms/":               (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/forms/":               (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/forms/1/":             (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/forms/none/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/forms/huge/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/forms/1/shipped/template.docx":    (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/forms/1/7/template.docx":          (302, 404, 404, 404, 404, 404, 404, 302, 404),  # no template of one's own
    "/forms/none/shipped/template.docx": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/forms/1/shipped/preview.docx":     (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/forms/huge/shipped/preview.docx":  (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/dues/rules/":          (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/badges/rules/":        (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/me/dues/":             (302, 200, 200, 404, 404, 404, 404, 302, 404),
    "/members/M1/dues/":     (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/dues/":     (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/none/dues/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/dues/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/cases/":     (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/cases/":     (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/none/cases/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/cases/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/cases/transfer/":   (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/cases/transfer/":   (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/M1/cases/nothing/":    (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/none/cases/transfer/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/cases/transfer/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/M1/grounds/":   (302, 200, 404, 200, 404, 404, 200, 302, 404),
    "/members/M5/grounds/":   (302, 404, 404, 404, 200, 404, 200, 302, 404),  # moved to the south
    "/members/none/grounds/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/members/huge/grounds/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/cases/none/papers/1/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/me/begin/":            (302, 200, 200, 404, 404, 404, 404, 302, 404),
    "/me/begin/correction/":  (302, 200, 200, 404, 404, 404, 404, 302, 404),
    "/me/begin/removal/":     (302, 404, 404, 404, 404, 404, 404, 302, 404),  # nothing to ask for oneself
    "/scoring/":     (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/scoring/hundred/1/":    (302, 200, 404, 200, 200, 200, 200, 302, 404),
    "/scoring/unknown/1/":    (302, 404, 404, 404, 404, 404, 404, 302, 404),  # drafts: tests/scoring
    "/scoring/unknown/1/whole/":      (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/scoring/unknown/1/criteria/x/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/scoring/hundred/1/tried/":      (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/procedures/":          (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/special-days/":        (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/procedures/unknown/":  (302, 404, 404, 404, 404, 404, 404, 302, 404),  # known ones: tests/procedures
    "/procedures/unknown/1/":         (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/procedures/unknown/1/change/":  (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/procedures/unknown/1/steps/1/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/procedures/unknown/1/try/":     (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/charges/charge/":      (302, 404, 404, 200, 404, 404, 200, 302, 404),
    "/charges/none/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/charges/huge/":        (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/sources/none/":         (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/sources/huge/":         (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/sources/none/correct/": (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/screening/none/":       (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/screening/huge/":       (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/restructurings/":      (302, 404, 404, 200, 200, 200, 404, 302, 404),
    "/restructurings/template.xlsx": (302, 404, 404, 200, 200, 200, 404, 302, 404),
    "/reports/":             (302, 200, 404, 200, 200, 404, 200, 302, 404),
    "/loads/done/verdict.xlsx":    (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/refused/verdict.xlsx": (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/none/verdict.xlsx":    (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/loads/done/undo/":     (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/refused/undo/":  (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/loads/none/undo/":     (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/users/":               (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/new/":           (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/review/":        (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/rules/":         (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/chi/acting/":    (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/none/acting/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/users/huge/acting/":   (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/users/chi/":           (302, 404, 404, 404, 404, 200, 404, 302, 404),
    "/users/none/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/users/huge/":          (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/acts/moved/":          (302, 404, 404, 404, 200, 200, 200, 302, 404),  # cell D, from the north to the south
    "/acts/moved/back/":     (302, 404, 404, 404, 403, 403, 403, 302, 404),  # not the south's alone to take back
    "/acts/none/":           (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/acts/huge/":           (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/acts/none/back/":      (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/cases/":               (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/cases/cases.xlsx":     (302, 200, 404, 200, 200, 404, 200, 302, 404),
    "/styleguide/":          (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/accounts/login/":      (200, 302, 302, 302, 302, 302, 302, 200, 302),
    "/accounts/invitation/": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/accounts/logout/":     (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/accounts/inactive/":   (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "/accounts/reauthenticate/": (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/accounts/password/change/": (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/i18n/setlang/":        (302, 302, 302, 302, 302, 302, 302, 302, 302),
}  # fmt: skip

# Where someone sees a unit at all, and where with its records and reports. Everywhere else: 404; seen without: 403.
EVERYWHERE = frozenset(UNITS) - {"none", "huge"}
NORTH = frozenset({"north", "upland", "cell_a", "cell_b"})
SOUTH = frozenset({"south", "lowland", "cell_c", "cell_d"})
SEES = {
    "ana": {"cell_a"},
    "ben": {"cell_a", "cell_b"},  # a member of the one, attending the other for a time
    "chi": NORTH,
    "dan": SOUTH,
    "eva": EVERYWHERE,
    "flo": EVERYWHERE,
    "hoa": frozenset[str](),
}
OPENS = SEES | {"ben": set(), "eva": set()}
KNOWS = OPENS  # who holds which post
APPOINTS = {name: units if name in ("chi", "dan") else set() for name, units in SEES.items()}
RECORDS = {name: {"cell_a"} if name == "ana" else set() for name in SEES}
TELLS = SEES | {"ana": set(), "ben": set()}  # where someone may know who else sees it
OF_A_UNIT = {  # the URL of a unit: who gets in
    "/units/{}/": SEES,
    "/units/{}/below/": SEES,
    "/units/{}/targets/": SEES,
    "/units/{}/objectives/": SEES,
    "/units/{}/history/": SEES,
    "/units/{}/access/": TELLS,
    "/units/{}/classifications/": SEES,
    "/units/{}/by/1/": SEES,
    "/units/{}/committee/": KNOWS,
    "/units/{}/vacancies/": KNOWS,
    "/units/{}/several-posts/": OPENS,
    "/units/{}/in-charge/": OPENS,
    "/units/{}/sources/": OPENS,
    "/units/{}/sources/sources.xlsx": OPENS,
    "/units/{}/heads/": OPENS,
    "/units/{}/without-admission/": OPENS,
    "/units/{}/screening/": OPENS,
    "/units/{}/admissions/": OPENS,
    "/units/{}/acts/": SEES,
    "/units/{}/meetings/": OPENS,
    "/units/{}/meetings/matrix.xlsx": OPENS,
    "/units/{}/late/": OPENS,
    "/units/{}/scores/": OPENS,
    "/units/{}/figures/members.total/": OPENS,
    "/units/{}/figures/members.total/evidence.xlsx": OPENS,
    "/units/{}/register/": OPENS,
    "/units/{}/register/register.xlsx": OPENS,
    "/units/{}/register/quarter/": OPENS,
    "/units/{}/register/differences/": OPENS,
    "/units/{}/dues/": OPENS,
    "/units/{}/members/": OPENS,
    "/units/{}/badges/": OPENS,
    "/units/{}/members/members.xlsx": OPENS,
    "/units/{}/reports/": OPENS,
    "/units/{}/reports/annual/": OPENS,
    "/units/{}/reports/half-year/": OPENS,
    **dict.fromkeys(("/units/{}/updating/", "/units/{}/sheets/units.xlsx"), SEES),
    "/units/{}/meetings/sheet/": OPENS,
    "/units/{}/year/": OPENS,
    "/units/{}/absent/": OPENS,
    "/units/{}/weak/": OPENS,
    "/units/{}/guides/": OPENS,
    "/units/{}/cells/": OPENS,
    "/units/{}/cases/": OPENS,
    "/units/{}/grounds/": OPENS,
    "/units/{}/cases/cases.xlsx": OPENS,
}
BELOW = {"chi": NORTH - {"north"}, "dan": SOUTH - {"south"}}  # on one's own unit the committee above it decides
KINDS_OF_ACTS = ("rename", "move", "merge", "split", "change_kind", "dissolve")
OF_A_CHANGE = {  # the URL of changes to a unit: who gets in
    "/units/{}/change/": dict.fromkeys(SEES, frozenset[str]()) | {"chi": NORTH, "dan": SOUTH},
    **{f"/units/{{}}/change/{kind}/": dict.fromkeys(SEES, frozenset[str]()) | BELOW for kind in KINDS_OF_ACTS},
}
OF_A_CELL = {  # the URL of a cell that writes: who gets in
    "/units/{}/meetings/record/": RECORDS,
    "/units/{}/meetings/none/": RECORDS,
    "/units/{}/notices/new/?month=2024-01": RECORDS,
    "/units/{}/rhythm/": RECORDS,
    "/units/{}/meetings/drafts/6b0f5c3e-3a52-4be6-9d1f-2f6a1f6f0a01/": RECORDS,
}
LISTS = SEES | dict.fromkeys(("ben", "eva", "flo"), frozenset[str]())  # where someone keeps the list of sources
OF_A_LIST = {  # the URL of what only cells have, as a list of sources: who gets in
    "/units/{}/online/": OPENS,
    "/units/{}/groups/": OPENS,
    "/units/{}/sources/new/": LISTS,
    "/units/{}/sources/review/": LISTS,
    "/units/{}/screening/new/": LISTS,
}
OF_A_HEAD = {"/units/{}/heads/{}/": OPENS}  # the head of village 10, of cell B; under any other unit not found
OF_A_COMMITTEE = {  # the URL of a unit that writes on its committee: who gets in
    "/units/{}/posts/new/": APPOINTS,
    "/units/{}/committee/terms/new/": APPOINTS,
    "/units/{}/in-charge/new/": APPOINTS,
}
OF_A_POST = {  # the URL of a post, or the term, of the north: who gets in; under any other unit it is not found
    "/units/{}/posts/{}/end/": APPOINTS,
    "/units/{}/posts/{}/hand-over/": APPOINTS,
    "/units/{}/posts/{}/correct/": APPOINTS,
    "/units/{}/committee/terms/{}/": APPOINTS,
}
JUDGES = dict.fromkeys(SEES, frozenset[str]()) | BELOW | {"flo": EVERYWHERE - {"province"}}  # from directly above
OF_A_MEETING = {  # the URL of a meeting of cell A: who gets in; under any other unit it is not found
    "/units/{}/meetings/{}/": OPENS | {"ben": {"cell_a", "cell_b"}},  # their own cell's: conclusions, their own mark
    "/units/{}/meetings/{}/correct/": RECORDS,
    "/units/{}/meetings/{}/withdraw/": RECORDS,
    "/units/{}/meetings/{}/resolution/": RECORDS,
    "/units/{}/meetings/{}/confirm/": JUDGES,
    "/units/{}/meetings/{}/answer/": RECORDS,
}
OF_A_REPORT = {  # the URL of a report that was made of a unit: who gets in
    "/reports/{}/": OPENS,
    "/reports/{}/report.docx": OPENS,
    "/reports/{}/report.pdf": OPENS,
    "/reports/{}/report.xlsx": OPENS,
    "/reports/{}/report.json": OPENS,
    "/reports/{}/charts/attendance.svg": OPENS,
    "/reports/{}/figures/members.total/": OPENS,
    "/reports/{}/changes/members.total/": OPENS,
}
OF_A_CASE = {  # the URL of a case of a unit: who gets in; everyone else does not find it
    "/cases/{}/": OPENS,
}
RESTRUCTURES = {"chi": NORTH, "dan": SOUTH, "eva": EVERYWHERE}
OF_A_RESTRUCTURING = {  # the URL of a restructuring of a unit: who gets in
    "/restructurings/{}/": RESTRUCTURES,
    "/restructurings/{}/back/": RESTRUCTURES,
    "/restructurings/{}/verdicts.xlsx": RESTRUCTURES,
    "/restructurings/{}/rows/": RESTRUCTURES,
    "/restructurings/{}/rows/2/": RESTRUCTURES,
    "/restructurings/{}/tree/": RESTRUCTURES,
    "/restructurings/{}/tree/before/": RESTRUCTURES,
    "/restructurings/{}/tree/after/": RESTRUCTURES,
    "/restructurings/{}/settle/grants/": RESTRUCTURES,
}
REMINDS = {"chi": NORTH, "dan": SOUTH, "flo": EVERYWHERE}
CONFIRMS = {"ana": {"cell_a"}, "chi": NORTH, "dan": SOUTH}
CHECKS = {"chi": NORTH, "dan": SOUTH, "eva": EVERYWHERE, "flo": EVERYWHERE}
CLASSIFIES = {"chi": NORTH, "dan": SOUTH}
POSTED = {  # what is only sent, to a unit: who may, and is led on
    "/units/{}/year/topics/1/withdraw/": REMINDS,
    "/units/{}/remind/": REMINDS,
    "/units/{}/register/remind/": CONFIRMS,
    "/units/{}/reports/annual/make/": OPENS,
    "/units/{}/checks/run/": CHECKS,
}
HUGE = "9" * 30
MINE = ("/", "/units/", "/members/", "/reports/", "/me/", "/find/", "/acting/", "/cases/", "/styleguide/")
ASKED_BY = {"/loads/": "eva", "/users/": "eva", "/accounts/login/": "nobody"} | dict.fromkeys(OF_A_CELL, "ana")
ASKED_BY |= dict.fromkeys(OF_A_COMMITTEE, "chi") | dict.fromkeys(OF_A_CHANGE, "chi")


def patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every URL pattern of the program."""
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from patterns(each, route)


def signed_in(world, name: str) -> Client:
    """A browser in which someone has signed in, or nobody."""
    client = Client(raise_request_exception=True)
    if name != "nobody":
        client.force_login(getattr(world, name))
    return client


def status(response) -> int:
    """How an answer came out; the file it would stream is closed."""
    for close in response._resource_closers:
        close()
    return response.status_code


def number(world, name: str) -> str:
    """What stands for a unit, load or member in a URL."""
    if name in ("none", "huge"):
        return {"none": "987654321", "huge": HUGE}[name]
    if name == "region":
        return str(Scheme.objects.get(code="region").pk)
    if name == "moved":
        return str(Act.objects.get().pk)
    if name in WORLD_PEOPLE:
        return str(Person.objects.get(code=name).pk)
    return str(getattr(world, name).pk)
