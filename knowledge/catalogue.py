"""Which laws are held, in which versions, and what people may mean by a name."""

import difflib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from domain.citation import Validity
from domain.errors import LawNotFound
from knowledge.corpus import read_day, version_of
from knowledge.fusion import authority
from knowledge.lawhead import PROVINCES
from knowledge.names import CIVIL_CODE, law_key, public_name, without_version
from knowledge.validity import (
    Amendment,
    Expiry,
    Verdict,
    absent_laws,
    amendments,
    expiries,
    start_of,
    validity_on,
)

NOT_HELD = "该版本原文未收录"
"""What must be said wherever a version is known and its text is not held."""

_NAMED_VERSION = re.compile(r"[(（](?P<version>(?:19|20)\d\d(?:-\d\d-\d\d)?)年?(?:修订|修正|修改|版)?[)）]$")
_SUFFIXES = ("条例", "办法", "规定", "法")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLaw:
    """One version of one law as the knowledge base holds it; `digest` when only summaries of some articles are held.

    `amended` are decisions that changed it, whose amended text is not held.
    """

    doc_id: str
    law: str
    title: str
    version_date: date | None
    effective_date: date | None
    expiry: Expiry
    digest: bool
    articles: int
    level: str
    region: str
    source: str
    amended: tuple[Amendment, ...] = ()

    def on(self, day: date) -> Verdict:
        """Validity on a day."""
        return validity_on(
            day,
            law=self.law,
            version_date=self.version_date,
            effective_date=self.effective_date,
            expiry=self.expiry,
            amended=self.amended,
        )

    def to_json(self, day: date) -> dict[str, Any]:
        """One row of the list of laws; the status is that of `day`."""
        verdict = self.on(day)
        return {
            "law": self.law,
            "title": self.title,
            "version_date": f"{self.version_date or ''}",
            "effective_date": f"{self.effective_date or ''}",
            "status": verdict.status.value,
            "status_note": verdict.note,
            "superseded_by": self.expiry.by,
            "digest": self.digest,
            "articles": self.articles,
            "level": self.level,
            "region": self.region,
            "source": self.source,
        }


class Catalogue:
    """Laws by key, each with its versions, oldest first; full texts come before digests of the same version."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self.laws: dict[str, list[HeldLaw]] = {}
        self.by_doc: dict[str, HeldLaw] = {}
        cited: Counter[str] = Counter()
        grouped: defaultdict[str, list[HeldLaw]] = defaultdict(list)
        versions = {doc_id: version for doc_id, meta in documents.items() if (version := version_of(doc_id, meta))}
        ends = expiries(versions.values())
        amended = amendments(versions.values(), ends)
        for doc_id, meta in documents.items():
            if doc_id in versions:
                held = _held(doc_id, meta, ends[doc_id], amended.get(doc_id, ()))
                grouped[law_key(held.law)].append(held)
                self.by_doc[doc_id] = held
            cited.update(meta.get("names", {}))
        for key in sorted(grouped):
            self.laws[key] = sorted(grouped[key], key=lambda held: (held.version_date or date.min, held.digest))
        self.prior = self._authority(cited)
        newest = [versions[-1].version_date for versions in self.laws.values()]
        self.newest = dict(zip(self.laws, newest, strict=True))

    def find(self, name: str) -> list[list[HeldLaw]]:
        """Versions of the law that a name means; several lists for the books of the Civil Code.

        Raises:
            LawNotFound: No law is called so; carries the nearest names.
        """
        for key in self.keys(name):
            if key in self.laws:
                return [self.laws[key]]
        if law_key(without_version(name)) == law_key(CIVIL_CODE):
            books = [versions for key, versions in self.laws.items() if public_name(versions[0].law) == CIVIL_CODE]
            if books:
                return books
        raise self._missing(name)

    def select(self, name: str = "", region: str = "") -> list[HeldLaw]:
        """Versions of laws whose name has `name` in it, by name, oldest first; of one place and the nation only."""
        scope = scope_of(region)
        wanted = law_key(name) if name else ""
        return [
            held
            for key, versions in self.laws.items()
            if wanted in key and (not scope or versions[-1].region in ("", scope))
            for held in versions
        ]

    def keys(self, name: str) -> list[str]:
        """Keys to try for a name, the most literal first."""
        plain = without_version(name)
        keys = [law_key(name), law_key(plain)]
        if keys[-1] not in absent_laws():  # a law of that very name is known: 信访条例 is not 信访工作条例
            keys.append(law_key(_alias(plain)))
        return [key for key in keys if key]

    def is_newest(self, doc_id: str) -> bool:
        """Whether a document is the newest version of its law held; true for what is no law."""
        held = self.by_doc.get(doc_id)
        return held is None or held.version_date == self.newest[law_key(held.law)]

    def has_full_text(self, doc_id: str) -> bool:
        """Whether the official text of the version that a digest is about is held too."""
        held = self.by_doc[doc_id]
        return any(
            not other.digest and other.version_date == held.version_date for other in self.laws[law_key(held.law)]
        )

    def _missing(self, name: str) -> LawNotFound:
        names = {
            law_key(public_name(versions[-1].law)): public_name(versions[-1].law) for versions in self.laws.values()
        }
        key = law_key(without_version(name))
        inside = sorted((k for k in names if key and (key in k or k in key)), key=lambda k: (abs(len(k) - len(key)), k))
        close = difflib.get_close_matches(key, names, n=5, cutoff=0.5)
        nearest = [names[k] for k in dict.fromkeys([*inside[:3], *close])][:5]
        known = absent_laws().get(key, ())
        message = f"知识库没有《{name.strip('《》')}》。"
        if known:
            last = known[-1]
            said = "；".join(part for part in (last.version, NOT_HELD, last.note) if part)
            message = f"知识库尚未收录《{last.law}》：{said}。"
        hint = (
            f"相近的有：{'、'.join(f'《{one}》' for one in nearest)}。"
            if nearest
            else "请核对名称，或先导入该法规全文。"
        )
        return LawNotFound(message, hint, nearest=nearest)

    def _authority(self, cited: Mapping[str, int]) -> dict[str, float]:
        """Authority by stored name: how often the corpus names the law; books share that of the whole code."""
        weights = authority(cited)
        found = {}
        for key, versions in self.laws.items():
            weight = weights.get(key, 0.0) or weights.get(law_key(public_name(versions[0].law)), 0.0)
            if weight:
                found.update(dict.fromkeys({held.law for held in versions}, weight))
        return found


def scope_of(region: str) -> str:
    """Scope code (重庆) of a division code (500103) or of a scope itself; empty for everywhere."""
    return PROVINCES.get(region[:2], region) if region[:2].isdigit() else region


def named_version(name: str) -> str:
    """Year or date of the version that a name asks for: 治安管理处罚法(2012) asks for 2012; empty for most names."""
    found = _NAMED_VERSION.search(name.strip())
    return found["version"] if found else ""


def version_for(versions: Sequence[HeldLaw], as_of: date | None, named: str = "") -> HeldLaw:
    """The version that held on a day, else the nearest before it, else the first; without a day the newest.

    Full texts win over digests of the same version.

    Args:
        versions: All versions of one law, oldest first.
        as_of: The day; None for the newest.
        named: Beginning of the version's date (`2012`, `2012-10-26`): only these count.

    Raises:
        LawNotFound: No version that begins so is held.
    """
    if named:
        wanted = [held for held in versions if f"{held.version_date or ''}".startswith(named)]
        if not wanted:
            raise _no_version(versions, named)
        versions = wanted
    chosen = versions[-1]
    if as_of is not None:
        begun = [held for held in versions if held.effective_date is None or held.effective_date <= as_of]
        standing = [held for held in begun if held.on(as_of).status in {Validity.IN_FORCE, Validity.UNKNOWN}]
        chosen = (standing or begun or [versions[0]])[-1]
    same = [held for held in versions if held.version_date == chosen.version_date]
    return min(same, key=lambda held: held.digest)


def _no_version(versions: Sequence[HeldLaw], named: str) -> LawNotFound:
    law = public_name(versions[-1].law)
    held = list(dict.fromkeys(f"{law}({one.version_date})" for one in versions if one.version_date))
    hint = f"已收录的版本：{'、'.join(held)}。" if held else "已收录的文本未标版本日期。"
    return LawNotFound(f"《{law}》（{named}）：{NOT_HELD}。", hint, nearest=held)


@cache
def _aliases() -> Mapping[str, str]:
    text = (files("knowledge") / "data" / "aliases.json").read_text(encoding="utf-8")
    return {law_key(short): law for short, law in json.loads(text)["aliases"].items()}


def _alias(name: str) -> str:
    """Full name for a short one (渝市容条例); a suffix must be that of the law itself."""
    key = law_key(name)
    if key in _aliases():
        return _aliases()[key]
    for suffix in _SUFFIXES:
        full = _aliases().get(re.sub(rf"{suffix}$", "", key), "")
        if key.endswith(suffix) and full.endswith(suffix):
            return full
    return ""


def _held(doc_id: str, meta: Mapping[str, Any], expiry: Expiry, amended: tuple[Amendment, ...]) -> HeldLaw:
    """The end is found anew, not read: what is known of versions may have grown since the text was loaded."""
    made = read_day(meta.get("version_date"))
    return HeldLaw(
        doc_id=doc_id,
        law=meta["law"],
        title=meta["title"],
        version_date=made,
        effective_date=start_of(meta["law"], made, read_day(meta.get("effective_date"))),
        expiry=expiry,
        digest=bool(meta.get("digest")),
        articles=int(meta.get("articles", 0)),
        level=meta.get("level", ""),
        region=meta.get("region", ""),
        source=meta.get("source", ""),
        amended=amended,
    )
