"""POST /v1/resumes: the record with its places, refusals with their reason, limits, and nothing kept."""

from __future__ import annotations

from starlette.testclient import TestClient

from api.demo import open_demo

TEXT = (
    "个人简历\n姓名：欧阳小明  电话：13812345678\n教育背景\n2019.09-2023.06  青禾师范大学  软件工程  本科\n"
    "专业技能\nJava、MySQL、Linux\n"
)


def test_a_resume_over_http(tmp_path):
    with open_demo(tmp_path) as demo, TestClient(demo.app) as client:
        key = {"Authorization": f"Bearer {demo.keys['read']}", "Content-Type": "text/plain"}
        before = client.app.state.service.store.count("graduate")
        found = client.post("/v1/resumes", content=TEXT.encode(), headers=key)
        assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
        body = found.json()
        assert body["graduate"]["major_code"] == "080902"
        assert body["graduate"]["tenant"] == "demo"
        assert body["graduate"]["skills"] == ["Java", "MySQL", "Linux"]
        assert {span["field"] for span in body["spans"]} >= {"degree", "major", "graduation_year", "skills.2"}
        assert "欧阳" not in found.text
        assert "138" not in found.text
        assert client.app.state.service.store.count("graduate") == before
        for content, code in ((b"", "empty"), ("天气很好。".encode() * 20, "not_a_resume")):
            refused = client.post("/v1/resumes", content=content, headers=key)
            assert (refused.status_code, refused.json()["code"]) == (422, code)
            assert refused.json()["type"] == "/problems/resume-refused"
        assert client.post("/v1/resumes", content=b"x" * 16_000_001, headers=key).status_code == 413
        assert client.post("/v1/resumes", content=TEXT.encode()).status_code == 401
