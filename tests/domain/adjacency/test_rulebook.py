"""The rule book: complete, readable, and refused when it names what does not exist."""

import json
from pathlib import Path

import pytest

from domain.adjacency.conditions import holds, possible, read_conditions, unmet
from domain.adjacency.facts import facts_of
from domain.adjacency.interpreter import _ACTIONS
from domain.adjacency.labels import labels_of
from domain.adjacency.responsibility import needed_articles
from domain.adjacency.rulebook import ACTIONS, read_rule_book, rule_book
from domain.adjacency.selectors import SELECTORS
from domain.adjacency.situation import survey
from domain.adjacency.vocabulary import FACTS, LIVE_FACTS
from domain.issues import issue_table
from tests.domain.adjacency.asking import question_of
from tests.worked_cases import WORKED

HEAD = """
version = "1"
unlawful = []
stages = []
precedence = []
superior = []
[evidence]
E01 = "照片"
"""
RULE = """
[[rule]]
id = "R99"
stage = 0
precedence = 1
name = "试"
says = "试"
human = "—"
limit = "—"
because = "试"
when = {when}
effects = [{effect}]
"""


def book(when: str = "[]", effect: str = '{ do = "emergency" }', times: int = 1) -> bytes:
    rule = RULE.replace("{when}", when).replace("{effect}", effect)
    return (HEAD + rule * times).encode()


def test_it_has_all_thirty_rules_in_the_order_of_their_stages() -> None:
    rules = rule_book().rules
    assert [rule.id for rule in rules] == sorted(rule.id for rule in rules)
    assert [rule.stage for rule in rules] == sorted(rule.stage for rule in rules)
    assert len(rules) == 30
    assert len(rule_book().precedence) == len(rule_book().stages) == 8
    assert list(rule_book().evidence) == [f"E{n:02d}" for n in range(1, 13)]


def test_every_rule_rests_on_the_articles_of_the_reference(shared_dir: Path) -> None:
    reference = json.loads((shared_dir / "domain" / "rules.json").read_text(encoding="utf-8"))["rules"]
    wanted = {rule["id"]: {(b["law"], str(b["article"])) for b in rule["basis"]} for rule in reference}
    assert {rule.id: set(rule.basis) for rule in rule_book().rules} == wanted


def test_every_citation_of_a_rule_was_checked_against_the_law(shared_dir: Path) -> None:
    rows = json.loads((shared_dir / "domain" / "citations_verified.json").read_text(encoding="utf-8"))
    checked = {(row["law"], str(row["article"])) for row in rows}
    used = {pair for rule in rule_book().rules for pair in rule.basis}
    used |= {(step.law, step.article) for row in rule_book().superiors for step in row.steps if step.law}
    assert used - checked == set()


def test_every_word_of_the_rules_is_one_that_the_interpreter_knows() -> None:
    effects = [effect for rule in rule_book().rules for effect in rule.effects]
    assert set(_ACTIONS) == ACTIONS == {effect.do for effect in effects}
    assert {effect.to for effect in effects if effect.do == "assign"} == set(SELECTORS)


def test_every_fact_is_computed_and_every_label_filled() -> None:
    question, territory = question_of(WORKED[0])
    scene = survey(question, rule_book(), territory.world, territory)
    assert set(facts_of(scene)) | set(LIVE_FACTS) == set(FACTS)
    live = {"law_changed": "", "unsettled": "", "confidence": "", "departs": ""}
    labels = {**labels_of(scene), **live}
    for rule in rule_book().rules:
        for text in (rule.because, *(text for effect in rule.effects for text in (effect.why, effect.text))):
            text.format_map(labels)


def test_every_dispute_and_line_has_a_way_up() -> None:
    rows = {(row.dispute, crosses) for row in rule_book().superiors for crosses in row.crosses}
    named = {effect.dispute for rule in rule_book().rules for effect in rule.effects if effect.do == "escalate"}
    assert {(dispute, crosses) for dispute in named for crosses in ("none", "township", "district")} <= rows
    assert ("general", "province") in rows


def test_precedents_name_rules_and_issues_that_exist() -> None:
    rules = {rule.id for rule in rule_book().rules}
    assert len(rule_book().precedents) == 12
    for precedent in rule_book().precedents:
        assert set(precedent.rules) <= rules
        assert set(precedent.issues) <= set(issue_table())
        assert precedent.source


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (book(when='[["nothing.known", "is", true]]'), "unknown fact"),
        (book(when='[["danger", "equals", true]]'), "unknown operator"),
        (book(when='[["danger", "is", 3]]'), "unknown value"),
        (book(when='"always"'), "must be a list"),
        (book(when="[{ maybe = [] }]"), "not a condition"),
        (book(effect='{ do = "punish" }'), "unknown action"),
        (book(effect='{ do = "assign", duty = "blame" }'), "unknown duty"),
        (book(effect='{ do = "cite", role = "decoration" }'), "unknown role"),
        (book(effect='{ do = "need", evidence = ["E77"] }'), "unknown evidence"),
        (book(effect='{ do = "assign", weight = 1.5 }'), "outside"),
        (book(times=2), "occurs twice"),
    ],
)
def test_a_rule_that_names_what_does_not_exist_is_refused(text: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_rule_book(text)


def test_conditions_join_by_all_any_and_not() -> None:
    plain = [["danger", "is", True], {"any": [["issue.id", "in", ["P01", "P02"]], ["mark", "has", "雨"]]}]
    conditions = read_conditions(plain, "here")
    assert holds(conditions, {"danger": True, "issue.id": "P02", "mark": ""})
    assert holds(conditions, {"danger": True, "issue.id": "E01", "mark": "雨水"})
    assert not holds(conditions, {"danger": False, "issue.id": "P02", "mark": ""})
    assert unmet(conditions, {"danger": False, "issue.id": "E01", "mark": ""}) == (
        "存在人身或公共安全危险：否",
        "以下均不成立（事项：E01；描述中的标识：无）",
    )
    never = read_conditions([{"not": [["danger", "is", True]]}], "here")
    assert unmet(never, {"danger": True}) == ("出现了排除情形",)


def test_what_is_not_known_yet_is_possible() -> None:
    conditions = read_conditions([["danger", "is", True], {"not": [["mark", "is", "雨"]]}], "here")
    assert possible(conditions, {})
    assert possible(conditions, {"danger": True})
    assert not possible(conditions, {"danger": False})
    assert not possible(conditions, {"mark": "雨"})


def test_needed_articles_leave_out_rules_that_can_never_fire() -> None:
    lid, stall = needed_articles("P01"), needed_articles("S01")
    assert ("城市道路管理条例", "23") in lid
    assert ("地质灾害防治条例", "34") not in {pair for pair in lid if pair[0] == "重庆市地质灾害防治条例"}
    assert ("公路法", "35") not in lid
    assert ("行政处罚法", "25") in stall
    assert list(lid) == sorted(set(lid))
    assert needed_articles("") != ()
