"""What the parties say (主张), each held against the evidence: what speaks for it, what against, what is left unproven.

A claim alone never wins: no unit gets or loses a duty because somebody said so. What a claim can do is to make a
person look, to name evidence that is missing, and to be told apart from the facts in the opinion.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.adjacency import words
from domain.adjacency.labels import asset_label, road_kind
from domain.adjacency.situation import MENTION_P, Scene
from domain.clock import civil_date
from domain.organisation import Sector, Unit

FINDINGS = {
    "supported": "有证据支持",
    "contradicted": "与证据不符",
    "mixed": "证据不一",
    "unproven": "未证实",
    "not_judged": "属界线主张，本系统不作判断",
}
SURE_PLACE = 0.7
"""From this probability on, the place itself speaks for or against a party of the area."""

_WIDE_ZONES = ("built_up", "forest", "river_reach")
_NEGATED = re.compile(r"不(?:是|归|属|由|该|应|负责|在)|无关|没")
_TERRITORIAL = (Sector.TOWNSHIP_OFFICE, Sector.TOWN_ENFORCEMENT, Sector.COMMUNITY_COMMITTEE, Sector.GOVERNMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One claim with what the evidence says of it.

    Attributes:
        says: What it asserts: of `denies accepts line filed untransferred other`, in this order.
        finding: Key of `FINDINGS`.
        supports, against: Evidence for and against it, in Chinese.
    """

    unit: str
    unit_name: str
    text: str
    says: tuple[str, ...]
    finding: str
    supports: tuple[str, ...]
    against: tuple[str, ...]

    def line(self) -> str:
        """In one sentence, always with how far it is proven."""
        told = f"{self.unit_name}主张“{self.text}”——{FINDINGS[self.finding]}"
        parts = [f"支持：{'；'.join(self.supports)}"] if self.supports else []
        parts += [f"相反：{'；'.join(self.against)}"] if self.against else []
        return "，".join([told, *parts])


def weigh(scene: Scene) -> tuple[Weighed, ...]:
    """Every claim of a known unit, in the order they were made."""
    return tuple(_weighed(scene, unit, text) for unit, text in scene.claimants())


def _weighed(scene: Scene, unit: Unit, text: str) -> Weighed:
    says = _assertions(text)
    theirs = tuple(dict.fromkeys(_for_it_being(scene, unit)))
    not_theirs = tuple(dict.fromkeys(_against_it_being(scene, unit)))
    supports: list[str] = []
    against: list[str] = []
    if "denies" in says:
        supports += not_theirs
        against += theirs
    elif "accepts" in says:
        supports += theirs
        against += not_theirs
    for what, into in ((_of_filing(scene, unit), "filed"), (_of_transfer(scene), "untransferred")):
        if into in says:
            supports += what[0]
            against += what[1]
    return Weighed(
        unit=unit.code,
        unit_name=unit.name,
        text=text,
        says=says,
        finding="not_judged" if says == ("line",) else _finding(supports, against),
        supports=tuple(dict.fromkeys(supports)),
        against=tuple(dict.fromkeys(against)),
    )


def _assertions(text: str) -> tuple[str, ...]:
    signs = {"denies": "denies", "accepts": "accepts", "line": "claims_line", "filed": "filed"}
    found = [kind for kind, sign in signs.items() if words.says(sign, text)]
    if "accepts" in found and "denies" in found:
        # 应由我局负责 takes it on, 不归我们 turns it down; both patterns know 应由.
        found.remove("accepts" if _NEGATED.search(text) else "denies")
    found += ["untransferred"] if words.says("untransferred", text) else []
    return tuple(found) or ("other",)


def _finding(supports: list[str], against: list[str]) -> str:
    if supports and against:
        return "mixed"
    return "supported" if supports else "contradicted" if against else "unproven"


def _for_it_being(scene: Scene, unit: Unit) -> Iterator[str]:
    """Facts by which the matter is this unit's."""
    keeper = scene.held.keeper
    if scene.held.owner == "known" and keeper is not None and keeper.code == unit.code:
        yield asset_label(scene)
    yield from (f"点位在{zone.name}，由其管理" for zone in scene.zones if zone.unit == unit.code)
    for what, code in _arranged(scene):
        if code == unit.code:
            yield f"{what}由其牵头"
    share = _share(scene, unit)
    if share >= SURE_PLACE and _concerned(scene, unit):
        yield f"点位在其服务区域（{share:.2f}），事项表列有该类单位"


def _against_it_being(scene: Scene, unit: Unit) -> Iterator[str]:
    """Facts by which it is somebody else's."""
    keeper = scene.held.keeper
    if scene.held.owner == "known" and keeper is not None and keeper.code != unit.code:
        yield asset_label(scene)
    for zone in scene.zones:
        other = scene.unit(zone.unit) if zone.unit not in ("", unit.code) else None
        if other is not None and zone.kind not in _WIDE_ZONES:
            yield f"点位在{zone.name}，由{other.name}管理"
    for what, code in _arranged(scene):
        if code != unit.code and (other := scene.unit(code)) is not None:
            yield f"{what}由{other.name}牵头"
    if scene.places and _share(scene, unit) < MENTION_P:
        yield "点位不在其服务区域"
    if scene.issue is not None and not _concerned(scene, unit) and unit.sector not in _TERRITORIAL:
        yield "事项表的四种责任都不列该类单位"


def _arranged(scene: Scene) -> Iterator[tuple[str, str]]:
    pacts = scene.pacts
    for duty in ("handling", "upkeep"):
        if code := pacts.designated(duty):
            yield "上级指定", code
        elif code := pacts.lead(duty):
            yield "有效协议约定", code


def _share(scene: Scene, unit: Unit) -> float:
    """Probability that the place lies in the unit's service area."""
    return sum(place.probability for place in scene.places if unit.region in place.path)


def _concerned(scene: Scene, unit: Unit) -> bool:
    issue = scene.issue
    listed = (*issue.handling, *issue.upkeep, *issue.supervision, *issue.enforcement) if issue else ()
    return unit.sector in listed


def _of_filing(scene: Scene, unit: Unit) -> tuple[list[str], list[str]]:
    """A case on record; else another party's own words that it opened its case later."""
    own = next((filing for filing in scene.question.filings if filing.unit == unit.code), None)
    if own is not None:
        when = civil_date(own.at).isoformat()
        earlier = [f for f in scene.question.filings if f.at < own.at and f.unit != unit.code]
        return [f"立案记录 {own.number or when}"], [f"{scene.name_of(f.unit)}立案在先" for f in earlier]
    mine = next((filing for filing in scene.filings if filing.unit == unit.code), None)
    later = [f for f in scene.filings if mine is not None and f.unit != unit.code and f.at > mine.at]
    return [f"{scene.name_of(f.unit)}自述立案在后（{civil_date(f.at).isoformat()}）" for f in later], []


def _of_transfer(scene: Scene) -> tuple[list[str], list[str]]:
    """Whether a road or a thing was handed over: the ledger speaks against it, nothing here can prove it."""
    if scene.held.owner in ("known", "several") and (scene.held.assets or road_kind(scene) == "ledger"):
        return [], [f"已在台账：{asset_label(scene)}"]
    return [], []
