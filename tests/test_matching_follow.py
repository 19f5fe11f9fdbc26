"""Changes become states: in small steps, deletions first, and no further than asked."""

import pytest

from matching.build import build
from matching.follow import AT_ONCE, Following
from matching.live import open_state
from matching.sample import SampleProvince
from matching.settings import EncoderSettings, Settings
from matching.store import Store
from models.hashing import HashingEncoder


class Slow(HashingEncoder):
    """Something happens while it encodes for the first time."""

    def __init__(self, meanwhile=lambda: None):
        super().__init__()
        self.meanwhile = meanwhile

    def encode(self, texts, *, side, progress=None):
        now, self.meanwhile = self.meanwhile, lambda: None
        now()
        return super().encode(texts, side=side, progress=progress)


@pytest.fixture
def world(tmp_path):
    """A build of 300 postings, and 200 new ones behind it: seven steps."""
    settings = Settings(home=tmp_path, encoder=EncoderSettings(name="hashing"))
    province = SampleProvince(5, graduates=20, postings=500)
    postings = list(province.postings())
    with Store.open(settings.store) as store:
        store.upsert([*province.graduates(), *postings[:300]])
        build(store, HashingEncoder(), settings)
        store.upsert(postings[300:])
        yield store, open_state(settings, HashingEncoder()), postings


def test_a_deletion_does_not_wait_for_what_was_changed_before_it(world):
    store, state, postings = world
    victim = postings[7].key
    states = []
    following = Following(store, Slow(lambda: store.delete("posting", [victim])))
    assert following.taken_in(state, states.append, until=store.last_change() + 1) == 201
    gone_from = next(n for n, one in enumerate(states) if one.postings.row_of(victim) is None)
    assert gone_from == 1  # it was deleted while the first of the seven steps was made
    held = [one.postings.alive.sum() for one in states]
    assert held == [332, 331, 363, 395, 427, 459, 491, 499]
    assert len({one.version for one in states}) == len(states)


def test_it_stops_at_the_change_that_was_asked_for_and_goes_on_from_there(world):
    store, state, postings = world
    states = [state]
    following = Following(store, HashingEncoder())
    assert following.taken_in(state, states.append, until=state.change + 40) == 2 * AT_ONCE
    assert states[-1].change == state.change + 64
    assert following.taken_in(states[-1], states.append, until=states[-1].change) == 0
    assert following.taken_in(states[-1], states.append, until=store.last_change()) == 200 - 64
    assert states[-1].change == store.last_change()
    assert states[-1].postings.row_of(postings[-1].key) is not None
    assert following.taken_in(states[-1], states.append, until=10**9) == 0
