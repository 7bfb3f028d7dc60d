"""A notice as a secretary prepares it, said in tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID

from chibo.agendas.content import Content, Row

UID = UUID("7d5f2a64-5a0f-4a57-9a5b-0c2f7f1e2b11")


def content(**changes: Any) -> Content:
    """The regular meeting of January 2024, in two days; changed as said."""
    begun = Content(
        kind="regular", month=date(2024, 1, 1), on=date(2024, 1, 12), at_time=time(19, 30),
        place="Nhà văn hóa thôn 1", topic="Giữ lời thề đảng viên", conclusion="Dự thảo",
        items=(
            Row(text="Kết quả tháng trước", kind="report", minutes=15, code="last_resolution"),
            Row(text="Nhiệm vụ tháng tới", minutes=30),
        ),
    )  # fmt: skip
    return replace(begun, **changes)
