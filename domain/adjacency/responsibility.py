"""Who is responsible (确权定责): from a question to an opinion, by rules that a reader can follow.

    needed_articles(issue_id) -> ((law, article), …)   what the caller resolves in the knowledge base
    decide(Question, World, Territory) -> Opinion       pure: the same question gives the same bytes

`Question`, `Precedent`, `PastCase` and `Filing` are of `domain.adjacency.question` and re-exported here. The way:
`situation.survey` looks everything up, `facts` names what it found, `interpreter.run` evaluates the rule book
(`domain/data/rules.toml`), `weighing` resolves conflicts and says how sure it is, `grounds`, `escalation` and
`explain` write it out.
"""

import hashlib
from dataclasses import asdict, replace

from domain.adjacency.bearing import candidates_of, duty_of, sureness_of
from domain.adjacency.claims import weigh
from domain.adjacency.conditions import Facts, possible
from domain.adjacency.distinguishing import precedents_of
from domain.adjacency.escalation import contacts_of, escalation_of
from domain.adjacency.explain import Findings, counter_argument, formal_of, steps_of
from domain.adjacency.facts import facts_of_issue
from domain.adjacency.grounds import citations_of, deadlines_of, evidence_of, law_notes
from domain.adjacency.interpreter import run
from domain.adjacency.papers import papers_of
from domain.adjacency.question import Filing as Filing
from domain.adjacency.question import PastCase as PastCase
from domain.adjacency.question import Precedent as Precedent
from domain.adjacency.question import Question as Question
from domain.adjacency.record import Record
from domain.adjacency.rulebook import rule_book
from domain.adjacency.situation import Scene, survey
from domain.issues import issue_table
from domain.opinion import DUTIES, Opinion, canonical
from domain.region import BoundaryRelation
from domain.territory import Territory
from domain.world import World


def needed_articles(issue_id: str) -> tuple[tuple[str, str], ...]:
    """Articles that an opinion on this issue may cite: the issue's basis and the bases of all rules that may fire.

    Args:
        issue_id: Issue id, or empty when the issue is unknown.

    Returns:
        Pairs (law as the tables name it, article label), sorted, each once.
    """
    issue = issue_table().get(issue_id)
    known = facts_of_issue(issue)
    found = {(law, article) for law, article, _ in (issue.basis if issue else ())}
    for rule in rule_book().rules:
        if possible(rule.when, known):
            effects = (effect for effect in rule.effects if effect.do == "cite" and possible(effect.when, known))
            found |= {(effect.law, article) for effect in effects for article in effect.articles}
    for row in rule_book().superiors:
        found |= {(step.law, step.article) for step in row.steps if step.law}
    return tuple(sorted(found))


def decide(question: Question, world: World, territory: Territory) -> Opinion:
    """Name the four duties, say why, and say what a person must decide.

    Args:
        question: What is asked; see `Question` for each field.
        world: The city.
        territory: The same city's territory.
    """
    scene = survey(question, rule_book(), world, territory)
    record, facts = run(scene)
    found = _findings(scene, record, facts)
    opinion = Opinion(
        id="",
        observation=question.observation.id,
        issue=_issue(scene),
        duties=found.duties,
        candidates=found.candidates,
        boundary=_boundary(question.boundary) if found.halted else question.boundary,
        citations=found.citations,
        agreements=found.papers,
        precedents=found.precedents,
        claims=tuple(asdict(claim) for claim in found.claims),
        evidence_have=found.evidence_have,
        evidence_missing=found.evidence_missing,
        counter_argument=found.counter_argument,
        confidence=found.sureness.confidence,
        confidence_basis=found.sureness.to_json(),
        emergency=found.emergency,
        human_required=bool(found.human_why),
        human_why=found.human_why,
        escalation=found.escalation,
        deadlines=found.deadlines,
        rules=tuple(record.outcomes),
        steps=steps_of(scene, found),
        formal=formal_of(scene, found),
        contacts=found.contacts,
        versions=_versions(scene),
        notes=found.notes,
    )
    digest = hashlib.sha256(canonical(opinion.to_json()).encode()).hexdigest()
    return replace(opinion, id=f"op-{digest[:20]}")


def _findings(scene: Scene, record: Record, facts: Facts) -> Findings:
    duties = {duty: duty_of(scene, record, duty) for duty in DUTIES}
    candidates = candidates_of(record, duties)
    halted = facts["place.line_dispute"] is True
    have, missing = evidence_of(scene, record, facts)
    disputed = facts["claims.mutual"] is True or facts["claims.departments"] is True
    enforced = facts["act.needs_enforcement"] is True
    return Findings(
        duties=duties,
        candidates=candidates,
        citations=citations_of(scene, record),
        evidence_have=have,
        evidence_missing=missing,
        counter_argument=counter_argument(scene, duties, candidates, halted),
        sureness=sureness_of(scene, record, enforced=enforced, disputed=disputed),
        emergency=record.emergency,
        human_why=tuple(dict.fromkeys(record.human)),
        escalation=escalation_of(scene, record),
        deadlines=deadlines_of(scene, record),
        contacts=contacts_of(scene, record, duties["handling"].unit),
        notes=tuple(dict.fromkeys([*record.notes, *law_notes(scene, record)])),
        papers=papers_of(scene),
        precedents=precedents_of(scene),
        claims=weigh(scene),
        halted=halted,
    )


def _issue(scene: Scene) -> dict[str, str]:
    issue = scene.issue
    if issue is None:
        return {"id": "", "code": "", "standard_ref": "", "name": "未识别"}
    return {
        "id": issue.id,
        "code": issue.class_code or issue.id,
        "standard_ref": issue.standard_ref,
        "name": issue.name,
    }


def _boundary(relation: BoundaryRelation) -> BoundaryRelation:
    """A disputed line says nothing about who holds the point: no best township, no district, no odds."""
    share = round(1.0 / len(relation.candidates), 6) if relation.candidates else 0.0
    even = [replace(candidate, probability=share) for candidate in relation.candidates]
    if even:
        even[0] = replace(even[0], probability=round(1.0 - share * (len(even) - 1), 6))
    return replace(
        relation,
        township="",
        district="",
        candidates=tuple(sorted(even, key=lambda candidate: candidate.code)),
        notes=(*relation.notes, "界线位置有争议，本系统不判界；候选区域并列，不分先后。"),
    )


def _versions(scene: Scene) -> dict[str, str]:
    question = scene.question
    own = {
        "rules": scene.book.version,
        "territory": question.boundary.territory_version,
        "world": scene.world.version,
    }
    return dict(sorted({**question.versions, **own}.items()))
