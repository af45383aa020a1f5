"""The opinion as the paper that an officer signs (确权定责意见书, DOCX): only what its record holds, in a fixed order.

Same opinion and same ruling, same bytes. Nothing in it looks signed before somebody ruled: the block of the signature
says 待签发 until then. Limits say whether law sets them; what parties claim says how far it is proven.
"""

# pyright: standard
# python-docx's types are partly unknown.

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from adapters.reportarchives import DAY, plain, steady
from domain.adjacency.claims import FINDINGS
from domain.adjacency.distinguishing import precedent_line
from domain.adjacency.explain import PAPER_NAMES, SOURCE_NAMES, UNIT_NAMES
from domain.adjacency.vocabulary import DUTY_NAMES, STATUS_NAMES
from domain.case import VERDICT_NAMES, Decision
from domain.clock import CHINA, parse_iso
from domain.opinion import DUTIES, canonical

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
UNSIGNED = "待签发"
ROLE_NAMES = {**DUTY_NAMES, "jurisdiction": "管辖", "escalation": "升级", "procedure": "程序"}
LEVEL_NAMES = {"city": "市级", "district": "区县级", "township": "镇街级", "community": "村社级", "grid": "网格"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionFile:
    """What goes on paper.

    Attributes:
        opinion: JSON of the contract.
        case_id: The case it is about; empty when there is none.
        observation: JSON of the report; empty when it is not at hand.
        decision: The ruling on it; None while nobody ruled.
        unit_names: Names of the units that the ruling names, by code.
    """

    opinion: Mapping[str, Any]
    case_id: str = ""
    observation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    decision: Decision | None = None
    unit_names: Mapping[str, str] = field(default_factory=dict[str, str])


def opinion_docx(file: OpinionFile) -> bytes:
    """The document."""
    # A second to import: a service that starts does not wait for it.
    import docx
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document: Any = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    page.footer.paragraphs[0].add_run(plain(f"{file.opinion['label']}　{file.opinion['id']}"))
    title = document.add_heading("确权定责意见书", level=0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(plain(_head(file)))
    document.add_paragraph(plain(f"{file.opinion['label']}。")).runs[0].bold = True
    for heading, lines, tables in _sections(file):
        document.add_heading(heading, level=1)
        for line in lines:
            document.add_paragraph(plain(line))
        for heads, rows in tables:
            _grid(document, heads, rows)
    for line in _signature(file):
        document.add_paragraph(plain(line)).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.core_properties.title = plain(f"确权定责意见书 {file.opinion['id']}")
    document.core_properties.author = ""
    document.core_properties.created = document.core_properties.modified = datetime(*DAY)  # noqa: DTZ001
    raw = io.BytesIO()
    document.save(raw)
    return steady(raw.getvalue())


Table = tuple[Sequence[str], Sequence[Sequence[str]]]
Part = tuple[str, Sequence[str], Sequence[Table]]


def _head(file: OpinionFile) -> str:
    state = VERDICT_NAMES[file.decision.verdict] if file.decision else f"草拟，{UNSIGNED}"
    case = f"　案卷：{file.case_id}" if file.case_id else ""
    return f"编号：{file.opinion['id']}{case}　状态：{state}"


def _sections(file: OpinionFile) -> Sequence[Part]:
    opinion = file.opinion
    grounds = [*_citations(opinion), *map(_paper, opinion["agreements"]), *map(precedent_line, opinion["precedents"])]
    return (
        ("一、事项", _matter(file), ()),
        ("二、位置与界线", _place(opinion), ()),
        ("三、四种责任", _rivals(opinion), (_duties(file),)),
        ("四、依据、协议与先例", grounds or ["没有可以引用的现行有效条文。"], ()),
        ("五、证据与各方主张", _evidence(opinion), ()),
        ("六、反方最强理由", [f"{opinion['counter_argument']}。"], ()),
        ("七、须由人员决定的事项与升级去向", _people(opinion), ()),
        ("八、时限", [] if opinion["deadlines"] else ["没有适用的时限。"], _deadlines(opinion)),
        ("九、给网格员的三步说明", opinion["explanation"]["steps"], ()),
        ("十、推理与版本", _record(opinion), ()),
    )


def _matter(file: OpinionFile) -> list[str]:
    issue, seen = file.opinion["issue"], file.observation
    lines = [f"事项：{issue['name']}" + (f"（{issue['id']}）" if issue.get("id") else "")]
    if seen.get("observed_at"):
        when = parse_iso(str(seen["observed_at"])).astimezone(CHINA)
        lines.append(f"事件时间：{when:%Y-%m-%d %H:%M}" + (f"　地址：{seen['address']}" if seen.get("address") else ""))
    if seen.get("text"):
        lines.append(f"上报原文（未经证实）：{seen['text']}")
    return lines + (["按紧急事项先行处置，不等定责。"] if file.opinion["emergency"] else [])


def _place(opinion: Mapping[str, Any]) -> list[str]:
    relation = opinion["boundary"]
    gap = "" if relation["distance_m"] is None else f"距最近界线 {relation['distance_m']:.0f} 米；"
    lines = [
        f"{gap}{'毗邻' if relation['adjacent'] else '不毗邻'}；采用自 {relation['territory_version']} 起的区划版本。"
    ]
    if len(relation["candidates"]) > 1:
        shares = "、".join(f"{one['name']}（{one['probability']:.2f}）" for one in relation["candidates"])
        lines.append(f"候选区域：{shares}。")
    return lines + list(relation["notes"])


def _duties(file: OpinionFile) -> Table:
    ruled = (file.decision.changes or {}) if file.decision else {}
    heads = ["责任", "单位", "层级", "状态", "概率", "理由", *(["裁定"] if ruled else [])]
    rows: list[list[str]] = []
    for duty in DUTIES:
        held = file.opinion["duties"][duty]
        row = [
            DUTY_NAMES[duty],
            held["unit_name"] or "不能断定",
            LEVEL_NAMES.get(held["level"], ""),
            STATUS_NAMES[held["status"]],
            f"{held['probability']:.2f}" if held["unit"] else "",
            "；".join(held["reasons"]),
        ]
        name = file.unit_names.get(ruled.get(duty, ""), ruled.get(duty, ""))
        rows.append([*row, *([name or "—"] if ruled else [])])
    return heads, rows


def _rivals(opinion: Mapping[str, Any]) -> list[str]:
    lines = [f"置信度 {opinion['confidence']:.2f}。"]
    for duty in DUTIES:
        others = [one for one in opinion["candidates"] if one["duty"] == duty][:3]
        if others:
            named = "、".join(f"{one['unit_name']}（概率 {one['probability']:.2f}）" for one in others)
            lines.append(f"{DUTY_NAMES[duty]}的其他候选：{named}。")
    return lines


def _citations(opinion: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for number, one in enumerate(opinion["citations"], 1):
        head, _, tail = one["article"].partition("-")
        label = f"《{one['law']}》第{head}条" + (f"之{tail}" if tail else "")
        version = f"，{one['version_date']} 文本" if one["version_date"] else ""
        note = f"；{one['note']}" if one.get("note") else ""
        lines.append(f"[{number}] {label}（事件日现行有效{version}，用于{ROLE_NAMES[one['role']]}{note}）")
    return lines


def _paper(one: Mapping[str, Any]) -> str:
    until = f"至 {one['valid_to']}" if one["valid_to"] else "起长期有效"
    leads = "、".join(f"{ROLE_NAMES.get(duty, duty)}：{name}" for duty, name in one.get("leads", {}).items())
    parts = [PAPER_NAMES[one["status"]], f"当事方：{'、'.join(one['parties'])}", f"{one['valid_from']} {until}"]
    parts += [leads] if leads else []
    parts += [f"不改变{'、'.join(one['may_not_change'])}"] if one.get("may_not_change") else []
    parts += [one["note"]] if one["note"] else []
    return f"协议、指定：《{one['title']}》（{'；'.join(parts)}）"


def _evidence(opinion: Mapping[str, Any]) -> list[str]:
    lines = [f"已有：{line}" for line in opinion["evidence"]["have"]] or ["已有：无"]
    lines += [f"缺少：{line}" for line in opinion["evidence"]["missing"]] or ["缺少：无"]
    for one in opinion.get("claims", ()):
        told = [f"{one['unit_name']}主张“{one['text']}”——{FINDINGS[one['finding']]}"]
        told += [f"支持：{'；'.join(one['supports'])}"] if one["supports"] else []
        told += [f"相反：{'；'.join(one['against'])}"] if one["against"] else []
        lines.append(f"{'。'.join(told)}。")
    return lines


def _people(opinion: Mapping[str, Any]) -> list[str]:
    lines = [f"须由人员决定：{why}" for why in opinion["human_required"]["why"]]
    lines = lines or ["没有须人工裁定的事项；处罚和裁定仍只能由有权人员作出。"]
    for number, step in enumerate(opinion["escalation"], 1):
        basis = f"，依据{step['basis']}" if step["basis"] else ""
        lines.append(f"{number}. {step['body']}（经{step['via']}{basis}）")
    return lines


def _deadlines(opinion: Mapping[str, Any]) -> Sequence[Table]:
    rows = [
        [
            one["what"],
            f"{one['value']:g} {UNIT_NAMES[one['unit']]}" if one["value"] else "立即",
            SOURCE_NAMES[one["source"]],
            one["basis"],
        ]
        for one in opinion["deadlines"]
    ]
    return [(["事项", "时限", "性质", "来源"], rows)] if rows else []


def _record(opinion: Mapping[str, Any]) -> list[str]:
    fired = [f"{one['rule']} {one['name']}：{one['why']}" for one in opinion["rules"]["fired"]]
    versions = "、".join(f"{name} {value}" for name, value in sorted(opinion["versions"].items()) if value)
    digest = sha256(canonical(dict(opinion)).encode()).hexdigest()
    notes = [f"说明：{note}" for note in opinion.get("notes", ())]
    return [*notes, *fired, f"版本：{versions}", f"意见书内容 SHA-256：{digest}（与审计链中的记录一致即未被改动）"]


def _signature(file: OpinionFile) -> list[str]:
    """Who signed, when and how; nothing that looks like a signature before that."""
    if file.decision is None:
        return [f"签发人：{UNSIGNED}", f"签发时间：{UNSIGNED}"]
    when = file.decision.at.astimezone(CHINA)
    lines = [f"结论：{VERDICT_NAMES[file.decision.verdict]}"]
    lines += [f"理由：{file.decision.reason}"] if file.decision.reason.strip() else []
    return [*lines, f"签发人：{file.decision.by}", f"签发时间：{when:%Y-%m-%d %H:%M}"]


def _grid(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:  # noqa: ANN401
    made = document.add_table(rows=1 + len(rows), cols=len(heads))
    made.style = "Table Grid"
    cells = made._cells  # the public way looks the whole table up again for every cell
    for cell, text in zip(cells, [*heads, *(text for row in rows for text in row)], strict=True):
        cell.paragraphs[0].add_run(plain(str(text)))
