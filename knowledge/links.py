"""How documents of law hang together: which version follows which, and which law ended which.

In the meta of a law's document: `supersedes` (ids of the versions it followed, oldest first), `superseded_by` (id of
the version that followed it), `repealed_by` (id of the law that ended it) and `repealed` (ids of what it ended). The
day is in `expiry`. Only what is held is linked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from knowledge.names import law_key
from knowledge.validity import Expiry, LawVersion, version_name

LINKS = ("supersedes", "superseded_by", "repealed_by", "repealed")

Links = dict[str, str | list[str]]


def link(versions: Iterable[LawVersion], ends: Mapping[str, Expiry], digests: Iterable[str]) -> dict[str, Links]:
    """Links of every version, by its id; a version without any has an empty dict.

    Args:
        versions: All versions held.
        ends: Their ends (`knowledge.validity.expiries`).
        digests: Ids of those that are only summaries: followed by full texts, they follow none.
    """
    held = sorted(versions, key=_order)
    summaries = set(digests)
    families: defaultdict[str, list[LawVersion]] = defaultdict(list)
    named: dict[str, str] = {}
    for version in held:
        families[law_key(version.law)].append(version)
        if version.id not in summaries or version_name(version) not in named:
            named[version_name(version)] = version.id
    links: defaultdict[str, Links] = defaultdict(dict)
    for version in held:
        family = families[law_key(version.law)]
        if (follower := _follower(version, family, summaries)) is not None:
            links[version.id]["superseded_by"] = follower.id
            if version.id not in summaries:
                _append(links[follower.id], "supersedes", version.id)
        end = ends.get(version.id)
        if end and end.kind == "repealed" and end.by in named:
            links[version.id]["repealed_by"] = named[end.by]
            _append(links[named[end.by]], "repealed", version.id)
    return {version.id: dict(links[version.id]) for version in held}


def _follower(version: LawVersion, family: Iterable[LawVersion], summaries: set[str]) -> LawVersion | None:
    """The next version to take effect among those made later; the full text before its summary."""
    born = version.version_date or date.min
    later = [other for other in family if other.version_date and other.version_date > born and other.effective_date]
    return min(later, key=lambda other: (*_order(other)[:2], other.id in summaries, other.id), default=None)


def _order(version: LawVersion) -> tuple[date, date, str]:
    return version.effective_date or date.min, version.version_date or date.min, version.id


def _append(links: Links, key: str, doc_id: str) -> None:
    found = links.setdefault(key, [])
    if isinstance(found, list):
        found.append(doc_id)
