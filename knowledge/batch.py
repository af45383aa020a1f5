"""A file of questions answered line by line (`lianzhi kb search --batch`); a bad line costs only itself."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from domain.errors import EmptyText, InvalidInput, LianzhiError, MalformedJson, reason_of
from knowledge.passage import Passage

_FORM = "每行一个 JSON 对象：{qid, text}，text 为要问的话。"


class Searcher(Protocol):
    """The part of the knowledge base that batch search needs."""

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> list[Passage]:
        """Best passages first."""
        ...


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was left out: its number from 1, the code of what is wrong, and that in Chinese."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class BatchReport:
    """How many questions were answered, and the lines that were left out."""

    queries: int
    skipped: tuple[BadLine, ...]

    def to_json(self, out: Path | None) -> dict[str, Any]:
        """The summary for programs."""
        return {"queries": self.queries, "out": str(out), "skipped": [asdict(one) for one in self.skipped]}


def read_queries(path: Path) -> Iterator[tuple[str, str] | BadLine]:
    """(qid, text) of each line of a batch file, or what is wrong with the line; blank lines are passed over.

    Raises:
        InvalidInput: If the file cannot be read.
    """
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise InvalidInput(f"读不到文件“{path}”：{reason_of(error)}。", "请检查路径与权限。") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _query(line)
            except LianzhiError as error:
                yield BadLine(number, error.code, error.message)


def _query(line: bytes) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        raise MalformedJson("不是 UTF-8 文字。", "请另存为 UTF-8。") from None
    except (ValueError, RecursionError):  # no JSON, or brackets without end
        raise MalformedJson("不是 JSON。", _FORM) from None
    if not isinstance(row, dict) or "qid" not in row or "text" not in row:
        raise MalformedJson("不是 {qid, text} 形式的 JSON。", _FORM)
    if isinstance(row["qid"], (dict, list)) or not isinstance(row["text"], str):
        raise InvalidInput("qid 或 text 不是文字。", _FORM)
    if not row["text"].strip():
        raise EmptyText("text 是空的。", _FORM)
    return str(row["qid"]), row["text"]


def batch_search(
    base: Searcher, queries: Path, out: Path | None, *, k: int, as_of: date | None, region: str
) -> BatchReport:
    """Answer a file of queries with articles, a line each: `{"qid", "results": [{"law", "article", "score"}]}`.

    Answers stand in the order of the questions; a line that is no question has none and is reported.

    Raises:
        InvalidInput: If no output file is named, a file cannot be used, or none of its lines.
    """
    if out is None:
        raise InvalidInput("批量检索需要输出文件。", "请加 --out 结果.jsonl。")
    asked = list(read_queries(queries))
    if not asked:
        raise InvalidInput(f"文件“{queries}”是空的。", _FORM)
    bad = [one for one in asked if isinstance(one, BadLine)]
    if len(bad) == len(asked):
        raise InvalidInput(f"文件“{queries}”没有一行可用；第 {bad[0].line} 行{bad[0].message}", _FORM)
    try:
        sink = out.open("w", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"写不了文件“{out}”：{reason_of(error)}。", "请检查路径与权限。") from error
    skipped: list[BadLine] = []
    with sink:
        for one in asked:
            if isinstance(one, BadLine):
                skipped.append(one)
                continue
            qid, text = one
            found = base.search(text, limit=k, as_of=as_of, region=region, kinds=("law",))
            results = [{"law": p.law, "article": p.article, "score": round(p.score, 6)} for p in found]
            sink.write(json.dumps({"qid": qid, "results": results}, ensure_ascii=False) + "\n")
    return BatchReport(queries=len(asked) - len(skipped), skipped=tuple(skipped))
