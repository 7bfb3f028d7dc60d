"""Lines that composing writes and others look for again in the text, with what follows the colon left out."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext_noop, override

LANGUAGE = "vi"  # of minutes, whoever has them written
DOTS = "………"  # to be filled in by hand
HOURS = gettext_noop("Hours: from %(start)s to %(end)s")
PLACE = gettext_noop("Place: %(place)s")
CHAIR = gettext_noop("Chair of the meeting: %(name)s")
SECRETARY = gettext_noop("Secretary of the meeting: %(name)s")
ADOPTED = gettext_noop("The minutes were read out to the meeting and adopted.")
TO_ADOPT = gettext_noop("The minutes are still to be read out to the meeting and adopted.")


def translated(line: str) -> str:
    """One of these lines in the language of the moment."""
    return translation.gettext(line)


def begins(line: str) -> str:
    """The words with which a line begins in minutes, up to its colon."""
    with override(LANGUAGE):
        return translated(line).partition(":")[0] + ":"
