"""Citing below the article, in a version that is named, and with all that must be said beside the text."""

from collections.abc import Iterator
from datetime import date

import pytest

from domain.citation import Citation, Validity
from domain.errors import ArticleNotFound, EmptyText, LawNotFound
from knowledge.base import KnowledgeBase
from knowledge.citing import CitedPart
from knowledge.output import article_json, article_lines
from knowledge.support import Stance
from tests.knowledge.libraries import law_file, library, opened

DAY = date(2026, 3, 1)
PARTS = "甲应当登记。\n\n乙有下列职责：\n\n（一）巡查；\n\n（二）报告。"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = library(tmp_path_factory.mktemp("laws"))
    law_file(folder / "行政法规", "登记办法", date(2020, 5, 1), ["为了登记，制定本办法。", PARTS])
    local = folder / "DLC" / "地方性法规" / "重庆"
    law_file(local, "重庆市林地条例", date(2019, 1, 1), ["江北区、渝北区的林地由区人民政府管理。"])
    made = opened(tmp_path_factory.mktemp("home"))
    made.ingest([folder], workers=1)
    yield made
    made.close()


def test_a_paragraph_and_an_item_are_given_with_their_article(base: KnowledgeBase) -> None:
    for spelled in ("第二条第二款第（二）项", "2.2.2"):
        found = base.cite("登记办法", spelled)
        assert isinstance(found, CitedPart)
        assert (found.number, found.part, found.part_text) == ("2", "第二款第（二）项", "（二）报告。")
    plain = article_json(found)
    assert (plain["article"], plain["label"], plain["part_text"]) == (
        "2",
        "《登记办法》第2条第二款第（二）项",
        "（二）报告。",
    )
    assert article_lines(found)[1] == "（二）报告。"
    assert not isinstance(base.cite("登记办法", "2"), CitedPart)


@pytest.mark.parametrize("spelled", ["第二条第三款", "第二条第二款第（三）项", "2.1.1"])
def test_a_part_that_is_not_there_is_an_error_that_counts_the_parts(base: KnowledgeBase, spelled: str) -> None:
    with pytest.raises(ArticleNotFound, match="没有第二条") as caught:
        base.cite("登记办法", spelled)
    assert "共 2 款、2 项" in caught.value.hint


def test_parts_of_a_digest_cannot_be_checked(base: KnowledgeBase) -> None:
    found = base.cite("行政处罚法", "第二十五条第二款")
    assert isinstance(found, CitedPart)
    assert found.part_text == ""
    assert "款、项未能核对" in found.status_note


def test_a_version_behind_the_name_is_that_version(base: KnowledgeBase) -> None:
    old = base.cite("河岸法(2012)", "2")
    assert (old.version_date, old.status) == (date(2012, 3, 1), Validity.SUPERSEDED)
    assert base.cite("河岸法（2021-01-22）", "2").version_date == date(2021, 1, 22)
    assert base.cite("河岸法(2012)", "2", as_of=date(2015, 1, 1)).status is Validity.IN_FORCE
    with pytest.raises(LawNotFound, match="该版本原文未收录") as caught:
        base.cite("河岸法(1999)", "2")
    assert list(caught.value.nearest) == ["河岸法(2012-03-01)", "河岸法(2021-01-22)"]


def test_districts_that_changed_are_pointed_out_from_that_day_on(base: KnowledgeBase) -> None:
    before, after = (base.cite("重庆市林地条例", "1", as_of=date(2025, 11, day)) for day in (5, 6))
    assert before.status is after.status is Validity.IN_FORCE
    assert "两江新区" not in before.status_note
    assert "两江新区" in after.status_note
    assert "两江新区" not in base.cite("重庆市河岸条例", "1", as_of=DAY).status_note


def test_a_law_that_only_shares_its_short_name_is_not_given_for_another(base: KnowledgeBase) -> None:
    with pytest.raises(LawNotFound, match="尚未收录《信访条例》"):
        base.cite("信访条例", "21")
    assert base.cite("信访", "22").law == "信访工作条例"


def citation(base: KnowledgeBase, article: str, **stated: str) -> Citation:
    found = base.cite("登记办法", article)
    return Citation(
        law="登记办法",
        article=article,
        version_date=f"{found.version_date}",
        status=found.status,
        role="handling",
        text_sha256=stated.get("text_sha256", found.text_sha256),
    )


def test_a_hash_must_be_long_enough_to_prove_anything(base: KnowledgeBase) -> None:
    full = base.cite("登记办法", "2").text_sha256
    for good in (full, full[:16], full[:40].upper()):
        assert base.verify_citation(citation(base, "2", text_sha256=good), as_of=DAY) == []
    for bad in (full[:15], "0" * 64, "甲" * 16, full + "0"):
        assert base.verify_citation(citation(base, "2", text_sha256=bad), as_of=DAY)


def test_a_citation_of_a_part_holds_when_the_part_is_there(base: KnowledgeBase) -> None:
    assert base.verify_citation(citation(base, "第二条第二款第（二）项"), as_of=DAY) == []
    wrong = Citation(law="登记办法", article="2.2.9", version_date="", status=Validity.UNKNOWN, role="handling")
    assert base.verify_citation(wrong, as_of=DAY)


def test_a_claim_without_a_ground_is_told_apart_from_one_on_a_wrong_ground(base: KnowledgeBase) -> None:
    gone = base.verify_claim("乙负责巡查", "登记办法", "9", as_of=DAY)
    assert (gone.exists, gone.holds, gone.stance) == (False, False, Stance.NOT_FOUND)
    assert gone.faults
    ended = base.verify_claim("堤防归水利部门管理", "堤防办法", "1", as_of=DAY)
    assert (ended.exists, ended.valid, ended.holds) == (True, False, False)
    assert ended.to_json()["status"] == "repealed"
    with pytest.raises(EmptyText):
        base.verify_claim("  ", "登记办法", "1", as_of=DAY)


def test_without_a_claim_only_the_citation_is_checked(base: KnowledgeBase) -> None:
    verdict = base.verify("登记办法", "2", as_of=DAY)
    assert (verdict.holds, verdict.stance, verdict.support) == (True, None, None)
    assert verdict.to_json()["stance"] == ""
    assert "成立" in verdict.lines()[0]
    assert not base.verify("登记办法", "2", as_of=date(2019, 1, 1)).holds
