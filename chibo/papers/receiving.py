"""Files that are handed in: what they are by what is in them, and a name that does no harm."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _

from chibo.papers.opening import MB, Refused, opened

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS = {  # of each kind of file that is kept, the usual one first
    "application/pdf": (".pdf",),
    DOCX: (".docx",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}
LONGEST = 120  # characters of a name
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x7f]+')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # names that Windows keeps for itself


@dataclass(frozen=True)
class Received:
    """A file that may be kept."""

    content: bytes
    media_type: str
    file_name: str


def most_bytes() -> int:
    """The size of the largest file that is kept."""
    return int(getattr(settings, "CHIBO_MAX_PAPER_MB", 10)) * MB


def read(file: File[bytes]) -> bytes:
    """What was sent, but for what is more than is kept anyway: `received` refuses that."""
    content: bytes = file.read(most_bytes() + 1)
    return content


def received(content: bytes, name: str) -> Received:
    """The file as it may be kept; Refused if it is too large, empty, of another kind, or could do harm."""
    if not content:
        raise Refused(_("The file is empty."))
    if len(content) > most_bytes():
        told = _("The file is larger than %(limit)s MB, the most that is kept.")
        raise Refused(told % {"limit": most_bytes() // MB})
    media_type = _media_type(content)
    return Received(content, media_type, file_name(name, media_type))


def _media_type(content: bytes) -> str:
    """What a file is, by what is in it."""
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "application/pdf"
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\0").endswith(b"\xff\xd9"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") and b"IEND" in content[-64:]:
        return "image/png"
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        opened(content)
        return DOCX
    raise Refused(_("Only PDF, Word (.docx), JPEG and PNG files are kept. This one is none of them, or is damaged."))


def file_name(name: str, media_type: str) -> str:
    """A name without path, hidden characters and signs that a system takes for its own, ending as its kind does."""
    plain = unicodedata.normalize("NFC", name)
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C").replace("\\", "/").rpartition("/")[2]
    plain = " ".join(NOT_IN_NAMES.sub("_", plain).split()).strip(". ")
    endings = ENDINGS[media_type]
    stem, _dot, ending = plain.rpartition(".")
    if stem and f".{ending.lower()}" in endings:
        plain = stem.strip(". ")
    plain = plain[:LONGEST].strip(". ")
    if not plain or RESERVED.match(plain):
        plain = f"_{plain}"
    return plain + endings[0]
