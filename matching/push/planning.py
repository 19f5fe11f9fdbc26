"""A campaign's night, from the store: who may get what, decided at once, written down as messages that wait.

What is planned already stays: whoever has a message waiting rests, and its postings' places are taken. So a second plan
on one day decides for the others alone, around it, unless it is asked to decide again what waits (`renewing`). Nothing
is sent here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import polars as pl

from matching.chance import chances_of
from matching.errors import QueryError
from matching.push.history import Budget, Replies, appeal_factors, budgets, only_news, reply_factors
from matching.push.invitations import BEFORE
from matching.push.limited import LIMITS, limited
from matching.push.limits import Load
from matching.push.night import Night, Rules, decide
from matching.push.plain import plain_choice
from matching.push.plan import floor_price
from matching.push.renewing import renewal
from matching.push.telling import says_what
from matching.standard.records import Posting, Protected
from matching.store import Campaign, Campaigns, Draft, Item, Lists, Outbox, Standing, Wishes
from matching.store.standing import HELD as HOLDOUT
from matching.store.times import to_micros

if TYPE_CHECKING:
    import pyarrow as pa

    from matching.settings import PushSettings, Settings
    from matching.store import Store

OPENED = ("opened", "clicked", "saved", "dismissed", "applied", "answered", "interviewed", "offered", "hired")
"""Actions that show that a digest was opened."""
ANSWERED = ("answered", "interviewed", "offered", "hired", "declined")
OPTED_OUT, WANTS_PLAIN, NOT_YET = "opted out", "not personalised", "not in this stage"
_FRESH = timedelta(days=1)
"""A digest this young is not held against its reader."""


@dataclass(frozen=True)
class Question:
    """What a night is asked.

    Parameters
    ----------
    campaign : Campaign
    day : date
        In China.
    now : datetime
        With time zone; everything known before counts.
    kind : str
        ``"night"``, or the trigger: those who want nothing personalised are not reached by it.
    turn : int
        1 for the first plan of the day; later ones plan around it.
    price : bool
        Also work out what the floors cost, by deciding once more without them.
    part : float
        Share of all people that is asked; postings' places are scaled to it.
    overlook : frozenset of str
        Nights whose messages count as if they had never been planned: to decide one of them anew.
    explores : bool
        Draw digests by chance where the rule says so; triggers never do.
    standing : Standing, optional
        What waits of an earlier plan of the night: it is decided again, going on from there.
    """

    campaign: Campaign
    day: date
    now: datetime
    kind: str = "night"
    turn: int = 1
    price: bool = True
    part: float = 1.0
    overlook: frozenset[str] = frozenset()
    explores: bool = True
    standing: Standing | None = None

    @property
    def of(self) -> date:
        """Whose night it is: the day, or that of the plan that is decided again."""
        return self.day if self.standing is None else self.standing.day

    @property
    def night(self) -> str:
        """The id of the night."""
        later = "" if self.turn == 1 else f"-{self.turn}"
        return f"{self.campaign.id}-{self.of.isoformat()}-{self.kind}{later}"


@dataclass(frozen=True)
class Tonight:
    """What a night decided, ready to be written.

    Parameters
    ----------
    drafts : tuple of Draft
        Messages to be written.
    missed : dict
        Graduate → why nothing is planned.
    certificate : dict
    instead_of : tuple of str
        Waiting messages that are withdrawn.
    """

    question: Question
    night: Night
    drafts: tuple[Draft, ...]
    missed: dict[str, str]
    certificate: dict[str, Any]
    instead_of: tuple[str, ...] = ()

    def write(self, store: Store) -> bool:
        """Write it down; see `Campaigns.write_night`."""
        return Campaigns(store).write_night(
            self.question.night,
            self.question.campaign.id,
            self.drafts,
            kind=self.question.kind,
            day=self.question.of,
            missed=self.missed,
            certificate=self.certificate,
            instead_of=self.instead_of,
        )


def plan_night(
    store: Store,
    settings: Settings,
    pairs: pa.Table,
    graduates: Sequence[str],
    question: Question,
    *,
    why: Mapping[tuple[str, str], tuple[str, ...]] | None = None,
    places: pl.DataFrame | None = None,
) -> Tonight:
    """Decide a night.

    Parameters
    ----------
    pairs : pyarrow.Table
        Candidates as `matching.bulk.RANKED`, and asked (bool) where people may have asked for a pair.
    graduates : sequence of str
        Keys of all who seek work; those outside the campaign's tenant are left out.
    why : mapping, optional
        Reasons of pairs; see `with_reasons`, which adds them afterwards.
    places : polars.DataFrame, optional
        What is no posting and may be sent all the same (fairs), in the columns of the postings; see `decide`.

    Raises
    ------
    StoreError
    QueryError
        The campaign was stopped, or what waits was drawn by chance and cannot be decided again.
    """
    campaign, push = question.campaign, limited(settings.push, question.campaign.limits)
    _check(question, push)
    known = _Known(store, question, push)
    asked = sorted(k for k in graduates if not campaign.tenant or k.startswith(f"{campaign.tenant}:"))
    budget = dict(
        zip(asked, budgets(asked, known.sent, now=question.now, budget=budget_of(push)).tolist(), strict=True)
    )
    apart = {key: reason for key in asked if (reason := known.apart(key))}
    people = _people(store, [key for key in asked if key not in apart], budget)
    fresh = only_news(_frame(pairs), known.sent, known.past)
    postings = _postings(store, known, push)
    if places is not None:
        postings = pl.concat([postings, places.cast(postings.schema)])
    night = decide(
        fresh.to_arrow(),
        chances_of(settings),
        people=people,
        postings=postings.with_columns(pl.col("applied") * question.part),
        rules=_asked(rules_of(push), question),
        seed=question.night,
        before=None if question.standing is None else question.standing.pairs.select("graduate", "posting", "price"),
    )
    drafts = _drafts(night, known, question, why or {})
    plain = {key: budget[key] for key, reason in apart.items() if reason == WANTS_PLAIN and budget[key] > 0}
    if question.kind == "night":
        drafts += plain_choice(plain, postings, night.sends, known.news_of, lambda k, i: known.draft(k, i, plain=True))
    got = {draft.graduate for draft in drafts}
    missed = {**dict(night.unreached.select("graduate", "reason").iter_rows()), **apart}
    missed = {key: reason for key, reason in missed.items() if key not in got}
    certificate = _certificate(night, known, drafts, push)
    if question.standing is None:
        return Tonight(question, night, tuple(drafts), missed, certificate)
    now = to_micros(question.now)
    new, instead_of, told = renewal(drafts, question.standing, channel=campaign.channel, now=now)
    certificate |= {"begun with": night.plan.begun, **told}
    return Tonight(question, night, tuple(new), missed, certificate, instead_of)


def _check(question: Question, push: PushSettings) -> None:
    campaign, before = question.campaign, question.standing
    if campaign.stopped is not None:
        raise QueryError(f"the campaign was stopped: {campaign.reason}", where=campaign.id, cure="Make another one.")
    if before is not None and (before.drawn or push.explore > 0):
        what = "chance draws some of its digests, and what they say of their chances would not hold in a second plan"
        raise QueryError(what, where=campaign.id, cure="Plan around what waits (--again).")


def budget_of(push: PushSettings) -> Budget:
    """The budgets of the settings."""
    return Budget(
        digest=push.digest, in_window=push.in_week, gap=timedelta(hours=push.gap_hours), patience=push.patience
    )


def rules_of(push: PushSettings) -> Rules:
    """The rules of the settings."""
    return Rules(
        load=Load(wanted=push.wanted, hard=push.hard, over=push.over, help=push.help, sure=push.sure),
        per_employer=push.per_employer,
        employer_limit=push.employer_limit,
        unknown=push.unknown,
        asked=push.asked,
        least=push.least,
        floor=push.floor,
        floor_price=push.floor_price,
        explore=push.explore,
    )


def _asked(rules: Rules, question: Question) -> Rules:
    """The rules as the question narrows them: places for a part of the people, nothing drawn by chance."""
    if question.part != 1:
        rules = replace(rules, load=replace(rules.load, wanted=rules.load.wanted * question.part))
    return rules if question.explores and question.kind == "night" else replace(rules, explore=0.0)


def lot(*words: str) -> float:
    """A number in [0, 1) that stands for these words: who is in a stage or held out never depends on the night."""
    return int.from_bytes(blake2b("|".join(words).encode(), digest_size=8).digest(), "big") / 2**64


def _answered(store: Store) -> pl.DataFrame:
    """Invitations that somebody answered, as pairs: who says no to a fair has opened the message all the same."""
    pairs = [(graduate, BEFORE + event) for graduate, event in Lists(store).answered()]
    return pl.DataFrame(pairs, schema={"graduate": pl.String, "posting": pl.String}, orient="row")


class _Known:
    """What the store knows before `now`."""

    def __init__(self, store: Store, question: Question, push: PushSettings) -> None:
        self.question, self._push = question, push
        now = question.now
        self.past = store.past(now).interactions()
        opened = self.past.filter(pl.col("action").is_in(OPENED)).select("graduate", "posting")
        opened = pl.concat([opened, _answered(store)]).unique()
        sent = (
            Outbox(store)
            .sent(without=question.overlook)
            .join(opened.with_columns(opened=pl.lit(value=True)), on=["graduate", "posting"], how="left")
        )
        if question.standing is not None:
            sent = sent.filter(~pl.col("message").is_in(question.standing.pairs["message"].unique().implode()))
        young = pl.col("at").is_null() | (pl.col("at") > now - _FRESH)
        last = now - timedelta(microseconds=1)
        self.sent = sent.with_columns(  # what waits counts as sent just now; so does what a clock before put later
            pl.min_horizontal(pl.col("at").fill_null(last), pl.lit(last)).alias("at"),
            (pl.col("opened").fill_null(value=False) | young).alias("opened"),
        )
        self._wishes = Wishes(store).every()
        self.news = set(self.sent.select("graduate", "posting").iter_rows())
        self.news |= set(self.past.select("graduate", "posting").iter_rows())

    def apart(self, graduate: str) -> str:
        """Why the night's decision leaves this person out; empty where it does not."""
        wish, campaign = self._wishes.get(graduate), self.question.campaign
        if wish is not None and (wish.stop or (wish.until is not None and wish.until > self.question.now)):
            return OPTED_OUT
        if lot("stage", campaign.id, graduate) >= campaign.share:
            return NOT_YET
        return WANTS_PLAIN if wish is not None and wish.plain else ""

    def news_of(self, graduate: str, posting: str) -> bool:
        """Whether the posting is news for the person."""
        return (graduate, posting) not in self.news

    def draft(self, graduate: str, items: Sequence[Item], *, plain: bool = False) -> Draft:
        """The message of one person."""
        q, push = self.question, self._push
        name = blake2b(f"{q.night}|{graduate}".encode(), digest_size=10).hexdigest()
        begin = to_micros(q.now)
        held = HOLDOUT if lot(HOLDOUT, graduate) < q.campaign.holdout else ""
        ends = begin + int(push.valid_hours * 3_600_000_000)
        gap = int(push.gap_hours * 3_600_000_000)
        return Draft(name, graduate, tuple(items), begin, ends, gap, plain, held)


def _people(store: Store, keys: Sequence[str], budget: Mapping[str, int]) -> pl.DataFrame:
    found = store.protected(keys, "push: floors of priority groups")
    first = [key for key, p in found.items() if isinstance(p, Protected) and _has_priority(p)]
    return pl.DataFrame(
        {"graduate": list(keys), "budget": [budget[key] for key in keys]},
        schema={"graduate": pl.String, "budget": pl.Int64},
    ).with_columns(pl.col("graduate").is_in(first).alias("priority"))


def _has_priority(person: Protected) -> bool:
    return bool(person.hardship_groups or person.low_income_family or person.disability)


def _postings(store: Store, known: _Known, push: PushSettings) -> pl.DataFrame:
    """Open places, applications that came and those expected of what is under way, and how employers answer."""
    rows = [
        (p.key, f"{p.tenant}:{p.employer_id or p.employer_name or p.id}", _places(p, known.question.day), p.published)
        for batch in store.scan("posting")
        for p in batch
        if isinstance(p, Posting)
    ]
    schema = {"posting": pl.String, "employer": pl.String, "open": pl.Int64, "published": pl.Date}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    applied = known.past.filter(pl.col("action") == "applied").group_by("posting").agg(pl.len().alias("came"))
    done = known.past.filter(pl.col("action").is_in(["applied", "dismissed"])).select("graduate", "posting").unique()
    recent = known.sent.filter(pl.col("at") > known.question.now - timedelta(days=7))
    waiting = recent.join(done, on=["graduate", "posting"], how="anti")
    frame = _appealing(frame, known)
    drawn = waiting.join(frame.select("posting", "appeal"), on="posting")
    coming = drawn.group_by("posting").agg((pl.col("apply") * pl.col("appeal")).sum().alias("coming"))
    frame = frame.join(applied, on="posting", how="left").join(coming, on="posting", how="left")
    total = pl.col("came").fill_null(0).cast(pl.Float64) + pl.col("coming").fill_null(0.0)
    factors = _replies(known, frame, push)
    return (
        frame.join(factors.select("employer", pl.col("factor").alias("reply")), on="employer", how="left")
        .with_columns(total.alias("applied"), pl.col("reply").fill_null(1.0))
        .select("posting", "employer", "open", "applied", "reply", "appeal", "published")
    )


def _appealing(postings: pl.DataFrame, known: _Known) -> pl.DataFrame:
    """`postings` with how far each draws: what came of its sends that are a day old, beside what was expected."""
    frame = postings.with_row_index("number")
    came = known.past.filter(pl.col("action") == "applied").select("graduate", "posting").unique()
    old = known.sent.filter(pl.col("at") <= known.question.now - _FRESH).join(
        came.with_columns(came=pl.lit(value=True)), on=["graduate", "posting"], how="left"
    )
    sends = old.join(frame.select("posting", "number"), on="posting").with_columns(
        pl.col("came").fill_null(value=False)
    )
    factors = appeal_factors(
        sends["number"].cast(pl.Int64).to_numpy(),
        sends["apply"].cast(pl.Float64).fill_null(0.0).to_numpy(),
        sends["came"].to_numpy(),
        postings=len(frame),
    )
    return frame.drop("number").with_columns(pl.Series("appeal", factors, pl.Float64))


def _replies(known: _Known, postings: pl.DataFrame, push: PushSettings) -> pl.DataFrame:
    old = known.question.now - timedelta(days=push.answer_days)
    asked = known.past.filter(pl.col("action") == "applied", pl.col("at") < old).unique(["graduate", "posting"])
    told = known.past.filter(pl.col("action").is_in(ANSWERED)).select("graduate", "posting").unique()
    answered = asked.join(told.with_columns(answered=pl.lit(value=True)), on=["graduate", "posting"], how="left")
    outcomes = answered.with_columns(pl.col("answered").fill_null(value=False)).join(postings, on="posting")
    return reply_factors(outcomes.select("employer", "at", "answered"), now=known.question.now, replies=Replies())


def _places(posting: Posting, day: date) -> int:
    """Open places; one where the number is not stated, none where it is closed or its title says nothing."""
    closed = posting.status != "open" or (posting.closes is not None and posting.closes < day)
    if closed or not says_what(posting.title):
        return 0
    return max((posting.headcount if posting.headcount is not None else posting.filled + 1) - posting.filled, 0)


def _drafts(
    night: Night, known: _Known, question: Question, why: Mapping[tuple[str, str], tuple[str, ...]]
) -> list[Draft]:
    drafts = []
    for (graduate,), group in night.sends.group_by("graduate", maintain_order=True):
        items = [
            Item(
                row["posting"],
                row["rank"],
                row["value"],
                row["price"],
                row["apply"],
                row["eligibility"],
                why.get((str(graduate), row["posting"]), ()),
                propensity=row["propensity"],
                planned=row["planned"],
            )
            for row in group.iter_rows(named=True)
        ]
        drafts.append(known.draft(str(graduate), items))
    return drafts


def _certificate(night: Night, known: _Known, drafts: Sequence[Draft], push: PushSettings) -> dict[str, Any]:
    question = known.question
    told: dict[str, Any] = dict(night.certificate())
    told["asked"] = question.now.isoformat()
    told["rule"] = {name: value for name in LIMITS if (value := getattr(push, name)) is not None}
    told["share"], told["holdout"] = question.campaign.share, question.campaign.holdout
    told["messages"] = len(drafts)
    told["held out"] = sum(bool(draft.held) for draft in drafts)
    told["not personalised"] = sum(draft.plain for draft in drafts)
    told["waiting before"] = known.sent.filter(pl.col("at") == question.now - timedelta(microseconds=1)).height
    if question.price and told["floor promised"]:
        told["floor price"] = floor_price(night.plan.market, night.plan)
    return told


def _frame(pairs: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(pairs)
    assert isinstance(frame, pl.DataFrame)
    return frame
