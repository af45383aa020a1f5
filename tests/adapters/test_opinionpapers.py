"""The opinion on paper: all that is in it, nothing signed before somebody did, the same bytes for the same opinion."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.opinionpapers import UNSIGNED, OpinionFile, opinion_docx
from domain.adjacency.responsibility import decide
from domain.case import Decision, Verdict
from tests.domain.adjacency.asking import question_of
from tests.worked_cases import WORKED

RULING = Decision(
    opinion_id="op", verdict=Verdict.AMEND, by="officer-7", at=datetime(2026, 3, 6, 1, tzinfo=UTC), reason="台账有误",
    changes={"upkeep": "u-x"},
)  # fmt: skip


def file_of(number: int = 0, **more: Any) -> OpinionFile:
    question, territory = question_of(WORKED[number])
    opinion = decide(question, territory.world, territory).to_json()
    return OpinionFile(opinion=opinion, case_id="c-1", observation=question.observation.to_json(), **more)


def words(raw: bytes) -> str:
    paper = docx.Document(io.BytesIO(raw))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


@given(st.integers(0, len(WORKED) - 1))
@settings(max_examples=12, deadline=None)
def test_all_that_the_opinion_rests_on_is_on_paper(number: int) -> None:
    file = file_of(number)
    text = words(opinion_docx(file))
    opinion = file.opinion
    assert opinion["id"] in text
    assert opinion["label"] in text
    for duty in opinion["duties"].values():
        assert (duty["unit_name"] or "不能断定") in text
        assert all(reason in text for reason in duty["reasons"])
    for citation in opinion["citations"]:
        assert f"《{citation['law']}》第" in text
    for deadline in opinion["deadlines"]:
        assert deadline["what"] in text
        assert ("法定" if deadline["source"] == "statutory" else "建议时限，非法定") in text
    assert all(step in text for step in opinion["explanation"]["steps"])
    assert all(why in text for why in opinion["human_required"]["why"])
    assert "None" not in text


def test_nothing_is_signed_before_somebody_signed() -> None:
    text = words(opinion_docx(file_of()))
    assert text.count(f"：{UNSIGNED}") == 2
    assert "officer" not in text


def test_a_ruling_signs_it_and_shows_what_was_changed() -> None:
    text = words(opinion_docx(file_of(decision=RULING, unit_names={"u-x": "某某市政公司"})))
    assert UNSIGNED not in text
    for part in ("签发人：officer-7", "2026-03-06 09:00", "修改后批准", "台账有误", "某某市政公司"):
        assert part in text


def test_the_same_opinion_gives_the_same_bytes_and_another_does_not() -> None:
    assert opinion_docx(file_of()) == opinion_docx(file_of())
    assert opinion_docx(file_of(1)) != opinion_docx(file_of())


@pytest.mark.parametrize("text", ["\x00\x07井盖", "a" * 4000, "<w:p>&\ufffe", "😀" * 50])
def test_whatever_was_reported_can_be_printed(text: str) -> None:
    file = file_of()
    odd = replace(file, observation={**file.observation, "text": text})
    assert "上报原文" in words(opinion_docx(odd))


def test_an_opinion_without_a_case_can_be_printed() -> None:
    plain = json.loads(json.dumps(dict(file_of().opinion)))
    text = words(opinion_docx(OpinionFile(opinion=plain)))
    assert "案卷" not in text.splitlines()[1]
