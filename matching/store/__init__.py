"""The truth: records, interactions, the feed of changes, API keys. SQLite by default, PostgreSQL by URL.

`tables` says what is kept, `migrations` how a store came to be so, `database` opens and guards the
connection, `faults` turns a driver's error into ours, `writing` changes records, `past` is the one door to
interactions, `store` is the room's face, `keys` the API keys. Of the push: `push_tables` says what is kept, `campaigns`
writes what a night decided, `standing` says what of it still waits, `outbox` hands it to senders (`claiming`: what a
claim looks at), `preferences` what people want, `searches` what they asked to be told of, `marks` which triggers have
fired.
"""

from matching.store.campaigns import OPEN, Campaign, Campaigns, Draft, Item
from matching.store.jobs import Job, Jobs
from matching.store.keys import Access, KeyInfo, Keys, Role
from matching.store.lists import Guest, Lists
from matching.store.marks import Marks
from matching.store.outbox import Outbox, Result, State, Verdict
from matching.store.past import Past
from matching.store.preferences import Wish, Wishes
from matching.store.searches import Saved, Search, Searches
from matching.store.standing import Overtaken, Standing, standing
from matching.store.store import Change, Store, Use
from matching.store.writing import Upserted

__all__ = [
    "OPEN",
    "Access",
    "Campaign",
    "Campaigns",
    "Change",
    "Draft",
    "Guest",
    "Item",
    "Job",
    "Jobs",
    "KeyInfo",
    "Keys",
    "Lists",
    "Marks",
    "Outbox",
    "Overtaken",
    "Past",
    "Result",
    "Role",
    "Saved",
    "Search",
    "Searches",
    "Standing",
    "State",
    "Store",
    "Upserted",
    "Use",
    "Verdict",
    "Wish",
    "Wishes",
    "standing",
]
