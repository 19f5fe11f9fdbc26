"""The description of the service: FastAPI's, completed by bodies, problems, examples and the API key."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api import campaign_forms, event_forms
from api import problems as told
from api.examples import EXAMPLES
from api.question import GraduateOptions, PostingOptions
from api.schemas import MODELS
from matching.standard.records import RECORD_TYPES

Described = dict[str, Any]
_REF = "#/components/schemas/{model}"

CHANGE: Described = {
    "headers": {
        "X-Gradmatch-Change": {
            "description": "Answers whose own X-Gradmatch-Change is at least this show the write; within a second.",
            "schema": {"type": "integer"},
        }
    }
}
PAGE: dict[int | str, Described] = {
    200: {
        "description": "A page, best first.",
        "headers": {
            "ETag": {"description": "Changes whenever the answer can.", "schema": {"type": "string"}},
            "X-Gradmatch-Change": {
                "description": "The last change of the store that the answer shows.",
                "schema": {"type": "integer"},
            },
        },
    },
    304: {"description": "The caller's answer is still right."},
}
_ID = {"type": "string", "description": "The id within the API key's tenant, or `tenant:id`."}
_ID_LINE: Described = {
    "oneOf": [
        _ID,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["id"],
            "properties": {"id": _ID, "tenant": {"type": "string"}},
        },
    ]
}
TAGS = [
    {"name": "rank", "description": "Who fits, and why."},
    {"name": "records", "description": "Records, one by one."},
    {"name": "bulk", "description": "Records in bulk, one a line."},
    {"name": "interactions", "description": "What happened between people and postings."},
    {"name": "events", "description": "Fairs: invitation lists, answers, timetables, outcomes."},
    {"name": "push", "description": "Campaigns, and what people tap in a digest."},
    {"name": "health", "description": "How the service is doing."},
]
_ABOUT = """Matches graduates with jobs and internships. 毕业生与岗位匹配服务。

Every answer comes from one consistent state, named by `version`. Records are written by the platforms and are
searchable within a second. Names, contact data and ID numbers are refused. Errors are problem details (RFC 9457)
that say what is wrong, where, and what to do.
"""
_MEANINGS = {
    400: "The question or the body is not right",
    401: "No good API key",
    403: "The key does not allow this",
    404: "No such record",
    409: "The cursor is of an earlier snapshot: start again",
    412: "Somebody else has changed the list",
    413: "The body is over the limit",
    415: "The media type is not supported",
    422: "The record breaks the data standard",
    503: "The service cannot do this now",
}


def problems(*statuses: int) -> dict[int | str, Described]:
    """The responses of an operation that may end in problems of these statuses."""
    content = {told.MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def request_body(component: str) -> Described:
    """A required JSON body of one form."""
    content = {"application/json": {"schema": {"$ref": _REF.format(model=component)}, "example": EXAMPLES[component]}}
    return {"requestBody": {"required": True, "content": content}}


def lines_body(component: str, what: str) -> Described:
    """A required body of lines of one form. OpenAPI 3.1 cannot describe lines; the description says it."""
    return {
        "requestBody": {
            "required": True,
            "description": f"One {what} a line; the form of a line is {component}.",
            "content": {"application/x-ndjson": {"schema": {"type": "string", "description": component}}},
        }
    }


def interactions_body() -> Described:
    """One interaction, a list, or lines."""
    one = {"$ref": _REF.format(model="InteractionBody")}
    example = EXAMPLES["InteractionBody"]
    schema = {"oneOf": [one, {"type": "array", "items": one}]}
    content = {
        "application/json": {"schema": schema, "example": example},
        "application/x-ndjson": {"schema": {"type": "string", "description": "InteractionBody"}},
    }
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI, *, largest_k: int) -> Described:
    """The OpenAPI 3.1 document of `app`."""
    document = get_openapi(
        title="gradmatch",
        version=version("gradmatch"),
        description=_ABOUT,
        routes=app.routes,
        tags=TAGS,
    )
    parts = document.setdefault("components", {})
    schemas = {**parts.get("schemas", {}), **_answers(), **_bodies()}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for name, example in EXAMPLES.items():
        schemas[name] = {**schemas[name], "examples": [example]}
    parts["schemas"] = dict(sorted(schemas.items()))
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "`gm_…`, made by `gradmatch keys create`."}
    }
    document["security"] = [{"key": []}]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, path, largest_k)
    return document


def _complete(operation: Described, path: str, largest_k: int) -> None:
    if path in ("/healthz", "/readyz"):
        operation["security"] = []
    if "HTTPValidationError" in str(operation["responses"].get("422")):
        del operation["responses"]["422"]  # FastAPI's own form, which no error here has
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "k":
            parameter["schema"].update(minimum=1, maximum=largest_k)


def _answers() -> Described:
    _, made = models_json_schema([(model, "serialization") for model in MODELS], ref_template=_REF)
    return dict(made["$defs"])


def _bodies() -> Described:
    """The record types as they are sent: `tenant` and `id` may be left out, except where only the body has them."""
    models: list[type[BaseModel]] = [*RECORD_TYPES.values(), PostingOptions, GraduateOptions]
    models += [*event_forms.BODIES, *campaign_forms.BODIES]
    _, made = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    parts: Described = dict(made["$defs"])
    for type_name, model in RECORD_TYPES.items():
        body = dict(parts.pop(model.__name__))
        body["required"] = [
            name for name in body["required"] if name != "tenant" and (name != "id" or type_name == "interaction")
        ]
        parts[f"{model.__name__}Body"] = body
    parts["IdLine"] = _ID_LINE
    options = [parts.pop(model.__name__)["properties"] for model in (PostingOptions, GraduateOptions)]
    parts["RankRequest"] = {
        "description": "A record that is not stored, and how to rank for it.",
        "oneOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "required": [asker],
                "properties": {asker: {"$ref": _REF.format(model=f"{asker.title()}Body")}, **fields},
            }
            for asker, fields in zip(("graduate", "posting"), options, strict=True)
        ],
    }
    return parts
