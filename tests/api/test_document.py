"""The document of the API holds: what it allows and what it does not is answered as it says, never by a 500."""

from __future__ import annotations

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chibo.api.bearer import WORKBOOK
from chibo.api.interface import api
from chibo.meetings.models import Meeting
from chibo.members.models import Person
from tests.api.asking import token_of
from tests.world import AT

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    missing_required_header,
    negative_data_rejection,
]
OPERATIONS = [
    (path, method)
    for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    for method in methods
]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
FEW = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer(WORKBOOK)
def as_bytes(ctx, value):
    return value.encode() if isinstance(value, str) else value


def ids(world, path, token):
    """Ids that there are, for the path of an operation."""
    if "{id}" not in path:
        return [None]
    found = {
        "members": Person.objects.get(code="M1").pk,
        "meetings": Meeting.objects.get(code="A-1").pk,
        "jobs": world.done.pk,
        "posts": world.post.pk,
        "exports": world.ana.exports.create(of="/", form="csv", at=AT, limits={"token": token.pk}).pk,
        "units": world.cell_a.pk,
    }
    more = {"indicator": "members.total"} if "{indicator}" in path else {}
    return [None, {"id": found[path.split("/")[3]]} | more]


@pytest.fixture
def one_connection():
    """As Django's own test client has it: the connection of the test outlives each request."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_it_is_answered_as_the_document_says(world, settings, path, method):
    settings.CHIBO_API_PER_MINUTE = 100_000
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    del document["paths"][path][method]["security"]  # the token is ours: other ones are in test_tokens.py
    schema = schemathesis.openapi.from_dict(document)
    schema.app = get_wsgi_application()
    schema.config.update(base_url="http://localhost/")
    operation = schema[path][method.upper()]
    who = {"jobs": world.eva, "posts": world.chi, "members": world.chi}
    token, word = token_of(who.get(path.split("/")[3], world.ana))
    seen = set()
    for chosen in ids(world, path, token):
        for mode in MODES if chosen is None else MODES[:1]:  # of ids that there are, what is allowed

            @FEW
            @given(case=operation.as_strategy(mode, path_parameters=chosen))
            def ask(case):
                answer = case.call(headers={"Authorization": f"Bearer {word}"})
                seen.add(answer.status_code)
                case.validate_response(answer, checks=CHECKS)

            ask()
    assert seen
