import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from matching.sample import SampleProvince, Tuning
from matching.sample.banks import banks
from matching.sample.latent import Truth
from matching.sample.people import draw_people
from matching.sample.protected import draw_women
from matching.sample.vacancies import draw_vacancies

PROVINCE = SampleProvince(11, graduates=2_000, postings=2_000)
WHO = np.random.default_rng(0).integers(0, 2_000, 20_000)
WHERE = np.random.default_rng(1).integers(0, 2_000, 20_000)


@pytest.fixture(scope="module")
def shown():
    return pl.concat(list(PROVINCE.truth())).filter(pl.col("shown"))


@pytest.fixture(scope="module")
def hidden():
    people = draw_people(banks(), 11, np.arange(2_000))
    return people, draw_vacancies(banks(), 11, np.arange(2_000), reposts=0.08)


def test_the_truth_of_a_pair_is_the_same_alone_and_among_others():
    many = PROVINCE.true_value(WHO[:500], WHERE[:500])
    for n in (0, 99, 499):
        alone = PROVINCE.true_value(int(WHO[n]), int(WHERE[n]))
        assert [float(x[0]) for x in alone] == pytest.approx([float(x[n]) for x in many], abs=1e-12)
    row = PROVINCE.true_value(7, np.arange(50))
    assert row.utility.shape == (50,)
    assert row.answer[13] == pytest.approx(PROVINCE.true_value(np.arange(20), 13).answer[7], abs=1e-12)


def test_chances_are_chances_and_most_pairs_are_poor(hidden):
    truth = PROVINCE.true_value(WHO, WHERE)
    for part in truth:
        assert part.min() >= 0
        assert part.max() <= 1
    assert truth.utility.mean() < 0.3
    assert truth.apply.mean() < 0.05
    best = np.sort(PROVINCE.true_value(3, np.arange(2_000)).utility)[-10:]
    assert best.mean() > 0.6


def test_trivial_fields_tell_something_but_far_from_all(shown, hidden):
    people, vacancies = hidden
    who, where = shown["graduate_index"].to_numpy(), shown["posting_index"].to_numpy()
    same_major = banks().affinity[people.major[who], vacancies.family[where]] == 1.0
    same_city = people.home[who] == vacancies.city[where]
    same_family = people.family[who] == vacancies.family[where]
    for field in (same_major, same_city, same_family):
        for name, most in (("utility", 0.6), ("suitability", 0.8), ("apply", 0.6), ("answer", 0.7)):
            rho = spearmanr(field, shown[name].to_numpy()).statistic
            assert rho < most, name
    assert spearmanr(same_major, shown["suitability"].to_numpy()).statistic > 0.3
    assert spearmanr(same_major, shown["utility"].to_numpy()).statistic > 0.2
    assert spearmanr(same_city, shown["utility"].to_numpy()).statistic > 0.1
    assert spearmanr(same_family, shown["utility"].to_numpy()).statistic > 0.25


def test_what_people_want_and_what_employers_want_differ(shown):
    rho = spearmanr(shown["utility"].to_numpy(), shown["suitability"].to_numpy()).statistic
    assert 0.1 < rho < 0.7


def test_a_degree_too_low_and_a_place_too_far_cost(hidden):
    people, vacancies = hidden
    truth = PROVINCE.true_value(WHO, WHERE)
    short = vacancies.level[WHERE] > people.level[WHO]
    main = banks().affinity[people.major[WHO], vacancies.family[WHERE]] == 1.0
    assert truth.suitability[main & short].mean() < 0.6 * truth.suitability[main & ~short].mean()
    far = banks().distance[people.home[WHO], vacancies.city[WHERE]] > 2
    wanted = banks().related[people.family[WHO], vacancies.family[WHERE]] > 0.5
    assert truth.utility[wanted & far].mean() < 0.8 * truth.utility[wanted & ~far].mean()


def test_without_noise_the_truth_of_equal_people_and_postings_is_equal():
    still = SampleProvince(11, graduates=2_000, postings=2_000, tuning=Tuning(noise=0)).true_value(WHO, WHERE)
    usual = PROVINCE.true_value(WHO, WHERE)
    logit = np.log(usual.utility / (1 - usual.utility)) - np.log(still.utility / (1 - still.utility))
    assert logit.mean() == pytest.approx(0, abs=0.01)
    assert logit.std() == pytest.approx(0.3, abs=0.01)


def test_reposts_share_the_truth_of_what_they_repeat():
    originals = PROVINCE.originals(np.arange(2_000))
    copies = np.flatnonzero(originals != np.arange(2_000))
    assert len(copies) > 100
    first, second = PROVINCE.true_value(5, copies), PROVINCE.true_value(5, originals[copies])
    assert np.array_equal(first.utility, second.utility)
    assert np.array_equal(first.suitability, second.suitability)


def test_protected_attributes_do_not_enter_unless_bias_is_asked_for():
    people = draw_people(banks(), 11, np.arange(2_000))
    women = draw_women(banks(), 11, people) == 1
    fair = PROVINCE.true_value(WHO, WHERE)
    biased = SampleProvince(11, graduates=2_000, postings=2_000, tuning=Tuning(bias=1.0)).true_value(WHO, WHERE)
    hers = women[WHO]
    for name in Truth._fields:
        assert np.array_equal(getattr(fair, name)[~hers], getattr(biased, name)[~hers]), name
    for name in ("utility", "suitability", "apply"):
        assert np.array_equal(getattr(fair, name), getattr(biased, name)), name
    assert (biased.answer[hers] < fair.answer[hers]).all()
    assert biased.answer[hers].mean() < 0.6 * fair.answer[hers].mean()
    men, ladies = (fair.answer[sex & (banks().affinity[people.major[WHO], 0] >= 0)].mean() for sex in (~hers, hers))
    assert men == pytest.approx(ladies, abs=0.02)


def test_the_frame_names_the_records_and_covers_what_was_shown():
    small = SampleProvince(4, graduates=300, postings=300)
    frame = pl.concat(list(small.truth(sampled=3)))
    assert frame.columns == [
        *("graduate", "posting", "graduate_index", "posting_index", "original"),
        *("utility", "suitability", "apply", "answer", "shown"),
    ]
    graduates, postings = [g.key for g in small.graduates()], [p.key for p in small.postings()]
    assert all(graduates[i] == key for i, key in frame.select("graduate_index", "graduate").iter_rows())
    assert all(postings[i] == key for i, key in frame.select("posting_index", "posting").iter_rows())
    assert frame.select("graduate", "posting").is_unique().all()
    pairs = {(i.graduate, i.posting) for i in small.interactions()}
    assert pairs <= set(frame.filter("shown").select("graduate", "posting").iter_rows())
    assert frame.filter(~pl.col("shown")).height == pytest.approx(900, abs=60)
    truth = small.true_value(frame["graduate_index"].to_numpy(), frame["posting_index"].to_numpy())
    assert np.abs(truth.utility - frame["utility"].to_numpy()).max() < 1e-8
    assert small.graduate_key(17) == graduates[17]
    assert small.posting_key(17) == postings[17]
