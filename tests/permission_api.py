"""The API in the permission table: no session lets anyone in there; who gets what with a token is in tests/api."""

from __future__ import annotations

NOBODY = (401,) * 9  # whoever is signed in: only a token counts
NONE = (404,) * 9
OPEN = (200,) * 9

TABLE: dict[str, tuple[int, ...]] = {
    #                      nobody ana  ben  chi  dan  eva  flo  gus  hoa
    "/me/tokens/":           (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/me/tokens/new/":       (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/me/tokens/none/":      (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/me/tokens/huge/":      (302, 404, 404, 404, 404, 404, 404, 302, 404),
    "/api/":                 (302, 200, 200, 200, 200, 200, 200, 302, 200),
    "/api/none":             NONE,
    "/api/v1/":              NONE,
    "/api/v1/openapi.json":  OPEN,
    "/api/v1/units":         NOBODY,
    "/api/v1/units/1":       NOBODY,
    "/api/v1/units/1/figures/members.total/evidence": NOBODY,
    "/api/v1/units/1/sheet": NOBODY,
    "/api/v1/members":       NOBODY,
    "/api/v1/members/1":     NOBODY,
    "/api/v1/posts":         NOBODY,
    "/api/v1/posts/1":       NOBODY,
    "/api/v1/posts/1/end":   (405,) * 9,
    "/api/v1/meetings":      NOBODY,
    "/api/v1/meetings/1":    NOBODY,
    "/api/v1/figures":       NOBODY,
    "/api/v1/jobs":          NOBODY,
    "/api/v1/jobs/1":        NOBODY,
    "/api/v1/exports":       NOBODY,
    "/api/v1/exports/1":     NOBODY,
    "/api/v1/exports/1/file": (405,) * 9,
    "/api/v1/changes":       NOBODY,
}  # fmt: skip

PATTERNS = {
    "me/tokens/": ["/me/tokens/"],
    "me/tokens/new/": ["/me/tokens/new/"],
    "me/tokens/<int:pk>/": ["/me/tokens/none/", "/me/tokens/huge/"],
    "api/": ["/api/"],
    "api/v1/": ["/api/v1/"],
    "api/v1/openapi.json": ["/api/v1/openapi.json"],
    "api/v1/units": ["/api/v1/units"],
    "api/v1/units/<id>": ["/api/v1/units/1"],
    "api/v1/units/<id>/figures/<indicator>/evidence": ["/api/v1/units/1/figures/members.total/evidence"],
    "api/v1/units/<id>/sheet": ["/api/v1/units/1/sheet"],
    "api/v1/members": ["/api/v1/members"],
    "api/v1/members/<id>": ["/api/v1/members/1"],
    "api/v1/posts": ["/api/v1/posts"],
    "api/v1/posts/<id>": ["/api/v1/posts/1"],
    "api/v1/posts/<id>/end": ["/api/v1/posts/1/end"],
    "api/v1/meetings": ["/api/v1/meetings"],
    "api/v1/meetings/<id>": ["/api/v1/meetings/1"],
    "api/v1/figures": ["/api/v1/figures"],
    "api/v1/jobs": ["/api/v1/jobs"],
    "api/v1/jobs/<id>": ["/api/v1/jobs/1"],
    "api/v1/exports": ["/api/v1/exports"],
    "api/v1/exports/<id>": ["/api/v1/exports/1"],
    "api/v1/exports/<id>/file": ["/api/v1/exports/1/file"],
    "api/v1/changes": ["/api/v1/changes"],
    "^api/(?P<rest>.*)$": ["/api/none"],
}
