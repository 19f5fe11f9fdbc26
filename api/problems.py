"""What went wrong, as RFC 9457 problem details: the one place where errors become status codes.

Errors of the caller say what, where and the cure. Errors of the service (500 and above) say only which kind and
an incident number: paths, URLs and stack frames are for the log. Nothing here repeats contact data (Law 10).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from api.errors import BadParameter, BodyTooLarge, CursorOutdated, MalformedBody, NotReady, WrongMediaType
from matching.errors import (
    AccessError,
    ClusterError,
    EncoderError,
    FileError,
    GradmatchError,
    InputError,
    ListChanged,
    MappingError,
    NoList,
    NoSnapshot,
    NotAllowed,
    NotAuthenticated,
    OutOfTime,
    QueryError,
    RecordRefused,
    ResumeRefused,
    SettingsError,
    SnapshotDamaged,
    SnapshotError,
    SnapshotMismatch,
    SnapshotUnreachable,
    StoreError,
    UnknownId,
)
from matching.language import Words
from matching.sending.links import BadLink
from matching.sending.moment import ClockSet
from matching.standard.privacy import redact
from matching.standard.refusals import Refusal
from matching.store.standing import Overtaken

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger("gradmatch.api")


class Kind(NamedTuple):
    """A kind of problem: HTTP status, the last part of its type URI, and its title."""

    status: int
    slug: str
    title: Words

    @property
    def type(self) -> str:
        """The type URI, relative to the service."""
        return f"/problems/{self.slug}"


INTERNAL = Kind(500, "internal", Words("服务内部错误", "The service made a mistake"))
_BUILT = Words("快照不可用", "The snapshot cannot be used")

KINDS: Mapping[type[GradmatchError], Kind] = {
    GradmatchError: INTERNAL,
    InputError: Kind(400, "bad-input", Words("输入有误", "The input is not right")),
    BadParameter: Kind(400, "bad-parameter", Words("参数有误", "A parameter is not right")),
    BadLink: Kind(400, "bad-link", Words("链接无效或已过期", "The link is not good, or has ended")),
    QueryError: Kind(400, "bad-question", Words("无法这样提问", "The question is impossible")),
    NoList: Kind(422, "no-list", Words("没有满足全部规则的名单", "No list can keep all the rules")),
    ListChanged: Kind(412, "list-changed", Words("名单已被他人修改", "Somebody else has changed the list")),
    ClusterError: Kind(503, "workers-unavailable", Words("计算节点不可用", "The machines that work cannot be had")),
    OutOfTime: Kind(503, "out-of-time", Words("在给定时间内没有结果", "There was no answer in the time given")),
    CursorOutdated: Kind(409, "cursor-outdated", Words("翻页标记已过期", "The cursor is of an earlier snapshot")),
    MalformedBody: Kind(400, "malformed-body", Words("请求内容不是有效的 JSON", "The body is not valid JSON")),
    BodyTooLarge: Kind(413, "body-too-large", Words("请求内容过大", "The body is too large")),
    WrongMediaType: Kind(415, "wrong-media-type", Words("不支持的内容类型", "The media type is not supported")),
    RecordRefused: Kind(422, "record-refused", Words("记录不符合数据标准", "The record breaks the data standard")),
    ResumeRefused: Kind(422, "resume-refused", Words("文件不能作为简历读取", "The file is not read as a résumé")),
    FileError: Kind(400, "bad-file", Words("文件有误", "The file is not right")),
    MappingError: Kind(400, "bad-mapping", Words("映射文件有误", "The mapping is not right")),
    SettingsError: Kind(500, "bad-settings", Words("服务配置有误", "The service's settings are not right")),
    AccessError: Kind(403, "no-access", Words("没有权限", "No access")),
    NotAuthenticated: Kind(401, "not-authenticated", Words("缺少有效的接口密钥", "A good API key is missing")),
    NotAllowed: Kind(403, "not-allowed", Words("密钥无此权限", "The API key does not allow this")),
    UnknownId: Kind(404, "unknown-id", Words("没有这条记录", "There is no such record")),
    ClockSet: Kind(503, "clock-set", Words("服务器时钟被改动", "The clock of the machine was set")),
    Overtaken: Kind(409, "overtaken", Words("已被他人抢先处理", "Somebody else was quicker")),
    StoreError: Kind(503, "store-unavailable", Words("数据库暂不可用", "The store cannot be used now")),
    SnapshotError: Kind(503, "snapshot-unavailable", _BUILT),
    NoSnapshot: Kind(503, "no-snapshot", Words("尚未构建快照", "Nothing has been built yet")),
    SnapshotDamaged: Kind(503, "snapshot-damaged", _BUILT),
    SnapshotMismatch: Kind(503, "snapshot-mismatch", _BUILT),
    SnapshotUnreachable: Kind(503, "snapshot-unreachable", _BUILT),
    EncoderError: Kind(503, "encoder-unavailable", Words("编码器不可用", "The encoder cannot be used")),
    NotReady: Kind(503, "not-ready", Words("服务尚未就绪", "The service is not ready")),
}
"""Every error class that may reach the door. A class that is not here counts as its nearest ancestor."""

NO_ROUTE = Kind(404, "no-such-path", Words("没有这个地址", "There is no such path"))
NO_METHOD = Kind(405, "method-not-allowed", Words("该地址不支持此方法", "The path does not take this method"))


def kind_of(error: GradmatchError) -> Kind:
    """The kind of `error`: its class's own, or its nearest ancestor's."""
    return next(KINDS[c] for c in type(error).__mro__ if c in KINDS)


def problem(kind: Kind, detail: str = "", *, more: Mapping[str, Any] | None = None) -> Response:
    """A problem response. `more` adds members; those that are empty are left out."""
    members: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title.en,
        "titles": words(kind.title),
        "status": kind.status,
        "detail": detail or kind.title.en,
        **{name: value for name, value in (more or {}).items() if value not in ("", None, [], ())},
    }
    return Response(orjson.dumps(members), kind.status, media_type=MEDIA_TYPE, headers=_headers(kind.status))


def problem_of(error: GradmatchError) -> Response:
    """The problem response for one of our errors."""
    kind = kind_of(error)
    if kind.status >= 500:
        return _ours(kind, error)
    return problem(
        kind,
        without_contact(error.what),
        more={
            "where": without_contact(error.where),
            "cure": without_contact(error.cure),
            "refusals": [refusal_dict(refusal) for refusal in getattr(error, "refusals", ())],
            "kept": getattr(error, "kept", None),
            "code": getattr(error, "code", None),
        },
    )


def told_of(error: Exception) -> dict[str, Any]:
    """The problem of an error in work that nobody waits for, as the job's result."""
    answer = problem_of(error) if isinstance(error, GradmatchError) else problem_of_fault(error)
    told: dict[str, Any] = orjson.loads(bytes(answer.body))
    return {"problem": told}


def problem_of_fault(error: Exception) -> Response:
    """The problem response for an error nobody foresaw."""
    return _ours(INTERNAL, error)


def refusal_dict(refusal: Refusal) -> dict[str, Any]:
    """A refusal as it stands in answers; contact data in a field's name are hidden too."""
    return {
        "field": without_contact(refusal.field),
        "value": refusal.value,
        "code": refusal.code,
        "reason": words(refusal.reason),
        "cure": words(refusal.cure),
    }


def without_contact(text: str) -> str:
    """`text` with contact data hidden, also where they are one part of a dotted path."""
    return ".".join(redact(part)[0] for part in redact(text)[0].split("."))


def words(said: Words) -> dict[str, str]:
    """Words as they stand in answers."""
    return {"zh": said.zh, "en": said.en}


def _ours(kind: Kind, error: Exception) -> Response:
    incident = uuid.uuid4().hex[:12]
    _LOG.error("fault", extra={"fields": {"incident": incident, "kind": kind.slug}}, exc_info=error)
    cure = "Try again; if it stays, tell the operator the incident number, under which the log says more."
    return problem(kind, kind.title.en, more={"cure": cure, "incident": incident})


def _headers(status: int) -> dict[str, str]:
    own = {
        401: {"WWW-Authenticate": 'Bearer realm="gradmatch"'},
        413: {"Connection": "close"},  # what is left of the body is not read
        503: {"Retry-After": "1"},
    }
    return {"Cache-Control": "no-store", **own.get(status, {})}
