"""What people say and what the law calls it: 井盖 is 检查井. Our own map, used to widen a query."""

import re
from functools import cache
from importlib.resources import files


@cache
def lay_map() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """(pattern of lay words, legal terms) from `knowledge/data/lay_legal.tsv`."""
    text = (files("knowledge") / "data" / "lay_legal.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(
        (re.compile("|".join(re.escape(word) for word in lay.split("|"))), tuple(legal.split())) for lay, legal in rows
    )


def legal_terms(query: str) -> tuple[str, ...]:
    """Legal terms for the lay words in a query that it does not use itself, in the map's order, each once."""
    found = [term for pattern, terms in lay_map() if pattern.search(query) for term in terms]
    return tuple(term for term in dict.fromkeys(found) if term not in query)
