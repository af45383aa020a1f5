"""The worked cases on the rules alone."""

import pytest

from domain.adjacency.responsibility import decide
from domain.adjacency.rulebook import rule_book
from tests.domain.adjacency.asking import question_of
from tests.worked_cases import WORKED, WorkedCase, check


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_the_opinion_says_what_the_case_expects(case: WorkedCase) -> None:
    question, territory = question_of(case)
    opinion = decide(question, territory.world, territory)
    assert check(case, opinion.to_json()) == []


def test_every_rule_is_shown_by_a_case() -> None:
    shown = {rule for case in WORKED for rule in case.expected.fired}
    assert {rule.id for rule in rule_book().rules} - shown == set()


def test_names_are_unique() -> None:
    names = [case.name for case in WORKED]
    assert len(names) == len(set(names)) >= 30
