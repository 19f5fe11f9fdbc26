"""The truth: records, interactions, the feed of changes, API keys. SQLite by default, PostgreSQL by URL.

`tables` says what is kept, `migrations` how a store came to be so, `database` opens and guards the
connection, `faults` turns a driver's error into ours, `writing` changes records, `past` is the one door to
interactions, `store` is the room's face, `keys` the API keys.
"""

from matching.store.keys import Access, KeyInfo, Keys, Role
from matching.store.past import Past
from matching.store.store import Change, Store, Use
from matching.store.writing import Upserted

__all__ = ["Access", "Change", "KeyInfo", "Keys", "Past", "Role", "Store", "Upserted", "Use"]
