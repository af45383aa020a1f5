"""The table of mentions reads each text once, forgets what is gone, and equals one that was made anew."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.mentiontable import MentionTable, Texts
from knowledge.records import ANYTHING, Filters, PassageRecord
from tests.knowledge.libraries import law_file, opened
from tests.knowledge.test_ingest_screening import ORDER

LAWS = ("河岸法", "堤防办法", "滩涂法")
ARTICLES = [(law, str(number)) for law in LAWS for number in range(1, 5)]
TEXTS = ["依照《河岸法》第一条。", "本办法第二条、《滩涂法》第三条至第四条。", "河岸。", "见《堤防办法》第一条。"]


@dataclass
class Shelf:
    """A store of documents in memory that notes which of them are read."""

    held: dict[str, tuple[dict[str, Any], list[PassageRecord]]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def put(self, doc_id: str, texts: list[str], **meta: Any) -> None:
        law = meta.get("law", "")
        records = [
            PassageRecord(id=f"{doc_id}-{n}", doc_id=doc_id, kind="law", text=text, law=law, article=str(n), title="案")
            for n, text in enumerate(texts, start=1)
        ]
        self.held[doc_id] = {"kind": "law" if law else "case", "passages": len(texts), **meta}, records

    def documents(self) -> dict[str, dict[str, Any]]:
        return {doc_id: meta for doc_id, (meta, _) in self.held.items()}

    def scroll(self, filters: Filters = ANYTHING) -> Iterator[PassageRecord]:
        assert filters.doc_id  # never all of them
        self.read.append(filters.doc_id)
        return iter(self.held[filters.doc_id][1])

    def newly_read(self) -> list[str]:
        read, self.read = self.read, []
        return read


def everything(table: MentionTable, version: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {(law, number): found for law, number in ARTICLES if (found := table.places(version, law, number))}


def anew(store: Texts) -> dict[tuple[str, str], list[tuple[str, str]]]:
    with TemporaryDirectory() as folder:
        return everything(MentionTable(store, Path(folder)), "anew")


@pytest.fixture
def shelf() -> Shelf:
    made = Shelf()
    made.put("a", ["依照《河岸法》第一条。", "本办法第一条。"], law="堤防办法")
    made.put("b", ["见《河岸法》第一条、第二条。"])
    made.put("c", ["河岸。"], law="滩涂法")
    made.put("s", ["《河岸法》第一条。"], law="河岸法", starter=True)
    return made


def test_each_document_is_read_once_and_the_starter_corpus_never(shelf: Shelf, tmp_path: Path) -> None:
    table = MentionTable(shelf, tmp_path)
    assert table.places("1", "《中华人民共和国河岸法》", "1") == [("a", "1"), ("b", "案")]
    assert table.places("1", "堤防办法", "1") == [("a", "2")]
    assert shelf.newly_read() == ["a", "b", "c"]
    table.catch_up("2")
    assert shelf.newly_read() == []


def test_what_is_added_alone_is_read_and_what_is_gone_is_forgotten(shelf: Shelf, tmp_path: Path) -> None:
    table = MentionTable(shelf, tmp_path)
    table.catch_up("1")
    shelf.newly_read()
    shelf.put("d", ["《河岸法》第一条。"], law="岸线规定")
    assert table.places("2", "河岸法", "1") == [("a", "1"), ("b", "案"), ("d", "1")]
    assert shelf.newly_read() == ["d"]
    del shelf.held["b"]
    assert table.places("3", "河岸法", "1") == [("a", "1"), ("d", "1")]
    assert table.places("3", "河岸法", "2") == []
    assert shelf.newly_read() == []
    shelf.put("b", ["见《河岸法》第二条。"])
    assert table.places("4", "河岸法", "2") == [("b", "案")]
    assert shelf.newly_read() == ["b"]


def test_another_process_goes_on_from_what_was_kept(shelf: Shelf, tmp_path: Path) -> None:
    MentionTable(shelf, tmp_path).catch_up("1")
    shelf.newly_read()
    shelf.put("d", ["《河岸法》第一条。"])
    (tmp_path / "citations-1-0123456789abcdef.json.gz").write_bytes(b"of an older release")
    found = everything(MentionTable(shelf, tmp_path), "2")
    assert shelf.newly_read() == ["d"]
    assert found == anew(shelf)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "change", [{"law": "岸线办法"}, {"reading": "another"}, {"title": "another"}], ids=lambda change: next(iter(change))
)
def test_the_same_words_read_otherwise_are_read_again(shelf: Shelf, tmp_path: Path, change: Mapping[str, str]) -> None:
    """本办法第一条 is an article of another law when the document is held under another name."""
    MentionTable(shelf, tmp_path).catch_up("1")
    shelf.newly_read()
    meta, records = shelf.held["a"]
    shelf.held["a"] = {**meta, **change}, [replace(one, law=change.get("law", one.law)) for one in records]
    table = MentionTable(shelf, tmp_path)
    assert table.places("2", change.get("law", "堤防办法"), "1") == [("a", "2")]
    assert shelf.newly_read() == ["a"]


def test_ends_and_links_are_no_reason_to_read_again(shelf: Shelf, tmp_path: Path) -> None:
    MentionTable(shelf, tmp_path).catch_up("1")
    shelf.newly_read()
    meta, records = shelf.held["a"]
    shelf.held["a"] = {**meta, "expiry": {"day": "2020-01-01"}, "superseded_by": "c", "starts": "2019-01-01"}, records
    MentionTable(shelf, tmp_path).catch_up("2")
    assert shelf.newly_read() == []


def test_half_a_document_is_not_remembered_as_read(shelf: Shelf, tmp_path: Path) -> None:
    """Another version was published between looking at the list of documents and reading one of them."""
    meta, records = shelf.held["b"]
    shelf.held["b"] = meta, []
    table = MentionTable(shelf, tmp_path)
    assert table.places("1", "河岸法", "2") == []
    shelf.held["b"] = meta, records
    assert table.places("2", "河岸法", "2") == [("b", "案")]


@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), max_size=6), min_size=1, max_size=5))
def test_whatever_comes_and_goes_it_equals_a_table_made_anew(versions: list[dict[str, int]]) -> None:
    """And reads nothing but what the version before did not hold. Every document has its words for good."""
    with TemporaryDirectory() as folder:
        shelf = Shelf()
        table = MentionTable(shelf, Path(folder))
        before: set[str] = set()
        for number, version in enumerate(versions):
            shelf.held = {}
            for letter, law in sorted(version.items()):
                shelf.put(f"{letter}{law}", TEXTS[: 1 + ord(letter) % 4], law=("", *LAWS)[law])
            shelf.newly_read()
            found = everything(table, f"{number}")
            assert set(shelf.newly_read()) == shelf.held.keys() - before
            assert found == anew(shelf)
            before = set(shelf.held)


@pytest.mark.parametrize("damage", [b"", b"damaged", gzip.compress(b"{", mtime=0), None], ids=repr)
def test_a_damaged_file_is_made_anew(shelf: Shelf, tmp_path: Path, damage: bytes | None) -> None:
    MentionTable(shelf, tmp_path).catch_up("1")
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:20] + b"\xff\xff" + whole[22:] if damage is None else damage)
    assert everything(MentionTable(shelf, tmp_path), "1") == anew(shelf)
    assert kept.read_bytes() == whole


def test_after_an_ingest_nothing_is_left_to_read(tmp_path: Path) -> None:
    law_file(tmp_path / "laws", "河岸法", date(2020, 1, 1), ["为了管理河岸。", "依照本法第一条处理。", ORDER])
    with closing(opened(tmp_path / "home")) as base:
        report = base.ingest([tmp_path / "laws"], workers=1)
        (kept,) = (tmp_path / "home" / "knowledge-citations").iterdir()
        written = kept.stat().st_mtime_ns
        assert [one.place for one in base.cited_by("河岸法", "1").citers] == ["2"]
        law_file(tmp_path / "laws", "堤防办法", date(2021, 1, 1), ["依照《河岸法》第一条处理。"])
        base.ingest([tmp_path / "laws"], workers=1)
        assert kept.stat().st_mtime_ns > written
    with closing(opened(tmp_path / "home")) as again:
        written = kept.stat().st_mtime_ns
        assert {one.name for one in again.cited_by("河岸法", "1").citers} == {"河岸法", "堤防办法"}
        assert kept.stat().st_mtime_ns == written
    assert report.documents == 1


def test_what_is_let_in_is_read_too(tmp_path: Path) -> None:
    law_file(tmp_path / "laws", "河岸法", date(2020, 1, 1), ["为了管理河岸。", f"依照本法第一条处理。{ORDER}"])
    with closing(opened(tmp_path / "home")) as base:
        base.ingest([tmp_path / "laws"], workers=1)
        assert base.cited_by("河岸法", "1").citers == ()
        (apart,) = base.quarantine()
        base.release(apart.id, by="张三")
        assert [one.place for one in base.cited_by("河岸法", "1").citers] == ["2"]


def test_a_table_that_cannot_be_kept_fails_no_ingest(tmp_path: Path) -> None:
    law_file(tmp_path / "laws", "河岸法", date(2020, 1, 1), ["为了管理河岸。", "依照本法第一条处理。"])
    with closing(opened(tmp_path / "home")) as base:
        (tmp_path / "home" / "knowledge-citations").write_text("a file in the place of the folder", encoding="utf-8")
        assert base.ingest([tmp_path / "laws"], workers=1).documents == 1
        assert [one.place for one in base.cited_by("河岸法", "1").citers] == ["2"]
