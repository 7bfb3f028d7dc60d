"""The registry of triggers knows what pgtrigger would find by looking through all of them, and refuses the same."""

import pgtrigger
import pytest
from pgtrigger import registry

from chibo.core.triggers import Registry
from chibo.members.models import Person


def test_what_is_kept_beside_the_triggers_is_what_they_say():
    found = registry._registry
    assert isinstance(found, Registry)
    assert len(found) > 500
    assert found.pg_function_names == registry._Registry.pg_function_names.fget(found)
    assert found.by_db_table == registry._Registry.by_db_table.fget(found)


def test_a_trigger_of_a_name_that_is_taken_is_refused_and_one_taken_out_is_gone():
    first = pgtrigger.Protect(name="tried", operation=pgtrigger.Delete)
    with first.register(Person), pytest.raises(KeyError, match="already"):
        pgtrigger.Protect(name="tried", operation=pgtrigger.Update).register(Person)
    assert ("members_person", "tried") not in registry._registry.by_db_table
    with first.register(Person):
        assert registry._registry[first.get_uri(Person)][1] is first
