"""Versions of a law compared, and what changed since a day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citation import Article, Validity
from domain.errors import InvalidInput, LawNotFound
from knowledge.base import KnowledgeBase
from knowledge.changes import compare, edits_between
from tests.knowledge.libraries import law_file, library, opened

OLD = [
    "为了管理边角地，制定本办法。",
    "边角地由镇街负责清扫，每日一次。",
    "违反本办法的，处五十元罚款。",
    "本办法自公布之日起施行。",
]
NEW = [
    "为了管理边角地，制定本办法。",
    "市城市管理部门负责本办法的组织实施工作。",
    "边角地由最先到场的单位负责清扫，每日两次。",
    "违反本办法的，处五十元罚款。",
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("laws")
    library(folder)
    law_file(folder / "行政法规", "边角地管理办法", date(2020, 5, 1), OLD)
    law_file(folder / "行政法规", "边角地管理办法", date(2024, 5, 1), NEW)
    with_base = opened(tmp_path_factory.mktemp("home"))
    with_base.ingest([folder], workers=1)
    yield with_base
    with_base.close()


def articles(texts: list[str]) -> list[Article]:
    return [
        Article(
            law="甲法", number=str(n), text=f"第{n}条 {text}", digest=False, text_sha256="", version_date=None,
            effective_date=None, status=Validity.UNKNOWN,
        )
        for n, text in enumerate(texts, start=1)
    ]  # fmt: skip


def test_added_removed_changed_and_renumbered_are_told_apart(base: KnowledgeBase) -> None:
    diff = base.diff("边角地管理办法")
    assert (diff.old_version, diff.new_version, diff.unchanged) == ("2020-05-01", "2024-05-01", 1)
    found = [(one.kind, one.old, one.new) for one in diff.changes]
    assert found == [("added", "", "2"), ("changed", "2", "3"), ("removed", "4", ""), ("renumbered", "3", "4")]
    changed = diff.changes[1]
    assert "".join(edit.text for edit in changed.edits if edit.op != "+") == OLD[1]
    assert "".join(edit.text for edit in changed.edits if edit.op != "-") == NEW[2]
    assert base.diff("边角地管理办法", "2020", "2024") is diff


def test_what_cannot_be_compared_is_said(base: KnowledgeBase) -> None:
    with pytest.raises(InvalidInput, match="不足两个"):
        base.diff("堤防办法")
    with pytest.raises(InvalidInput, match="相同"):
        base.diff("边角地管理办法", "2024", "2024")
    with pytest.raises(InvalidInput, match="只有摘要"):
        base.diff("行政处罚法", "2021", "2021")
    with pytest.raises(LawNotFound, match="该版本原文未收录"):
        base.diff("边角地管理办法", "2011", "2024")


def test_what_changed_since_a_day_names_the_articles(base: KnowledgeBase) -> None:
    found = {one.law: one for one in base.changes_since(date(2021, 7, 1), until=date(2024, 12, 31), region="重庆")}
    began = found["边角地管理办法"].to_json()
    assert (began["event"], began["day"], began["compared_with"]) == ("began", "2024-05-01", "2020-05-01")
    assert began["articles"] == {"added": ["2"], "removed": ["4"], "changed": ["3"], "renumbered": ["4"]}
    ended = found["堤防办法"]
    assert (ended.event, ended.day, ended.by) == ("repealed", date(2021, 7, 15), "河岸法（2021-01-22）")
    fire = found["重庆市消防条例"].to_json()  # known from the table of versions, nothing of it is held here
    assert (fire["event"], fire["day"], fire["held"]) == ("began", "2024-07-01", False)
    assert "该版本原文未收录" in fire["note"]
    assert base.changes_since(date(2099, 1, 1)) == []


def test_other_places_are_left_out(base: KnowledgeBase) -> None:
    since = date(2017, 1, 1)
    names = {one.law for one in base.changes_since(since, region="重庆")}
    assert "重庆市河岸条例" in names
    assert "上海市河岸条例" not in names
    assert names == {one.law for one in base.changes_since(since, region="500103")}
    assert "上海市河岸条例" in {one.law for one in base.changes_since(since)}


def test_the_timeline_links_each_version_with_its_neighbours(base: KnowledgeBase) -> None:
    old, new = base.versions("河岸法")
    assert (old.superseded_by, old.ends) == ("河岸法（2021-01-22）", date(2021, 7, 15))
    assert (new.supersedes, new.starts, new.ends) == ("河岸法（2012-03-01 版本）", date(2021, 7, 15), None)
    (dike,) = base.versions("堤防办法")
    assert (dike.repealed_by, dike.end_kind) == ("河岸法（2021-01-22）", "repealed")
    assert [entry.held for entry in base.versions("合同法")] == [False]
    with pytest.raises(LawNotFound):
        base.versions("月球管理条例")


texts = st.lists(st.text("甲乙丙丁戊己庚辛。", min_size=1, max_size=12), max_size=6)


@given(texts, texts)
def test_every_article_is_accounted_for_once(old: list[str], new: list[str]) -> None:
    changes, unchanged = compare(articles(old), articles(new))
    assert sum(1 for one in changes if one.old) + unchanged == len(old)
    assert sum(1 for one in changes if one.new) + unchanged == len(new)
    assert len({one.old for one in changes if one.old}) == sum(1 for one in changes if one.old)


@given(texts)
def test_a_law_is_no_different_from_itself(same: list[str]) -> None:
    assert compare(articles(same), articles(same)) == ([], len(same))


@given(st.text("甲乙丙，。处罚款5", max_size=30), st.text("甲乙丙，。处罚款5", max_size=30))
def test_edits_lose_nothing(before: str, after: str) -> None:
    edits = edits_between(before, after)
    assert "".join(edit.text for edit in edits if edit.op != "+") == before
    assert "".join(edit.text for edit in edits if edit.op != "-") == after


def test_a_number_changes_as_a_whole() -> None:
    edits = edits_between("自2015年6月1日起施行，处500元罚款", "自2025年1月1日起施行，处5000元罚款")
    assert [edit.text for edit in edits if edit.op != "="] == ["2015", "2025", "6", "1", "500", "5000"]


def test_the_real_company_law(shared_dir: Path, tmp_path: Path) -> None:
    """Old and new text of one real law: what stands elsewhere now is found there."""
    folder = next((shared_dir / "laws").rglob("道路运输条例(2022-03-29).md")).parent
    knowledge = opened(tmp_path / "home")
    knowledge.ingest([folder / f"道路运输条例({day}).md" for day in ("2022-03-29", "2023-07-20")], workers=1)
    diff = knowledge.diff("道路运输条例")
    knowledge.close()
    counts = {kind: diff.count(kind) for kind in ("added", "removed", "changed", "renumbered")}
    assert counts == {"added": 0, "removed": 1, "changed": 5, "renumbered": 12}
    assert diff.unchanged == 65
