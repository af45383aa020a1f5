"""Ingest counts everything, repeats nothing, survives a kill, and says what it left out."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InvalidInput, UnreadableDocument
from knowledge import ingest as ingesting
from knowledge.ingest import IngestReport, Options, Step, ingest
from knowledge.records import FloatArray
from knowledge.store import VectorStore, open_builder, open_store
from tests.knowledge.libraries import CharacterEncoder, law_file, library, settings

ENCODER = CharacterEncoder()
ROOT = Path(__file__).parents[2]


@contextmanager
def builder(home: Path) -> Iterator[VectorStore]:
    with open_builder(settings(home), dim=ENCODER.dim, model=ENCODER.name) as store:
        yield store


def run(
    home: Path, *paths: Path, encoder: CharacterEncoder = ENCODER, kind: str | None = None, **options: Any
) -> IngestReport:
    with builder(home) as store:
        return ingest(paths, store, encoder, Options(kind=kind, **options))


def state(home: Path) -> tuple[str, int, list[str]]:
    store = open_store(settings(home), dim=ENCODER.dim, model=ENCODER.name)
    try:
        return store.version(), store.count(), list(store.documents())
    finally:
        store.close()


def test_everything_is_counted_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    report = run(tmp_path / "home", library(tmp_path / "laws"))
    assert (report.documents, report.passages, report.articles) == (7, 10, 8)
    assert (report.counted, report.lost, report.total_documents, report.total_passages) == (8, 0, 7, 10)
    assert report.laws == {
        "河岸法（2012-03-01）": 2,
        "河岸法（2021-01-22）": 3,
        "堤防办法（2005-01-01）": 1,
        "重庆市河岸条例（2019-05-06）": 1,
        "上海市河岸条例（2018-05-06）": 1,
    }
    assert {(Path(one.source).name, one.code) for one in report.skipped} == {
        ("空法(2020-01-01).md", "stub"),
        ("坏.docx", "corrupt"),
        ("坏.exe", "unknown_kind"),
    }
    assert all(one.reason and one.hint for one in report.skipped)
    assert [Path(one).parent.name for pair in report.duplicates for one in pair] == ["行政法规", "其他"]
    assert report.to_json()["articles_by_law"] == report.laws
    assert any("堤防办法" in line for line in report.lines())


def test_the_second_run_adds_nothing(tmp_path: Path) -> None:
    home, laws = tmp_path / "home", library(tmp_path / "laws")
    run(home, laws)
    before = state(home)
    again = run(home, laws)
    assert (again.documents, again.passages, again.already, len(again.duplicates)) == (0, 0, 7, 1)
    assert (again.counted, again.lost) == (8, 0)
    assert state(home) == before


def test_a_file_that_changed_takes_the_place_of_its_old_content(tmp_path: Path) -> None:
    home, laws = tmp_path / "home", tmp_path / "laws"
    path = law_file(laws, "河岸法", date(2020, 1, 1), ["甲。", "乙。"])
    run(home, laws)
    path.write_text(path.read_text(encoding="utf-8").replace("乙。", "丙。"), encoding="utf-8")
    report = run(home, laws)
    assert (report.documents, report.replaced, report.total_documents, report.total_passages) == (0, 1, 1, 2)


def test_one_version_of_a_law_is_held_once(tmp_path: Path) -> None:
    """Two files, the same law and version, words a little different: the first is kept, the other is named."""
    laws = tmp_path / "laws"
    law_file(laws / "a", "河岸法", date(2020, 1, 1), ["甲。"])
    law_file(laws / "b", "河岸法", date(2020, 1, 1), ["甲！"])
    report = run(tmp_path / "home", laws)
    assert (report.documents, [one.code for one in report.skipped]) == (1, ["duplicate_version"])


def test_the_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    """A version that arrives later ends, or is ended, all the same."""
    laws = tmp_path / "laws"
    old = law_file(laws / "a", "河岸法", date(2012, 1, 1), ["甲。"])
    new = law_file(laws / "b", "河岸法", date(2020, 1, 1), ["乙。"])
    for home, order in [("x", [old, new]), ("y", [new, old])]:
        for path in order:
            run(tmp_path / home, path)
    assert state(tmp_path / "x") == state(tmp_path / "y")
    with builder(tmp_path / "x") as store:
        ends = {record.version_date: record.expiry_date for record in store.scroll()}
    assert ends == {date(2012, 1, 1): date(2020, 1, 1), date(2020, 1, 1): None}


class Interrupted(Exception):
    """Stands for the power going off."""


class FailingEncoder(CharacterEncoder):
    """Gives up on the n-th batch."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        object.__setattr__(self, "left", [batches])

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        self.left[0] -= 1  # type: ignore[attr-defined]
        if self.left[0] < 0:  # type: ignore[attr-defined]
            raise Interrupted
        return super().encode_documents(texts)


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_an_interrupted_run_may_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    monkeypatch.setattr(ingesting, "BATCH_PASSAGES", 3)
    laws = library(tmp_path / "laws")
    run(tmp_path / "whole", laws)
    with pytest.raises(Interrupted):
        run(tmp_path / "cut", laws, encoder=FailingEncoder(batches))
    run(tmp_path / "cut", laws)
    assert state(tmp_path / "cut") == state(tmp_path / "whole")


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from knowledge import ingest as ingesting
from tests.knowledge.libraries import CharacterEncoder
from tests.knowledge.test_ingest import run
ingesting.BATCH_PASSAGES = 3
class Killing(CharacterEncoder):
    calls = 0
    def encode_documents(self, texts):
        Killing.calls += 1
        if Killing.calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_documents(texts)
run(Path({home!r}), Path({laws!r}), encoder=Killing())
"""


def test_a_killed_run_may_be_repeated(tmp_path: Path) -> None:
    laws = library(tmp_path / "laws")
    run(tmp_path / "whole", laws)
    code = _KILLED.format(root=str(ROOT), home=str(tmp_path / "cut"), laws=str(laws))
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == -9
    assert state(tmp_path / "cut")[1] == 0
    run(tmp_path / "cut", laws)
    assert state(tmp_path / "cut") == state(tmp_path / "whole")


def test_progress_is_told_of_every_file(tmp_path: Path) -> None:
    told: list[Step] = []
    run(tmp_path / "home", library(tmp_path / "laws"), watch=told.append)
    assert [step.done for step in told] == list(range(len(told)))
    assert {step.total for step in told} == {len(told) - 1}
    assert (told[0].passages, told[-1].passages, told[-1].skipped) == (0, 10, 3)


def test_kind_may_be_dictated(tmp_path: Path) -> None:
    path = law_file(tmp_path / "laws", "河岸法", date(2020, 1, 1), ["甲。", "乙。"])
    report = run(tmp_path / "home", path, kind="doc")
    assert report.laws == {}
    with pytest.raises(InvalidInput, match="没有“法”这种"):
        run(tmp_path / "home", path, kind="法")


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="路径不存在"):
        run(tmp_path / "home", tmp_path / "absent")
