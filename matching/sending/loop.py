"""The sender: believe the clock, recover, claim, write, send, settle; killed at any line, nothing is sent twice.

Claims are small, so that a kill leaves few letters unclear. Several senders may run at once, on one machine or more.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from matching.sending.couriers import Courier, Told
from matching.sending.letter import CHINA, Letter, Writer
from matching.sending.moment import Clock, MachineClock, believed
from matching.sending.offers import Offer, fairs_of, is_open
from matching.sending.stopping import StopRule, stop_if_it_annoys
from matching.store import Campaigns, Outbox, Result, Store, Verdict
from matching.store.claiming import Claimed, Terms
from matching.store.recent import Recent, said
from matching.store.times import from_micros

_SECOND = 1_000_000


@dataclass(frozen=True)
class Manners:
    """How a sender behaves.

    Parameters
    ----------
    at_once : int
        Letters in one claim. A kill leaves so many unclear; where keys are acknowledged they are repeated, so more
        can be at once.
    lease : timedelta
        A claim that is not settled by then belongs to a sender that is gone.
    attempts : int
        Of one letter at most.
    backoff, longest : timedelta
        Wait after the first attempt, doubled after each, up to `longest`; or what the receiver asks for.
    held : timedelta
        Where so much has passed since the moment for which a claim was made (others were before it in line, the machine
        slept), its letters stay unsent: what was allowed then may not be now.
    tolerance : timedelta
        The clock may have been corrected by so much.
    repeats : bool
        Ask again where the answer is missing, if the channel acknowledges keys.
    stop : StopRule
    """

    at_once: int = 32
    lease: timedelta = timedelta(minutes=5)
    attempts: int = 5
    backoff: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(hours=6)
    held: timedelta = timedelta(seconds=10)
    tolerance: timedelta = timedelta(minutes=2)
    repeats: bool = True
    stop: StopRule = field(default_factory=StopRule)


class Done(NamedTuple):
    """What one step did: messages looked at, letters given to the courier, and of these, how many arrived surely."""

    looked: int
    given: int
    sent: int


class Sender:
    """Sends what is due on one channel.

    Parameters
    ----------
    store : Store
    courier : Courier
    writer : Writer
    terms : Terms
        Its `channel` names what is sent.
    manners, clock : optional
    """

    def __init__(
        self,
        store: Store,
        courier: Courier,
        writer: Writer,
        *,
        terms: Terms,
        manners: Manners | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store, self._courier, self._writer, self._terms = store, courier, writer, terms
        self._manners = manners or Manners()
        self._clock = clock or MachineClock()
        self._outbox, self._campaigns = Outbox(store), Campaigns(store)
        self._repeats = self._manners.repeats and self._outbox.acknowledges(terms.channel)
        self._recovered = -(10**18)
        self._postings = Recent(store, "posting")

    def step(self) -> Done:
        """One claim.

        Raises
        ------
        ClockSet
            The clock was set; nothing was claimed.
        StoreError
        """
        begun = self._clock.ticks()  # before the moment is taken: a claim may stand in line for long
        now = self.now()
        self._recover(now)
        name = secrets.token_hex(8)
        claimed, looked = self._outbox.claim(self._terms, name, now=now, most=self._manners.at_once)
        if not claimed:
            return Done(looked, 0, 0)
        letters, results = self._written(claimed, from_micros(now))
        if self._clock.ticks() - begun > _micros(self._manners.held):
            told = [Told(Verdict.NOT_SENT, "the sender was held up")] * len(letters)
        else:
            told = self._courier.deliver(letters, claim=name) if letters else []
        now += self._clock.ticks() - begun  # not the wall clock: it may have been set meanwhile
        results += [self._result(letter, one, now) for letter, one in zip(letters, told, strict=True)]
        self._learn(told, now)
        self._outbox.settle(name, results, now=now, repeats=self._repeats, attempts=self._manners.attempts)
        return Done(looked, len(letters), sum(one.verdict is Verdict.SENT for one in told))

    def run(self, *, progress: Callable[[Done], None] | None = None) -> Done:
        """Steps, until nothing more is due; their sums.

        Raises
        ------
        ClockSet, StoreError
        """
        total = Done(0, 0, 0)
        while (done := self.step()).looked:
            total = Done(*(a + b for a, b in zip(total, done, strict=True)))
            if progress is not None:
                progress(total)
        return total

    def follow(self, *, every: float = 5.0, stopped: Callable[[], bool] = lambda: False) -> None:
        """Go on for ever, looking again every so many seconds.

        Raises
        ------
        ClockSet, StoreError
        """
        while not stopped():
            if not self.step().looked:
                time.sleep(every)

    def now(self) -> int:
        """The moment, if the clock can be believed.

        Raises
        ------
        ClockSet
        """
        return believed(self._outbox, self._clock, tolerance=_micros(self._manners.tolerance))

    def _recover(self, now: int) -> None:
        ticks, lease = self._clock.ticks(), _micros(self._manners.lease)
        if ticks - self._recovered < min(lease, 60 * _SECOND):
            return
        self._recovered = ticks
        repeats = frozenset({self._terms.channel}) if self._repeats else frozenset()
        self._outbox.recover(now=now, lease=lease, repeats=repeats, attempts=self._manners.attempts)
        stop_if_it_annoys(self._campaigns, self._manners.stop)

    def _written(self, claimed: Sequence[Claimed], now: datetime) -> tuple[list[Letter], list[Result]]:
        """Letters, and what is withdrawn because it has become pointless since it was planned."""
        keys = sorted({item.posting for message in claimed for item in message.items})
        postings = cast("dict[str, Offer]", {**self._postings.get(keys), **fairs_of(self._store, keys)})
        moment = now.astimezone(CHINA)
        statuses = said(self._store, "graduate", [m.graduate for m in claimed], "status")
        still = {key for key, posting in postings.items() if is_open(posting, moment)}
        letters: list[Letter] = []
        results: list[Result] = []
        for message in claimed:
            status = statuses.get(message.graduate, "seeking")
            if message.attempt == 1 and status != "seeking":
                results.append(Result(message.id, Verdict.WITHDRAWN, f"{status} by now"))
                continue
            left = [(i, postings[i.posting]) for i in message.items if i.posting in postings]
            if message.attempt == 1:  # a repeat says what was said before
                left = [pair for pair in left if pair[0].posting in still]
                self._drop(message, {i.posting for i, _ in left})
            if not left:
                results.append(Result(message.id, Verdict.WITHDRAWN, "its postings are gone"))
                continue
            letters.append(
                self._writer.write(
                    message.id,
                    message.graduate,
                    left,
                    now=now,
                    campaign=message.campaign,
                    plain=message.plain,
                    attempt=message.attempt,
                )
            )
        return letters, results

    def _drop(self, message: Claimed, left: set[str]) -> None:
        gone = [item.posting for item in message.items if item.posting not in left]
        if gone and left:
            self._outbox.drop(message.id, gone, "closed, full or deleted")

    def _result(self, letter: Letter, told: Told, now: int) -> Result:
        wait = min(self._manners.backoff * 2 ** (letter.attempt - 1), self._manners.longest)
        again = now + max(_micros(wait), int(told.wait * _SECOND))
        return Result(letter.id, told.verdict, told.reason, again)

    def _learn(self, told: Sequence[Told], now: int) -> None:
        if not self._repeats and self._manners.repeats and any(one.acknowledged for one in told):
            self._outbox.acknowledged(self._terms.channel, now=now)
            self._repeats = True


def _micros(span: timedelta) -> int:
    return int(span / timedelta(microseconds=1))
