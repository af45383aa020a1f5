import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from domain.citation import Article, Validity
from domain.errors import InvalidInput, MalformedJson
from knowledge.output import DIGEST_MARK, article_json, article_lines, batch_search, passage_lines, results_json
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


class OneHit:
    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> list[Passage]:
        assert kinds == ("law",)
        hit = Passage(id="a", kind="law", text=query, score=0.5, law="水法", article="56", digest=False)
        return [hit][:limit]


def test_a_digest_is_labelled_wherever_it_is_shown() -> None:
    assert article_json(ARTICLE)["text"].startswith(DIGEST_MARK)
    assert any("不是法规原文" in line for line in article_lines(ARTICLE))
    passage = Passage(id="a", kind="law", text="要点", score=1.0, law="水法", article="56", digest=True)
    assert DIGEST_MARK in passage_lines(passage)[1]
    assert results_json([passage])["results"][0]["text"].startswith(DIGEST_MARK)


def test_an_inserted_article_is_named_as_people_write_it() -> None:
    passage = Passage(id="a", kind="law", text="要点", score=1.0, law="刑法", article="120-1")
    assert passage_lines(passage)[0].startswith("《刑法》第120条之1")


def test_batch_search_answers_every_line_in_the_contract_s_form(tmp_path: Path) -> None:
    queries, out = tmp_path / "q.jsonl", tmp_path / "r.jsonl"
    queries.write_text('{"qid": "1", "text": "水事纠纷"}\n\n{"qid": "2", "text": "井盖"}\n', encoding="utf-8")

    assert batch_search(OneHit(), queries, out, k=3, as_of=None, region="") == 2

    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert rows[1] == {"qid": "2", "results": [{"law": "水法", "article": "56", "score": 0.5}]}


@pytest.mark.parametrize("line", ["{", '{"qid": "1"}', "[]"], ids=["not json", "no text", "not an object"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    queries = tmp_path / "q.jsonl"
    queries.write_text(f'{{"qid": "1", "text": "a"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(MalformedJson, match="第 2 行"):
        batch_search(OneHit(), queries, tmp_path / "r.jsonl", k=3, as_of=None, region="")


def test_batch_search_needs_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="输出文件"):
        batch_search(OneHit(), tmp_path / "q", None, k=3, as_of=None, region="")
    with pytest.raises(InvalidInput, match="读不到文件"):
        batch_search(OneHit(), tmp_path / "absent", tmp_path / "r", k=3, as_of=None, region="")
