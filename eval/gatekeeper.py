"""The gate as `gradmatch build --require-gate` asks it: named by the entry point group ``gradmatch.gates``.

`matching` must not import `eval`; the distribution may name a callable of it, as it names the commands. So the build
command loads whatever stands in that group, and a platform may put a gate of its own beside this one: all must agree.
"""

from __future__ import annotations

from pathlib import Path

from eval.evaluation import Evaluation
from eval.gate import gate, read_rules
from matching.errors import QueryError
from matching.language import Words
from matching.settings import Settings

_SECTIONS = ("retrieval", "eligibility", "ranking")


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
    ours = settings.model_dump(mode="json")
    for section in _SECTIONS:
        if told.get(section) != ours[section]:
            raise QueryError(
                f"the evaluation has {section} {told.get(section)}, this build has {ours[section]}",
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
