"""Drafts for a unit that returns an order, and for the superior who reads the dispute: from the opinion, nothing added.

Every line says whether it is borne out by evidence or unproven (未证实): the unit checks it, completes it and answers
for it. What speaks against the unit stands there too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.adjacency.claims import FINDINGS
from domain.adjacency.disputes import SETTLEMENT_NAMES, STATE_NAMES, Dispute, Settlement
from domain.adjacency.vocabulary import DUTY_NAMES
from domain.clock import CHINA
from domain.limits import SOURCE_NAMES
from domain.opinion import AIGC_LABEL
from domain.organisation import Register

PROVEN, UNPROVEN = "有据", "未证实"
_PROVEN_FINDINGS = ("supported",)


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One sentence: `proven` when evidence bears it out, `against` when it speaks against returning the order."""

    text: str
    proven: bool
    against: bool = False

    def shown(self) -> str:
        """The sentence with its mark."""
        return f"{self.text}【{PROVEN if self.proven else UNPROVEN}】"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDraft:
    """A draft of why an order is returned (退单理由)."""

    lines: tuple[DraftLine, ...]
    missing: tuple[str, ...]
    text: str


def draft_return(
    opinion: Mapping[str, Any], *, duty: str, unit: str, unit_name: str, order_id: str, said: str = ""
) -> ReturnDraft:
    """Draft the reason for which a unit returns an order.

    Args:
        opinion: JSON of the opinion that the order rests on.
        duty: The order's duty.
        unit: Code of the unit that has it.
        unit_name: Its name.
        order_id: The order.
        said: What the unit itself says, in words; taken over as unproven.
    """
    lines = tuple(_lines(opinion, duty, unit, said))
    missing = tuple(opinion["evidence"]["missing"])
    own = [line.shown() for line in lines if not line.against] or ["意见书和现有证据中没有支持退单的内容。"]
    against = [line.shown() for line in lines if line.against]
    parts = [
        "退单理由（草拟）",
        f"工单 {order_id}，责任：{DUTY_NAMES[duty]}，承办单位：{unit_name}。",
        "一、退单的理由\n" + _numbered(own),
        "二、与退单理由不一致的内容（如实列出）\n" + (_numbered(against) if against else "无。"),
        "三、还须补充的证据\n" + (_numbered(missing) if missing else "无。"),
        f"四、提示\n{_reminder(opinion, duty)}",
        f"由系统按意见书 {opinion['id']} 和案卷证据整理，标“{UNPROVEN}”的内容须由单位核实，提交即由单位负责。",
        f"{AIGC_LABEL}。",
    ]
    return ReturnDraft(lines=lines, missing=missing, text="\n\n".join(parts))


def _numbered(lines: Any) -> str:  # noqa: ANN401
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _lines(opinion: Mapping[str, Any], duty: str, unit: str, said: str) -> Iterator[DraftLine]:
    """What the record says for and against the unit having the duty."""
    if said.strip():
        yield DraftLine(f"本单位认为：{said.strip()}", proven=False)
    held = opinion["duties"][duty]
    if held["unit"] and held["unit"] != unit:
        settled = held["status"] == "determined"
        reasons = "；".join(held["reasons"])
        yield DraftLine(f"意见书认定{DUTY_NAMES[duty]}由{held['unit_name']}承担：{reasons}", proven=settled)
    for one in opinion["candidates"]:
        if one["duty"] == duty and one["unit"] != unit and one.get("weight", one["probability"]) >= 0.05:
            yield DraftLine(f"{one['unit_name']}也可能承担{DUTY_NAMES[duty]}：{one['reason']}", proven=False)
    for one in opinion.get("claims", ()):
        if one["unit"] == unit:
            yield from _of_own_claim(one)
    relation = opinion["boundary"]
    if duty != "upkeep" and relation["adjacent"] and len(relation["candidates"]) > 1:
        names = "、".join(f"{c['name']}（{c['probability']:.2f}）" for c in relation["candidates"][:3])
        yield DraftLine(f"点位毗邻界线，可能落在：{names}", proven=False)
    if held["unit"] == unit:
        reasons = "；".join(held["reasons"])
        yield DraftLine(f"意见书认定由本单位承担：{reasons}", proven=held["status"] == "determined", against=True)


def _of_own_claim(claim: Mapping[str, Any]) -> Iterator[DraftLine]:
    proven = claim["finding"] in _PROVEN_FINDINGS
    told = f"本单位已主张“{claim['text']}”（{FINDINGS[claim['finding']]}）"
    yield DraftLine("；".join([told, *claim["supports"]]), proven=proven)
    for fact in claim["against"]:
        yield DraftLine(fact, proven=True, against=True)


def _reminder(opinion: Mapping[str, Any], duty: str) -> str:
    if opinion["emergency"] and duty == "handling":
        return "存在危险：先行处置不因退单而停止；协商限 1 小时，逾期自动提请共同上级（R00；建议时限，非法定）。"
    return (
        "退单后先协商，逾期自动提请共同上级；同一案件第 2 次退单直接提请共同上级（建议规则）。先行处置不因争议而停止。"
    )


def summary_of(dispute: Dispute, opinion: Mapping[str, Any], register: Register) -> str:
    """The dispute for the superior (争议摘要书): who says what, how far it is proven, what was found, by when."""

    def name(code: str) -> str:
        unit = register.get(code)
        return unit.name if unit else code

    held = opinion["duties"][dispute.duty]
    said = [f"{name(one.unit)}：{one.text}【{UNPROVEN}】" for one in dispute.statements]
    found = held["unit_name"] or "不能断定"
    missing = list(opinion["evidence"]["missing"])
    parts = [
        "争议摘要书（草拟）",
        f"案卷 {dispute.case_id}，工单 {dispute.order_id}，争议的责任：{DUTY_NAMES[dispute.duty]}，"
        f"第 {dispute.round} 次退回，现为“{STATE_NAMES[dispute.state]}”。",
        "一、各方意见\n" + _numbered(said),
        f"二、意见书的认定\n{DUTY_NAMES[dispute.duty]}：{found}。理由：{'；'.join(held['reasons'])}。"
        f"反方最强理由：{opinion['counter_argument']}。",
        "三、还缺的证据\n" + (_numbered(missing) if missing else "无。"),
        "四、去向和时限\n" + _way(dispute),
        f"由系统按案卷整理，未作裁定。{AIGC_LABEL}。",
    ]
    if dispute.settlement:
        parts.insert(-1, _ruling(dispute, name))
    return "\n\n".join(parts)


def _way(dispute: Dispute) -> str:
    above = dispute.superior
    lines = [f"共同上级：{above.name}" + (f"（依据{above.basis}）" if above.basis else "")] if above else []
    if dispute.why_up:
        lines.append(f"提请原因：{dispute.why_up}")
    if dispute.due_at is not None:
        when = dispute.due_at.astimezone(CHINA)
        lines.append(f"{dispute.due_what}：{when:%Y-%m-%d %H:%M} 前（{SOURCE_NAMES[dispute.due_source]}）")
    return "\n".join(lines) or "无。"


def _ruling(dispute: Dispute, name: Any) -> str:  # noqa: ANN401
    duties = "；".join(f"{DUTY_NAMES[duty]}——{name(code)}" for duty, code in dispute.ruling.items())
    return f"五、处理结果\n{SETTLEMENT_NAMES[Settlement(dispute.settlement)]}：{duties}。理由：{dispute.ruled_why}"
