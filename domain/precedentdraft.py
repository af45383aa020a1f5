"""A closed case retold as a precedent: every sentence is rendered from a field of the records, and none is invented."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.case import SETTLEMENT_NAMES, VERDICT_NAMES, OrderStatus, Settlement, Verdict
from domain.casefacts import (
    BOUNDARY_NAMES,
    DISPUTE_NAMES,
    LEVEL_NAMES,
    CaseFacts,
    boundary_of_relation,
    boundary_of_text,
    facts_of_text,
)
from domain.clock import civil_date, iso, parse_iso
from domain.lexicon import normalise
from domain.opinion import DUTIES
from domain.organisation import SECTOR_NAMES, Register, Unit
from domain.precedent import (
    MAX_TITLE,
    Basis,
    Bearer,
    ClosedCase,
    Origin,
    Precedent,
    Provenance,
    main_bearer,
    precedent_id,
    require_settled,
)
from domain.redaction import Redaction, redact, total

DUTY_NAMES = {"handling": "现场处置", "upkeep": "权属养护", "supervision": "行业监管", "enforcement": "行政执法"}
SOURCE_NAMES = {
    "person": "人员上报",
    "vehicle": "车辆采集",
    "drone": "无人机巡查",
    "camera": "视频识别",
    "sensor": "传感监测",
    "hotline": "热线来电",
    "system": "系统转办",
}
DISPUTE = "dispute:"
"""How the provenance of a precedent begins whose last word was spoken in a dispute."""
_SETTLED = ("determined", "provisional")
_DISTANCE_STEP_M = 10


def draft_precedent(closed: ClosedCase, register: Register, *, by: str, at: datetime) -> Precedent:
    """The draft of a precedent, without personal data; the same case gives the same words.

    Args:
        closed: What the records hold.
        register: All units, for their sectors and levels.
        by: Who proposes it.
        at: When, aware.

    Raises:
        Conflict: The case is not evaluated, or was not ruled on by an officer.
    """
    require_settled(closed.case, closed.decision, disputes=closed.disputes)
    names = names_of(closed.case.observation)
    bearers = _bearers(closed, register)
    texts = {
        "title": _title(closed, bearers),
        "facts": _facts(closed, register),
        "issue": _question(closed, bearers),
        "ruling": _ruling(closed, bearers),
    }
    clean = {name: redact(text, names=names) for name, text in texts.items()}
    found: list[Redaction] = list(clean.values())
    features = _features(closed, bearers)
    return Precedent(
        id=precedent_id(closed.case.id),
        **{name: one.text for name, one in clean.items()},
        basis=tuple(_basis(plain) for plain in closed.opinion["citations"] if _stands(closed, plain["role"])),
        bearers=bearers,
        issues=features.issues,
        rules=tuple(outcome["rule"] for outcome in closed.opinion["rules"]["fired"] if outcome["effects"]),
        region=closed.case.region,
        day=civil_date(closed.closed_at),
        origin=Origin.CASE,
        reference=closed.case.id,
        features=features.to_json(),
        provenance=_provenance(closed, by=by, at=at),
        redacted=total(found),
    )


def _provenance(closed: ClosedCase, *, by: str, at: datetime) -> Provenance:
    """Who had the last word: in a dispute, else on the opinion."""
    proposed = {"proposed_by": by, "proposed_at": iso(at)}
    if closed.disputes:
        last = closed.disputes[-1]
        return Provenance(verdict=f"{DISPUTE}{last.how}", ruled_by=last.by, ruled_at=iso(last.at), **proposed)
    if closed.decision is None:
        return Provenance(**proposed)
    ruled = closed.decision
    return Provenance(verdict=ruled.verdict.value, ruled_by=ruled.by, ruled_at=iso(ruled.at), **proposed)


def _stands(closed: ClosedCase, role: str) -> bool:
    """Whether an article still supports the ruling.

    What led the opinion to a unit that people then replaced does not; of a rejected opinion, only what led to the same
    unit does.
    """
    ruled, duties = closed.changes, closed.opinion["duties"]
    if role in ruled:
        return duties[role]["unit"] == ruled[role]
    return not closed.rejected


def names_of(observation: Mapping[str, Any]) -> Collection[str]:
    """Fields of a report that name a person or a person's device."""
    return tuple(str(observation.get(key, "")) for key in ("reporter", "device_id") if observation.get(key))


def case_facts_of(observation: Mapping[str, Any], issue: str, opinion: Mapping[str, Any] | None) -> CaseFacts:
    """Features of a case under way: its words, what was recognised, and what the opinion found.

    Args:
        observation: JSON of the report.
        issue: Issue id, or empty.
        opinion: JSON of the opinion, if there is one: lines and danger are then as it found them.
    """
    text = str(observation["text"])
    read = facts_of_text(text, issues=(issue,) if issue else (), region=str(observation.get("region", "")))
    if opinion is None:
        return read
    said = set(boundary_of_text(normalise(text))) & {"river", "road_side", "owner"}
    found = set(boundary_of_relation(opinion["boundary"]))
    lines = found - {"inside"} if said - {"owner"} else found
    return replace(read, boundary=tuple(sorted(lines | said)), danger=bool(opinion["emergency"]))


def _features(closed: ClosedCase, bearers: tuple[Bearer, ...]) -> CaseFacts:
    facts = case_facts_of(closed.case.observation, closed.case.issue, closed.opinion)
    main = main_bearer(bearers)
    sectors = sorted({one.sector for one in bearers if one.duty in ("handling", "upkeep")})
    return replace(facts, sectors=tuple(sectors), level=main.level if main else "", region=closed.case.region)


def _bearers(closed: ClosedCase, register: Register) -> tuple[Bearer, ...]:
    """Roles by duty, as the officer ruled."""
    changes = closed.changes
    found: list[Bearer] = []
    for duty in DUTIES:
        plain = closed.opinion["duties"][duty]
        settled = plain["unit"] if plain["status"] in _SETTLED and not closed.rejected else ""
        unit = register.get(changes.get(duty) or settled)
        if unit is not None:
            found.append(Bearer(duty=duty, sector=unit.sector.value, level=unit.level.value, role=role_of(unit)))
    return tuple(found)


def role_of(unit: Unit) -> str:
    """What a unit is, without its name: 区县级城市管理局."""
    return f"{LEVEL_NAMES[unit.level.value]}{SECTOR_NAMES[unit.sector]}"


def _basis(plain: Mapping[str, Any]) -> Basis:
    return Basis(law=plain["law"], article=plain["article"], version_date=plain["version_date"], role=plain["role"])


def _title(closed: ClosedCase, bearers: tuple[Bearer, ...]) -> str:
    main = main_bearer(bearers)
    who = f"：{DUTY_NAMES[main.duty]}由{main.role}承担" if main else ""
    lines = _line_words(closed.opinion["boundary"])
    return f"{lines}{closed.opinion['issue']['name']}{who}"[:MAX_TITLE]


def _line_words(boundary: Mapping[str, Any]) -> str:
    if not boundary.get("adjacent"):
        return ""
    return {"township": "镇街交界处", "district": "区县交界处", "province": "省（市）交界处"}.get(
        boundary.get("crosses", ""), "界线附近"
    )


def _facts(closed: ClosedCase, register: Register) -> str:
    seen, opinion = closed.case.observation, closed.opinion
    when = civil_date(parse_iso(seen["observed_at"]))
    source = SOURCE_NAMES.get(seen["source"], "上报")
    lines = [
        f"{when.year}年{when.month}月，{source}“{opinion['issue']['name']}”。",
        _where(opinion["boundary"]),
        "存在人身或公共安全危险，先行处置。" if opinion["emergency"] else "",
        f"上报称（未经证实）：{seen['text'].strip()}",
        *(_claim(claim, register) for claim in seen["claims"]),
        *_handling(closed, register),
    ]
    return "\n".join(line for line in lines if line)


def _where(boundary: Mapping[str, Any]) -> str:
    kinds = boundary_of_relation(boundary)
    if not kinds:
        return "地点未能定位。"
    if kinds == ("inside",):
        return "地点不在界线附近。"
    words = "、".join(BOUNDARY_NAMES[kind] for kind in kinds)
    distance = boundary.get("distance_m")
    near = f"，距最近的镇街界线约{_rounded(distance)}米" if distance is not None else ""
    rough = "（界线数据为近似）" if boundary.get("boundary_source") == "approximate" else ""
    many = f"，可能的镇街{len(boundary['candidates'])}个" if len(boundary["candidates"]) > 1 else ""
    return f"地点{words}{near}{many}{rough}。"


def _rounded(distance_m: float) -> int:
    """To ten metres: a precedent needs no exact place."""
    return round(distance_m / _DISTANCE_STEP_M) * _DISTANCE_STEP_M


def _claim(claim: Mapping[str, Any], register: Register) -> str:
    unit = register.get(claim["unit"])
    return f"{role_of(unit) if unit else '一方'}主张（未经证实）：{claim['text'].strip()}"


def _handling(closed: ClosedCase, register: Register) -> list[str]:
    done = [order for order in closed.orders if order.status is OrderStatus.DONE]
    told: list[str] = []
    for order in done:
        unit = register.get(order.unit)
        told.append(f"{DUTY_NAMES.get(order.duty, order.duty)}由{role_of(unit) if unit else '承办单位'}办结。")
    if closed.case.returns:
        told.append(f"其间退回{closed.case.returns}次。")
    day = civil_date(closed.closed_at)
    return [*dict.fromkeys(told), f"{day.year}年{day.month}月结案。"]


def _question(closed: ClosedCase, bearers: tuple[Bearer, ...]) -> str:
    facts = _features(closed, bearers)
    duties = "、".join(
        DUTY_NAMES[duty] for duty in DUTIES if closed.opinion["duties"][duty]["status"] != "not_applicable"
    )
    kind = f"（{DISPUTE_NAMES[facts.dispute]}）" if facts.dispute else ""
    return f"{_line_words(closed.opinion['boundary'])}“{closed.opinion['issue']['name']}”的{duties}由谁承担{kind}"


def _ruling(closed: ClosedCase, bearers: tuple[Bearer, ...]) -> str:
    decision = closed.decision
    changed = (decision.changes if decision else None) or {}
    amended = decision is not None and decision.verdict is Verdict.AMEND
    disputed = {duty for dispute in closed.disputes for duty in dispute.ruling}
    lines = [f"经有权人员{verdict_words(decision.verdict)}："] if decision else ["意见书无须人工裁定："]
    for one in bearers:
        mark = "（争议裁定）" if one.duty in disputed else "（裁定时改定）" if amended and one.duty in changed else ""
        lines.append(f"{DUTY_NAMES[one.duty]}——{one.role}{mark}；")
    held = {one.duty for one in bearers}
    pending = [d for d in DUTIES if d not in held and closed.opinion["duties"][d]["status"] == "pending_ruling"]
    lines += [f"{DUTY_NAMES[duty]}——待上级裁定；" for duty in pending]
    whys = [f"理由：{decision.reason.strip()}"] if decision and decision.reason.strip() else []
    whys += [f"退单争议经{one.how_name}，理由：{one.reason}" for one in closed.disputes]
    return "\n".join([*lines, *whys]).rstrip("；") + ("" if whys else "。")


def ruled_words(verdict: str) -> str:
    """What `Provenance.verdict` says, in Chinese; empty for an empty one."""
    if verdict.startswith(DISPUTE):
        return f"裁定退单争议（{SETTLEMENT_NAMES[Settlement(verdict.removeprefix(DISPUTE))]}）"
    return verdict_words(Verdict(verdict)) if verdict else ""


def verdict_words(verdict: Verdict) -> str:
    """What an officer did, as a precedent tells it: whoever rejects and still has a precedent ruled otherwise."""
    return "否决意见书并另行裁定" if verdict is Verdict.REJECT else VERDICT_NAMES[verdict]


def basis_line(precedent: Precedent) -> str:
    """The basis in one line, each article once."""
    return "；".join(dict.fromkeys(one.label for one in precedent.basis))
