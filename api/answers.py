"""What goes out: an answer as bytes of JSON. The same answer gives the same bytes (Law 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response

from api.paging import Page
from api.problems import words
from matching.eligibility import Eligibility
from matching.explanation import Reason
from matching.question import Match
from matching.standard.records import Graduate, Posting
from matching.surplus import Surplus

POSTING_SHOWN = {
    "tenant", "id", "kind", "title", "employer_id", "employer_name", "industry", "industry_code", "regions", "place",
    "pay", "headcount", "filled", "requirements", "benefits", "published", "closes",
}  # fmt: skip
"""What an answer shows of a posting: all but its description, which evidence quotes."""

GRADUATE_SHOWN = {"tenant", "id", "degree", "major", "major_code", "graduation_year", "skills", "region"}
"""What an answer shows of a graduate: nothing that helps to find out who it is, so no school and no texts."""


def ranked(page: Page, *, snapshot: str, today: str, next_cursor: str | None) -> bytes:
    """The body of a page."""
    answer = page.answer
    return orjson.dumps(
        {
            "snapshot": snapshot,
            "version": answer.version,
            "today": today,
            "eligible": answer.eligible,
            "candidates": answer.candidates,
            "next_cursor": next_cursor,
            "items": [_item(match) for match in page.matches],
        }
    )


def plain_json(value: object, headers: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    """A value as an answer that nobody keeps."""
    own = {"Cache-Control": "no-store", **(headers or {})}
    return Response(orjson.dumps(value), status, media_type="application/json", headers=own)


def _item(match: Match) -> dict[str, Any]:
    return {
        "rank": match.rank,
        match.record.type: shown(match.record),
        "score": match.score,
        "similarity": match.similarity,
        "eligibility": _eligibility(match.eligibility),
        "contributions": match.contributions,
        "reasons": [_reason(reason) for reason in match.reasons],
        "also": match.also,
        "surplus": None if match.surplus is None else _surplus(match.surplus),
    }


def shown(record: Graduate | Posting) -> dict[str, Any]:
    """What is shown of a record; fields without a value are there, as null or empty."""
    return record.model_dump(mode="json", include=POSTING_SHOWN if isinstance(record, Posting) else GRADUATE_SHOWN)


def _eligibility(eligibility: Eligibility) -> dict[str, Any]:
    return {
        "status": eligibility.status.word,
        "rules": [
            {
                "rule": verdict.rule,
                "status": verdict.status.word,
                "missing": verdict.missing,
                "reason": words(verdict.reason),
            }
            for verdict in eligibility.verdicts
        ],
    }


def _surplus(surplus: Surplus) -> dict[str, Any]:
    return {**surplus._asdict(), "words": words(surplus.words)}


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "feature": reason.feature,
        "points": reason.points,
        "words": words(reason.words),
        "evidence": [{"field": e.field, "start": e.start, "end": e.end, "text": e.text} for e in reason.evidence],
    }
