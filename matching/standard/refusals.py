"""How a refusal reads: row, field, value, reason and cure."""

from __future__ import annotations

from dataclasses import dataclass

from matching.language import Words


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one value of one record was refused.

    Attributes
    ----------
    field : str
        Dotted path in the data standard (``"requirements.degree"``); empty for the whole record.
    value : str
        The offending value, at most 80 characters; ``"[隐去]"`` when it holds contact data.
    code : str
        Stable machine name of the reason (``"contact_data"``, ``"missing"``, ``"unknown_code"`` …).
    reason, cure : Words
        What is wrong, and what to do about it, in both languages.
    """

    field: str
    value: str
    code: str
    reason: Words
    cure: Words
