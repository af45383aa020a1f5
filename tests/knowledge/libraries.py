"""A small library of made-up laws on disk, and an encoder that needs no model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from domain.clock import FixedClock
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.records import FloatArray
from knowledge.settings import KnowledgeSettings

TODAY = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))


@dataclass(frozen=True)
class CharacterEncoder:
    """Counts characters in 16 places: alike texts get alike vectors."""

    dim: int = 16
    name: str = "characters-16"
    dense_weight: float = 0.5

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        codes = [np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32) % self.dim for text in texts]
        counts = [np.bincount(one, minlength=self.dim) for one in codes]
        rows = np.array(counts, dtype=np.float32).reshape(len(texts), self.dim)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        return self.encode_documents(texts)


def law_file(folder: Path, name: str, made: date | None, articles: Sequence[str], *, head: str = "") -> Path:
    """One law in the folder layout, with one article for each text."""
    from knowledge.numerals import article_heading

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (f"{name}({made}).md" if made else f"{name}.md")
    body = "\n\n".join(f"{article_heading(str(n))} {text}" for n, text in enumerate(articles, start=1))
    passed = f"{made.year}年{made.month}月{made.day}日 某会议通过\n\n" if made else ""
    path.write_text(f"# {name}\n\n{passed}{head}<!-- INFO END -->\n\n## 第一章 总则\n\n{body}\n", encoding="utf-8")
    return path


def library(folder: Path) -> Path:
    """National and local law, an older version, a copy, a stub, a case, a paper, and files that cannot be read.

    河岸法: 2012 and 2021 (from 2021-07-15, ends 堤防办法). 堤防办法 2005. 重庆市河岸条例 2019. 上海市河岸条例 2018.
    """
    national, local = folder / "行政法规", folder / "DLC" / "地方性法规"
    law_file(national, "中华人民共和国河岸法", date(2012, 3, 1), ["为了管理河岸。", "堤防由水利部门管理。"])
    law_file(
        national,
        "中华人民共和国河岸法",
        date(2021, 1, 22),
        [
            "为了保护河岸。",
            "界河由双方共同的上一级人民政府协调。",
            "本法自2021年7月15日起施行。《堤防办法》同时废止。",
        ],
    )
    law_file(national, "堤防办法", date(2005, 1, 1), ["堤防归水利部门。"])
    law_file(local / "重庆", "重庆市河岸条例", date(2019, 5, 6), ["毗邻区县共管的河岸，由市人民政府确定责任。"])
    law_file(local / "上海", "上海市河岸条例", date(2018, 5, 6), ["河岸由区人民政府管理。"])
    copy = folder / "其他" / "堤防办法(2005-01-01).md"
    copy.parent.mkdir()
    copy.write_bytes((national / "堤防办法(2005-01-01).md").read_bytes())
    (national / "空法(2020-01-01).md").write_text(
        "# 空法\n\n2020年1月1日 通过\n\n<!-- INFO END -->\n", encoding="utf-8"
    )
    (folder / "案例").mkdir()
    (folder / "案例" / "甲.md").write_text("# 河岸垃圾案\n## 基本案情\n两区交界处河岸堆放垃圾。\n", encoding="utf-8")
    (folder / "简报.txt").write_text("本月河岸巡查十次。", encoding="utf-8")
    (folder / "坏.docx").write_bytes(b"PK")
    (folder / "坏.exe").write_bytes(b"MZ")
    return folder


def settings(home: Path) -> KnowledgeSettings:
    return KnowledgeSettings(home=home, qdrant_url="", embedding_model="")


def opened(home: Path) -> KnowledgeBase:
    return open_knowledge(settings(home), clock=TODAY, encoder=CharacterEncoder())
