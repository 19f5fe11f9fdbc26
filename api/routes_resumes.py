"""Résumés over HTTP: one file to a graduate's record with the place of every value. Nothing is stored or logged."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.access import reader
from api.answers import plain_json
from api.body import parts
from api.openapi import problems
from api.service import Service, in_thread, running
from matching.resumes.reader import read_resume
from matching.resumes.refusal import LARGEST
from matching.standard.records import Graduate
from matching.store import Access

router = APIRouter(tags=["records"])

Reader = Annotated[Access, Depends(reader)]
Running = Annotated[Service, Depends(running)]
_FILE = {"schema": {"type": "string", "format": "binary"}}
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself; what it is, is told by its content.",
        "content": dict.fromkeys(("application/pdf", _WORD, "text/plain"), _FILE),
    }
}


class ResumeSpan(BaseModel):
    """A value of the record and the place that says it."""

    field: str = Field(examples=["skills.0"])
    value: str | int | float
    text: str
    page: int
    start: int
    end: int


class ResumeRead(BaseModel):
    """What was read. `dropped` counts what stayed at the door, by sort."""

    graduate: Graduate
    spans: list[ResumeSpan]
    dropped: dict[str, int]


@router.post(
    "/v1/resumes",
    operation_id="read_resume",
    summary="A graduate's record from a résumé",
    description="Send a PDF, a Word file (.docx) or plain text as the body. The answer is a record of the standard "
    "with the place of every value; names, contact data and protected attributes stay at the door. "
    "The file is neither stored nor logged. A file that is not read as a résumé is refused with the reason (422).",
    response_model=ResumeRead,
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=_BODY,
)
async def read(own: Reader, service: Running, request: Request) -> Response:
    """Read the file in the body."""
    limit = min(service.settings.service.body_limit, LARGEST)
    data = b"".join([part async for part in parts(request, limit)])
    row = await in_thread(service.lookups, lambda: read_resume(data, tenant=own.tenant).as_row())
    return plain_json(row)
