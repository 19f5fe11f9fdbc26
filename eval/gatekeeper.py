"""The gate as `gradmatch build --require-gate` asks it: named by the entry point group ``gradmatch.gates``.

`matching` must not import `eval`; the distribution may name a callable of it, as it names the commands. So the build
command loads whatever stands in that group, and a platform may put a gate of its own beside this one: all must agree.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ValidationError

from eval.evaluation import Evaluation
from eval.gate import gate, read_rules
from matching.errors import QueryError
from matching.language import Words
from matching.settings import Settings

_SECTIONS = ("retrieval", "eligibility", "ranking")


def _same(told: object, own: BaseModel) -> bool:
    """Whether an evaluation's section says what ours does; what it did not know yet counts as the default."""
    try:
        then = type(own).model_validate(_pathless(told))
    except ValidationError:
        return False
    return then == type(own).model_validate(_pathless(own.model_dump(mode="json")))


def _pathless(section: object) -> object:
    """Without the path of the ranker: what it held is there, and is what counts."""
    return {name: held for name, held in section.items() if name != "ranker"} if isinstance(section, dict) else section


def _short(section: object) -> object:
    """A section as a message shows it: of a learned ranker only the name."""
    if not isinstance(section, dict) or not isinstance(section.get("learned"), dict):
        return section
    return {**section, "learned": section["learned"].get("name")}


def judge(settings: Settings, old: Path, new: Path, rules: Path | None) -> tuple[bool, list[Words]]:
    """Whether what these settings build may go live, and each rule's outcome.

    Parameters
    ----------
    settings : Settings
        What is about to be built.
    old, new : Path
        Evaluations of the model in use, and of this one.
    rules : Path, optional

    Raises
    ------
    QueryError
        `new` was evaluated with other settings than these, or the two are not comparable.
    FileError, SettingsError
    """
    after = Evaluation.load(new)
    told = after.provenance.settings
    for section in _SECTIONS:
        own = getattr(settings, section)
        if not _same(told.get(section), own):
            raise QueryError(
                f"the evaluation has {section} {_short(told.get(section))}, this build has "
                f"{_short(own.model_dump(mode='json'))}",
                where=str(new),
                cure="Evaluate these settings with `gradmatch eval replay --out`, then build.",
            )
    if told.get("encoder", {}).get("name") != settings.encoder.name:
        raise QueryError("the evaluation is of another encoder", where=str(new), cure="Evaluate with this one.")
    rulings = gate(Evaluation.load(old), after, read_rules(rules))
    return all(ruling.passed for ruling in rulings), [
        Words(f"{'通过' if r.passed else '拦下'} {r.rule}: {r.zh}", f"{'ok' if r.passed else 'FAIL'} {r.rule}: {r.en}")
        for r in rulings
    ]
