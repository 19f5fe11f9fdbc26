"""What routes and pages of campaigns do alike: whose one is, what-ifs as jobs, the stop rule, who was not reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from api.event_work import state_of
from matching.errors import UnknownId
from matching.push.limited import limited
from matching.push.planning import Question
from matching.push.supposing import suppose
from matching.question import CHINA
from matching.sending.stopping import StopRule, wilson_low
from matching.store import Access, Campaign, Campaigns, Role
from matching.store.writing import chunks
from matching.terms.regions import region as region_of

if TYPE_CHECKING:
    from api.service import Service
    from matching.fairs.running import Work
    from matching.progress import Progress
    from matching.settings import PushSettings
    from matching.standard.records import Graduate
    from matching.store import Store

STAGES = (0.01, 0.1, 1.0)
WHAT_IF = "push-what-if"


def own_campaign(campaigns: Campaigns, own: Access, name: str, role: Role = Role.READ) -> Campaign:
    """The campaign that a path names. One of another tenant is as unknown as one that does not exist.

    Raises
    ------
    UnknownId
    """
    found = campaigns.get(name)
    if not own.may(role, found.tenant):
        raise UnknownId(f"no campaign '{name}'", cure="See GET /v1/campaigns.")
    return found


def subject(campaign: Campaign) -> str:
    """What the jobs of a campaign are kept under; no event's key has a stroke in it."""
    return f"campaign/{campaign.id}"


def next_stage(share: float) -> float | None:
    """The stage after `share`; None where everybody is reached."""
    return next((stage for stage in STAGES if stage > share + 1e-9), None)


def supposing(service: Service, campaign: Campaign, limits: Mapping[str, float]) -> Work:
    """Work that answers what tonight would come to under other limits.

    Raises
    ------
    QueryError
        The limits are none.
    """
    limited(service.settings.push, limits)

    def work(progress: Progress) -> Mapping[str, Any]:
        now = datetime.now(CHINA)
        question = Question(campaign, now.date(), now)
        found = suppose(service.store, service.settings, state_of(service), question, limits, progress=progress)
        return {**found, "limits": dict(limits), "before": dict(campaign.limits)}

    return work


class Watch(NamedTuple):
    """One side of the stop rule: how many of those reached, the share that is borne, and the share that is sure."""

    name: str
    hits: int
    share: float
    sure: float
    most: float


class Watched(NamedTuple):
    """The state of the stop rule; `early`: too few were reached for it to conclude anything."""

    people: int
    least: int
    early: bool
    sides: tuple[Watch, ...]


def watched(campaigns: Campaigns, campaign: Campaign, push: PushSettings) -> Watched:
    """How near a campaign is to being stopped."""
    reached, rule = campaigns.reached(campaign.id), StopRule()
    sides = tuple(
        Watch(name, count, count / max(reached.people, 1), wilson_low(count, reached.people, rule.sure), most)
        for name, count, most in (
            ("stops", reached.stops, push.opt_out_most),
            ("complaints", reached.complaints, push.complaints_most),
        )
    )
    return Watched(reached.people, push.opt_out_least, reached.people < push.opt_out_least, sides)


class Missed(NamedTuple):
    """Somebody who got nothing, and why; county and college as the record has them."""

    graduate: str
    reason: str
    county: str
    college: str


class Sieve(NamedTuple):
    """Which of those who got nothing are looked at; empty: all. County and college by a part of their name."""

    reason: str = ""
    county: str = ""
    college: str = ""

    @property
    def deep(self) -> bool:
        """Whether records must be read to know."""
        return bool(self.county or self.college)

    def takes(self, one: Missed) -> bool:
        """Whether this one is looked at."""
        return (
            self.reason in ("", one.reason)
            and self.county.lower() in one.county.lower()
            and self.college.lower() in one.college.lower()
        )


def missed_of(store: Store, missed: Mapping[str, str]) -> Iterator[Missed]:
    """People who got nothing, with what their records say, in the order in which they are given."""
    for chunk in chunks(list(missed)):
        found = cast("dict[str, Graduate]", store.get_many("graduate", chunk))
        for key in chunk:
            record = found.get(key)
            place = region_of(record.region) if record is not None and record.region else None
            county = "" if place is None else place.name
            yield Missed(key, missed[key], county, "" if record is None else record.school)


class Missing(NamedTuple):
    """A page of those who got nothing: the reasons of all that pass the sieve, how many they are, and some of them."""

    reasons: dict[str, int]
    total: int
    people: list[Missed]


def missing(store: Store, night: str, sieve: Sieve, *, skip: int, limit: int) -> Missing:
    """Who got nothing in a night, through a sieve.

    Reasons are counted over all that county and college let through, whatever reason is asked for.
    """
    missed = Campaigns(store).unreached(night)
    if not sieve.deep:
        asked = {key: reason for key, reason in missed.items() if sieve.reason in ("", reason)}
        page = dict(list(asked.items())[skip : skip + limit])
        reasons = dict(sorted(Counter(missed.values()).items()))
        return Missing(reasons, len(asked), list(missed_of(store, page)))
    wide, counts, people, total = sieve._replace(reason=""), Counter[str](), [], 0
    for one in missed_of(store, missed):
        if not wide.takes(one):
            continue
        counts[one.reason] += 1
        if sieve.takes(one):
            if skip <= total < skip + limit:
                people.append(one)
            total += 1
    return Missing(dict(sorted(counts.items())), total, people)
