"""The domain: graduates, postings, employers, events; the rules, the ranking, the decisions."""
