"""How long citing, checking and comparing take on the base of `LIANZHI_HOME`.

LIANZHI_HOME=<a full base> python -m bench.citing
"""

import time
from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice

import numpy as np

from domain.citation import Article, Citation
from domain.errors import LianzhiError
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.settings import KnowledgeSettings

DAY = date(2026, 3, 1)
LAWS = 300
DIFFS = ("公司法", "突发事件应对法", "行政复议法", "道路运输条例")


def timed(what: str, calls: Iterable[Callable[[], object]]) -> None:
    """Run the calls one after the other and print the spread of their times, milliseconds."""
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    p50, p95, worst = np.percentile(taken, [50, 95, 100])
    print(f"{what:34} n {len(taken):4}  p50 {p50:8.2f}  p95 {p95:8.2f}  max {worst:9.2f} ms")


def articles(base: KnowledgeBase) -> list[Article]:
    """One article of each of many laws, evenly spread over their names."""
    laws = sorted({one.law for one in base.laws() if not one.digest})
    found = []
    for law in islice(laws, 0, None, max(1, len(laws) // LAWS)):
        try:
            found.append(base.cite(law, "3", as_of=DAY))
        except LianzhiError:
            continue
    return found


def cited(article: Article) -> Citation:
    """Its complete citation."""
    return Citation(
        law=article.law,
        article=article.number,
        version_date=f"{article.version_date or ''}",
        status=article.status,
        role="handling",
        text_sha256=article.text_sha256,
    )


def main() -> None:
    """Measure, each call by itself, in one process."""
    start = time.perf_counter()
    base = open_knowledge(KnowledgeSettings())
    print(f"open {time.perf_counter() - start:.2f} s, base {base.version}, {len(base.laws())} versions of laws")
    found = articles(base)
    base.close()
    base = open_knowledge(KnowledgeSettings())
    try:
        timed("cite, first article of a law", (lambda a=a: base.cite(a.law, "3", as_of=DAY) for a in found))
        timed("cite, again", (lambda a=a: base.cite(a.law, "3", as_of=DAY) for a in found))
        timed("verify_citation", (lambda a=a: base.verify_citation(cited(a), as_of=DAY) for a in found))
        claims = [(a.text[5:45], a) for a in found[::3]]
        timed("verify_claim", (lambda c=c, a=a: base.verify_claim(c, a.law, "3", as_of=DAY) for c, a in claims))
        timed("versions", (lambda a=a: base.versions(a.law) for a in found))
        timed("diff", (lambda law=law: base.diff(law) for law in DIFFS))
        timed("changes_since 2024-06-01, 重庆", [lambda: base.changes_since(date(2024, 6, 1), region="重庆")])
        timed("cited_by, first of a base", [lambda: base.cited_by("行政处罚法", "29", as_of=DAY)])
        timed("cited_by", (lambda a=a: base.cited_by(a.law, "3", as_of=DAY) for a in found))
    finally:
        base.close()


if __name__ == "__main__":
    main()
