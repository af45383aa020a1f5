"""Law texts are cut into articles; nothing is lost, and what is wrong is said."""

import hashlib
import json
import re
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.law import ParsedLaw, article_sha256, is_template, parse_law, reference_sha256
from knowledge.lawbody import count_heads, read_body
from knowledge.numerals import article_heading

RIVERSIDE = """# 中华人民共和国滨河管理条例

2001年3月2日 某会议通过

２０１９年１２月１日 国务院令第9号《关于修改〈中华人民共和国滨河管理条例〉的决定》修正

<!-- INFO END -->

## 第一章　总 则

第一条 为了管理河岸，制定本条例。

第二条 本条例适用于河岸，包括：

（一）堤；

（二）岸。

## 第二章 责任

### 第一节 养护

第三条 河岸由管理单位养护。

第三条之一 界河由双方养护。

## 附则

第四条 本条例自2001年5月1日起施行。《滨河管理暂行办法》和《河岸保洁规定》同时废止。《堤防法》第九条同时废止。
"""
"""A made-up regulation with what real ones have: two levels of chapter, items, an inserted article, repeals."""


def read(text: str, path: str = "行政法规/滨河管理条例(2019-12-01).md") -> ParsedLaw:
    return parse_law(text, path=PurePosixPath(path))


def test_head_dates_and_place() -> None:
    law = read(RIVERSIDE)
    assert (law.law, law.title) == ("滨河管理条例", "中华人民共和国滨河管理条例")
    assert (law.version_date, law.effective_date, law.effective_basis) == (
        date(2019, 12, 1),
        date(2019, 12, 1),
        "amendment",
    )
    assert [(event.day, event.body) for event in law.history] == [
        (date(2001, 3, 2), "某会议"),
        (date(2019, 12, 1), "国务院"),
    ]
    assert (law.level, law.region) == ("行政法规", "")
    assert law.faults == ()


def test_articles_and_their_chapters() -> None:
    law = read(RIVERSIDE)
    assert list(law.articles) == ["1", "2", "3", "3-1", "4"]
    assert [article.chapter for article in law.articles.values()] == [
        "第一章 总 则",
        "第一章 总 则",
        "第二章 责任/第一节 养护",
        "第二章 责任/第一节 养护",
        "附则",
    ]
    assert law.articles["2"].text == "第二条 本条例适用于河岸，包括：\n\n（一）堤；\n\n（二）岸。"
    assert (
        article_sha256(law.articles["1"].text)
        == hashlib.sha256("第一条 为了管理河岸，制定本条例。".encode()).hexdigest()
    )


def test_laws_that_it_ends_but_not_single_articles() -> None:
    assert read(RIVERSIDE).repeals == ("滨河管理暂行办法", "河岸保洁规定")


@pytest.mark.parametrize(
    ("ending", "effective", "basis"),
    [
        ("第五条 本条例自2020年3月1日起施行。", date(2020, 3, 1), "article"),
        ("第五条 本条例自二〇二〇年三月一日起施行。", date(2020, 3, 1), "article"),
        ("第五条 本条例自公布之日起施行。", date(2019, 12, 1), "publication"),
        ("第五条 本条例自1999年3月1日起施行。", date(2019, 12, 1), "amendment"),
        ("第五条 管理办法自2020年3月1日起施行的，从其规定。", date(2019, 12, 1), ""),
    ],
)
def test_where_the_effective_date_comes_from(ending: str, effective: date, basis: str) -> None:
    text = RIVERSIDE.split("第四条")[0] + "第四条 略。\n\n" + ending
    law = read(text)
    assert (law.effective_date, law.effective_basis) == (effective, basis)


def test_a_line_that_states_the_effective_date_counts_first() -> None:
    text = RIVERSIDE.replace("<!-- INFO END -->", "2020年1月1日 施行\n\n<!-- INFO END -->")
    law = read(text)
    assert (law.effective_date, law.effective_basis) == (date(2020, 1, 1), "stated")
    assert law.version_date == date(2019, 12, 1)


def test_a_book_of_a_split_code() -> None:
    text = (
        "# 中华人民共和国民法典\n# 侵权责任编\n2020年5月28日 通过\n2021年1月1日 施行\n<!-- INFO END -->\n"
        "## 第一章 一般规定\n第一千一百六十四条 本编调整关系。\n第一千一百六十五条 应当承担。"
    )
    law = read(text, "民法典/侵权责任编.md")
    assert (law.law, law.book, law.level) == ("民法典(侵权责任编)", "侵权责任编", "法律")
    assert law.version_date == date(2020, 5, 28)
    assert law.articles["1164"].chapter == "侵权责任编/第一章 一般规定"
    assert law.faults == ()


def test_local_law_carries_its_scope() -> None:
    law = read(RIVERSIDE, "DLC/重庆地方法规/地方性法规/重庆/重庆市滨河条例(2019-12-01).md")
    assert (law.level, law.region) == ("地方性法规", "重庆")


def test_text_without_the_mark_loses_nothing() -> None:
    """Plain text from Word or PDF: title, a bracketed history, chapters without marks."""
    text = "重庆市滨河条例\n（2020年1月2日通过　2021年3月4日修订）\n说明\n第一章　总则\n第一条　为了。\n第二条　适用。"
    law = parse_law(text)
    assert (law.law, law.region, law.version_date) == ("重庆市滨河条例", "重庆", date(2021, 3, 4))
    assert list(law.articles) == ["1", "2"]
    assert law.articles["1"].chapter == "第一章 总则"
    assert [section.text for section in law.sections if section.kind == "preamble"] == ["说明"]


def test_appendix_is_kept_apart_from_the_last_article() -> None:
    law = read(RIVERSIDE + "\n附件：\n\n第一条 表格说明。\n\n| 甲 | 乙 |\n")
    assert [section.kind for section in law.sections][-1] == "appendix"
    assert law.sections[-1].text == "附件：\n\n第一条 表格说明。\n\n| 甲 | 乙 |"
    assert list(law.articles)[-1] == "4"


def test_articles_quoted_by_an_amendment_stay_in_it() -> None:
    text = (
        "# 河法修正案\n<!-- INFO END -->\n第五十一条 略。\n第五十二条 增加二条，内容如下：\n第七节 委员会\n"
        "第一百二十三条 委员会是机关。\n第一百二十四条 设立委员会。"
    )
    law = read(text, "宪法/河法修正案.md")
    assert list(law.articles) == ["51", "52"]
    assert "第一百二十四条 设立委员会。" in law.articles["52"].text
    assert [fault.code for fault in law.faults if fault.code == "quoted_article"] == ["quoted_article"] * 2


def test_misprinted_and_run_together_numbers_are_mended_and_reported() -> None:
    text = (
        "# 河法\n2020年1月1日 通过\n<!-- INFO END -->\n第一条 甲。 第二条 乙。 第三条 丙，见第九条。\n"
        "第四 条丁。\n第五条 戊\n第三条规定的除外。\n第六条 己"
    )
    law = read(text, "行政法/河法(2020-01-01).md")
    assert list(law.articles) == ["1", "2", "3", "4", "5", "6"]
    assert law.articles["5"].text.endswith("第三条规定的除外。")
    assert [fault.code for fault in law.faults] == ["misprinted_number"]


def test_gaps_and_wrong_order_are_reported() -> None:
    text = "# 河法\n2020年1月1日 通过\n<!-- INFO END -->\n第一条 甲\n第三条 乙\n第二条 丙\n第四条 丁"
    law = read(text, "行政法/河法(2020-01-01).md")
    assert list(law.articles) == ["1", "3", "4"]
    assert "第二条 丙" in law.articles["3"].text
    assert [(fault.code, fault.line) for fault in law.faults] == [("missing_articles", 5), ("out_of_order", 6)]


def test_decisions_without_articles_are_cut_into_items() -> None:
    law = read(
        "# 关于河的决定\n<!-- INFO END -->\n为了管河，决定如下：\n一、甲。\n“第十条 引文。”\n二、乙。",
        "刑法/关于河的决定.md",
    )
    assert [section.text for section in law.sections] == [
        "为了管河，决定如下：",
        "一、甲。\n“第十条 引文。”",
        "二、乙。",
    ]
    assert not law.articles


def test_the_sample_of_the_layout_is_recognised() -> None:
    assert is_template(read("# 某法\n<!-- INFO END -->\n第一条 xxxxx\n第二条 xxxxx"))
    assert not is_template(read(RIVERSIDE))


words = st.text(st.sampled_from("甲乙丙，。条第一（）“”：x \u3000"), max_size=12)


@st.composite
def bodies(draw: st.DrawFn) -> list[str]:
    lines: list[str] = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        lines += draw(st.lists(words, max_size=2))
        if draw(st.booleans()):
            lines.append("## 第二章 责任")
        lines.append(f"{article_heading(str(number))} {draw(words)}")
    return lines + draw(st.lists(words, max_size=3))


@given(bodies())
def test_every_character_lands_in_exactly_one_section(lines: list[str]) -> None:
    sections, _ = read_body(lines)
    squeeze = re.compile(r"\s")
    body = "".join(line for line in lines if not line.startswith("#"))
    assert squeeze.sub("", "".join(section.text for section in sections)) == squeeze.sub("", body)
    labels = [section.number for section in sections if section.kind == "article"]
    assert len(labels) == len(set(labels))


fragments = st.sampled_from(
    [
        "# 河法", "## 第一章 总则", "<!-- INFO END -->", "2020年1月1日 通过", "2020年13月40日 修订", "施行", "附件：",
        "第一条 甲。", "第123456条 甲", "第一二三四五六条 甲", "第三条之九九九九九 乙", "第－条丙",
        "第二条 乙。 第三条 丙", "增加二条，内容如下：", "“第九条 引文",
        "本法自二〇二〇年十三月一日起施行。《乙法》同时废止。",
        "一、甲", "二、乙", "",
    ]
)  # fmt: skip


@given(st.lists(fragments, max_size=14))
def test_no_text_is_too_strange_to_read(lines: list[str]) -> None:
    """Whatever the order of its parts, a text is read, and a label stands for one article only."""
    law = parse_law("\n".join(lines), path=PurePosixPath("行政法规/河法(2020-01-01).md"))
    labels = [section.number for section in law.sections if section.kind == "article"]
    assert len(labels) == len(set(labels))
    assert all(section.text.strip() for section in law.sections)


def law_files(shared_dir: Path, *folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((shared_dir / "laws" / folder).rglob("*.md"))]


def test_real_laws_lose_nothing(shared_dir: Path) -> None:
    """Two whole folders: every line that opens an article is an article, every character is kept."""
    squeeze = re.compile(r"\s|<!--.*?-->")
    articles = 0
    for path in law_files(shared_dir, "DLC/重庆地方法规", "行政法规"):
        text = path.read_text(encoding="utf-8")
        law = parse_law(text, path=path)
        body = text.split("<!-- INFO END -->")[1]
        mended = sum(fault.code == "misprinted_number" for fault in law.faults)
        articles += len(law.articles)
        assert len(law.articles) == count_heads(body) + mended, path.name
        kept = squeeze.sub("", "".join(section.text for section in law.sections))
        lines = [line for line in body.split("\n") if not line.startswith("#") and squeeze.sub("", line) != "附则"]
        printed = "\n".join(lines)  # headings, the plain 附则 among them, are chapters
        assert kept == squeeze.sub("", printed), path.name
    assert articles > 30_000


def test_every_checked_citation_has_the_hash_of_the_tables(shared_dir: Path) -> None:
    citations = json.loads((shared_dir / "domain" / "citations_verified.json").read_text(encoding="utf-8"))
    laws: dict[str, ParsedLaw] = {}
    for entry in citations:
        path = shared_dir / "laws" / entry["path"]
        if entry["path"] not in laws:
            laws[entry["path"]] = parse_law(path.read_text(encoding="utf-8"), path=path)
        law = laws[entry["path"]]
        article = law.articles[str(entry["article"])]
        assert (law.law, reference_sha256(article)) == (entry["law"], entry["article_sha256"])
    assert len(citations) == 360
