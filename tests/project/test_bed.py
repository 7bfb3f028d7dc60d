"""The test bed itself."""

import pytest
from django.db import connection

from chibo.accounts.models import User


@pytest.mark.django_db
def test_a_database_is_there_migrated_and_empty():
    assert User.objects.count() == 0
    assert connection.settings_dict["HOST"].startswith("/tmp/chibo-")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_transactional_test_leaves_is_gone_after_it(turn):
    assert User.objects.count() == 0
    User.objects.create(username="ana")
