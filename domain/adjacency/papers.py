"""Agreements and designations as an opinion shows them: scope, validity, parties, what they may and may not change."""

from typing import Any

from domain.adjacency.pacts import ARRANGEABLE, ARRANGED_NAMES, UNTOUCHED, ends_soon, overreach, oversteps
from domain.adjacency.situation import Scene
from domain.issues import issue_table
from domain.world import Agreement


def papers_of(scene: Scene) -> tuple[dict[str, Any], ...]:
    """Papers that cover the place and the issue, as JSON values: `designation`, `in_force`, `void`, then `expired`."""
    pacts = scene.pacts
    groups = (
        ("designation", pacts.designations),
        ("in_force", pacts.agreements),
        ("void", tuple(paper for paper, _ in pacts.void)),
        ("expired", pacts.expired),
    )
    return tuple(_paper(scene, paper, status) for status, papers in groups for paper in papers)


def _paper(scene: Scene, paper: Agreement, status: str) -> dict[str, Any]:
    binds = status in ("designation", "in_force")
    allowed = (*ARRANGEABLE, "enforcement") if status == "designation" else ARRANGEABLE
    lead = scene.register.get(paper.lead)
    return {
        "id": paper.id,
        "title": paper.title,
        "status": status,
        "parties": [scene.region_name(code) for code in paper.parties],
        "issues": [issue_table()[code].name for code in paper.issues if code in issue_table()],
        "lead": paper.lead,
        "lead_name": lead.name if lead else "",
        "leads": _leads(scene, paper) if binds else {},
        "arranges": [duty for duty in paper.arranges if duty in allowed] if binds else [],
        "may_change": [ARRANGED_NAMES[duty] for duty in allowed] if binds else [],
        "may_not_change": [] if status == "designation" else list(UNTOUCHED),
        "conflicts_with": _conflicts(scene, paper),
        "valid_from": paper.valid_from.isoformat(),
        "valid_to": paper.valid_to.isoformat() if paper.valid_to else "",
        "note": _note(scene, paper, status),
    }


def _leads(scene: Scene, paper: Agreement) -> dict[str, str]:
    found = {duty: scene.register.get(paper.lead_of(duty)) for duty in paper.arranges if duty in ARRANGED_NAMES}
    return {duty: unit.name for duty, unit in found.items() if unit is not None}


def _conflicts(scene: Scene, paper: Agreement) -> list[str]:
    sets = [[name for name, _ in conflict.leads] for conflict in scene.pacts.conflicts]
    return sorted({name for names in sets if paper.id in names for name in names} - {paper.id})


def _note(scene: Scene, paper: Agreement, status: str) -> str:
    if status == "expired":
        return "已过期，不作为依据"
    if status == "void":
        return next(why for other, why in scene.pacts.void if other is paper) + "，对本案不适用"
    notes: list[str] = []
    if status == "in_force" and oversteps(paper):
        notes.append("其中有关行政执法的约定不生效")
    if status == "in_force":
        notes += [f"超出可约定范围，不生效：{what}" for what in overreach(paper) if "行政执法" not in what]
    notes += [why for name, _, why in scene.pacts.nobodies if name == paper.id]
    if _conflicts(scene, paper):
        notes.append("与其他有效协议约定不一，未采用任何一份")
    if paper.id in scene.pacts.partial:
        notes.append("点位也可能落在没有签署的一方")
    if ends_soon(paper, scene.day):
        notes.append(f"{paper.valid_to} 到期")
    return "；".join(notes)
