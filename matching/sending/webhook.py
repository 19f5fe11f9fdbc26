"""A webhook: CloudEvents in JSON, signed as Standard Webhooks does, with an idempotency key.

One letter a request (structured mode), or many (batched mode). An answer counts for a letter only if it can be no other
letter's: a receiver that acknowledges keys must name the key; from one that does not, each answer comes over a
connection of its own. A connection that was never made surely delivered nothing, nor did an answer of 429; a time that
ran out, a broken connection and an answer of 5xx may have.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson

from matching.sending.couriers import Told
from matching.sending.letter import Letter
from matching.sending.wire import Answer, Missing, Wire
from matching.store import Verdict
from matching.store.times import from_micros

KEY = "idempotency-key"


@dataclass(frozen=True)
class Target:
    """Where a webhook goes.

    Parameters
    ----------
    url : str
    secret : bytes
        Signs what is sent; the receiver has the same.
    timeout : float
        Seconds for a whole request.
    batch : int
        Letters in one request; 1: structured mode.
    parallel : int
        Requests at once.
    patience : float
        Seconds after which those of the letters given at once that have not gone out stay unsent: quiet hours may have
        begun meanwhile.
    """

    url: str
    secret: bytes
    timeout: float = 10.0
    batch: int = 1
    parallel: int = 8
    patience: float = 10.0


class Webhook:
    """A courier over HTTP.

    Parameters
    ----------
    target : Target
    acknowledges : bool
        The receiver is known to acknowledge keys; connections are kept open then.

    Raises
    ------
    SettingsError
        Its url is none.
    """

    def __init__(self, target: Target, *, acknowledges: bool = False) -> None:
        self._target = target
        self._acknowledges = acknowledges
        kept = target.parallel if acknowledges else 0
        self._wire = Wire(target.url, timeout=target.timeout, kept=kept)
        self._pool = ThreadPoolExecutor(target.parallel, thread_name_prefix="gradmatch-webhook")

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        self._wire.close()

    def deliver(self, letters: Sequence[Letter], *, claim: str) -> list[Told]:
        """See `Courier`."""
        step = self._target.batch
        parts = [letters[i : i + step] for i in range(0, len(letters), step)]
        told = [[Told(Verdict.NOT_SENT, "the receiver was slow")] * len(part) for part in parts]
        until = time.monotonic() + self._target.patience
        turn = count()  # handing each request to a thread costs as much as half of it: they fetch them

        def lane(_: int) -> None:
            while (at := next(turn)) < len(parts) and time.monotonic() < until:
                told[at] = self._post(parts[at])

        list(self._pool.map(lane, range(min(self._target.parallel, len(parts)))))
        return [one for part in told for one in part]

    def _post(self, letters: Sequence[Letter]) -> list[Told]:
        answer = self._wire.post(*self._request(letters))
        if isinstance(answer, Missing):
            verdict = Verdict.UNCLEAR if answer.may_have_arrived else Verdict.NOT_SENT
            return [Told(verdict, answer.reason)] * len(letters)
        if self._target.batch > 1:
            return _each(answer, letters, self._acknowledges)
        return [_one(answer, letters[0], self._acknowledges)]

    def _request(self, letters: Sequence[Letter]) -> tuple[bytes, dict[str, str]]:
        moment = time.time_ns() // 1000
        if self._target.batch > 1:
            body, kind = orjson.dumps([event(one, moment) for one in letters]), "cloudevents-batch"
        else:
            body, kind = orjson.dumps(event(letters[0], moment)), "cloudevents"
        name, stamp = letters[0].id, str(moment // 1_000_000)
        headers = {
            "content-type": f"application/{kind}+json; charset=utf-8",
            "webhook-id": name,
            "webhook-timestamp": stamp,
            "webhook-signature": signature(self._target.secret, name, stamp, body),
            KEY: name,
        }
        return body, headers


def event(letter: Letter, moment: int) -> dict[str, Any]:
    """A letter as a CloudEvent, version 1.0; `id` is the idempotency key."""
    return {
        "specversion": "1.0",
        "id": letter.id,
        "source": f"/gradmatch/campaigns/{letter.campaign}",
        "type": "cn.gradmatch.push.digest.v1",
        "subject": letter.graduate,
        "time": from_micros(moment).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {
            "graduate": letter.graduate,
            "subject": letter.subject,
            "short": letter.short,
            "long": letter.long,
            **letter.data,
        },
    }


def signature(secret: bytes, name: str, stamp: str, body: bytes) -> str:
    """The header ``webhook-signature`` (Standard Webhooks): HMAC-SHA256 of ``id.timestamp.body``."""
    digest = hmac.digest(secret, f"{name}.{stamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(digest).decode()


def is_signed(secret: bytes, headers: Any, body: bytes) -> bool:  # noqa: ANN401
    """Whether a request bears our signature: what a receiver checks. `headers` is a mapping without regard to case."""
    own = signature(secret, headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), body)
    return any(hmac.compare_digest(own, one) for one in headers.get("webhook-signature", "").split(" "))


def _one(answer: Answer, letter: Letter, must_name: bool) -> Told:
    named = answer.headers.get(KEY)
    if named != letter.id and (named is not None or must_name):
        return Told(Verdict.UNCLEAR, "the answer does not name the letter")
    return _by_status(answer, acknowledged=named is not None)


def _each(answer: Answer, letters: Sequence[Letter], must_name: bool) -> list[Told]:
    """Of an answer to a batch: ``[{"id": …, "accepted": true|false, "reason": …}]``, or the status for all."""
    whole = _by_status(answer, acknowledged=False)
    listed = _listed(answer) if whole.verdict is Verdict.SENT else None
    if listed is None:
        doubtful = Told(Verdict.UNCLEAR, "the answer does not name the letters")
        return [doubtful if must_name and whole.verdict is Verdict.SENT else whole] * len(letters)
    return [_named(listed.get(letter.id)) for letter in letters]


def _named(entry: dict[str, Any] | None) -> Told:
    if entry is None:
        return Told(Verdict.UNCLEAR, "the answer does not name the letter")
    if entry.get("accepted") is True:
        return Told(Verdict.SENT, acknowledged=True)
    return Told(Verdict.REFUSED, f"refused: {str(entry.get('reason', ''))[:80]}", acknowledged=True)


def _listed(answer: Answer) -> dict[str, dict[str, Any]] | None:
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, list) or not all(isinstance(e, dict) and isinstance(e.get("id"), str) for e in told):
        return None
    return {entry["id"]: entry for entry in told}


def _by_status(answer: Answer, *, acknowledged: bool) -> Told:
    status = answer.status
    if 200 <= status < 300:
        return Told(Verdict.SENT, "", acknowledged)
    if status == 429:
        return Told(Verdict.NOT_SENT, "asked to wait (429)", acknowledged, _seconds(answer.headers.get("retry-after")))
    if status >= 500 or status in (408, 409, 425):
        wait = _seconds(answer.headers.get("retry-after"))
        return Told(Verdict.UNCLEAR, f"answered {status}", acknowledged, wait)
    return Told(Verdict.REFUSED, f"refused ({status})", acknowledged)


def _seconds(text: str | None) -> float:
    return float(min(int(text), 86_400)) if text and text.isdecimal() and text.isascii() else 0.0
