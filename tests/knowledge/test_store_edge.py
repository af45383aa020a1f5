"""What only the embedded engine must do: survive kills, swap whole versions; its copies: `test_store_copies.py`."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from domain.errors import Conflict
from knowledge import edge, edgeengine
from knowledge.edge import EdgeStore, build
from knowledge.engine import PassageStore
from knowledge.fusion import FusionWeights
from knowledge.records import Filters
from knowledge.versions import Shelf
from tests.knowledge.stores import ALL, DIM, LOCAL, MODEL, PRECEDENT, ROAD_2019, dense_of, passage, sparse_of, write

WEIGHTS = FusionWeights()
ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "knowledge"


def building(root: Path, *, recreate: bool = False, model: str = MODEL) -> AbstractContextManager[PassageStore]:
    return build(root, dim=DIM, model=model, weights=WEIGHTS, recreate=recreate)


def reading(root: Path, *, model: str = MODEL) -> EdgeStore:
    return EdgeStore.open(root, dim=DIM, model=model, weights=WEIGHTS)


BUILDER = """
import sys
from pathlib import Path
from tests.knowledge.stores import passage, write
from tests.knowledge.test_store_edge import building
root, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with building(root) as store:
    done = store.documents()
    print("found", len(done), flush=True)
    for number in range(first, last):
        doc_id = f"法{number:04d}"
        if doc_id in done:
            continue
        store.delete_document(doc_id)
        pages = [passage(f"第{n}条：井盖{number}", doc_id=doc_id, article=str(n)) for n in range(30)]
        write(store, pages[:20], finish=False)
        print("half", number, flush=True)
        write(store, pages[20:], finish=False)
        store.finish_document(doc_id, {"n": number})
        print("done", number, flush=True)
"""


def start_builder(root: Path, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BUILDER, str(root), str(first), str(last)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_when(process: subprocess.Popen[str], line: str) -> list[str]:
    """Kill -9 as soon as the line appears; what was printed until the end."""
    assert process.stdout is not None
    lines = []
    for printed in process.stdout:
        lines.append(printed.strip())
        if printed.strip() == line:
            process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return lines


@pytest.mark.parametrize("moment", ["half 25", "done 25"])
def test_a_killed_builder_loses_nothing_it_acknowledged(root: Path, moment: str) -> None:
    with building(root) as store:
        write(store, ALL)
    reader = reading(root)
    before = reader.version()
    lines = kill_when(start_builder(root, 0, 400), moment)
    acknowledged = {f"法{int(line.split()[1]):04d}" for line in lines if line.startswith("done")}
    assert len(acknowledged) >= 25
    assert reader.version() == before  # readers never see the unpublished half

    with building(root) as store:
        survived = set(store.documents())
        assert survived >= acknowledged | {record.doc_id for record in ALL}
        for doc_id in acknowledged:
            assert len(list(store.scroll(Filters(doc_id=doc_id)))) == 30
    assert set(reader.documents()) == survived
    assert reader.count() == 30 * (len(survived) - 5) + len(ALL)
    reader.close()


def test_a_repeated_ingest_goes_on_where_the_killed_one_stopped(root: Path) -> None:
    kill_when(start_builder(root, 0, 40), "half 30")
    second = subprocess.run(
        [sys.executable, "-c", BUILDER, str(root), "0", "40"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = second.stdout.split("\n")
    assert lines[0] == "found 30"
    assert [line for line in lines if line.startswith("done")] == [f"done {n}" for n in range(30, 40)]
    reader = reading(root)
    assert (len(reader.documents()), reader.count()) == (40, 1200)

    whole = root.parent / "uninterrupted"
    subprocess.run([sys.executable, "-c", BUILDER, str(whole), "0", "40"], cwd=ROOT, capture_output=True, check=True)
    other = reading(whole)
    assert other.version() == reader.version()
    for one in (reader, other):
        one.close()


def test_only_one_builder_at_a_time(root: Path) -> None:
    with building(root), pytest.raises(Conflict, match="另一个进程正在更新知识库"), building(root):
        pass
    with building(root):
        pass


def test_a_reader_sees_the_new_version_after_the_swap_and_not_before(root: Path) -> None:
    reader = reading(root)
    with building(root) as store:
        write(store, [ROAD_2019])
        assert reader.count() == 0
    assert reader.count() == 1
    with building(root) as store:
        write(store, [LOCAL, PRECEDENT])
        assert reader.count() == 1
    assert reader.count() == 3
    reader.close()


def test_searches_during_swaps_see_whole_versions_only(root: Path) -> None:
    """Each version has all its passages from one generation; a search must never mix two."""
    generations = 4
    reader = reading(root)
    seen: list[set[int]] = []
    faults: list[BaseException] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                hits = reader.search(dense_of("井"), sparse_of("井盖"), limit=50)
            except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
                faults.append(error)
                return
            seen.append({record.ordinal for record, _ in hits})

    watcher = threading.Thread(target=look)
    watcher.start()
    for generation in range(1, generations + 1):
        with building(root) as store:
            store.delete_document("d1")
            write(store, [passage(f"井盖{n}", ordinal=generation) for n in range(10)])
    stop.set()
    watcher.join()
    assert not faults
    assert all(len(generation) <= 1 for generation in seen)
    assert {record.ordinal for record in reader.scroll()} == {generations}
    reader.close()


def test_a_scroll_goes_through_one_version_whatever_is_published(root: Path) -> None:
    with building(root) as store:
        write(store, [passage(f"井盖{n}", ordinal=1) for n in range(1500)])
    reader = reading(root)
    records = reader.scroll()
    first = next(records)
    with building(root, recreate=True) as store:
        write(store, [ROAD_2019])
    assert reader.count() == 1
    assert {first.ordinal} | {record.ordinal for record in records} == {1}
    reader.close()


def test_an_error_in_the_block_publishes_nothing_and_keeps_the_work(root: Path) -> None:
    with pytest.raises(RuntimeError, match="lost power"), building(root) as store:  # noqa: PT012
        write(store, [ROAD_2019])
        raise RuntimeError("lost power")
    reader = reading(root)
    assert reader.count() == 0
    with building(root) as store:
        assert list(store.documents()) == ["道路2019"]
    assert reader.count() == 1
    reader.close()


def test_a_block_that_changes_nothing_publishes_nothing(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    pointer = Shelf(root).stamp()
    with building(root) as store:
        write(store, ALL)
    assert Shelf(root).stamp() == pointer
    assert not (root / "build").exists()


def test_recreating_begins_with_nothing_and_serves_the_old_meanwhile(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    reader = reading(root)
    with building(root, recreate=True) as store:
        assert store.count() == 0
        write(store, [LOCAL])
        assert reader.count() == len(ALL)
    assert list(reader.scroll()) == [LOCAL]
    reader.close()


def test_a_publication_cut_off_before_the_pointer_is_finished_by_the_next_builder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(self: Shelf, name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "_point_to", cut_off)
        with pytest.raises(KeyboardInterrupt), building(root) as store:
            write(store, [ROAD_2019])
    assert reading(root).count() == 0
    with building(root) as store:
        assert list(store.documents()) == ["道路2019"]
    assert reading(root).count() == 1


def test_packing_a_large_shard_changes_no_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edgeengine, "_PACK_ABOVE_KB", 1)
    packed, plain = root / "packed", root / "plain"
    answers: list[list[tuple[str, float]]] = []
    settle: list[Callable[[Path], None]] = [edge._optimise, lambda _: None]
    for folder, optimise in zip((packed, plain), settle, strict=True):
        monkeypatch.setattr(edge, "_optimise", optimise)
        with building(folder) as store:
            write(store, [passage(f"第{n}个{chr(0x4E00 + n)}窨井盖。", doc_id=f"册{n % 7}") for n in range(1200)])
        reader = reading(folder)
        hits = reader.search(dense_of("第"), sparse_of("第7个一窨井"), limit=50)
        answers.append([(record.id, score) for record, score in hits])
        reader.close()
    assert answers[0] == answers[1]
    assert [bool(list(folder.rglob("quantized*"))) for folder in (packed, plain)] == [True, False]


def test_authority_is_the_same_whether_places_were_noted_or_are_asked_for(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    shelf, prior = Shelf(root), {ROAD_2019.law: 1.0}
    answers: list[list[tuple[str, float]]] = []
    for noted in (True, False):
        note = shelf.version_folder(shelf.current()) / "places.json"
        assert note.is_file()
        if not noted:
            note.unlink()
        reader = reading(root)
        for _ in range(2):
            hits = reader.search(dense_of("井"), sparse_of("井盖"), limit=9, prior=prior)
            answers.append([(record.id, score) for record, score in hits])
        reader.close()
    assert answers[1:] == answers[:1] * 3
    assert answers[0][0][1] > answers[0][-1][1]
