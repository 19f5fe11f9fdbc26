"""Expected surplus: the product by hand, its order, its words, and the same list over HTTP, page by page."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.demo import open_demo
from matching.chance import Chances, Logistic
from matching.cli import command_line
from matching.demo import TODAY
from matching.errors import SettingsError
from matching.features import FEATURE_NAMES
from matching.live import Live
from matching.question import Question
from matching.settings import RankingSettings
from matching.surplus import USE, surpluses

FLAT = Chances(Logistic(0.0, 1.0), Logistic(0.0, 1.0, 0.5))


def row(**values):
    return np.array([[values.get(name, np.nan) for name in FEATURE_NAMES]], np.float32)


def test_the_product_by_hand():
    found = surpluses(np.zeros(1), row(place=0.35, pay=-0.5, industry=0.0), FLAT, {}).of(0)
    assert (found.apply, found.answer) == (pytest.approx(0.5), pytest.approx(0.25))
    assert found.parts == {name: pytest.approx(part) for name, part in zip(USE, (0.75, 0.5, 0.8), strict=True)}
    assert found.use == pytest.approx(0.3)
    assert found.value == pytest.approx(0.5 * 0.25 * 0.3, abs=1e-9)
    assert "工作地点 0.75" in found.words.zh
    assert "use 0.30 (place 0.75, pay 0.50, industry 0.80)" in found.words.en


def test_what_is_not_known_takes_nothing_away_and_settings_sharpen():
    assert surpluses(np.zeros(1), row(), FLAT, {}).use.tolist() == [1.0]
    place = row(place=0.0)
    assert surpluses(np.zeros(1), place, FLAT, {"place": 2.0}).use[0] == pytest.approx(0.16)
    assert surpluses(np.zeros(1), place, FLAT, {"place": 0.0}).use[0] == 1.0
    with pytest.raises(SettingsError, match="no wish named taste"):
        surpluses(np.zeros(1), place, FLAT, {"taste": 1.0})


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made, TestClient(made.app) as client:
        yield made, client


def ask(demo, **query):
    made, client = demo
    return client.get(
        "/v1/graduates/software/postings",
        params={"today": TODAY.isoformat(), **query},
        headers={"Authorization": f"Bearer {made.keys['read']}"},
    )


def test_lists_go_by_surplus_and_hold_what_fit_holds(demo):
    made, client = demo
    with Live(made.store, client.app.state.service.live._encoder, made.settings) as live:
        fit, surplus = (
            live.matcher.postings_for("demo:software", Question(k=50, today=TODAY, by=by)).matches
            for by in ("fit", "surplus")
        )
    assert {match.key for match in fit} == {match.key for match in surplus}
    assert all(match.surplus is None and match.by == match.score for match in fit)
    values = [match.surplus.value for match in surplus]
    assert values == sorted(values, reverse=True)
    scores = {match.key: match.score for match in fit}
    for match in surplus:
        own = match.surplus
        assert match.score == scores[match.key]
        assert sum(match.contributions.values()) == pytest.approx(match.score)
        assert own.value == pytest.approx(own.apply * own.answer * math.prod(own.parts.values()), abs=2e-9)


def test_over_http_page_by_page(demo):
    whole = ask(demo, by="surplus", k=50).json()["items"]
    assert whole[0]["surplus"]["words"]["zh"].startswith("期望收益")
    assert [item["surplus"]["value"] for item in whole] == sorted(
        (item["surplus"]["value"] for item in whole), reverse=True
    )
    paged, cursor = [], None
    while True:
        page = ask(demo, by="surplus", k=2, **({"cursor": cursor} if cursor else {})).json()
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [item["posting"]["id"] for item in paged] == [item["posting"]["id"] for item in whole]
    assert all(item["surplus"] is None for item in ask(demo).json()["items"])
    assert ask(demo, by="luck").status_code == 400
    first = ask(demo, by="surplus", k=2).json()["next_cursor"]
    assert ask(demo, k=2, cursor=first).status_code == 400  # the cursor of another order


def test_on_the_command_line(demo, tmp_path):
    made, _ = demo
    file = tmp_path / "s.toml"
    file.write_text(f'home = "{made.settings.home}"\n[encoder]\nname = "hashing"\n')
    words = ["rank", "--graduate", "demo:software", "--today", TODAY.isoformat(), "--settings", str(file)]
    run = CliRunner()
    told = run.invoke(command_line(), [*words, "--by", "surplus"])
    assert told.exit_code == 0, told.output
    assert "expected surplus" in told.output or "期望收益" in told.output
    record = json.loads(run.invoke(command_line(), [*words, "--by", "surplus", "--json"]).output)
    assert record["matches"][0]["surplus"]["value"] > 0
    assert run.invoke(command_line(), [*words, "--by", "luck"]).exit_code != 0


def test_settings_refuse_a_wish_that_is_none(demo):
    from matching.build import build

    made, client = demo
    wrong = made.settings.model_copy(update={"ranking": RankingSettings(use={"taste": 1.0})})
    with pytest.raises(SettingsError, match="no wish named taste"):
        build(made.store, client.app.state.service.live._encoder, wrong)
