"""Code tables over HTTP: what a text means, and which entries a few letters may mean."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.access import access
from api.openapi import problems
from api.service import Service, running
from matching.store import Access
from matching.terms import lookup
from matching.terms.relation_table import RelationTable
from matching.terms.relations import Relation, name_of

router = APIRouter(prefix="/v1/terms", tags=["terms"])

Anyone = Annotated[Access, Depends(access)]
Kind = Literal["majors", "occupations", "industries", "regions", "degrees"]
Running = Annotated[Service, Depends(running)]
Code = Annotated[str, Query(min_length=1, max_length=12, examples=["0809"])]
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


class RelatedTerm(BaseModel):
    """An entry that belongs with the one asked about."""

    kind: str = Field(examples=["major-occupation"])
    code: str = Field(examples=["2-02-10"])
    name: str
    weight: float = Field(ge=0, le=1)
    evidence: str = Field(examples=["postings 12/40; meaning 0.81"])

    @classmethod
    def of(cls, code: str, relation: Relation) -> RelatedTerm:
        """The other end of `relation`, seen from `code`."""
        other = relation.target if relation.source == code else relation.source
        return cls(
            kind=relation.kind, code=other, name=name_of(other), weight=relation.weight, evidence=relation.evidence
        )


class RelatedTerms(BaseModel):
    """What belongs with a code, strongest first."""

    code: str
    name: str
    related: list[RelatedTerm]


@router.get(
    "/relations",
    operation_id="related_terms",
    summary="What belongs with a class of majors, a group of occupations or an industry",
    description="Entries of the relations that `gradmatch terms relations build` made, with an analyst's edits over "
    "them; strongest first, with the evidence. Empty before the first build and for a code without relations.",
    response_model=RelatedTerms,
    responses=problems(400, 401, 403),
)
def related(code: Code, service: Running, who: Anyone) -> RelatedTerms:
    """List the relations of the code."""
    table = RelationTable(service.settings.home / "terms")
    found = sorted((r for r in table.relations() if code in (r.source, r.target)), key=lambda r: (-r.weight, r.target))
    return RelatedTerms(code=code, name=name_of(code), related=[RelatedTerm.of(code, relation) for relation in found])


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
