"""Similar cases and published precedents, over a real base."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.casefacts import CaseFacts, facts_of_text
from domain.errors import Conflict
from domain.precedent import Basis, Bearer, Origin, Precedent, Provenance
from knowledge.base import KnowledgeBase
from knowledge.caseoutput import similar_json, similar_lines
from knowledge.cases import Cases, facts_of_passage, issues_of_passage
from knowledge.passage import Passage
from knowledge.publishing import precedent_document
from knowledge.versions import only_builder
from tests.knowledge.libraries import opened


def precedent(number: int = 1, **values: Any) -> Precedent:
    facts = CaseFacts(issues=("P01",), boundary=("district_line", "line"), sectors=("drainage",), danger=True)
    made = Precedent(
        id=f"pc-{number}",
        title="区县交界处井盖缺损：权属养护由区县级排水设施运营单位承担",
        facts="两区交界的路上井盖不见了，先围挡后补装。",
        issue="权属养护由谁承担",
        ruling="经有权人员批准：权属养护——区县级排水设施运营单位。",
        basis=(
            Basis(law="城市道路管理条例", article="23", version_date="2019-03-24", role="upkeep"),
            Basis(law="城市道路管理条例", article="23", version_date="2019-03-24", role="enforcement"),
        ),
        bearers=(Bearer(duty="upkeep", sector="drainage", level="district", role="区县级排水设施运营单位"),),
        issues=("P01",),
        rules=("R12",),
        region="509901002",
        day=date(2026, 1, 10),
        origin=Origin.CASE,
        reference="c-1",
        features=facts.to_json(),
        provenance=Provenance(
            verdict="approve",
            ruled_by="wang-kezhang",
            ruled_at="2026-01-05T01:00:00Z",
            approved_by="li-chuzhang",
            approved_at="2026-01-12T01:00:00Z",
        ),
    )
    return replace(made, **values)


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was opened once: copies of it open fast."""
    home = tmp_path_factory.mktemp("starter")
    opened(home).close()
    return home


@pytest.fixture
def base(starter: Path, tmp_path: Path) -> Iterator[KnowledgeBase]:
    shutil.copytree(starter, tmp_path, dirs_exist_ok=True)
    knowledge = opened(tmp_path)
    yield knowledge
    knowledge.close()


@pytest.fixture(scope="module")
def library(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The starter corpus with three precedents; for reading only."""
    knowledge = opened(Path(shutil.copytree(starter, tmp_path_factory.mktemp("cases") / "home")))
    rubbish = CaseFacts(issues=("E01",), boundary=("line", "township_line"), sectors=("sanitation",), danger=False)
    loose = CaseFacts(issues=("P01",), boundary=("inside",))
    others = [
        precedent(
            2,
            title="镇街交界处暴露垃圾",
            facts="两镇交界的垃圾没人清。",
            issues=("E01",),
            features=rubbish.to_json(),
        ),
        precedent(3, title="井盖松动", facts="小区里井盖松动。", features=loose.to_json()),
    ]
    knowledge.publish([precedent_document(one) for one in (precedent(), *others)])
    yield knowledge
    knowledge.close()


def test_a_published_precedent_is_found_with_all_its_fields(library: KnowledgeBase) -> None:
    (best, *_) = library.search("两区交界井盖", kinds=("case",), limit=5)
    assert (best.title, best.kind, best.source) == (precedent().title, "case", "先例库")
    meta = best.meta
    assert (meta["facts"], meta["issue"], meta["ruling"]) == (precedent().facts, precedent().issue, precedent().ruling)
    assert (meta["basis"], meta["versions"]) == ("城市道路管理条例#23", "城市道路管理条例#23@2019-03-24")
    assert meta["provenance"] == "2026-01-05 经有权人员批准；2026-01-12 审核收录"
    assert "kezhang" not in str(meta) + best.text
    assert facts_of_passage(best) == precedent().case_facts()


def test_similar_cases_come_by_facts_and_are_explained(library: KnowledgeBase) -> None:
    found = library.similar_cases(facts_of_text("江岚区鹭北区交界，窨井的盖盖遭人偷了，黑洞洞的"), 3)
    assert found[0].id == "pc-1"
    assert [case.score for case in found] == sorted((case.score for case in found), reverse=True)
    assert any(line.startswith("事项相同") for line in found[0].alike)
    assert "界线情形相同：涉及区县界线、在界线附近" in found[0].alike
    inside = next(case for case in library.similar_cases(found[0].facts, 10) if case.id == "pc-3")
    assert any(line.startswith("界线情形不同") for line in inside.differs)
    assert all(0 <= part <= 1 for case in found for part in (case.score, case.features, case.words))
    plain = similar_json(found[0])
    assert (plain["ruling"], plain["basis"]) == (precedent().ruling, "城市道路管理条例#23")
    assert similar_lines(found[0])[1].startswith("    同：")


def test_features_outweigh_words(library: KnowledgeBase) -> None:
    """Told in the words of one precedent, but being the matter of another."""
    facts = replace(precedent(2).case_facts(), issues=("E01",), boundary=("line", "township_line"), danger=False)
    found = library.similar_cases(replace(facts, text="路上没人清，先围挡", sectors=("sanitation",)), 2)
    assert found[0].id == "pc-2"


def test_what_was_closed_later_or_is_excluded_is_left_out(library: KnowledgeBase) -> None:
    facts = facts_of_text("两区交界的路上井盖不见了")
    on_the_day = {case.id for case in library.similar_cases(facts, 20, as_of=date(2026, 1, 10))}
    before = {case.id for case in library.similar_cases(facts, 20, as_of=date(2026, 1, 9))}
    assert "pc-1" in on_the_day
    assert before
    assert not {"pc-1", "pc-2", "pc-3"} & before
    assert "pc-1" not in {case.id for case in library.similar_cases(facts, 20, exclude=("pc-1",))}


def test_the_same_question_gives_the_same_answer(library: KnowledgeBase) -> None:
    facts = facts_of_text("河堤护栏坏了，两边都不管")
    assert library.similar_cases(facts, 5) == library.similar_cases(facts, 5)
    assert len(library.similar_cases(facts, 1)) == 1


def test_packaged_precedents_know_their_issues(library: KnowledgeBase) -> None:
    found = {case.id: case for case in library.similar_cases(facts_of_text("渣土车冒装，洒了一路"), 10)}
    assert found["PR01"].facts.issues == ("T07", "E02", "C03")


class Canned:
    """A search that always finds the same."""

    def __init__(self, *passages: Passage) -> None:
        self.passages = passages

    def search(self, query: str, *, limit: int = 10, **_: object) -> list[Passage]:
        return list(self.passages[:limit]) if query else []


def test_cases_from_files_are_read_from_their_words() -> None:
    stated = Passage(id="a1", kind="case", text="正文", score=1.0, title="甲案", source="x.csv", meta={
        "row": "2", "facts": "两区交界处有一堆垃圾没人清", "issue": "由谁清运", "ruling": "甲区清运"})  # fmt: skip
    listed = replace(stated, id="a2", meta={"row": "3", "issues": "E04；P01"})
    assert facts_of_passage(stated).issues == ("E01",)
    assert "district_line" in facts_of_passage(stated).boundary
    assert issues_of_passage(listed) == ("E04", "P01")
    assert issues_of_passage(replace(stated, meta={"issue": "P05"})) == ("P05",)


def test_passages_of_one_paper_are_one_case_and_rows_are_each_their_own() -> None:
    part = Passage(id="p1", kind="case", text="井盖不见了", score=2.0, title="井盖案", source="a.md")
    other = replace(part, id="p2", text="补装完毕", score=1.0)
    rows = [replace(part, id=f"r{n}", source="t.csv", title="t", meta={"row": str(n)}) for n in (1, 2)]
    found = Cases(Canned(part, other, *rows)).similar_cases(facts_of_text("井盖不见了"), 10)  # type: ignore[arg-type]
    assert sorted(case.id for case in found) == ["a.md#井盖案", "r1", "r2"]


def test_publishing_twice_changes_nothing(base: KnowledgeBase) -> None:
    document = precedent_document(precedent())
    assert document == precedent_document(precedent())
    assert base.publish([document]) == 1
    version = base.version
    assert base.publish([document]) == 0
    assert base.version == version
    assert base.published() == {"pc-1": document.id}


def test_other_words_take_the_place_of_the_older_ones(base: KnowledgeBase) -> None:
    base.publish([precedent_document(precedent()), precedent_document(precedent(2))])
    fresh = precedent_document(precedent(title="改过的题目"))
    assert base.publish([fresh]) == 1
    assert base.published()["pc-1"] == fresh.id
    titles = [passage.title for passage in base.search("交界井盖", kinds=("case",), limit=20)]
    assert titles.count("改过的题目") == 1
    assert titles.count(precedent().title) == 1


def test_a_withdrawn_precedent_is_gone_and_nothing_else(base: KnowledgeBase) -> None:
    before = base.version
    base.publish([precedent_document(precedent())])
    assert base.withdraw("pc-1") == 1
    assert base.withdraw("pc-1") == 0
    assert base.published() == {}
    assert base.version == before


def test_while_another_builder_is_at_work_nothing_is_changed(base: KnowledgeBase, tmp_path: Path) -> None:
    version = base.version
    with only_builder(tmp_path / "knowledge"), pytest.raises(Conflict):
        base.publish([precedent_document(precedent())])
    assert base.version == version
    assert base.publish([precedent_document(precedent())]) == 1


def test_an_ingest_keeps_what_was_published(base: KnowledgeBase, tmp_path: Path) -> None:
    base.publish([precedent_document(precedent())])
    paper = tmp_path / "简报.txt"
    paper.write_text("本月河岸巡查十次。", encoding="utf-8")
    base.ingest([paper])
    assert set(base.published()) == {"pc-1"}
