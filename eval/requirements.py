"""How well the requirement reader reads real postings: ``gradmatch eval requirements DATA [--half second]``.

The labels (``eval/labels/requirements.jsonl``: ids and labels, no texts) were made by reading each posting. They are
joined here to the postings where those are at hand.

Three parts. "develop" and "held" are 327 postings (seed 20261125, one posting a distinct text): of each source some at
random, then some in which words of requirements stand at least three times, then some with words that are majors
elsewhere and are none here (自动化测试, 产品设计, 医疗保险, 专业培训); parted by the parity of
``sha256("gradmatch" + source + row)``. Both have been looked at, and the reader was mended on them. "second" are 166
more (`eval.requirement_draw`), labelled before the reader was run on them; what it read then is told in
``docs/requirements.md``, and it has been mended on what they showed since.

``judged`` false: the text breaks off inside the list of majors, or repeats a labelled one nearly word for word.
``widened`` was labelled by 相关 and the like, never by 等 alone. The least degree counts that is still accepted
(硕士，优秀本科亦可: 本科); 中专 is 高中. It is read from the words alone, without the stated education, which would
answer for them.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from matching.requirements.findings import Found
from matching.requirements.reader import Words, read_requirements
from matching.terms.majors import find_major

LABELS = Path(__file__).parent / "labels" / "requirements.jsonl"
IT = re.compile(
    r"开发|工程师|软件|数据|算法|java|python|php|前端|后端|android|测试|运维|程序|爬虫|编程|IT|c\+\+|架构",
    re.IGNORECASE,
)


class Case(NamedTuple):
    """A label with what there is to read: the posting's words, and the stated fields with what they say."""

    label: dict[str, Any]
    words: Words
    headcount: int | None
    pay: tuple[float | None, float | None, str] | None


def cases(data: Path, half: str) -> Iterator[Case]:
    """The labelled postings of one half ("develop" or "held") that are found under `data`."""
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if label["half"] != half or not (data / label["source"]).is_dir():
            continue
        source = label["source"]
        if source not in rows:
            rows[source] = posting_rows(data, source)
        yield _case(label, rows[source][label["row"]])


_KEYS = {"taidi2023-postings": "招聘信息id", "zhilian-shenzhen-2018": "jobUrl", "liepin-dataanalyst-2019": "链接"}


def posting_rows(data: Path, source: str) -> dict[str, dict[str, str]]:
    """The postings of a source by what the labels call them."""
    limit = csv.field_size_limit(10**9)
    try:
        with (data / source / "postings.csv").open(encoding="utf-8-sig", newline="") as file:
            return {
                row[_KEYS[source]] if source in _KEYS else str(i): row for i, row in enumerate(csv.DictReader(file))
            }
    finally:
        csv.field_size_limit(limit)  # it is the whole process's


def words_of(source: str, row: dict[str, str]) -> Words:
    """The words of one posting, without the tags that stand beside its text."""
    words = _case({"source": source}, row).words
    return words._replace(description=_untagged(source, words.description))


def _case(label: dict[str, Any], row: dict[str, str]) -> Case:
    source = label["source"]
    if source == "taidi2023-postings":
        unit = {"0": "year", "1": "month", "2": "day"}[row["薪资类型"]]
        word = {"year": "元/年", "month": "元/月", "day": "元/天"}[unit]
        low, high, count = row["最低工资"], row["最高工资"], int(row["招聘人数"])
        text = row["职位描述"] + (f"\n招聘人数：{count}人" if count else "")
        return Case(
            label,
            Words(row["招聘岗位"], text, "", f"{low}-{high}{word}"),
            count or None,
            (float(low), float(high), unit),
        )
    if source == "zhilian-shenzhen-2018":
        return Case(
            label,
            Words(row["jobName"], row["detail_snippet"], row["edu"], row["salary"]),
            None,
            _bounds(row["minSalary"], row["maxSalary"]),
        )
    if source == "51job-bigdata-2019":
        tags = " | ".join(filter(None, (row["地区"], row["工作经验"], row["学历"], f"招{row['人数']}")))
        sought = re.match(r"\d+", row["人数"])
        return Case(
            label,
            Words(row["职位"], f"{tags}\n{row['岗位信息']}", "", row["薪资"]),
            int(sought[0]) if sought else None,
            _chinese_pay(row["薪资"]),
        )
    if source == "liepin-dataanalyst-2019":
        open_pay = row["薪酬low"] == "面议"
        pay = "面议" if open_pay else f"{row['薪酬low']}-{row['薪酬high']}k·{row['几薪']}薪"
        known = None if open_pay else (float(row["薪酬low"]) * 1000, float(row["薪酬high"]) * 1000, "month")
        return Case(label, Words(row["岗位名称"], "", row["学历"], pay), None, known)
    return Case(
        label,
        Words(row["岗位名称"], row["岗位需求"], "", row["工资待遇"]),
        None,
        _bounds(*(row["工资待遇"].split("-") * 2)[:2]),
    )


def _bounds(low: str, high: str) -> tuple[float | None, float | None, str] | None:
    """Two bare figures of a month; "3000以上" leaves the most open."""
    if not re.search(r"\d", low):
        return None
    first, last = (float(re.sub(r"\D", "", text) or 0) for text in (low, high or low))
    if "以上" in low:
        return first, None, "month"
    return (None, last, "month") if "以下" in low else (first, last, "month")


def _chinese_pay(text: str) -> tuple[float | None, float | None, str] | None:
    match = re.fullmatch(r"([\d.]+)(?:-([\d.]+))?(万|千|元)/(月|年|天|小时)", text)
    if match is None:
        return None
    factor = {"万": 10_000, "千": 1_000, "元": 1}[match[3]]
    unit = {"月": "month", "年": "year", "天": "day", "小时": "hour"}[match[4]]
    return round(float(match[1]) * factor, 2), round(float(match[2] or match[1]) * factor, 2), unit


class Score:
    """Counts of one group of postings."""

    def __init__(self) -> None:
        self.hits = self.wrong = self.missed = 0
        self.right: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.silent = self.invented = 0

    def add(self, case: Case, found: Found) -> list[str]:
        """Count one posting; what was read wrong, in words."""
        return [*self._majors(case, found), *self._values(case, found)]

    def _majors(self, case: Case, found: Found) -> list[str]:
        if not case.label["judged"]:
            return []
        wanted = [(m["mode"], _plain(m["text"]), _code(m["text"])) for m in case.label["majors"]]
        given = list({(m.mode, _plain(m.span.text)): m.code for m in found.majors}.items())
        left = list(wanted)
        extra: list[str] = []
        for (mode, text), code in given:
            match = next((w for w in left if w[0] == mode and (w[1] == text or (code and w[2] == code))), None)
            if match is None:
                extra.append(f"+{text}/{mode}")
            else:
                left.remove(match)
        self.hits += len(wanted) - len(left)
        self.wrong += len(extra)
        self.missed += len(left)
        if not wanted:
            self.silent += 1
            self.invented += bool(given)
        return [*extra, *(f"-{text}/{mode}" for mode, text, _ in left)]

    def _values(self, case: Case, found: Found) -> list[str]:
        label = case.label
        pay = None if found.pay is None else (found.pay.min, found.pay.max, found.pay.unit)
        in_text = label.get("pay_in_text")
        wanted = case.pay or (None if in_text is None else (in_text["min"], in_text["max"], in_text["unit"]))
        pairs: list[tuple[str, object, object]] = [
            ("graduation years", label.get("graduation_years"), list(found.years.years) or None),
            ("any major", label["any_major"], found.any_major),
            ("headcount", case.headcount, found.headcount),
            ("pay", wanted, pay),
            ("days a week", label.get("days_per_week"), found.days_per_week),
            ("months", label.get("months"), found.months),
            ("age and sex", sorted(label.get("limits", [])), sorted({x.kind for x in found.limits} & {"age", "sex"})),
        ]
        if label["source"] != "liepin-dataanalyst-2019":
            read = read_requirements(
                case.words._replace(education="", description=_untagged(label["source"], case.words.description))
            )
            pairs.append(("degree", label["degree"], None if read.degree is None else read.degree.value))
        wrong = []
        for name, truth, answer in pairs:
            self.asked[name] += 1
            self.right[name] += truth == answer
            if truth != answer:
                wrong.append(f"{name}: {truth} read as {answer}")
        return wrong

    def lines(self) -> Iterator[str]:
        """The figures, one a line."""
        found, wanted = self.hits + self.wrong, self.hits + self.missed
        if wanted:
            precision, recall = self.hits / max(found, 1), self.hits / wanted
            f1 = 2 * self.hits / (found + wanted)
            yield f"  majors            F1 {f1:.3f}  (precision {precision:.3f}, recall {recall:.3f}, {wanted} named)"
        yield f"  invented majors   in {self.invented} of {self.silent} postings that name none"
        for name in sorted(self.asked):
            yield f"  {name:<17} {self.right[name] / self.asked[name]:.3f}  ({self.right[name]} of {self.asked[name]})"


def _untagged(source: str, text: str) -> str:
    """The description without the line of tags that the loader put in front or behind."""
    if source == "51job-bigdata-2019":
        return text.partition("\n")[2]
    return text.rpartition("\n招聘人数：")[0] or text if source == "taidi2023-postings" else text


def _plain(text: str) -> str:
    return re.sub(r"(?:专业|类|学科|方向)+$", "", text.casefold().replace(" ", ""))


def _code(text: str) -> str:
    known = find_major(text)
    return known.code if known else ""


class Measured(NamedTuple):
    """The scores of a half by group (all, each source, not IT), how many postings each has, and what was misread."""

    scores: dict[str, Score]
    counts: Counter[str]
    wrong: list[str]


def measure(data: Path, half: str) -> Measured:
    """Read the labelled postings of one half that are found under `data`, and count."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for case in cases(data, half):
        found = read_requirements(case.words)
        misread = scores["all"].add(case, found)
        names = [case.label["source"], *([] if IT.search(case.words.title) else ["not IT (by title)"])]
        counts.update(["all", *names])
        for name in names:
            scores[name].add(case, found)
        if misread:
            wrong.append(f"{case.label['source']} {case.label['row']}: {'; '.join(misread)}")
    return Measured(dict(scores), counts, wrong)
