from datetime import date

from domain.citation import Article, Validity
from knowledge.output import DIGEST_MARK, article_json, article_lines, passage_lines, results_json
from knowledge.passage import Passage

ARTICLE = Article(
    law="重庆市市容环境卫生管理条例",
    number="13",
    text="交界地段由共同上一级确定。",
    digest=True,
    text_sha256="0" * 64,
    version_date=date(2018, 7, 26),
    effective_date=None,
    status=Validity.IN_FORCE,
)


def test_a_digest_is_labelled_wherever_it_is_shown() -> None:
    assert article_json(ARTICLE)["text"].startswith(DIGEST_MARK)
    assert any("不是法规原文" in line for line in article_lines(ARTICLE))
    passage = Passage(id="a", kind="law", text="要点", score=1.0, law="水法", article="56", digest=True)
    assert DIGEST_MARK in passage_lines(passage)[1]
    assert results_json([passage])["results"][0]["text"].startswith(DIGEST_MARK)


def test_an_inserted_article_is_named_as_people_write_it() -> None:
    passage = Passage(id="a", kind="law", text="要点", score=1.0, law="刑法", article="120-1")
    assert passage_lines(passage)[0].startswith("《刑法》第120条之1")
