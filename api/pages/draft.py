"""An event while it is filled in: what the wizard's fields hold → a record, or what is wrong with which field."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from api.pages.visitor import Form
from api.pages.words import SHARES
from matching.errors import RecordRefused
from matching.question import CHINA
from matching.standard.check import check
from matching.standard.records import Event, EventRules
from matching.terms import industries, majors
from matching.terms.regions import find_region
from matching.terms.regions import region as region_of

STEPS = {"theme": "主题", "place": "时间与地点", "employers": "用人单位", "rules": "规则", "confirm": "确认"}
FIELDS = {
    "theme": ("title", "tenant", "kind", "industries", "occupations", "majors", "kinds"),
    "place": ("date", "start", "end", "region", "place", "seats", "rooms", "tables", "slot_minutes", "cross_region"),
    "employers": ("which", "employer", "find"),
    "rules": ("meetings_least", "meetings_most", "employer_least", "employer_most", "hardship_least", "furthest_least",
              "county_least", "college_most", "invitations_most", "invitations_days", "clash", "shows_near",
              "shows_far"),
    "confirm": (),
}  # fmt: skip
LABELS = {
    "title": "活动名称", "tenant": "所属平台", "kind": "形式", "industries": "行业", "occupations": "职业",
    "majors": "专业", "kinds": "岗位类型", "date": "日期", "start": "开始", "end": "结束", "region": "地区",
    "place": "地点或直播频道", "seats": "座位数", "rooms": "面谈位", "tables": "每家单位同时面谈数",
    "slot_minutes": "每场面谈分钟数", "cross_region": "地区范围", "which": "参会单位", "employer": "单位",
    "find": "按名称查找",
    "meetings_least": "每人至少面谈", "meetings_most": "每人至多面谈", "employer_least": "每家单位合适人选下限",
    "employer_most": "每家单位接待上限", "hardship_least": "困难群体占比下限", "furthest_least": "离校未就业占比下限",
    "county_least": "县区均衡下限", "college_most": "院校占比上限", "invitations_most": "同期邀请次数上限",
    "invitations_days": "同期的天数", "clash": "活动冲突", "shows_near": "本地到场率", "shows_far": "外地到场率",
    "id": "编号", "starts_at": "开始", "ends_at": "结束", "venue": "地点", "channel": "直播频道",
    "employer_ids": "用人单位", "rules": "规则",
}  # fmt: skip
_HOME = {"starts_at": "start", "ends_at": "end", "venue": "place", "channel": "place", "employer_ids": "employer"}
_LISTED = re.compile(r"[、,，;；\n]+")
_LONGEST = timedelta(hours=12)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Wrong(NamedTuple):
    """What is wrong with a field."""

    field: str
    what: str


class Draft:
    """The wizard's fields: texts by name, as they were typed."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        names = {name for of_step in FIELDS.values() for name in of_step}
        self.values: dict[str, list[str]] = {}
        for name, value in fields:
            if name in names and value.strip():
                self.values.setdefault(name, []).append(value.strip())

    @classmethod
    def sent(cls, form: Form) -> Draft:
        """What a form holds."""
        return cls(form.fields)

    def one(self, name: str) -> str:
        """The value of a field; empty where there is none."""
        return self.values.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        """The values of a field."""
        return self.values.get(name, [])

    def hidden(self, step: str) -> list[tuple[str, str]]:
        """The fields of the other steps."""
        return [(name, v) for name, values in self.values.items() if name not in FIELDS[step] for v in values]

    def event(self, tenant: str, identifier: str) -> tuple[Event | None, list[Wrong]]:
        """The record, or what is wrong."""
        data, wrong = self._data()
        try:
            made = check("event", {"tenant": tenant, "id": identifier, **data})
        except RecordRefused as error:
            for refusal in error.refusals:
                name = refusal.field.rpartition(".")[2] if refusal.field.startswith("rules.") else refusal.field
                name = _HOME.get(name.partition(".")[0].partition("[")[0], name.partition(".")[0].partition("[")[0])
                if name not in {one.field for one in wrong}:
                    wrong.append(Wrong(name, refusal.reason.zh))
            return None, wrong
        return (None if wrong else made), wrong  # type: ignore[return-value]

    def _data(self) -> tuple[dict[str, Any], list[Wrong]]:
        wrong: list[Wrong] = []
        live = self.one("kind") == "livestream"
        data: dict[str, Any] = {
            "title": self.one("title"), "kind": "livestream" if live else "fair",
            "industries": self.all("industries"), "occupations": _listed(self.one("occupations")),
            "majors": _listed(self.one("majors")), "kinds": self.all("kinds"),
            "channel" if live else "venue": self.one("place"), "cross_region": self.one("cross_region") != "no",
            "employer_ids": list(dict.fromkeys(self.all("employer"))) if self.one("which") == "chosen" else [],
        }  # fmt: skip
        if self.one("which") == "chosen" and not data["employer_ids"]:
            wrong.append(Wrong("employer", "请至少选择一家单位，或改为“全部符合主题的单位”。"))
        data["starts_at"], data["ends_at"] = self._times(wrong)
        if self.one("region"):
            found = find_region(self.one("region"))
            data["region"] = found.code if found else None
            if found is None:
                wrong.append(Wrong("region", "不认识这个地区，请写市或县区的全称。"))
        for name in ("seats", "rooms", "tables", "slot_minutes"):
            if self.one(name):
                data[name] = _number(self.one(name), name, wrong)
        data["rules"] = self.rules(wrong)
        return data, wrong

    def _times(self, wrong: list[Wrong]) -> tuple[datetime, datetime]:
        """Beginning and end in China's time; an end before the beginning is on the next day."""
        begins, ends = (_moment(self.one("date"), self.one(name)) for name in ("start", "end"))
        if begins is None or ends is None:
            missing = "date" if not _day(self.one("date")) else "start" if begins is None else "end"
            wrong.append(Wrong(missing, "请填写日期（年-月-日）和时间（时:分）。"))
            return datetime(2000, 1, 1, tzinfo=CHINA), datetime(2000, 1, 1, 1, tzinfo=CHINA)
        ends += timedelta(days=int(ends <= begins))
        if ends - begins > _LONGEST:
            wrong.append(Wrong("end", "结束时间早于开始时间（跨零点的活动最长十二小时）。"))
        return begins, ends

    def rules(self, wrong: list[Wrong]) -> dict[str, Any]:
        """The rules that are stated; shares are typed in per cent."""
        told: dict[str, Any] = {}
        for name in FIELDS["rules"]:
            if name == "clash":
                told[name] = self.one(name) != "no"
            elif self.one(name):
                value = _number(self.one(name), name, wrong)
                told[name] = value / 100 if name in SHARES and value is not None else value
        return {name: value for name, value in told.items() if value is not None}


def draft_of(event: Event) -> Draft:
    """The fields of an event that is stored."""
    begins, ends = event.starts_at.astimezone(CHINA), event.ends_at.astimezone(CHINA)
    fields = [
        ("title", event.title), ("tenant", event.tenant), ("kind", event.kind),
        ("occupations", "、".join(event.occupations)), ("majors", "、".join(event.majors)),
        ("date", f"{begins:%Y-%m-%d}"), ("start", f"{begins:%H:%M}"), ("end", f"{ends:%H:%M}"),
        ("region", _region_name(event.region)), ("place", event.venue or event.channel),
        ("slot_minutes", str(event.slot_minutes)), ("tables", str(event.tables)),
        ("cross_region", "yes" if event.cross_region else "no"),
        ("which", "chosen" if event.employer_ids else "all"),
        *(("industries", name) for name in event.industries),
        *(("kinds", kind.value) for kind in event.kinds), *(("employer", key) for key in event.employer_ids),
        *((name, str(getattr(event, name))) for name in ("seats", "rooms") if getattr(event, name)),
        *rule_fields(event.rules),
    ]  # fmt: skip
    return Draft(fields)


def rule_fields(rules: EventRules) -> list[tuple[str, str]]:
    """The rules as they are typed: shares in per cent, empty where the default stands."""
    told = []
    for name, value in rules.model_dump().items():
        if name == "clash":
            told.append((name, "yes" if value else "no"))
        elif value is not None:
            told.append((name, f"{value * 100:g}" if name in SHARES else f"{value:g}"))
    return told


def blank(tenant: str) -> Draft:
    """The fields of a new event."""
    usual = {"tenant": tenant, "kind": "fair", "start": "09:00", "end": "11:30", "slot_minutes": "15", "tables": "1",
             "cross_region": "yes", "which": "all"}  # fmt: skip
    return Draft([*usual.items(), *rule_fields(EventRules())])


def new_id(draft: Draft) -> str:
    """An id for a new event: its day and chance."""
    day = re.sub(r"\D", "", draft.one("date"))[:8] or "undated"
    return f"fair-{day}-{secrets.token_hex(3)}"


def step_of(wrong: list[Wrong]) -> str:
    """The first step with something wrong in it."""
    names = {one.field for one in wrong}
    return next((step for step, fields in FIELDS.items() if names & set(fields)), "theme")


def sections() -> list[tuple[str, str]]:
    """The twenty sections of GB/T 4754: letter and name."""
    return [(row.code, row.name) for row in industries.rows() if len(row.code) == 1]


def majors_read(text: str) -> list[tuple[str, str]]:
    """How each name of a list of majors is read; empty where it is not known."""
    told = []
    for part in _listed(text)[:20]:
        by_code = majors.major(part)
        found = (by_code,) if by_code else majors.find_majors(part)
        told.append((part, "、".join(f"{one.name}（{one.code}）" for one in found[:3])))
    return told


def _listed(text: str) -> list[str]:
    return [part.strip() for part in _LISTED.split(text) if part.strip()]


def _region_name(code: str | None) -> str:
    found = region_of(code) if code else None
    return found.name if found and find_region(found.name) == found else code or ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _moment(day: str, clock: str) -> datetime | None:
    on = _day(day)
    return datetime.combine(on, time.fromisoformat(clock), CHINA) if on and _TIME.fullmatch(clock) else None


def _number(text: str, name: str, wrong: list[Wrong]) -> float | None:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        wrong.append(Wrong(name, "请填写数字。"))
        return None
    return int(value) if value == int(value) else value
