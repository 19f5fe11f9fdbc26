"""Code tables over HTTP: what a text means, and which entries a few letters may mean."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.access import access
from api.openapi import problems
from matching.store import Access
from matching.terms import lookup

router = APIRouter(prefix="/v1/terms", tags=["terms"])

Anyone = Annotated[Access, Depends(access)]
Kind = Literal["majors", "occupations", "industries", "regions", "degrees"]
Text = Annotated[str, Query(min_length=1, max_length=200, description="Words as people write them, or a code.")]


class Term(BaseModel):
    """An entry of a code table."""

    code: str = Field(examples=["080902"])
    name: str = Field(examples=["软件工程"])
    level: str = Field(examples=["major"], description="Depth, in the words of the table.")


class TermReading(Term):
    """What a text means, and how sure that is."""

    confidence: float = Field(ge=0, le=1, description="1 official name or code, .9 a known other way, .5 a guess.")
    how: str = Field(examples=["alias"], description="code, name, alias, inside, misspelt or near.")


class TermAnswer(BaseModel):
    """The answer to one text; `reading` is null where it is not known, never a guess below .5."""

    text: str
    reading: TermReading | None


class TermSuggestions(BaseModel):
    """Entries that a text may mean, best first."""

    terms: list[Term]


@router.get(
    "/{kind}",
    operation_id="look_up_term",
    summary="The code that a text means",
    description="Reads one short text (软工, 会计电算化, 急聘高级会计) as an entry of a code table.",
    response_model=TermAnswer,
    responses=problems(400, 401, 403),
)
def look_up(kind: Kind, text: Text, who: Anyone) -> TermAnswer:
    """Read the text."""
    found = lookup.look_up(kind, text)
    return TermAnswer(text=text, reading=TermReading(**found._asdict()) if found else None)


@router.get(
    "/{kind}/suggestions",
    operation_id="suggest_terms",
    summary="Entries that a few letters may mean",
    description="For a field that completes what is typed: what the text means first, then names that begin with it.",
    response_model=TermSuggestions,
    responses=problems(400, 401, 403),
)
def suggest(kind: Kind, text: Text, who: Anyone, k: Annotated[int, Query(ge=1, le=50)] = 10) -> TermSuggestions:
    """List the entries."""
    return TermSuggestions(terms=[Term(**entry._asdict()) for entry in lookup.suggest(kind, text, k=k)])
