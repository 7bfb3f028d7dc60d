"""How members' files follow a record that goes into another one, and the mark in them that only one person has."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.members import identity

CARD = """
select person_id, upper(regexp_replace(said->>'card', '[^[:alnum:]]', '', 'g')) as value
from files_entry where "group" = 'party' and struck_because = '' and said ? 'card'
"""

identity.identify("card", label=_("same number of the Party card"), rows=CARD)
identity.follow("files_entry", "person_id", _("Entries of the file"))
identity.follow("files_basis", "person_id", _("Sources of facts"), once=("fact", "context"))
