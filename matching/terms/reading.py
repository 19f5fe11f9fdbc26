"""What every normaliser answers: a code at the deepest level that the text supports, and how sure it is.

`Reading` is the answer to one short text (a field of study, a title, an industry), `Mention` one place in a long
text. Confidences are of one scale in all normalisers: 1 for an official name or code as it stands, .9 and more for a
known other way to write it, about .5 for a plausible guess; under that a normaliser abstains and answers None.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

How = Literal["code", "name", "alias", "inside", "misspelt", "near"]
"""By a code; by an official name; by an abbreviation or former name; by a name with words around it; by a name with a
letter or two wrong; by closeness of words or meaning."""


class Reading(NamedTuple):
    """What one short text means.

    Attributes
    ----------
    code, name : str
        The entry of the code table.
    level : str
        Its depth, in the words of its table.
    confidence : float
        0–1, see the module.
    how : How
        What the answer rests on.
    """

    code: str
    name: str
    level: str
    confidence: float
    how: How


class Mention(NamedTuple):
    """One place in a text that names an entry of a code table: ``text == whole[start:end]``.

    Attributes
    ----------
    start, end : int
        Characters of the text that was given.
    text : str
        What stands there.
    code, level : str
        The entry; both empty for a part of a list of such names that is no known one.
    confidence : float
        0–1: how sure it is that the place means this entry, from the name and from what stands around it.
    widened : bool
        Whether the text widens it to related entries (相关专业, 相近专业).
    """

    start: int
    end: int
    text: str
    code: str
    level: str
    confidence: float
    widened: bool
