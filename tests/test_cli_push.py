"""``gradmatch push`` from plan to status, on a small generated province."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from matching.build import build
from matching.cli.push import app
from matching.errors import QueryError
from matching.question import CHINA
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.store import Outbox, Store, Wishes
from models.hashing import HashingEncoder

SETTINGS = '[encoder]\nname = "hashing"\n[push]\nquiet = "00:00-00:00"\ndays = "every"\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("push")
    (folder / "settings.toml").write_text(SETTINGS)
    settings = Settings(home=folder, encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(3, graduates=40, postings=80, today=datetime.now(CHINA).date())
    with Store.open(settings.store) as store:
        store.upsert([*province.graduates(), *province.postings(), *province.protected()])
        build(store, HashingEncoder(), settings)
    return folder


def run(home, *words):
    found = CliRunner().invoke(app, [*words, "--home", str(home), "--settings", str(home / "settings.toml")])
    assert found.exit_code == 0, (found.output, found.exception)
    return found.stdout


def test_a_night_from_the_command_line(home):
    tried = run(home, "plan", "--dry-run", "--show", "2")
    assert "为什么推荐" in tried
    assert "A trial: nothing written, nothing sent." in tried
    assert json.loads(run(home, "status")) == {"messages": {}, "campaigns": {}}
    planned = run(home, "plan")
    assert "Written: nightly-" in planned
    certificate = json.loads(planned[: planned.rindex("}") + 1])
    assert certificate["messages"] > 20
    assert certificate["gap"] <= 0.01
    assert not list((home / "push").iterdir())  # the ranked files name people
    assert "planned already" in run(home, "plan")
    assert run(home, "preview", "--count", "3").count("—— ") == 3
    someone = run(home, "preview", "--count", "1").splitlines()[1].removeprefix("—— ")
    run(home, "optout", someone)
    assert f"{certificate['messages'] - 1} given" in run(home, "send")
    told = json.loads(run(home, "status", "--json", "--unclear", "--dead"))
    assert told["messages"] == {"sent": certificate["messages"] - 1, "suppressed": 1}
    assert told["campaigns"]["nightly"]["reasons"] == {"opted out": 1}
    assert told["unclear"] == told["dead"] == []
    letters = [line for path in (home / "outbox").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len({json.loads(line)["id"] for line in letters}) == len(letters) == certificate["messages"] - 1
    assert "0 looked at" in run(home, "send", "--trust-clock")


def test_a_night_that_waits_is_decided_again_after_a_change(home):
    def told(stdout):
        return json.loads(stdout[: stdout.rindex("}") + 1])

    def plan(*words):
        return run(home, "plan", "--campaign", "again", "--at", f"{later:%Y-%m-%dT%H:%M}", *words)

    later = datetime.now(CHINA) + timedelta(days=3)  # whoever was sent anything above has rested
    first = told(plan())
    with Store.open(f"sqlite:///{home}/gradmatch.sqlite") as store:
        waiting = Outbox(store).waiting("again")
        popular = Counter(item.posting for message in waiting for item in message.items).most_common(1)[0][0]
        closed = store.get_many("posting", [popular])[popular].model_copy(update={"status": "closed"})
        store.upsert([closed])
    had = {message.id for message in waiting if any(item.posting == popular for item in message.items)}
    tried, planned = told(plan("--replan", "--dry-run")), plan("--replan")
    again = told(planned)
    assert "-night-2" in planned.splitlines()[-1]
    assert tried == again
    assert again["begun with"] > 0
    assert again["gap"] <= 0.01
    assert again["kept"] + again["changed"] + again["withdrawn"] == first["messages"] == len(waiting)
    assert again["changed"] + again["withdrawn"] >= len(had) > 0
    assert again["kept"] > 0
    with Store.open(f"sqlite:///{home}/gradmatch.sqlite") as store:
        now = Outbox(store).waiting("again")
        assert not any(item.posting == popular for message in now for item in message.items)
        assert len({message.id for message in now} - {message.id for message in waiting}) == (
            again["changed"] + again["new"]
        )
    assert not list((home / "push").iterdir())
    refused = CliRunner().invoke(app, ["plan", "--again", "--replan", "--home", str(home)])
    assert refused.exit_code == 2


def test_nothing_that_waits_cannot_be_decided_again(home):
    found = CliRunner().invoke(app, ["plan", "--campaign", "new", "--replan", "--dry-run", "--home", str(home)])
    assert isinstance(found.exception, QueryError)
    assert "nothing of its last night waits" in str(found.exception)


def test_wishes_campaigns_and_their_end(home):
    run(home, "optout", "demo:x", "--until", "2031-01-01", "--quiet", "20:00-10:00")
    run(home, "optout", "demo:y", "--plain")
    run(home, "optout", "demo:z")
    run(home, "optout", "demo:z", "--undo")
    with Store.open(f"sqlite:///{home}/gradmatch.sqlite") as store:
        wishes = Wishes(store).every()
    assert (wishes["demo:x"].stop, wishes["demo:x"].until.year, wishes["demo:x"].quiet) == (False, 2030, "20:00-10:00")
    assert wishes["demo:y"].plain
    assert not wishes["demo:z"].stop
    run(home, "plan", "--campaign", "trial", "--share", "0.1", "--holdout", "0.2", "--again")
    assert "Stopped" in run(home, "stop", "trial", "--reason", "over")
    status = json.loads(run(home, "status", "--campaign", "trial"))["campaigns"]
    assert (status["trial"]["stopped"], status["trial"]["share"]) == ("over", 0.1)
    assert "not in this stage" in status["trial"]["not reached last night"]
