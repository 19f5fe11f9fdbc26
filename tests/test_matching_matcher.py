"""The whole question on the tiny world, through store, build, snapshot and live changes."""

from dataclasses import replace

import pytest

from matching.build import build
from matching.demo import TODAY, graduates, postings
from matching.errors import NoSnapshot, QueryError, SnapshotDamaged, SnapshotMismatch, UnknownId
from matching.explanation import _experience_words, shared_spans
from matching.features import FEATURE_NAMES
from matching.live import Live, open_state
from matching.matcher import Matcher
from matching.question import Filters, Question
from matching.settings import EncoderSettings, Settings
from matching.snapshot import Snapshots
from matching.standard.records import Kind, Posting
from matching.store import Store
from matching.terms.automaton import Places
from models.hashing import HashingEncoder

ASK = Question(today=TODAY)


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, encoder=EncoderSettings(name="hashing"))


@pytest.fixture
def store(settings):
    settings.home.mkdir(exist_ok=True)
    with Store.open(settings.store) as opened:
        opened.upsert([*graduates(), *postings()])
        yield opened


@pytest.fixture
def matcher(settings, store):
    encoder = HashingEncoder()
    build(store, encoder, settings)
    return Matcher(open_state(settings, encoder), settings, encoder)


def ids(answer):
    return [match.record.id for match in answer.matches]


@pytest.mark.parametrize(
    ("graduate", "expected"),
    [("software", ["java", "web"]), ("accounting", ["cashier", "web"]), ("nursing", ["nurse", "web"])],
)
def test_the_right_posting_comes_first_and_nothing_forbidden_comes_at_all(matcher, graduate, expected):
    assert ids(matcher.postings_for(f"demo:{graduate}", ASK)) == expected


def test_graduates_for_a_posting(matcher):
    assert ids(matcher.graduates_for("demo:java", ASK))[0] == "software"
    assert ids(matcher.graduates_for("demo:fixture", ASK))[0] == "mechanics"
    assert "accounting" not in ids(matcher.graduates_for("demo:auditor", ASK))


def test_a_pair_has_the_same_score_from_both_sides(matcher):
    forward = matcher.postings_for("demo:software", ASK).matches[0]
    backward = next(m for m in matcher.graduates_for("demo:java", ASK).matches if m.record.id == "software")
    assert (forward.score, forward.similarity) == (backward.score, backward.similarity)
    assert forward.contributions == backward.contributions
    assert forward.reasons == backward.reasons


def test_explanations_add_up_and_their_evidence_exists(matcher):
    for graduate in graduates():
        for match in matcher.postings_for(graduate.key, ASK).matches:
            micro = [round(points * 1e6) for points in match.contributions.values()]
            assert round(match.score * 1e6) == sum(micro)
            assert sum(round(reason.points * 1e6) for reason in match.reasons) == sum(micro)
            sides = {"graduate": graduate, "posting": match.record}
            for reason in match.reasons:
                assert reason.words.zh
                assert reason.words.en
                for evidence in reason.evidence:
                    value = value_at(sides, evidence.field)
                    assert value[evidence.start : evidence.end] == evidence.text


def value_at(sides, field):
    first, *path = field.split(".")
    value = sides[first]
    for part in path:
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return str(value)


def test_a_profile_that_is_not_stored_gets_the_stored_ones_answer(matcher):
    stored = matcher.postings_for("demo:software", ASK)
    visitor = graduates()[0].model_copy(update={"tenant": "elsewhere", "id": "visitor"})
    visiting = matcher.postings_for(visitor, ASK)
    assert ids(visiting) == ids(stored)
    assert [m.score for m in visiting.matches] == pytest.approx([m.score for m in stored.matches], abs=2e-3)


def test_the_same_question_gives_the_same_answer(matcher):
    assert matcher.postings_for("demo:software", ASK) == matcher.postings_for("demo:software", ASK)


def test_pages_join_to_the_whole(matcher):
    whole = matcher.graduates_for("demo:web", replace(ASK, k=5))
    pages = [matcher.graduates_for("demo:web", replace(ASK, k=1, skip=i, depth=whole.depth)) for i in range(5)]
    assert [m for page in pages for m in page.matches] == list(whole.matches)
    assert [m.rank for m in whole.matches] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("k", [0, -1, 10_000])
def test_impossible_k(matcher, k):
    with pytest.raises(QueryError, match="Ask for 1 to 1000"):
        matcher.postings_for("demo:software", replace(ASK, k=k))


def test_unknown_ids(matcher):
    with pytest.raises(UnknownId, match="no graduate 'demo:nobody'"):
        matcher.postings_for("demo:nobody", ASK)
    with pytest.raises(UnknownId, match="no posting 'demo:nothing'"):
        matcher.graduates_for("demo:nothing", ASK)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(kinds=(Kind.INTERNSHIP,)), ["web"]),
        (Filters(regions=("360100",)), ["java"]),
        (Filters(regions=("360000",)), ["java", "web"]),
        (Filters(regions=("110000",)), []),
        (Filters(industries=("I",)), ["java", "web"]),
        (Filters(tenants=("demo",)), ["java", "web"]),
        (Filters(tenants=("other",)), []),
    ],
)
def test_filters(matcher, filters, expected):
    assert ids(matcher.postings_for("demo:software", replace(ASK, filters=filters))) == expected


def test_an_empty_store_answers_nothing(settings):
    settings.home.mkdir(exist_ok=True)
    with Store.open(settings.store) as empty:
        build(empty, HashingEncoder(), settings)
    matcher = Matcher(open_state(settings, HashingEncoder()), settings, HashingEncoder())
    assert matcher.postings_for(graduates()[0], ASK).matches == ()
    assert matcher.graduates_for(postings()[0], ASK).matches == ()


class TestLive:
    @pytest.fixture
    def live(self, settings, store):
        build(store, HashingEncoder(), settings)
        return Live(store, HashingEncoder(), settings)

    def test_an_upsert_is_found_and_a_delete_gone_without_a_rebuild(self, live, store):
        better = postings()[0].model_copy(update={"id": "better", "title": "Java开发工程师（校招）"})
        store.upsert([better])
        live.catch_up()
        assert "better" in ids(live.matcher.postings_for("demo:software", ASK))
        store.delete("posting", ["demo:better", "demo:java"])
        live.catch_up()
        assert ids(live.matcher.postings_for("demo:software", ASK)) == ["web"]

    def test_a_changed_record_replaces_the_old_one(self, live, store):
        store.upsert([postings()[0].model_copy(update={"status": "closed"})])
        live.catch_up()
        assert ids(live.matcher.postings_for("demo:software", ASK)) == ["web"]
        store.upsert([postings()[0]])
        live.catch_up()
        assert ids(live.matcher.postings_for("demo:software", ASK)) == ["java", "web"]
        assert live.matcher.state.postings.count == len(postings())

    def test_a_reader_keeps_its_state_while_the_world_moves_on(self, live, store):
        before = live.matcher
        answer = before.postings_for("demo:software", ASK)
        store.delete("posting", ["demo:java"])
        live.catch_up()
        assert before.postings_for("demo:software", ASK) == answer
        assert live.matcher.state.version != before.state.version

    def test_live_rows_score_as_built_ones(self, live, store, settings):
        late = postings()[0].model_copy(update={"id": "late", "employer_name": "另一家示例公司"})  # else a repost
        store.upsert([late])
        live.catch_up()
        followed = {m.record.id: m.score for m in live.matcher.postings_for("demo:software", ASK).matches}
        assert followed["late"] == followed["java"]

    def test_a_deleted_person_is_gone_from_everything(self, live, store, settings):
        encoder = HashingEncoder()
        old = Snapshots(settings.snapshots).current()
        store.delete("graduate", ["demo:software"])
        live.catch_up()
        with pytest.raises(UnknownId):
            live.matcher.postings_for("demo:software", ASK)
        assert "software" not in ids(live.matcher.graduates_for("demo:java", ASK))
        build(store, encoder, settings)
        assert Snapshots(settings.snapshots).names() == [Snapshots(settings.snapshots).current()]
        assert old not in Snapshots(settings.snapshots).names()
        held = [p.read_bytes() for p in settings.snapshots.rglob("*") if p.is_file()]
        assert not any("熟悉Java后端开发".encode() in content for content in held)

    def test_it_goes_over_to_a_new_snapshot(self, live, store, settings):
        store.upsert([postings()[0].model_copy(update={"id": "late"})])
        build(store, HashingEncoder(), settings)
        live.catch_up()
        assert live.matcher.state.name == Snapshots(settings.snapshots).current()
        assert live.matcher.state.postings.count == len(postings()) + 1

    def test_the_follower_keeps_up_by_itself(self, live, store):
        import time

        with live:
            store.upsert([postings()[0].model_copy(update={"id": "late", "employer_name": "另一家示例公司"})])
            live.nudge()
            until = time.monotonic() + 20
            while "late" not in ids(live.matcher.postings_for("demo:software", ASK)) and time.monotonic() < until:
                time.sleep(0.01)
            assert "late" in ids(live.matcher.postings_for("demo:software", ASK))
            assert live.behind == 0


class TestSnapshots:
    def test_nothing_built_yet(self, settings):
        with pytest.raises(NoSnapshot, match="gradmatch build"):
            open_state(settings, HashingEncoder())

    def test_another_encoder_is_refused_naming_both(self, matcher, settings):
        other = HashingEncoder(dim=64)
        with pytest.raises(SnapshotMismatch, match="encoder") as refused:
            open_state(settings, other)
        assert other.name in str(refused.value)
        assert HashingEncoder().name in str(refused.value)

    @pytest.mark.parametrize("file", ["postings/vectors.npy", "postings/codes.faiss", "graduates/columns.arrow"])
    @pytest.mark.parametrize("damage", ["short", "altered", "missing"])
    def test_a_damaged_file_is_refused_by_name(self, matcher, settings, file, damage):
        path = settings.snapshots / matcher.state.name / file
        content = path.read_bytes()
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(content[:-1] if damage == "short" else content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(SnapshotDamaged, match=file):
            open_state(settings, HashingEncoder())

    def test_what_was_verified_is_not_read_again_until_it_is_touched(self, matcher, settings, monkeypatch):
        import matching.snapshot

        read = []
        real = matching.snapshot.sha256
        monkeypatch.setattr(matching.snapshot, "sha256", lambda path: read.append(path.name) or real(path))
        snapshots, name = Snapshots(settings.snapshots), matcher.state.name
        snapshots.check(name)
        assert read == []
        snapshots.verify(name)
        assert len(read) == len(snapshots.manifest(name).files)
        read.clear()
        path = settings.snapshots / name / "words.json"
        path.write_bytes(path.read_bytes())
        snapshots.check(name)
        assert read == ["words.json"]

    def test_rollback(self, matcher, store, settings):
        first = matcher.state.name
        store.upsert([postings()[0].model_copy(update={"id": "late"})])
        second = build(store, HashingEncoder(), settings).name
        snapshots = Snapshots(settings.snapshots)
        assert snapshots.names() == sorted([first, second])
        snapshots.use(first)
        assert snapshots.current() == first
        snapshots.use(max(first, second))
        assert snapshots.previous() == min(first, second)
        assert snapshots.use(min(first, second))
        with pytest.raises(UnknownId, match="no older snapshot"):
            snapshots.previous()

    def test_leftovers_of_a_killed_build_are_swept_away(self, store, settings):
        stale = settings.snapshots / ".building-99999"
        stale.mkdir(parents=True)
        (stale / "half").write_text("x")
        build(store, HashingEncoder(), settings)
        assert not stale.exists()
        assert list(settings.snapshots.glob(".building*")) == []

    def test_two_builds_at_once_are_told(self, store, settings):
        snapshots = Snapshots(settings.snapshots)
        with snapshots.draft(), pytest.raises(Exception, match="another build is under way"):
            build(store, HashingEncoder(), settings)

    def test_the_same_records_give_the_same_files(self, matcher, store, settings):
        first = Snapshots(settings.snapshots).manifest(matcher.state.name)
        second = build(store, HashingEncoder(), settings)
        assert second.files == first.files
        assert second.features == FEATURE_NAMES


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["java"], "熟悉Java和JavaScript", [(2, 6)]),
        (["java", "script"], "javascript, java", [(12, 16)]),
        (["软件", "件开", "开发"], "软件开发，开发", [(0, 4), (5, 7)]),
        ([], "软件", []),
    ],
)
def test_shared_spans(words, text, expected):
    assert shared_spans(Places(words), text) == expected


class TestReposts:
    """The same posting on three platforms, and three that only look like it."""

    def ask(self, settings, store, k=10, skip=0, depth=0):
        java = next(p for p in postings() if p.id == "java").model_copy(update={"employer_name": "江西示例软件公司"})
        again = {"id": "again", "title": "Java 开发工程师", "published": None, "headcount": 3}
        store.upsert(
            [
                java,
                java.model_copy(update={"tenant": "other"}),
                java.model_copy(update={**again, "tenant": "third"}),
                java.model_copy(update={"id": "else", "employer_name": "另一家示例公司"}),
                java.model_copy(update={"id": "town", "regions": ["360400"]}),
                java.model_copy(update={"id": "nobody", "employer_name": ""}),
                java.model_copy(update={"id": "nobody2", "employer_name": ""}),
            ]
        )
        encoder = HashingEncoder()
        build(store, encoder, settings)
        matcher = Matcher(open_state(settings, encoder), settings, encoder)
        return matcher.postings_for("demo:software", Question(today=TODAY, k=k, skip=skip, depth=depth))

    def test_are_listed_once_and_named(self, settings, store):
        answer = self.ask(settings, store)
        found = {match.key: match.also for match in answer.matches}
        listed = [key for key in found if found[key]]
        assert len(listed) == 1
        assert {listed[0], *found[listed[0]]} == {"demo:java", "other:java", "third:again"}
        assert {"demo:else", "demo:town", "demo:nobody", "demo:nobody2"} <= set(found)
        assert [match.rank for match in answer.matches] == list(range(1, len(answer.matches) + 1))
        assert answer.candidates == len(answer.matches)
        assert answer.eligible == len(answer.matches) + 2

    def test_pages_join(self, settings, store):
        whole = self.ask(settings, store)
        pages = [self.ask(settings, store, k=2, skip=skip, depth=whole.depth).matches for skip in range(0, 10, 2)]
        assert [m for page in pages for m in page] == list(whole.matches)


@pytest.mark.parametrize(
    ("years", "zh"),
    [(0.666667, "少8个月"), (0.01, "少1个月"), (0.99, "少1年"), (1.0, "少1年"), (1.25, "少1.2年"), (0.0, "达到要求")],
)
def test_missing_experience_is_said_as_people_say_it(years, zh):
    assert zh in _experience_words(None, None, years).zh


def test_no_vector_or_feature_sees_the_school_or_the_tenant():
    from matching.attributes import GraduateRows
    from matching.profile import graduate_text, graduate_words

    person = graduates()[0]
    schooled = person.model_copy(update={"school": "某某大学"})
    assert graduate_text(schooled) == graduate_text(person)
    assert graduate_words(schooled) == graduate_words(person)
    for mine, theirs in zip(GraduateRows.of([person]), GraduateRows.of([schooled]), strict=True):
        assert mine.tolist() == theirs.tolist() or mine.dtype.kind == "f"
    assert not {"sex", "ethnicity", "disability", "school", "tenant"} & set(FEATURE_NAMES)
    assert not hasattr(Posting, "sex")
