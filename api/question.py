"""Parameters → a question: what can be asked, checked, with every unknown name told."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import BadParameter
from matching.errors import QueryError
from matching.language import Words
from matching.question import Filters, Question
from matching.standard.privacy import contact_in
from matching.standard.records import Kind, Region, Tenant, key_of
from matching.standard.refusals import Refusal

M = TypeVar("M", bound=BaseModel)

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}:[A-Za-z0-9._~-]{1,128}")
_FIX = Words("请按接口说明（/openapi.json）更正该参数。", "Correct it; /openapi.json describes every parameter.")
_UNKNOWN = Words("没有这个参数", "there is no such parameter")


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    k: Annotated[int, Field(description="How many matches, 1 to the service's largest_k.", examples=[10])] = 10
    cursor: Annotated[
        str | None, Field(max_length=1_024, description="`next_cursor` of the page before; leave out for the first.")
    ] = None
    tenants: Annotated[
        list[Tenant], Field(max_length=100, description="Only records of these tenants.", examples=[["demo"]])
    ] = []
    today: Annotated[
        date | None,
        Field(
            description="The day on which the rules are asked; default: today in China. Give it to get the same "
            "answer on another day.",
            examples=["2026-06-15"],
        ),
    ] = None
    explain: Annotated[bool, Field(description="Whether reasons are given.")] = True
    by: Annotated[
        Literal["fit", "surplus"],
        Field(description="What lists are ordered by: the score, or expected surplus (chance × use to the person)."),
    ] = "fit"

    def filters(self) -> Filters:
        """What the matches are narrowed to."""
        return Filters(tenants=tuple(self.tenants))

    def question(self, largest: int) -> Question:
        """The question, its cursor apart.

        Raises
        ------
        QueryError
            `k` is not in 1 to `largest`.
        """
        if not 1 <= self.k <= largest:
            raise QueryError(f"k is {self.k}", where="k", cure=f"Ask for 1 to {largest}.")
        return Question(k=self.k, today=self.today, filters=self.filters(), explained=self.explain, by=self.by)


class GraduateOptions(_Options):
    """What can be asked when graduates are ranked."""


class PostingOptions(_Options):
    """What can be asked when postings are ranked. A posting that does not state a value is outside a filter on it."""

    kinds: Annotated[list[Kind], Field(max_length=10, description="Only these kinds.", examples=[["job"]])] = []
    regions: Annotated[
        list[Region],
        Field(
            max_length=100,
            description="Only within these regions (GB/T 2260, any level: 360000 is all of Jiangxi).",
            examples=[["360100"]],
        ),
    ] = []
    industries: Annotated[
        list[Annotated[str, Field(pattern="^[A-T]$")]],
        Field(max_length=20, description="Only these sections of GB/T 4754.", examples=[["I"]]),
    ] = []

    def filters(self) -> Filters:
        """See `_Options.filters`."""
        return Filters(tuple(self.kinds), tuple(self.regions), tuple(self.industries), tuple(self.tenants))


def form_of(model: type[M], body: object) -> M:
    """A JSON body as `model`.

    Raises
    ------
    BadParameter
        Names every field that is not right, without its value.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise bad_parameters(error.errors(include_url=False, include_input=False), "body") from None


def bad_parameters(details: Any, place: str = "") -> BadParameter:  # noqa: ANN401 - pydantic's and FastAPI's differ
    """Pydantic's complaints, without the values that were given."""
    refusals = []
    for detail in details:
        field = ".".join(str(part) for part in ([place] if place else []) + list(detail["loc"]))
        unknown = detail["type"] == "extra_forbidden"
        reason = _UNKNOWN if unknown else Words(f"参数不正确：{detail['msg']}", str(detail["msg"]))
        refusals.append(Refusal(field, "", "unknown_parameter" if unknown else detail["type"], reason, _FIX))
    return BadParameter(refusals)


def hash_of(*parts: object) -> str:
    """A short hash of what was asked; equal for equal questions, in every process."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:20]


def key_in_path(own_tenant: str, identifier: str, *, person: bool) -> str:
    """The key that a path names: ``id`` within the key's own tenant, or ``tenant:id``.

    Raises
    ------
    QueryError
        It is not of the standard's form or, of a person, looks like contact data; it is not repeated.
    """
    key = key_of(own_tenant, identifier)
    if not KEY.fullmatch(key) or (person and contact_in(key)):
        raise QueryError(
            "the id in the path is not of the form that the standard gives",
            where="path",
            cure="Use the platform's own id, or tenant:id; never a phone or ID number.",
        )
    return key
