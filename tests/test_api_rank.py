"""Ranking over HTTP, on the demo world whose right answers anyone can see."""

from __future__ import annotations

import math
from datetime import date

import pytest
from starlette.testclient import TestClient

from api.demo import Demo, open_demo
from matching.demo import TODAY, graduates
from matching.live import Live
from matching.question import Question

DAY = TODAY.isoformat()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with open_demo(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo):
    with TestClient(demo.app) as opened:
        yield opened


def ask(client: TestClient, demo: Demo, path: str, *, key: str = "read", **query):
    return client.get(path, params={"today": DAY, **query}, headers={"Authorization": f"Bearer {demo.keys[key]}"})


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item.get("posting", item.get("graduate"))["id"] for item in answer.json()["items"]]


def test_best_posting_of_each_graduate_is_the_one_made_for_it(client, demo):
    best = {g: ids(ask(client, demo, f"/v1/graduates/{g}/postings"))[0] for g in ("software", "accounting", "nursing")}
    assert best == {"software": "java", "accounting": "cashier", "nursing": "nurse"}


def test_a_posting_that_a_rule_forbids_is_never_shown(client, demo):
    found = ids(ask(client, demo, "/v1/graduates/software/postings", k=100))
    assert not {"java-master", "java-closed", "java-full"} & set(found)
    assert "java" in found


def test_best_graduate_of_a_posting(client, demo):
    assert ids(ask(client, demo, "/v1/postings/java/graduates"))[0] == "software"


def test_answer_equals_the_matcher_called_in_python(client, demo):
    with Live(demo.store, client.app.state.service.live._encoder, demo.settings) as live:
        said = live.matcher.postings_for("demo:software", Question(k=5, today=TODAY))
    told = ask(client, demo, "/v1/graduates/demo:software/postings", k=5).json()
    assert [(i["posting"]["id"], i["score"], i["similarity"]) for i in told["items"]] == [
        (m.record.id, m.score, m.similarity) for m in said.matches
    ]
    assert (told["version"], told["eligible"], told["candidates"]) == (said.version, said.eligible, said.candidates)
    assert told["snapshot"] == said.version.partition("+")[0]


def test_contributions_add_up_to_the_score_and_evidence_exists(client, demo):
    software = next(g for g in graduates() if g.id == "software")
    items = ask(client, demo, "/v1/graduates/software/postings").json()["items"]
    for item in items:
        assert math.isclose(sum(item["contributions"].values()), item["score"], abs_tol=1e-9)
        assert math.isclose(sum(reason["points"] for reason in item["reasons"]), item["score"], abs_tol=1e-9)
    evidence = [e for item in items for reason in item["reasons"] for e in reason["evidence"]]
    assert {"graduate.major"} <= {e["field"] for e in evidence}
    assert all(e["text"] == software.major for e in evidence if e["field"] == "graduate.major")


def test_unknown_eligibility_names_the_missing_field(client, demo):
    items = ask(client, demo, "/v1/graduates/silent/postings", k=100).json()["items"]
    java = next(item for item in items if item["posting"]["id"] == "java")["eligibility"]
    assert java["status"] == "unknown"
    assert {r["rule"]: r["missing"] for r in java["rules"]}["degree"] == ["graduate.degree"]
    assert all(r["reason"]["zh"] and r["reason"]["en"] for r in java["rules"])


def test_answers_show_no_school_and_no_text_of_a_graduate(client, demo):
    graduate = ask(client, demo, "/v1/postings/java/graduates").json()["items"][0]["graduate"]
    assert set(graduate) == {
        "tenant", "id", "degree", "major", "major_code", "graduation_year", "skills", "region",
    }  # fmt: skip


def test_pages_joined_are_the_whole_list(client, demo):
    whole = ids(ask(client, demo, "/v1/graduates/silent/postings", k=100))
    pages, ranks, cursor = [], [], {}
    while True:
        answer = ask(client, demo, "/v1/graduates/silent/postings", k=2, **cursor)
        pages += ids(answer)
        ranks += [item["rank"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert len(whole) >= 3
    assert pages == whole
    assert ranks == list(range(1, len(whole) + 1))


def test_a_page_goes_on_behind_the_one_before_though_records_came_and_went(client, demo):
    first = ask(client, demo, "/v1/graduates/silent/postings", k=2)
    second = ask(client, demo, "/v1/graduates/silent/postings", k=100, cursor=first.json()["next_cursor"])
    write = {"Authorization": f"Bearer {demo.keys['write']}"}
    better = {
        "title": "行政文员",
        "description": "负责文书工作。",
        "regions": ["360100"],
        "published": DAY,
        "requirements": {"degree": "none", "majors": [], "graduation_years": [], "experience_years": 0},
    }
    for number in range(3):
        assert client.put(f"/v1/postings/new-{number}", json=better, headers=write).status_code == 201
    client.app.state.service.live.catch_up()
    try:
        now = ids(ask(client, demo, "/v1/graduates/silent/postings", k=100))
        after = ask(client, demo, "/v1/graduates/silent/postings", k=100, cursor=first.json()["next_cursor"])
        shown = ids(first)
        assert ids(after) == ids(second) == now[now.index(shown[-1]) + 1 :]
        assert {"new-0", "new-1", "new-2"} <= set(now)
        assert after.json()["items"][0]["rank"] == now.index(shown[-1]) + 2
    finally:
        for number in range(3):
            client.delete(f"/v1/postings/new-{number}", headers=write)
        client.app.state.service.live.catch_up()


@pytest.mark.parametrize(
    "query",
    [{"kinds": "internship"}, {"regions": "360200"}, {"industries": "Q"}, {"tenants": "demo"}, {"today": "2026-05-30"}],
)
def test_a_cursor_fits_only_its_own_question(client, demo, query):
    cursor = ask(client, demo, "/v1/graduates/silent/postings", k=1).json()["next_cursor"]
    answer = ask(client, demo, "/v1/graduates/silent/postings", k=1, cursor=cursor, **query)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-question")
    assert answer.json()["cure"] == "Start again without a cursor."


def test_a_cursor_of_another_snapshot_says_start_again(demo, client):
    from api.cursor import place_of

    cursor = ask(client, demo, "/v1/graduates/silent/postings", k=1).json()["next_cursor"]
    old = place_of(cursor)._replace(snapshot="20200101T000000Z-00000000").to_text()
    answer = ask(client, demo, "/v1/graduates/silent/postings", k=1, cursor=old)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/cursor-outdated")


@pytest.mark.parametrize("broken", ["x", "====", "W10", "e30", "bnVsbA", "\u4e2d", "WzEsMiwzLDQsNSw2LDdd", "A" * 1025])
def test_a_cursor_that_is_none_is_refused(client, demo, broken):
    assert ask(client, demo, "/v1/graduates/silent/postings", cursor=broken).status_code == 400


def test_a_cursor_cannot_ask_for_more_work_than_a_question_may(client, demo):
    from api.cursor import place_of

    place = place_of(ask(client, demo, "/v1/graduates/silent/postings", k=1).json()["next_cursor"])
    for forged in (
        place._replace(depth=10**9),
        place._replace(skip=0),
        place._replace(skip=-1),
        place._replace(depth=0),
    ):
        assert ask(client, demo, "/v1/graduates/silent/postings", cursor=forged.to_text()).status_code == 400
    far = place._replace(skip=10**9)
    assert ids(ask(client, demo, "/v1/graduates/silent/postings", cursor=far.to_text())) == []


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"kinds": "internship"}, ["web"]),
        ({"regions": "360700"}, ["cashier", "web"]),
        ({"regions": "360000", "kinds": ["job", "internship"]}, None),
        ({"kinds": "grassroots"}, []),
        ({"tenants": "nobody"}, []),
        ({"industries": "Q"}, ["nurse"]),
    ],
)
def test_filters(client, demo, filters, left):
    found = sorted(ids(ask(client, demo, "/v1/graduates/silent/postings", k=100, **filters)))
    assert found == left if left is not None else len(found) == 8


@pytest.mark.parametrize("k", [0, -1, 1_001, 10_000])
def test_k_out_of_range_says_the_range(client, demo, k):
    answer = ask(client, demo, "/v1/graduates/software/postings", k=k)
    assert answer.status_code == 400
    assert (answer.json()["detail"], answer.json()["cure"]) == (f"k is {k}", "Ask for 1 to 1000.")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "5"}, "query.limit"),
        ({"k": "many"}, "query.k"),
        ({"kinds": "jobb"}, "query.kinds.0"),
        ({"regions": "36"}, "query.regions.0"),
        ({"regions": "990000"}, "query.regions.0"),
        ({"industries": "Z"}, "query.industries.0"),
        ({"today": "2026-02-30"}, "query.today"),
        ({"explain": "perhaps"}, "query.explain"),
        ({"tenants": "A B"}, "query.tenants.0"),
    ],
)
def test_a_wrong_parameter_is_named(client, demo, query, field):
    answer = ask(client, demo, "/v1/graduates/software/postings", **query)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [refusal["field"] for refusal in answer.json()["refusals"]] == [field]


def test_filters_on_postings_are_unknown_where_graduates_are_ranked(client, demo):
    answer = ask(client, demo, "/v1/postings/java/graduates", kinds="job")
    assert answer.json()["refusals"][0]["code"] == "unknown_parameter"


def test_without_explanation_there_are_contributions_but_no_reasons(client, demo):
    item = ask(client, demo, "/v1/graduates/software/postings", explain="false").json()["items"][0]
    assert item["reasons"] == []
    assert math.isclose(sum(item["contributions"].values()), item["score"], abs_tol=1e-9)


@pytest.mark.parametrize("path", ["/v1/graduates/nobody/postings", "/v1/postings/nothing/graduates"])
def test_unknown_id(client, demo, path):
    answer = ask(client, demo, path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-id")
    assert path.split("/")[3] in answer.json()["detail"]


def test_the_same_question_gets_the_same_bytes_and_a_304(client, demo):
    first = ask(client, demo, "/v1/graduates/software/postings")
    again = ask(client, demo, "/v1/graduates/software/postings")
    assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
    assert first.headers["cache-control"] == "private, no-cache"
    headers = {"Authorization": f"Bearer {demo.keys['read']}", "If-None-Match": f'"else", W/{first.headers["etag"]}'}
    same = client.get("/v1/graduates/software/postings", params={"today": DAY}, headers=headers)
    assert (same.status_code, same.content) == (304, b"")
    other = client.get("/v1/graduates/software/postings", params={"today": DAY, "k": 3}, headers=headers)
    assert other.status_code == 200


def test_etag_changes_with_the_state(client, demo):
    before = ask(client, demo, "/v1/graduates/software/postings").headers["etag"]
    write = {"Authorization": f"Bearer {demo.keys['write']}"}
    client.put("/v1/postings/passing", json={"title": "数据录入员"}, headers=write)
    client.app.state.service.live.catch_up()
    between = ask(client, demo, "/v1/graduates/software/postings").headers["etag"]
    client.delete("/v1/postings/passing", headers=write)
    client.app.state.service.live.catch_up()
    assert len({before, between, ask(client, demo, "/v1/graduates/software/postings").headers["etag"]}) == 3


def rank(client, demo, body, key="read"):
    return client.post("/v1/rank", json=body, headers={"Authorization": f"Bearer {demo.keys[key]}"})


def test_rank_for_a_profile_gives_what_the_stored_record_gets(client, demo):
    software = next(g for g in graduates() if g.id == "software")
    profile = software.model_dump(mode="json", exclude={"tenant", "id"}, exclude_defaults=True)
    answer = rank(client, demo, {"graduate": profile, "today": DAY, "k": 5})
    stored = ask(client, demo, "/v1/graduates/software/postings", k=5).json()
    assert answer.status_code == 200
    assert ids(answer) == [item["posting"]["id"] for item in stored["items"]]
    for mine, theirs in zip(answer.json()["items"], stored["items"], strict=True):
        assert mine["posting"] == theirs["posting"]
        assert math.isclose(mine["score"], theirs["score"], abs_tol=0.01)  # stored vectors are rounded
    assert demo.store.count("graduate") == len(graduates())


def test_rank_for_a_posting_and_its_pages(client, demo):
    posting = {"title": "Java开发工程师", "description": "熟悉Java、Spring、MySQL。", "regions": ["360100"]}
    whole = ids(rank(client, demo, {"posting": posting, "today": DAY}))
    assert whole[0] == "software"
    first = rank(client, demo, {"posting": posting, "today": DAY, "k": 1})
    second = rank(client, demo, {"posting": posting, "today": DAY, "cursor": first.json()["next_cursor"]})
    assert ids(first) + ids(second) == whole
    other = {**posting, "title": "出纳"}
    assert (
        rank(client, demo, {"posting": other, "today": DAY, "cursor": first.json()["next_cursor"]}).status_code == 400
    )


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "body"),
        ([], 400, "body"),
        ({"graduate": {}, "posting": {"title": "x"}}, 400, "body"),
        ({"graduate": {}, "limit": 3}, 400, "body.limit"),
        ({"posting": {"title": "x"}, "kinds": ["job"]}, 400, "body.kinds"),
        ({"graduate": []}, 422, ""),
        ({"graduate": {"degree": "本可"}}, 422, "degree"),
        ({"posting": {}}, 422, "title"),
    ],
)
def test_rank_refuses_what_is_not_a_question(client, demo, body, status, field):
    answer = rank(client, demo, body)
    assert (answer.status_code, answer.json()["refusals"][0]["field"]) == (status, field)


def test_today_defaults_to_today_in_china(client, demo):
    headers = {"Authorization": f"Bearer {demo.keys['read']}"}
    told = client.get("/v1/graduates/software/postings", headers=headers).json()
    assert abs((date.fromisoformat(told["today"]) - date.today()).days) <= 1


def test_an_empty_store_answers_empty_lists(tmp_path):
    with open_demo(tmp_path, empty=True) as demo, TestClient(demo.app) as client:
        answer = rank(client, demo, {"graduate": {"major": "软件工程"}})
        assert answer.status_code == 200
        assert (answer.json()["items"], answer.json()["eligible"], answer.json()["next_cursor"]) == ([], 0, None)
        assert ask(client, demo, "/v1/graduates/a1/postings").status_code == 404
