"""What is proved of a list: the rules as asked and reached, their prices, and the simple lists beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.allocation import Chosen, Problem, fairness_of, price_of, simple_lists
from matching.allocation.programme import Watch
from matching.errors import NoList, OutOfTime
from matching.fairs.solving import Wish
from matching.fairs.words import name_of


def certificate_of(problem: Problem, chosen: Chosen, wish: Wish) -> dict[str, Any]:
    """What is proved of a list: value and bound, every rule with its price, fairness, the simple lists beside it."""
    watch = Watch(wish.seconds if wish.prices else 0.0)
    return {
        "value": chosen.value,
        "bound": chosen.bound,
        "gap": chosen.gap,
        "stayed": chosen.stayed,
        "finished": chosen.finished,
        "invited": int(chosen.invited.sum()),
        "expected_guests": float(problem.shows[chosen.invited].sum()),
        "meetings": int(chosen.met.sum()),
        "broken": problem.broken(chosen.invited, chosen.met),
        "rules": [_rule(problem, chosen, rule, watch) for rule in ("meetings", *problem.rules)],
        "fairness": fairness_of(problem, chosen.invited, chosen.met)._asdict(),
        "beside": [
            {
                "name": way.name,
                "value": way.value,
                "broken": list(way.broken),
                **fairness_of(problem, way.invited, way.met)._asdict(),
            }
            for way in simple_lists(problem, seed=wish.seed)
        ],
    }


def _rule(problem: Problem, chosen: Chosen, rule: str, watch: Watch) -> dict[str, Any]:
    words, told = name_of(rule), _used(problem, chosen, rule)
    line: dict[str, Any] = {"rule": rule, "zh": words.zh, "en": words.en, **told}
    if rule == "meetings" or watch.left <= 0:
        return line
    try:
        price = price_of(problem, chosen, rule, seconds=watch.left)
    except (OutOfTime, NoList):
        return line
    return {**line, "price": price.cost, "price_most": price.most}


def _used(problem: Problem, chosen: Chosen, rule: str) -> dict[str, Any]:
    """Asked and reached, as numbers: the tightest line of a rule."""
    invited, met, m = chosen.invited, chosen.met, len(problem.least)
    count = max(int(invited.sum()), 1)
    if rule == "seats":
        return {"most": problem.seats, "reached": float(problem.shows[invited].sum())}
    if rule == "rooms":
        return {"most": problem.rooms, "reached": int(met.sum())}
    if rule == "slots":
        assert problem.slots is not None
        used = np.bincount(problem.column[met], minlength=m)
        place = int((problem.slots - used).argmin())
        return {"most": float(problem.slots[place]), "reached": int(used[place])}
    if rule == "least":
        slack = np.bincount(problem.column[met], minlength=m) - problem.least
        place = int(slack.argmin())
        return {"least": float(problem.least[place]), "reached": float(slack[place] + problem.least[place])}
    if rule == "most":
        load = np.bincount(problem.column[met], problem.shows[problem.row[met]], minlength=m)
        place = int((problem.most - load).argmin())
        return {"most": float(problem.most[place]), "reached": float(load[place])}
    if rule == "pinned":
        assert problem.pinned is not None
        return {"least": int(problem.pinned.sum()), "reached": int((problem.pinned & invited).sum())}
    out = [len(np.unique(problem.row[bar.pairs])) for bar in problem.bars if bar.name == rule]
    if out:
        return {"kept_out": out[0]}
    shares = [(s, float((s.members & invited).sum()) / count) for s in problem.shares if s.name == rule]
    if not shares:
        return {"least": problem.meetings[0], "most": problem.meetings[1]}
    share, reached = min(shares, key=lambda one: min(one[1] - one[0].least, one[0].most - one[1]))
    return {"least": share.least, "most": share.most, "reached": reached, "groups": len(shares)}
