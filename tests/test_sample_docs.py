import re
from pathlib import Path

from matching.sample import SampleProvince
from matching.sample.banks import banks

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "sample.md").read_text(encoding="utf-8")
PROVINCE = SampleProvince(7, graduates=200, postings=200)


def blocks(letter):
    return re.findall(rf"### {letter}(\d{{7}}): (.*?)\n.*?```text\n(.*?)\n```", TEXT, re.DOTALL)


def test_the_resumes_in_the_docs_are_what_the_generator_makes():
    found = blocks("g")
    assert len(found) == 3
    for number, major, text in found:
        graduate = next(PROVINCE.graduates(start=int(number), stop=int(number) + 1))
        assert graduate.major == major
        assert text.startswith(graduate.summary)
        assert all(e.description in text and e.title in text for e in graduate.experiences)


def test_the_postings_in_the_docs_are_what_the_generator_makes():
    found = blocks("p")
    assert len(found) == 3
    for number, title, text in found:
        posting = next(PROVINCE.postings(start=int(number), stop=int(number) + 1))
        assert (posting.title, posting.description) == (title, text)
        assert posting.employer_name in TEXT


def test_the_figures_in_the_docs_are_those_of_the_banks():
    bank = banks()
    assert f"**Occupation families**: {len(bank.families)}," in TEXT
    assert f"**Industries**: {len(bank.industries)}," in TEXT
    assert 280 <= len(bank.majors) <= 300
