"""What every PDF is set with: the one font there is, and text that it has shapes for."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst


def shaped(text: str) -> str:
    """The text without signs that have no shape: marks of direction would only turn what stands beside them."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


@cache
def fonts() -> typst.Fonts:
    """The one font there is; none of the machine, none of Typst's own."""
    import font_source_sans_pro
    import typst

    folder = str(font_source_sans_pro.font_directory)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
