"""Checks of documents: what they carry out, and when they were issued."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chibo.integrity.registry import Record, Subject, check, found

A_DOCUMENT = found("d.issuer_id", "d.id", "d.number", "d.title", day="d.issued_on")


@check(
    "documents.carry_out_nothing",
    subject=Subject.DOCUMENTS,
    label=_("Plans, programmes and guidelines that carry out nothing"),
    why=_("Nobody can follow a resolution down to what was done about it."),
    mend=_("Enter the number of the document it carries out, in a workbook."),
    record=Record.OTHER,
    shown=_("issued on %(day)s"),
    is_doubt=True,
)
def carry_out_nothing() -> str:
    kinds = "('plan', 'programme', 'program', 'guideline', 'kế hoạch', 'chương trình', 'hướng dẫn', 'kh', 'ctr', 'hd')"
    return f"select {A_DOCUMENT} from documents_document d where d.implements_id is null and lower(d.kind) in {kinds}"


@check(
    "documents.before_what_they_carry_out",
    subject=Subject.DOCUMENTS,
    label=_("Documents older than what they carry out"),
    why=_("One of the two days or numbers is wrong."),
    mend=_("Correct the day or the number in a workbook."),
    record=Record.OTHER,
    shown=_("issued on %(day)s"),
)
def before_what_they_carry_out() -> str:
    return f"""
    select {A_DOCUMENT} from documents_document d join documents_document i on i.id = d.implements_id
    where i.issued_on > d.issued_on
    """


@check(
    "documents.issuer_closed",
    subject=Subject.DOCUMENTS,
    label=_("Documents issued by a unit that was not open"),
    why=_("Before its founding and after its closing no unit issues anything."),
    mend=_("Correct the day or the issuer in a workbook."),
    record=Record.OTHER,
    shown=_("issued on %(day)s"),
)
def issuer_closed() -> str:
    return f"""
    select {A_DOCUMENT} from documents_document d join organizations_unit u on u.id = d.issuer_id
    where d.issued_on < u.founded_on or d.issued_on >= u.closed_on
    """
