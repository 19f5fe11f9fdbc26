"""Code tables over HTTP: what a text means, and which entries a few letters may mean."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.access import access
from api.openapi import problems
from api.service import Service, running
from matching.store import Access
from matching.terms import key_industries, lookup, tables
from matching.terms import related as related_terms
from matching.terms.relation_table import RelationTable
from matching.terms.relations import Relation, name_of

router = APIRouter(prefix="/v1/terms", tags=["terms"])

Anyone = Annotated[Access, Depends(access)]
Kind = lookup.Kind
Most = Annotated[int, Query(ge=1, le=50)]
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


class KeyIndustry(BaseModel):
    """One of the province's key industries."""

    code: str = Field(examples=["JX1269-04"])
    plan: str = Field(examples=["1269"])
    tier: str = Field(examples=["chain"], description="trillion, 500 billion, 100 billion (yuan a year) or chain.")
    name: str = Field(examples=["新能源"])
    codes: list[str] = Field(examples=[["C3825", "C384"]], description="GB/T 4754-2017, at any level.")

    @classmethod
    def of(cls, entry: key_industries.KeyIndustry) -> KeyIndustry:
        """The entry as it is answered."""
        return cls(code=entry.code, plan=entry.plan, tier=entry.tier, name=entry.name.zh, codes=list(entry.codes))


class TermAnswer(BaseModel):
    """The answer to one text; `reading` is null where it is not known, never a guess below .5."""

    text: str
    reading: TermReading | None
    key_industries: list[KeyIndustry] = Field(
        default=[], description="Of an industry, or of a key industry itself: the plan in force first."
    )


class TermTable(BaseModel):
    """Rows of one level of a table beside the standard's own count."""

    table: str = Field(examples=["industries"])
    edition: str = Field(examples=["GB/T 4754-2017"])
    level: str = Field(examples=["group"])
    held: int = Field(examples=[473])
    standard: int | None = Field(examples=[473], description="Null where the standard states none, or there is none.")
    difference: int | None = Field(examples=[0])
    why: str


class TermTables(BaseModel):
    """Every level of every table."""

    tables: list[TermTable]


class SuggestedTerm(BaseModel):
    """An entry of another table that belongs with the one asked about."""

    code: str = Field(examples=["2-02-10"])
    name: str
    weight: float = Field(ge=0, le=1)
    evidence: str = Field(examples=["postings 12/40; meaning 0.81"])


class TermRelated(BaseModel):
    """What belongs with what a text means, strongest first; empty where it is not known."""

    text: str
    reading: TermReading | None
    related: list[SuggestedTerm]


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
    "",
    operation_id="list_term_tables",
    summary="The code tables, with editions and counts",
    description="Every level of every table: the standard's edition, the rows held, the standard's own count, and why "
    "the two differ.",
    response_model=TermTables,
    responses=problems(400, 401, 403),
)
def list_tables(who: Anyone) -> TermTables:
    """List the tables."""
    rows = [TermTable(**{**c._asdict(), "difference": c.difference, "why": c.why.zh}) for c in tables.counts()]
    return TermTables(tables=rows)


@router.get(
    "/{kind}/related",
    operation_id="suggest_related_terms",
    summary="What belongs with what a text means",
    description="Reads the text as `look_up_term` does and goes along the relations: occupations that a major leads "
    "to, industries that employ an occupation, and back; from majors to industries over the occupations. Strongest "
    "first, with the evidence of the strongest ways. Empty where the text is not known or nothing is related.",
    response_model=TermRelated,
    responses=problems(400, 401, 403),
)
def suggest_related(
    kind: related_terms.Table, text: Text, to: related_terms.Table, service: Running, who: Anyone, k: Most = 10
) -> TermRelated:
    """List the suggestions."""
    found = lookup.look_up(kind, text)
    reading = TermReading(**found._asdict()) if found else None
    if found is None:
        return TermRelated(text=text, reading=None, related=[])
    relations = RelationTable(service.settings.home / "terms").relations()
    listed = related_terms.related(relations, found.code, to=to, k=k)
    return TermRelated(text=text, reading=reading, related=[SuggestedTerm(**one._asdict()) for one in listed])


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
    key = key_industries.named(text) if kind == "key-industries" else lookup.key_industries_of(kind, found)
    reading = TermReading(**found._asdict()) if found else None
    return TermAnswer(text=text, reading=reading, key_industries=[KeyIndustry.of(entry) for entry in key])


@router.get(
    "/{kind}/suggestions",
    operation_id="suggest_terms",
    summary="Entries that a few letters may mean",
    description="For a field that completes what is typed: what the text means first, then names that begin with it.",
    response_model=TermSuggestions,
    responses=problems(400, 401, 403),
)
def suggest(kind: Kind, text: Text, who: Anyone, k: Most = 10) -> TermSuggestions:
    """List the entries."""
    return TermSuggestions(terms=[Term(**entry._asdict()) for entry in lookup.suggest(kind, text, k=k)])
