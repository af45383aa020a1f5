"""The opinion in words: three steps for the grid worker, the formal text for the officer, the other side's case."""

from dataclasses import dataclass
from typing import Any

from domain.adjacency.bearing import Sureness
from domain.adjacency.claims import Weighed, weigh
from domain.adjacency.distinguishing import precedent_line
from domain.adjacency.escalation import NO_PHONE
from domain.adjacency.labels import CROSSES_NAMES, asset_label, metres, place_label, regions_label
from domain.adjacency.pacts import ARRANGED_NAMES
from domain.adjacency.situation import Scene
from domain.adjacency.vocabulary import DUTY_NAMES, STATUS_NAMES
from domain.citation import Citation
from domain.clock import CHINA
from domain.lexicon import lexicon
from domain.opinion import AIGC_LABEL, DUTIES, Candidate, Deadline, Duty, EscalationStep

UNIT_NAMES = {
    "minute": "分钟",
    "urgent_hour": "个紧急工作小时",
    "hour": "小时",
    "work_hour": "个工作小时",
    "workday": "个工作日",
    "day": "日",
}
PAPER_NAMES = {"designation": "上级指定", "in_force": "现行有效", "expired": "已过期", "void": "不适用"}
_STRENGTH = {"supported": 0, "mixed": 1, "unproven": 2, "not_judged": 2, "contradicted": 3}

WORTH_SAYING = 0.05
"""Least weight at which a text speaks of another candidate; the record keeps them all."""

SOURCE_NAMES = {"statutory": "法定", "suggested": "建议时限，非法定"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was decided, for the texts about it."""

    duties: dict[str, Duty]
    candidates: tuple[Candidate, ...]
    citations: tuple[Citation, ...]
    evidence_have: tuple[str, ...]
    evidence_missing: tuple[str, ...]
    counter_argument: str
    sureness: Sureness
    emergency: bool
    human_why: tuple[str, ...]
    escalation: tuple[EscalationStep, ...]
    deadlines: tuple[Deadline, ...]
    contacts: tuple[str, ...]
    notes: tuple[str, ...]
    papers: tuple[dict[str, Any], ...]
    precedents: tuple[dict[str, Any], ...]
    claims: tuple[Weighed, ...]
    halted: bool


def counter_argument(scene: Scene, duties: dict[str, Duty], candidates: tuple[Candidate, ...], halted: bool) -> str:
    """The strongest thing that the other side could say."""
    if halted:
        claims = "；".join(f"{unit.name}主张“{text}”" for unit, text in scene.claimants())
        return "；".join(part for part in ("界线位置存在争议，各方主张均未证实，本系统不作判断", claims) if part)
    # What the evidence contradicts is no strong argument; a claim that it bears out comes first.
    said = [claim.line() for claim in sorted(weigh(scene), key=lambda claim: _STRENGTH[claim.finding])]
    named = {duty.unit for duty in duties.values()}
    rivals = [
        c
        for c in candidates
        if c.unit not in named and c.duty in ("upkeep", "handling", "enforcement") and c.weight >= WORTH_SAYING
    ]
    rival = max(rivals, key=lambda c: (c.weight, c.unit), default=None)
    parts = said[:2]
    relation = scene.question.boundary
    gap_m = relation.distance_m
    if gap_m is not None and gap_m <= relation.threshold_m and len(relation.candidates) > 1:
        other = relation.candidates[1]
        error = scene.question.observation.accuracy_m
        reach = f"定位误差 {error:.0f} 米" if error else "定位误差未知"
        parts.append(f"点位距界线{metres(gap_m)}、{reach}，若实际落在{other.name}一侧，属地责任随之改变")
    if rival is not None:
        what = DUTY_NAMES[rival.duty]
        parts.append(f"{rival.unit_name}也可能承担{what}（{_chance(rival)}）：{rival.reason}")
    if scene.held.others:
        parts.append(
            f"附近台账另有{scene.held.others[0].name or scene.held.others[0].id}，与描述的标识不符，须现场核对"
        )
    return "；".join(parts) or "目前没有相反主张；若现场核对的标识、红线或界线与台账不符，应重新认定"


def steps_of(scene: Scene, found: Findings) -> tuple[str, str, str]:
    """What to do now and whom to call; who is responsible and why; what happens next."""
    return (_now(scene, found), _who(found), _next(found))


def _now(scene: Scene, found: Findings) -> str:
    handler = found.duties["handling"].unit_name or "首接单位"
    task = scene.issue.town_role if scene.issue else ""
    doing = f"镇街配合：{task}。" if task else ""
    photo = "拍近景和远景各一张，糊了可以先报后补。" if any("E01" in line for line in found.evidence_missing) else ""
    calls = "、".join(_short(line) for line in found.contacts) or "所在镇街"
    if found.emergency:
        return f"第一步，先保证人的安全：{_first_aid(scene)}。打给：{calls}。{handler}马上去处置，不等定责。{photo}"
    return f"第一步，现在由{handler}到现场处置；打给：{calls}。{doing}{photo}"


def _first_aid(scene: Scene) -> str:
    """What whoever stands there does for the two dangers named first; a general word when none was said."""
    said = {danger.label: danger.first for danger in lexicon().dangers}
    advice = [said[label] for label in scene.question.danger if label in said]
    return "；".join(advice[:2]) or "远离危险，拦住行人车辆"


def _short(contact: str) -> str:
    """A contact without the reminder that its number is published locally; the list of contacts keeps it."""
    return contact.replace(f"，{NO_PHONE}）", "）")


def _who(found: Findings) -> str:
    lines = [f"{DUTY_NAMES[duty]}：{_bearer(found.duties[duty])}" for duty in DUTIES]
    why = next((d.reasons[0] for d in (found.duties["upkeep"], found.duties["handling"]) if d.reasons), "")
    return f"第二步，谁负责——{'；'.join(lines)}。为什么：{why}。"


def _bearer(duty: Duty) -> str:
    if duty.unit:
        return f"{duty.unit_name}（{STATUS_NAMES[duty.status]}）"
    if duty.status == "not_applicable":
        return STATUS_NAMES["not_applicable"]
    return f"还不能断定（{STATUS_NAMES[duty.status]}）"


def _next(found: Findings) -> str:
    limit = "；".join(_deadline(deadline) for deadline in found.deadlines[:2])
    limits = f"时限：{limit}。" if limit else ""
    if not found.human_why:
        return f"第三步，系统派单，办完会告诉你结果。{limits}"
    above = "、".join(step.body for step in found.escalation[:2])
    up = f"定不下来就报{above}。" if above else ""
    return f"第三步，处置先派单；权责意见等有权人员签字（原因：{found.human_why[0]}）。{up}{limits}"


def _deadline(deadline: Deadline) -> str:
    value = f" {deadline.value:g} {UNIT_NAMES[deadline.unit]}" if deadline.value else "：立即"
    return f"{deadline.what}{value}（{SOURCE_NAMES[deadline.source]}）"


def formal_of(scene: Scene, found: Findings) -> str:
    """The text of the opinion (确权定责意见书) with numbered citations, for an officer to sign."""
    parts = [
        "确权定责意见书（草拟）",
        _matter(scene),
        _position(scene, found),
        _duties(found),
        _basis(found),
        _evidence(found),
        f"六、反方最强理由\n{found.counter_argument}。",
        _way(found),
        _rest(found),
        AIGC_LABEL + "。",
    ]
    return "\n\n".join(parts)


def _matter(scene: Scene) -> str:
    seen = scene.question.observation
    when = seen.observed_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    what = f"{scene.issue.name}（{scene.issue.id}）" if scene.issue else "未识别"
    place = f"；地址：{seen.address}" if seen.address else ""
    return f"一、事项\n事项：{what}；事件时间：{when}{place}。\n上报原文：{seen.text}"


def _position(scene: Scene, found: Findings) -> str:
    relation = scene.question.boundary
    lines = [f"二、位置与界线\n{place_label(scene)}；采用自 {relation.territory_version} 起的区划版本。"]
    if found.halted:
        lines.append(f"界线位置存在争议，涉及{regions_label(scene)}，本意见不判定界线。")
    elif len(relation.candidates) > 1:
        shares = "、".join(f"{c.name}（{c.probability:.2f}）" for c in relation.candidates[:4])
        lines.append(f"候选区域：{shares}；{CROSSES_NAMES[scene.crosses]}。")
    if scene.held.assets:
        lines.append(f"部件：{asset_label(scene)}。")
    return "\n".join(lines)


def _duties(found: Findings) -> str:
    lines = ["三、四种责任"]
    for number, duty in enumerate(DUTIES, 1):
        bearer = found.duties[duty]
        sure = f"，概率 {bearer.probability:.2f}" if bearer.unit else ""
        marks = "".join(f"[{i}]" for i, citation in enumerate(found.citations, 1) if citation.role == duty)
        lines.append(
            f"{number}. {DUTY_NAMES[duty]}：{_bearer(bearer)}{sure}。理由：{'；'.join(bearer.reasons)}。{marks}"
        )
        rivals = [c for c in found.candidates if c.duty == duty and c.weight >= WORTH_SAYING]
        others = "、".join(f"{c.unit_name}（{_chance(c)}）" for c in rivals)
        if others:
            lines.append(f"   其他候选：{others}。")
    return "\n".join(lines)


def _chance(candidate: Candidate) -> str:
    """Its probability; the rules' own weight where the named unit leaves it next to none."""
    if candidate.probability >= WORTH_SAYING:
        return f"概率 {candidate.probability:.2f}"
    return f"规则权重 {candidate.weight:.2f}"


def _basis(found: Findings) -> str:
    lines = ["四、依据（事件日现行有效）"]
    for number, citation in enumerate(found.citations, 1):
        version = f"，{citation.version_date} 文本" if citation.version_date else ""
        note = f"；{citation.note}" if citation.note else ""
        lines.append(f"[{number}] {citation.label}{version}{note}")
    if not found.citations:
        lines.append("没有可以引用的现行有效条文。")
    lines += [_paper_line(paper) for paper in found.papers]
    lines += [precedent_line(precedent) for precedent in found.precedents[:3]]
    return "\n".join(lines)


def _paper_line(paper: dict[str, Any]) -> str:
    """One paper: whose it is, how long it holds, what it arranges, what of it does not count."""
    told = [PAPER_NAMES[paper["status"]]]
    if paper["status"] in ("designation", "in_force"):
        until = f"至 {paper['valid_to']}" if paper["valid_to"] else "起长期"
        told += [f"当事方：{'、'.join(paper['parties'])}", f"{paper['valid_from']} {until}"]
        told += [
            f"{ARRANGED_NAMES[duty]}：{name}" for duty, name in paper["leads"].items() if duty in paper["arranges"]
        ]
    if paper["status"] == "in_force":
        told.append(f"不改变{'、'.join(paper['may_not_change'])}")
    told += [paper["note"]] if paper["note"] else []
    return f"协议、指定：《{paper['title']}》（{'；'.join(told)}）"


def _evidence(found: Findings) -> str:
    have = "\n".join(f"已有：{line}" for line in found.evidence_have) or "已有：无"
    missing = "\n".join(f"缺少：{line}" for line in found.evidence_missing) or "缺少：无"
    said = "".join(f"\n主张：{claim.line()}" for claim in found.claims)
    return f"五、证据与各方主张\n{have}\n{missing}{said}"


def _way(found: Findings) -> str:
    lines = ["七、须人决定的事项与升级去向"]
    lines += [f"- {why}" for why in found.human_why] or ["- 无须人工裁定的事项；处罚和裁定仍只能由有权人员作出"]
    for number, step in enumerate(found.escalation, 1):
        basis = f"，依据{step.basis}" if step.basis else ""
        lines.append(f"{number}. {step.body}（经{step.via}{basis}）")
    return "\n".join(lines)


def _rest(found: Findings) -> str:
    lines = [f"八、时限与其他\n置信度 {found.sureness.confidence:.2f}。"]
    lines += [f"- {_deadline(deadline)}" for deadline in found.deadlines]
    lines += [f"- {note}" for note in found.notes]
    return "\n".join(lines)
