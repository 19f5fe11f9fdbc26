"""Examples of what goes in and out, by the name of the form. None is a real person, employer or posting."""

from __future__ import annotations

from typing import Any

_GRADUATE = {
    "degree": "本科",
    "major": "软件工程",
    "graduation_year": 2026,
    "region": "360100",
    "skills": ["Java", "MySQL"],
    "wishes": {"titles": ["Java开发工程师"], "regions": ["360100"], "pay_min": 5000},
}
_POSTING = {
    "kind": "job",
    "title": "Java开发工程师",
    "employer_name": "示例单位（虚构）",
    "industry_code": "I65",
    "description": "负责后端接口开发，熟悉Java、MySQL。",
    "regions": ["360100"],
    "pay": {"min": 6000, "max": 9000, "unit": "month"},
    "headcount": 2,
    "requirements": {"degree": "本科", "majors": ["计算机类"]},
    "published": "2026-05-20",
}
_INTERACTION = {
    "id": "i-1",
    "graduate": "demo:software",
    "posting": "demo:java",
    "action": "clicked",
    "at": "2026-06-15T09:30:00+08:00",
    "rank": 1,
    "channel": "app",
}
_PAGE = {
    "snapshot": "20260615T010203Z-1a2b3c4d",
    "version": "20260615T010203Z-1a2b3c4d+1042",
    "today": "2026-06-15",
    "eligible": 3,
    "candidates": 3,
    "next_cursor": "WyIyMDI2MDYxNVQwMTAyMDNaLTFhMmIzYzRkIl0",
}
_MAJOR_UNKNOWN = {
    "status": "unknown",
    "rules": [
        {
            "rule": "majors",
            "status": "unknown",
            "missing": ["posting.requirements.majors"],
            "reason": {
                "zh": "无法判断：缺少 posting.requirements.majors",
                "en": "cannot be judged: posting.requirements.majors missing or not understood",
            },
        }
    ],
}
_REASONS = [
    {
        "feature": "major",
        "points": 1.0,
        "words": {
            "zh": "专业对口：软件工程属计算机类，在岗位要求之内",
            "en": "major fits: 软件工程 is in 计算机类",
        },
        "evidence": [
            {"field": "graduate.major", "start": 0, "end": 4, "text": "软件工程"},
            {"field": "posting.requirements.majors.0", "start": 0, "end": 4, "text": "计算机类"},
        ],
    }
]
_MATCH = {
    "rank": 1,
    "score": 1.0,
    "similarity": 0.87,
    "contributions": {"major": 1.0, "place": 0.0},
    "reasons": _REASONS,
    "also": [],
    "surplus": None,
}
_REFUSAL = {
    "field": "requirements.degree",
    "value": "本可",
    "code": "unknown_code",
    "reason": {"zh": "不是标准代码", "en": "not one of the standard's codes"},
    "cure": {
        "zh": "可用代码见“gradmatch schema”。",
        "en": "See `gradmatch schema` for the codes, or add a value map.",
    },
}

EXAMPLES: dict[str, Any] = {
    "GraduateBody": _GRADUATE,
    "PostingBody": _POSTING,
    "EmployerBody": {"name": "示例单位（虚构）", "industry_code": "I65", "region": "360100", "verified": True},
    "EventBody": {
        "title": "2026届计算机类专场招聘会",
        "starts_at": "2026-06-20T09:00:00+08:00",
        "ends_at": "2026-06-20T16:00:00+08:00",
        "region": "360100",
        "majors": ["0809"],
    },
    "ListBody": {"pin": {"software": "校方推荐"}, "exclude": {"nursing": "已签约"}, "seed": 0, "seconds": 60},
    "WhatIfBody": {"rules": {"hardship_least": 0.1}, "limits": {"seats": 200}, "without": ["county"]},
    "AnswersBody": {"answers": [{"graduate": "software", "answer": "yes"}, {"graduate": "nursing", "came": False}]},
    "TimetableBody": {"now": "2026-06-20T10:00:00+08:00", "absent": ["nursing"], "walk_ins": []},
    "OutcomesBody": {"outcomes": [{"graduate": "software", "employer": "示例单位（虚构）", "outcome": "wanted"}]},
    "SuggestBody": {"weeks": 6, "avoid": [{"first": "2026-06-29", "last": "2026-06-30", "why": "毕业典礼"}]},
    "CampaignBody": {"title": "五月推送", "channel": "files", "share": 0.01, "holdout": 0.05},
    "StopBody": {"reason": "退订偏多"},
    "SearchBody": {"title": "南昌会计", "text": "会计", "regions": ["360100"], "at_once": True},
    "SupposeBody": {"limits": {"digest": 2, "least": 0.03}},
    "ProtectedBody": {"low_income_family": True, "hardship_groups": ["脱贫家庭"]},
    "InteractionBody": _INTERACTION,
    "IdLine": "a1",
    "RankRequest": {"graduate": _GRADUATE, "k": 10, "today": "2026-06-15", "kinds": ["job", "internship"]},
    "RankedPostings": {
        **_PAGE,
        "items": [
            {
                **_MATCH,
                "eligibility": {"status": "pass", "rules": []},
                "posting": {
                    "tenant": "demo",
                    "id": "java",
                    "kind": "job",
                    "title": "Java开发工程师",
                    "employer_id": None,
                    "employer_name": "示例单位（虚构）",
                    "industry": "",
                    "industry_code": "I65",
                    "regions": ["360100"],
                    "place": "",
                    "pay": {"min": 6000.0, "max": 9000.0, "unit": "month", "months": 12},
                    "headcount": 2,
                    "filled": 0,
                    "requirements": {
                        "degree": "本科",
                        "majors": ["计算机类"],
                        "graduation_years": None,
                        "experience_years": None,
                        "skills": [],
                        "certificates": [],
                    },
                    "benefits": [],
                    "published": "2026-05-20",
                    "closes": None,
                },
            }
        ],
    },
    "RankedGraduates": {
        **_PAGE,
        "next_cursor": None,
        "items": [
            {
                **_MATCH,
                "eligibility": _MAJOR_UNKNOWN,
                "graduate": {
                    "tenant": "demo",
                    "id": "software",
                    "degree": "本科",
                    "major": "软件工程",
                    "major_code": None,
                    "graduation_year": 2026,
                    "skills": ["Java", "MySQL"],
                    "region": "360100",
                },
            }
        ],
    },
    "Written": {"type": "posting", "key": "demo:java", "outcome": "inserted", "change": 1043},
    "Deleted": {"type": "posting", "key": "demo:java", "outcome": "deleted", "change": 1044},
    "BulkWritten": {
        "kept": 2,
        "inserted": 1,
        "updated": 0,
        "unchanged": 1,
        "refused": 1,
        "change": 1045,
        "refusals": [{"row": 3, **_REFUSAL}],
    },
    "BulkDeleted": {"kept": 2, "deleted": 1, "unknown": 1, "refused": 0, "change": 1046, "refusals": []},
    "Alive": {"alive": True},
    "Ready": {"ready": True, "snapshot": _PAGE["snapshot"], "change": 1042, "behind": 0},
    "Problem": {
        "type": "/problems/unknown-id",
        "title": "There is no such record",
        "titles": {"zh": "没有这条记录", "en": "There is no such record"},
        "status": 404,
        "detail": "no graduate 'demo:a1'",
        "where": "graduate",
        "cure": "Send the record first, or check tenant and id.",
    },
}
"""Example by the name of a component of the OpenAPI description."""
