"""One field of study → a `Reading`: what `majors.find_major` knows, with its confidence, and misspelt names besides."""

from __future__ import annotations

from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from matching.terms.major_mentions import find_in
from matching.terms.major_table import Major, Stage, class_of, major
from matching.terms.major_words import fold_name, index
from matching.terms.majors import find_major
from matching.terms.reading import How, Reading

_LEAST_MISSPELT = 4
"""Characters that a name needs to be recognised with a letter wrong; shorter ones are too close to each other."""
_LEAST_BEGINNING = 3
"""Characters of a name's beginning that may stand for it."""
_LONG = 8
"""Characters from which two letters may be wrong."""
_AROUND = ("相关专业", "专业", "方向", "学系", "系")


@lru_cache(maxsize=65536)
def read(text: str, *, stage: Stage | None = None) -> Reading | None:
    """What one field of study means, or None.

    Parameters
    ----------
    text : str
        As written by a person; empty and 不限 give None.
    stage : {"undergraduate", "vocational", "graduate"}, optional, keyword-only
        The catalogue to prefer. Where it does not know the name, the others are asked.

    Returns
    -------
    Reading or None
        ``how`` and confidence: ``code`` and ``name`` 1, ``alias`` .95, ``inside`` .85 (words around a known name),
        ``misspelt`` .7 (one letter wrong, two from eight characters on, and only one class as near), ``near`` .6 (the
        beginning of names of one class) and .5 (known names inside that all lie in one class).
    """
    coded = major(text)
    if coded is not None:
        return _reading(coded, 1.0, "code")
    found = (find_major(text, stage=stage) if stage else None) or find_major(text)
    if found is not None:
        key = fold_name(text)
        if key in (fold_name(found.name), fold_name(found.name).removesuffix("类")):
            return _reading(found, 1.0, "name")
        return _reading(found, 0.95, "alias") if key in index() else _reading(found, 0.85, "inside")
    key = fold_name(text)
    return _misspelt(key, stage) or _beginning(key, stage) or _within(text, stage)


def _beginning(key: str, stage: Stage | None) -> Reading | None:
    """The names that `key` begins, where all lie in one class (飞行器动力 for 飞行器动力工程)."""
    if len(key) < _LEAST_BEGINNING:
        return None
    begun = [_preferred(entries, stage) for name, entries in index().items() if name.startswith(key)]
    return _of_one_class([entry for entry in begun if entry.level != "category"], 0.6)


def _misspelt(key: str, stage: Stage | None) -> Reading | None:
    for word in _AROUND:
        key = key.removesuffix(word)
    if not _LEAST_MISSPELT <= len(key) <= 30:
        return None
    wrong = 2 if len(key) >= _LONG else 1
    near = process.extract(key, _long_names(), scorer=DamerauLevenshtein.distance, score_cutoff=wrong, limit=8)
    if not near:
        return None
    closest = [_preferred(index()[name], stage) for name, distance, _ in near if distance == near[0][1]]
    classes = {class_of(entry.code) if entry.level != "category" else entry.code for entry in closest}
    if len(classes) > 1:
        return None
    if len(closest) == 1:
        return _reading(closest[0], 0.7, "misspelt")
    shared = major(classes.pop())
    return None if shared is None else _reading(shared, 0.7, "misspelt")


def _within(text: str, stage: Stage | None) -> Reading | None:
    codes = [mention.code for mention in find_in(f"专业：{text}", stage=stage) if mention.code]
    known = [entry for code in codes if (entry := major(code)) is not None and entry.level != "category"]
    return _of_one_class(known, 0.5)


def _of_one_class(known: list[Major], confidence: float) -> Reading | None:
    """The one entry of `known`, or the class that all lie in; None where there are none or several classes."""
    classes = {class_of(entry.code) for entry in known}
    if len(classes) != 1:
        return None
    entry = known[0] if len({entry.code for entry in known}) == 1 else major(classes.pop())
    return None if entry is None else _reading(entry, confidence, "near")


def _preferred(entries: tuple[Major, ...], stage: Stage | None) -> Major:
    return next((entry for entry in entries if entry.stage == stage), entries[0])


def _reading(entry: Major, confidence: float, how: How) -> Reading:
    return Reading(entry.code, entry.name, entry.level, confidence, how)


@cache
def _long_names() -> list[str]:
    return [name for name in index() if len(name) >= _LEAST_MISSPELT]
