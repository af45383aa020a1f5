"""What an opinion rests on: citations that hold on the day, evidence, deadlines, papers and precedents."""

import re

from domain.adjacency.conditions import Facts
from domain.adjacency.interpreter import VALIDITY_NAMES, describe
from domain.adjacency.record import Record
from domain.adjacency.situation import Scene
from domain.citation import Article, Citation, Validity
from domain.opinion import Deadline

_ROLE_WORDS = (
    ("enforcement", re.compile(r"处罚|可罚|罚款|并罚|罚$|责令|暂扣|强制执行|拆除")),
    ("jurisdiction", re.compile(r"管辖|发生地|适用范围|界线|行政区")),
    ("escalation", re.compile(r"共同上一?级|上级|裁决|协商")),
    ("procedure", re.compile(r"协同机制|联防|联控|协议书?应|审批|程序|报告")),
    ("handling", re.compile(r"立即|警示|抢修|先期|紧急|疏散|救助|劝阻")),
    ("supervision", re.compile(r"监管|主管部门|监督|主管")),
)
"""In this order; what none matches supports upkeep."""


def role_of(paraphrase: str) -> str:
    """What an article of the issue table supports, by our paraphrase of it."""
    return next((role for role, pattern in _ROLE_WORDS if pattern.search(paraphrase)), "upkeep")


def wanted(scene: Scene, record: Record) -> tuple[tuple[str, str, str, str], ...]:
    """(law, article, role, rule) that the argument would rest on, each article once, rules before the issue table."""
    rows = [(effect.law, number, effect.role, rule) for rule, effect in record.cites for number in effect.articles]
    said = {(row[0], row[1]) for row in rows}
    fired = {outcome.rule for outcome in record.outcomes if outcome.fired}
    # a rule that fired and did not cite its article knows better than the table: the case is of another kind
    unfit = {pair for rule in scene.book.rules if rule.id in fired for pair in rule.basis} - said
    basis = scene.issue.basis if scene.issue else ()
    rows += [(law, number, role_of(gist), "") for law, number, gist in basis if (law, number) not in unfit]
    firsts: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for row in rows:
        firsts.setdefault((row[0], row[1]), row)
    return tuple(firsts.values())


def citations_of(scene: Scene, record: Record) -> tuple[Citation, ...]:
    """Citations among the articles given that are in force on the day; nothing else is ever cited."""
    found: list[Citation] = []
    for law, number, role, rule in wanted(scene, record):
        article = scene.question.articles.get((law, number))
        if article is not None and article.status is Validity.IN_FORCE:
            found.append(_citation(article, role, rule))
    return tuple(found)


def _citation(article: Article, role: str, rule: str) -> Citation:
    return Citation(
        law=article.law,
        article=article.number,
        version_date=article.version_date.isoformat() if article.version_date else "",
        status=article.status,
        role=role,
        digest=article.digest,
        text_sha256=article.text_sha256,
        rule=rule,
        note=article.status_note,
    )


def law_notes(scene: Scene, record: Record) -> tuple[str, ...]:
    """Articles that would be cited but are not: not in force, not verified, or not in the knowledge base."""
    notes: list[str] = []
    missing: list[str] = []
    for law, number, _, _ in wanted(scene, record):
        article = scene.question.articles.get((law, number))
        if article is None:
            missing.append(f"《{law}》第{number}条")
        elif article.status is not Validity.IN_FORCE:
            notes.append(f"{describe(article)}，未作为依据")
    if missing:
        notes.append(f"知识库没有以下条文，未引用：{'、'.join(missing)}")
    return tuple(notes)


def holds_on_day(scene: Scene, law: str, article: str) -> bool:
    """Whether the article was given and is in force on the day."""
    found = scene.question.articles.get((law, article))
    return found is not None and found.status is Validity.IN_FORCE


def deadlines_of(scene: Scene, record: Record) -> tuple[Deadline, ...]:
    """Deadlines of the issue and of the rules; one is statutory only while its article is in force on the day."""
    found = [_checked(scene, deadline) for deadline in (scene.issue.deadlines if scene.issue else ())]
    for _, effect in record.deadlines:
        statutory = effect.source == "statutory" and holds_on_day(scene, effect.law, effect.article)
        named = f"《{effect.law}》第{effect.article}条" if effect.law else "规则建议值，非法定，可由本地配置"
        unverified = "" if statutory or not effect.law else "（条文未核实为现行有效，按建议时限列出）"
        found.append(
            Deadline(
                what=effect.what,
                value=float(effect.value),
                unit=effect.unit,
                source="statutory" if statutory else "suggested",
                basis=named + unverified,
            )
        )
    firsts: dict[str, Deadline] = {}
    for deadline in found:
        firsts.setdefault(deadline.what, deadline)
    return tuple(firsts.values())


def _checked(scene: Scene, deadline: Deadline) -> Deadline:
    """An issue's statutory deadline keeps that name only while one of the issue's articles that it names holds."""
    if deadline.source != "statutory" or scene.issue is None:
        return deadline
    named = [(law, number) for law, number, _ in scene.issue.basis if f"{number}条" in deadline.basis]
    if any(holds_on_day(scene, law, number) for law, number in named):
        return deadline
    return Deadline(
        what=deadline.what, value=deadline.value, unit=deadline.unit, source="suggested", basis=deadline.basis
    )


def evidence_of(scene: Scene, record: Record, facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is at hand and what is still missing, as `E01 …` lines of the catalogue, in its order."""
    have = {code: said for code, said in _at_hand(scene, facts).items() if said}
    lines = [f"{code} {scene.book.evidence[code]}——{have[code]}" for code in sorted(have)]
    needed = sorted(set(record.evidence) - set(have))
    return tuple(lines), tuple(f"{code} {scene.book.evidence[code]}" for code in needed)


def _at_hand(scene: Scene, facts: Facts) -> dict[str, str]:
    seen = scene.question.observation
    asset = scene.held.assets[0][0] if scene.held.assets else None
    power = scene.power(scene.places[0].district) if scene.places else None
    papers = [*scene.pacts.agreements, *scene.pacts.designations]
    zone = scene.zone("compound")
    return {
        "E01": f"影像 {len(seen.media)} 件" if len(seen.media) >= 2 else "",
        "E02": f"{seen.crs or 'WGS84'}，精度 {seen.accuracy_m:.0f} 米" if scene.point and seen.accuracy_m else "",
        "E03": "界线来自界线协议书" if facts["place.approximate"] is False and scene.point else "",
        "E04": f"台账记录 {asset.id}" if asset and scene.held.owner == "known" else "",
        "E06": f"红线图层 {zone.id}（{zone.name}）" if zone else "",
        "E09": "、".join(f"《{paper.title}》" for paper in papers),
        "E10": f"执法事项清单，自 {power.valid_from.isoformat()} 起" if power else "",
        "E11": f"90 天内同类工单 {scene.repeats} 件" if scene.repeats else "",
        "E12": f"{len(scene.claimants())} 方主张（未证实）" if len(scene.claimants()) >= 2 else "",
    }


def validity_name(status: Validity) -> str:
    """A validity as a Chinese reader would say it."""
    return VALIDITY_NAMES[status]
