"""A search says which law it leaves out, or gives in an old text, because the version of the day is not held."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citation import Validity
from knowledge import searching
from knowledge.base import KnowledgeBase
from knowledge.output import passage_lines, results_json, results_lines
from knowledge.validity import absent_laws
from tests.knowledge.libraries import law_file, opened

POLICE, MADE, REVISED = "治安管理处罚法", date(2012, 10, 26), date(2026, 1, 1)
EVE = timedelta(days=1)
ASKED = "界河渔船喧哗处罚"
RULE = "在界河渔船上喧哗的，处警告。"
WORDS = ["界河", "渔船", "喧哗", "处罚", "警告", "河岸", "垃圾", "谁来管"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("notes")
    law_file(folder / "行政法", POLICE, MADE, [RULE, "渔船由公安机关检查。"])
    law_file(folder / "行政法", "渔船安静法", MADE, [RULE])
    law_file(folder / "行政法", "堤防管理法", MADE, ["堤防归水利部门。"])
    with closing(opened(folder / "home")) as made:
        made.ingest([folder / "行政法"], workers=1)
        yield made


def test_the_table_knows_what_these_tests_say() -> None:
    assert {one.starts for one in absent_laws()["治安管理处罚法"]} >= {REVISED}


def test_for_a_day_the_law_left_out_is_named(base: KnowledgeBase) -> None:
    found = base.find(ASKED, as_of=REVISED)
    assert POLICE not in {one.law for one in found.passages}
    note = f"《{POLICE}》2026-01-01 起施行的版本原文未收录，以下不含该法；现有 2012 年文本已被取代"
    assert found.notes == (note,)
    assert base.find(ASKED, as_of=REVISED - EVE).notes == ()
    early = base.find(ASKED, as_of=date(2012, 12, 31)).notes
    assert f"《{POLICE}》2006-03-01 起施行的版本原文未收录，以下不含该法；现有 2012 年文本尚未施行" in early


def test_it_is_named_only_where_it_would_have_been_found(base: KnowledgeBase) -> None:
    assert base.find("堤防归水利部门", limit=1, as_of=REVISED).notes == ()


def test_without_a_day_the_old_text_is_called_so(base: KnowledgeBase) -> None:
    found = base.find(ASKED)
    assert found.notes == (f"《{POLICE}》2026-01-01 起施行的版本原文未收录，以下为 2012 年文本，已被取代",)
    old = next(one for one in found.passages if one.law == POLICE)
    assert (old.status, old.status_note) == (Validity.SUPERSEDED, base.cite(POLICE, "1").status_note)
    assert "原文未收录" in old.status_note


def test_what_was_replaced_gives_way_a_little(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    def scores() -> dict[str, float]:
        found = base.search(RULE, limit=5, kinds=("law",))
        return {one.law: one.score for one in found if one.text.endswith(RULE)}

    aged = scores()
    monkeypatch.setattr(searching, "REPLACED", 0.0)
    plain = scores()
    assert round(plain[POLICE] - aged[POLICE], 6) == 0.02
    assert plain["渔船安静法"] == aged["渔船安静法"]


@given(st.lists(st.sampled_from(WORDS), max_size=4).map("".join), st.dates(date(2010, 1, 1), date(2027, 1, 1)))
def test_finding_is_searching_with_notes(base: KnowledgeBase, question: str, day: date) -> None:
    for on in (None, day):
        found = base.find(question, as_of=on, limit=5)
        assert list(found.passages) == base.search(question, as_of=on, limit=5)
        assert len(set(found.notes)) == len(found.notes)


def test_notes_are_shown_and_stand_with_the_reason_where_nothing_is_found(base: KnowledgeBase) -> None:
    found = base.find(ASKED, as_of=REVISED)
    basis = base.answerable("今天股票多少钱", found.passages, found.notes)
    assert not basis.found
    assert found.notes[0] in basis.why
    told = results_json(found.passages, basis, None, found.notes)
    assert told["notes"] == list(found.notes)
    assert f"注意：{found.notes[0]}。" in results_lines(found.passages, basis, None, found.notes)
    old = next(one for one in base.search(ASKED) if one.law == POLICE)
    assert f"    说明：{old.status_note}" in passage_lines(old)
