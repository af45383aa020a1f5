"""What changed between two versions of a law, article by article, and what changed since a day (条文对照、变更清单)."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.citation import Article
from domain.errors import InvalidInput
from knowledge.catalogue import NOT_HELD, HeldLaw, scope_of, version_for
from knowledge.lawhead import region_of
from knowledge.names import public_name
from knowledge.numerals import NUMERAL, label_key
from knowledge.sparse import words
from knowledge.timeline import VersionEntry, timeline
from knowledge.validity import absent_laws
from knowledge.view import Holdings, View

SAME_ARTICLE = 0.5
"""Two articles that share this part of their character bigrams (Dice) are one article, changed."""

_HEAD = re.compile(rf"^第{NUMERAL}+条(?:之{NUMERAL}+)?[\s\u3000]*")
_PIECE = re.compile(r"[\u3400-\u9fff]+|[0-9A-Za-z.]+|[^\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of an article: `op` is `=` kept, `-` taken away, `+` added."""

    op: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleChange:
    """One article that differs.

    Attributes:
        kind: `added`, `removed`, `changed` (the words differ) or `renumbered` (only the number does).
        old, new: Labels in the two versions; empty where there is none.
        similarity: Of the two texts, [0, 1]; 1 when only the number differs, 0 when there is only one.
        edits: Word by word, from old to new; joined without `-` they are the new text, without `+` the old one.
    """

    kind: str
    old: str
    new: str
    similarity: float
    edits: tuple[Edit, ...]

    def to_json(self) -> dict[str, Any]:
        """One row of the comparison."""
        edits = [[edit.op, edit.text] for edit in self.edits]
        return {"kind": self.kind, "old": self.old, "new": self.new, "similarity": self.similarity, "edits": edits}


@dataclass(frozen=True, slots=True, kw_only=True)
class LawDiff:
    """Two versions of one law compared; `unchanged` counts the articles that differ in nothing."""

    law: str
    old_version: str
    new_version: str
    unchanged: int
    changes: tuple[ArticleChange, ...]

    def count(self, kind: str) -> int:
        """Articles of one kind of change."""
        return sum(1 for change in self.changes if change.kind == kind)

    def to_json(self) -> dict[str, Any]:
        """The comparison for programs."""
        kinds = ("added", "removed", "changed", "renumbered")
        return {
            "law": self.law,
            "from": self.old_version,
            "to": self.new_version,
            "counts": {"unchanged": self.unchanged} | {kind: self.count(kind) for kind in kinds},
            "changes": [change.to_json() for change in self.changes],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LawChange:
    """One version of a law that began or ended after a day.

    Attributes:
        event: `began`, `superseded` or `repealed`; a version that began in place of another is one event, not two.
        day: First day of the new state.
        diff: Against the version before, where both texts are held in full.
    """

    law: str
    region: str
    event: str
    day: date
    version: VersionEntry
    by: str
    diff: LawDiff | None

    def to_json(self) -> dict[str, Any]:
        """One row of "what changed since"; labels of the articles, not their texts."""
        labels = {
            kind: [one.new or one.old for one in self.diff.changes if one.kind == kind] if self.diff else []
            for kind in ("added", "removed", "changed", "renumbered")
        }
        return {
            "law": self.law,
            "region": self.region,
            "event": self.event,
            "day": self.day.isoformat(),
            "version": self.version.version,
            "version_date": f"{self.version.version_date or ''}",
            "held": self.version.held,
            "by": self.by,
            "note": self.version.note if self.version.held else "；".join(filter(None, (self.version.note, NOT_HELD))),
            "compared_with": self.diff.old_version if self.diff else "",
            "articles": labels,
        }


class Changes:
    """Compares versions of what the base holds; comparisons are remembered while the base stays as it is."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._known: dict[tuple[str, str, str], LawDiff] = {}

    def versions(self, law: str) -> list[VersionEntry]:
        """All known versions of a law, oldest first, held or not.

        Raises:
            LawNotFound: No version of such a law is held or known.
        """
        return timeline(self._holdings.look().catalogue, law)

    def diff(self, law: str, old: str, new: str) -> LawDiff:
        """Compare two versions of a law article by article.

        Args:
            law: Any spelling of the name.
            old: Date of the earlier version, or its beginning (`2018`); empty for the last but one.
            new: The same of the later version; empty for the last.

        Raises:
            LawNotFound: No such law, or no such version of it is held.
            InvalidInput: One of the two is held as a digest only, or they are the same.
        """
        view = self._holdings.look()
        versions = view.catalogue.find(law)[0]
        full = [held for held in versions if not held.digest]
        earlier, later = (self._pick(versions, full, named, place) for named, place in ((old, -2), (new, -1)))
        if earlier.doc_id == later.doc_id:
            raise InvalidInput("两个版本相同，没有可比的。", "用 lianzhi kb versions 查看已收录的版本。")
        return self._diff(view, earlier, later)

    def since(self, day: date, *, until: date | None = None, region: str = "") -> list[LawChange]:
        """Versions that began or ended after a day, in order of time and name.

        Args:
            day: What happened later than this day counts.
            until: Last day that counts; None for all that is known, what is still to come included.
            region: Division code (500103) or scope (重庆): national law and that of this place; empty for all.
        """
        view = self._holdings.look()
        scope = scope_of(region)
        found: list[LawChange] = []
        families = {versions[0].law: versions for versions in view.catalogue.laws.values()}
        known = {rows[0].law: [] for key, rows in absent_laws().items() if key not in view.catalogue.laws}
        for law, versions in (families | known).items():
            region_here = versions[-1].region if versions else region_of(None, law)
            if not scope or region_here in ("", scope):
                found += self._of_family(view, law, versions, region_here, (day, until or date.max))
        return sorted(found, key=lambda one: (one.day, one.law, one.event))

    def _of_family(
        self, view: View, law: str, versions: Sequence[HeldLaw], region: str, span: tuple[date, date]
    ) -> list[LawChange]:
        entries = [entry for entry in timeline(view.catalogue, law) if entry.law == law]
        day, until = span
        found = []
        for entry in entries:
            common = {"law": public_name(entry.law), "region": region, "version": entry}
            if entry.starts and day < entry.starts <= until:
                diff = self._before(view, versions, entry)
                found.append(LawChange(**common, event="began", day=entry.starts, by="", diff=diff))
            replaced = any(other.starts == entry.ends for other in entries)
            if entry.ends and day < entry.ends <= until and not replaced:
                by = entry.repealed_by or entry.superseded_by
                kind = entry.end_kind or "superseded"
                found.append(LawChange(**common, event=kind, day=entry.ends, by=by, diff=None))
        return found

    def _before(self, view: View, versions: Sequence[HeldLaw], entry: VersionEntry) -> LawDiff | None:
        """Against the text that ended when this one began, if both are held in full."""
        new = next((held for held in versions if held.doc_id == entry.doc_id), None)
        old = next((held for held in versions if held.expiry.day == entry.starts and not held.digest), None)
        if new is None or old is None or new.digest:
            return None
        return self._diff(view, old, new)

    def _pick(self, versions: Sequence[HeldLaw], full: Sequence[HeldLaw], named: str, place: int) -> HeldLaw:
        law = public_name(versions[0].law)
        if named:
            chosen = version_for(versions, None, named.strip())
            if chosen.digest:
                raise InvalidInput(f"《{law}》（{chosen.version_date}）只有摘要，不能逐条比较。", "导入全文后再试。")
            return chosen
        if len(full) < 2:
            held = "、".join(f"{one.version_date or '未标日期'}" for one in full) or "无"
            raise InvalidInput(f"《{law}》收录全文的版本不足两个（{held}），不能比较。", "导入另一版本的全文后再试。")
        return full[place]

    def _diff(self, view: View, old: HeldLaw, new: HeldLaw) -> LawDiff:
        key = view.version, old.doc_id, new.doc_id
        if key not in self._known:
            self._known = {known: diff for known, diff in self._known.items() if known[0] == view.version}
            day = self._holdings.today()
            texts = [self._holdings.articles(view, held, day) for held in (old, new)]
            changes, unchanged = compare(*texts)
            names = [f"{held.version_date or ''}" for held in (old, new)]
            self._known[key] = LawDiff(
                law=public_name(new.law),
                old_version=names[0],
                new_version=names[1],
                unchanged=unchanged,
                changes=tuple(changes),
            )
        return self._known[key]


def compare(old: Sequence[Article], new: Sequence[Article]) -> tuple[list[ArticleChange], int]:
    """Changes in the order of the new text (removed articles where they stood), and the number of equal articles.

    An article is the same one when its words are, wherever it stands; else the most alike pairs belong together, from
    `SAME_ARTICLE` on, equal numbers first among equals.
    """
    before = {article.number: body(article.text) for article in old}
    after = {article.number: body(article.text) for article in new}
    pairs = _pairs(before, after)
    unchanged = sum(1 for here, there in pairs.items() if here == there and before[here] == after[there])
    changes = [
        _change(here, there, before[here], after[there])
        for here, there in pairs.items()
        if here != there or before[here] != after[there]
    ]
    taken = set(pairs.values())
    changes += [_change(here, "", before[here], "") for here in before if here not in pairs]
    changes += [_change("", there, "", after[there]) for there in after if there not in taken]
    return sorted(changes, key=lambda one: (label_key(one.new or one.old), one.kind)), unchanged


def body(text: str) -> str:
    """Words of an article without its number."""
    return _HEAD.sub("", text.strip())


def _pairs(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """Old label → new label."""
    pairs = {label: label for label, text in before.items() if after.get(label) == text}
    places: dict[str, str] = {}
    for label in reversed(after):
        if label not in pairs:
            places[after[label]] = label
    for label, text in before.items():
        if label not in pairs and text in places:
            pairs[label] = places.pop(text)
    taken = set(pairs.values())
    grams = {
        side: {label: _bigrams(text) for label, text in texts.items() if label not in done}
        for side, texts, done in (("old", before, pairs), ("new", after, taken))
    }
    likely = [
        (-alike, here != there, label_key(here), here, there)
        for here, left in grams["old"].items()
        for there, right in grams["new"].items()
        if (alike := _dice(left, right)) >= SAME_ARTICLE
    ]
    for _, _, _, here, there in sorted(likely):
        if here not in pairs and there not in taken:
            pairs[here] = there
            taken.add(there)
    return pairs


def _change(old: str, new: str, before: str, after: str) -> ArticleChange:
    if not old or not new:
        edits = (Edit("+" if new else "-", after or before),)
        return ArticleChange(kind="added" if new else "removed", old=old, new=new, similarity=0.0, edits=edits)
    if before == after:
        return ArticleChange(kind="renumbered", old=old, new=new, similarity=1.0, edits=())
    alike = round(_dice(_bigrams(before), _bigrams(after)), 3)
    return ArticleChange(kind="changed", old=old, new=new, similarity=alike, edits=edits_between(before, after))


def edits_between(before: str, after: str) -> tuple[Edit, ...]:
    """Word by word from one text to the other; nothing of either is lost."""
    left, right = _pieces(before), _pieces(after)
    found: list[Edit] = []
    for op, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(Edit("=", "".join(left[a:b])))
            continue
        found += [Edit("-", "".join(left[a:b]))] if b > a else []
        found += [Edit("+", "".join(right[c:d]))] if d > c else []
    return tuple(found)


def _pieces(text: str) -> list[str]:
    """Words, numbers, and every other character by itself; joined they are the text."""
    return [
        piece for run in _PIECE.findall(text) for piece in (words(run) if "\u3400" <= run[0] <= "\u9fff" else [run])
    ]


def _bigrams(text: str) -> frozenset[str]:
    plain = re.sub(r"[\s\W]+", "", text)
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1)) or frozenset({plain})


def _dice(left: frozenset[str], right: frozenset[str]) -> float:
    return 2 * len(left & right) / ((len(left) + len(right)) or 1)
