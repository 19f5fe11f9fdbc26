import csv
import re
from pathlib import Path

import numpy as np
import pytest

from matching.sample.banks import AFFINITY, STAGES, UNRELATED, banks
from matching.standard.privacy import contact_in

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def test_there_are_families_for_every_sector_and_each_is_whole():
    families = banks().families
    assert len(families) >= 60
    assert {f.sector for f in families} == {"digital", "industry", "health", "building", "commerce", "public"}
    for family in families:
        assert len(family.titles) >= 5, family.key
        assert len(family.duties) >= 5, family.key
        assert len(family.skills) >= 5, family.key
        assert family.certs, family.key
        assert family.projects, family.key
        assert family.areas, family.key
        assert family.majors, family.key
        assert 3_000 <= family.pay <= 10_000, family.key


def test_no_text_of_the_banks_holds_contact_data():
    bank = banks()
    texts = [t for f in bank.families for t in (*f.titles, *f.areas, *f.duties, *f.skills, *f.certs, *f.projects)]
    texts += [t for part in (bank.resume, bank.advert) for entry in part.values() for t in entry]
    assert len(texts) > 2_500
    assert [t for t in texts if contact_in(t)] == []


def test_every_major_leads_somewhere_and_majors_are_known_once():
    bank = banks()
    codes = [major.code for major in bank.majors]
    assert len(codes) == len(set(codes))
    assert len(codes) >= 250
    assert {m.stage for m in bank.majors} == set(STAGES)
    lost = [bank.majors[j].name for j in np.flatnonzero(bank.affinity.max(axis=1) < AFFINITY["near"])]
    assert lost == []


def test_affinity_has_the_documented_levels():
    assert set(np.unique(banks().affinity).tolist()) == {UNRELATED, *AFFINITY.values()}
    bank = banks()
    software = next(j for j, m in enumerate(bank.majors) if m.name == "软件工程")
    keys = [f.key for f in bank.families]
    assert bank.affinity[software, keys.index("backend")] == 1.0
    assert bank.affinity[software, keys.index("nurse")] == UNRELATED


def test_relatedness_is_symmetric_with_one_on_the_diagonal():
    near = banks().related
    assert (near == near.T).all()
    assert (np.diag(near) == 1).all()
    assert near.min() > 0
    assert np.median(near) < 0.1


def test_industries_stand_where_the_province_has_them():
    bank = banks()
    keys, names = [i.key for i in bank.industries], [c.name for c in bank.cities]
    shares = np.diff(bank.industry_city, axis=1, prepend=0)
    assert names[shares[keys.index("ceramic")].argmax()] == "景德镇"
    assert names[shares[keys.index("rareearth")].argmax()] == "赣州"
    assert names[shares[keys.index("furniture")].argmax()] == "赣州"
    assert names[shares[keys.index("software")].argmax()] == "南昌"
    assert shares[keys.index("rareearth")].max() > 0.8
    assert shares[keys.index("education")][len(bank.places) :].sum() == pytest.approx(0, abs=1e-12)


def test_places_are_the_eleven_cities_with_counties_of_their_own_prefix():
    places = banks().places
    assert len(places) == 11
    for place in places:
        assert place.code.startswith("36")
        assert place.counties
        assert all(code[:4] == place.code[:4] for code, _ in place.counties)


def test_every_code_used_is_in_the_terms():
    majors = pytest.importorskip("matching.terms.majors", reason="the catalogue of majors is not there")
    regions = pytest.importorskip("matching.terms.regions", reason="the table of regions is not there")
    industries = pytest.importorskip("matching.terms.industries", reason="the table of industries is not there")
    bank = banks()
    found = [(m, majors.major(m.code)) for m in bank.majors]
    assert [(m.code, m.name, k and k.name) for m, k in found if k is None or k.name != m.name] == []
    codes = [c for city in bank.cities for c in (city.code, *(code for code, _ in city.counties))]
    assert [code for code in codes if regions.region(code) is None] == []
    assert [c for i in bank.industries for c in i.codes if industries.industry(c) is None] == []


@pytest.mark.shared
def test_undergraduate_codes_are_those_of_the_catalogue_and_schools_are_not_real():
    catalogue, schools = (SHARED / n for n in ("majors-undergraduate/majors.csv", "cn-universities/universities.csv"))
    if not (catalogue.exists() and schools.exists()):
        pytest.skip("the catalogue of majors and the list of universities are not here")
    with catalogue.open(encoding="utf-8") as file:
        known = {re.sub("[TK]+$", "", row["代码"]): row["专业"] for row in csv.DictReader(file)}
    wrong = [m.code for m in banks().majors if m.stage == "undergraduate" and known.get(m.code) != m.name]
    assert wrong == []
    with schools.open(encoding="utf-8") as file:
        real = {row["name"].strip() for row in csv.DictReader(file)}
    made_up = {
        name.split("@")[0].removesuffix("（样例）")
        for kind in ("schools_undergraduate", "schools_vocational")
        for name in banks().names[kind]
    }
    assert made_up & real == set()
