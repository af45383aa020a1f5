"""Several processes end as one does; a file that kills its process costs itself alone."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.errors import InvalidInput
from knowledge import preparing
from knowledge.captions import captioned_text
from knowledge.document import Corpus
from knowledge.embedding import open_encoder
from knowledge.ocr import RecognisedText
from knowledge.preparing import Job, Task, default_workers, portable, prepare, prepare_all
from knowledge.sparse import passage_vector
from tests.knowledge.libraries import CharacterEncoder, library
from tests.knowledge.test_ingest import run, state


@dataclass(frozen=True)
class Deadly:
    """Kills the process that it reads in, unless that is the one of the tests."""

    home: int

    def recognise(self, image: bytes) -> RecognisedText:
        assert os.getpid() != self.home
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(image)


@pytest.fixture
def tasks(tmp_path: Path) -> list[Task]:
    return [
        Task(path=path, source=path.name, size=path.stat().st_size)
        for path in sorted(library(tmp_path / "laws").rglob("*"))
        if path.is_file()
    ]


def documents(found: list[preparing.Prepared]) -> list[Corpus | str]:
    return [one.document or (one.skipped.code if one.skipped else "") for one in found]


def test_workers_give_what_one_process_gives_in_the_same_order(
    tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "WORTH_BYTES", 0)
    job = Job(encoder=portable(open_encoder()))
    alone = list(prepare_all(tasks, job, workers=1))
    several = list(prepare_all(tasks, job, workers=2))
    assert [one.task for one in several] == tasks
    assert documents(several) == documents(alone)
    assert all(one.vectors is None for one in alone)
    for one in several:
        if one.document is not None:
            assert one.vectors is not None
            assert one.vectors.dense is not None
            here = prepare(one.task, job).vectors
            assert here is not None
            assert np.array_equal(one.vectors.dense, here.dense)
            assert np.array_equal(one.vectors.ids, here.ids)


def test_a_file_that_kills_its_process_costs_itself_alone(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "WORTH_BYTES", 0)
    picture = tasks[0].path.parent / "scan.png"
    Image.new("RGB", (8, 8)).save(picture)
    deadly = Task(path=picture, source="scan.png", size=1)
    mixed = [*tasks[:2], deadly, *tasks[2:5]]
    found = list(prepare_all(mixed, Job(recogniser=Deadly(home=os.getpid())), workers=2))
    assert [one.task for one in found] == mixed
    assert documents(found)[2] == "crashed"
    assert documents(found[:2] + found[3:]) == documents(list(prepare_all(tasks[:5], Job(), workers=1)))


def test_small_ingests_start_no_process(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(preparing, "ProcessPoolExecutor", refuse)
    assert len(list(prepare_all(tasks, Job(), workers=4))) == len(tasks)


def test_where_no_process_can_start_the_files_are_read_here(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(preparing, "WORTH_BYTES", 0)
    monkeypatch.setattr(preparing, "ProcessPoolExecutor", refuse)
    assert len(list(prepare_all(tasks, Job(), workers=4))) == len(tasks)


def test_vectors_survive_the_packing(tasks: list[Task]) -> None:
    encoder = open_encoder()
    for task in tasks:
        prepared = prepare(task, Job(encoder=encoder))
        if prepared.document is None or prepared.vectors is None:
            continue
        records = prepared.document.records
        assert prepared.vectors.dense is not None
        assert np.array_equal(prepared.vectors.dense, encoder.encode_documents(list(map(captioned_text, records))))
        for (ids, weights), record in zip(prepared.vectors.sparse(), records, strict=True):
            wanted = passage_vector(record)
            assert np.array_equal(ids, wanted[0])
            assert np.array_equal(weights, wanted[1])


def test_what_is_known_or_long_needs_no_vectors_yet(tasks: list[Task], monkeypatch: pytest.MonkeyPatch) -> None:
    task = next(task for task in tasks if "河岸条例" in task.source)
    document = prepare(task, Job()).document
    assert document is not None
    assert prepare(task, Job(known={document.id: document.meta["reading"]})).vectors is None
    assert prepare(task, Job(known={document.id: "read otherwise"})).vectors is not None
    monkeypatch.setattr(preparing, "_WHOLE", 0)
    assert prepare(task, Job()).vectors is None


def test_a_model_of_torch_stays_in_the_parent() -> None:
    assert portable(CharacterEncoder()) is None
    shipped = open_encoder()
    assert portable(shipped) is shipped


def test_the_store_ends_the_same_whatever_the_number_of_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "WORTH_BYTES", 0)
    laws = library(tmp_path / "laws")
    reports = [run(tmp_path / str(workers), laws, workers=workers) for workers in (1, 2)]
    assert reports[0] == reports[1]
    assert state(tmp_path / "1") == state(tmp_path / "2")
    assert 1 <= default_workers() <= 4
    with pytest.raises(InvalidInput, match="进程数"):
        run(tmp_path / "1", laws, workers=0)
