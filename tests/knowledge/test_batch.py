"""Many questions from a file: answers in their order, and a bad line costs only itself."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from knowledge.batch import BatchReport, batch_search
from knowledge.passage import Passage


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


def asked(folder: Path, content: str | bytes) -> tuple[BatchReport, list[dict[str, Any]]]:
    queries, out = folder / "q.jsonl", folder / "r.jsonl"
    queries.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = batch_search(OneHit(), queries, out, k=3, as_of=None, region="")
    return report, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_every_line_is_answered_in_the_contract_s_form(tmp_path: Path) -> None:
    report, rows = asked(tmp_path, '\ufeff{"qid": "1", "text": "水事纠纷"}\r\n\n{"qid": 2, "text": "井\u2028盖"}\n')
    assert report == BatchReport(queries=2, skipped=())
    assert rows[1] == {"qid": "2", "results": [{"law": "水法", "article": "56", "score": 0.5}]}


BAD = {
    b"{": "malformed_json",
    b"[]": "malformed_json",
    b'{"qid": "1"}': "malformed_json",
    b'{"text": "a"}': "malformed_json",
    b"\xff\xfe": "malformed_json",
    b"[" * 100_000: "malformed_json",
    b'{"qid": "1", "text": 5}': "invalid_input",
    b'{"qid": "1", "text": null}': "invalid_input",
    b'{"qid": [], "text": "a"}': "invalid_input",
    b'{"qid": "1", "text": " "}': "empty_text",
}


@given(st.lists(st.none() | st.sampled_from(sorted(BAD)), min_size=1, max_size=8))
def test_bad_lines_are_named_and_the_rest_goes_through(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes | None]
) -> None:
    lines = [*lines, None]
    content = [bad or json.dumps({"qid": f"q{at}", "text": "井盖"}).encode() for at, bad in enumerate(lines)]
    report, rows = asked(tmp_path_factory.mktemp("batch"), b"\n".join(content))
    assert [row["qid"] for row in rows] == [f"q{at}" for at, bad in enumerate(lines) if bad is None]
    assert [(one.line, one.code) for one in report.skipped] == [
        (at, BAD[bad]) for at, bad in enumerate(lines, start=1) if bad is not None
    ]
    assert report.queries == len(rows)


@pytest.mark.parametrize("line", sorted(BAD), ids=range(len(BAD)))
def test_a_file_without_one_good_line_is_refused(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(InvalidInput, match="没有一行可用；第 2 行"):
        asked(tmp_path, b"\n" + line)
    assert not (tmp_path / "r.jsonl").exists()


def test_files_must_be_usable(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="输出文件"):
        batch_search(OneHit(), tmp_path / "q", None, k=3, as_of=None, region="")
    with pytest.raises(InvalidInput, match="读不到文件"):
        batch_search(OneHit(), tmp_path / "absent", tmp_path / "r", k=3, as_of=None, region="")
    with pytest.raises(InvalidInput, match="是空的"):
        asked(tmp_path, "\n \n")
    assert not (tmp_path / "r.jsonl").exists()
