"""Signatures hold together: each is sealed with what was signed and with the one before, so that a change shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC

from chibo.procedures.models import CasePaper, Signature, Vote


def seal(signature: Signature, before: str, votes: Iterable[Vote], papers: Iterable[CasePaper]) -> str:
    """What holds a signature together with what was signed and with the seal before it: 64 hexadecimal digits.

    Of the votes and papers of the case, in their order, those of its stage count that were there when it was signed.
    """
    stage = signature.stage
    counted = [each for each in votes if each.stage_id == stage.pk and each.at <= signature.at]
    put = [each for each in papers if each.stage_id == stage.pk and each.at <= signature.at]
    said = [
        before, stage.case_id, stage.number, stage.step, signature.deed, signature.outcome, signature.reason,
        signature.by_id, signature.at.astimezone(UTC).isoformat(), signature.party, signature.unit_id, signature.role,
        signature.grant_id, signature.lent_by_id,
        [_said(vote) for vote in counted[-1:]],
        [[each.slot, each.paper.sha256, each.paper.number, each.paper.kept_at] for each in put],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _said(vote: Vote) -> list[object]:
    counts = [vote.summoned, vote.present, vote.votes_for, vote.against, vote.invalid]
    return [vote.held_on.isoformat(), *counts, vote.hands]


def broken(signatures: Sequence[Signature], votes: Sequence[Vote], papers: Sequence[CasePaper]) -> Signature | None:
    """The first signature of a case that is not of what the records say, or does not follow the one before it."""
    before = ""
    for each in signatures:
        if each.seal != seal(each, before, votes, papers):
            return each
        before = each.seal
    return None
