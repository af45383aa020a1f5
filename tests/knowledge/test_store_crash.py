"""Kills, locks and full disks: readers see whole versions only, and what was acknowledged is there afterwards."""

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from domain.errors import Conflict, Unavailable
from tests.knowledge.stores import ALL, LOCAL, dense_of, passage, sparse_of, write
from tests.knowledge.test_store_edge import BUILDER, ROOT, building, reading, start_builder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "knowledge"


def test_a_reader_answers_while_builders_are_killed_wherever_they_are(root: Path) -> None:
    """Kills at moments that nobody chose: between prints, while publishing, while clearing up."""
    with building(root) as store:
        write(store, ALL)
    reader = reading(root)
    seen: set[int] = set()
    faults: list[BaseException] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                seen.add(len({record.id for record, _ in reader.search(dense_of("井"), sparse_of("井盖"), limit=500)}))
            except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
                faults.append(error)
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    for last, late in ((4, 0.0), (4, 0.02), (6, 0.05), (8, 0.1), (10, 0.2)):
        builder = start_builder(root, 0, last)
        assert builder.stdout is not None
        for line in builder.stdout:
            if line.strip() == f"done {last - 1}":
                break
        time.sleep(late)
        builder.kill()
        builder.stdout.close()
        builder.wait()
    stop.set()
    watcher.join()
    assert not faults
    subprocess.run([sys.executable, "-c", BUILDER, str(root), "0", "10"], cwd=ROOT, capture_output=True, check=True)
    assert reader.count() == len(ALL) + 300
    # Only whole versions: the first passages, and documents of thirty.
    assert {(count - len(ALL)) % 30 for count in seen} == {0}
    reader.close()


def test_who_holds_the_lock_is_named_and_a_dead_one_holds_nothing(root: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tests.knowledge.test_store_edge import building\n"
        "with building(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(root)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    with (
        pytest.raises(Conflict, match=rf"（进程 {holder.pid}，\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d 开始）"),
        building(root),
    ):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with building(root) as store:
        write(store, [LOCAL])
    assert reading(root).count() == 1


def test_a_holder_that_left_no_note_is_refused_all_the_same(root: Path) -> None:
    with building(root):
        (root / "builder.json").write_text("{", encoding="utf-8")
        with pytest.raises(Conflict, match="另一个进程正在更新知识库。"), building(root):
            pass


def test_without_room_nothing_is_begun_and_what_there_is_still_answers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with building(root) as store:
        write(store, ALL)
    full = shutil.disk_usage(root)._replace(free=10 * 2**20)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: full)
        with pytest.raises(Unavailable, match="还剩 10 MiB，知识库约需") as caught, building(root):
            pass
        with pytest.raises(Unavailable, match="磁盘空间不足"):
            reading(root)
    assert "LIANZHI_HOME" in caught.value.hint
    assert reading(root).count() == len(ALL)


def test_a_disk_that_fills_up_loses_nothing(root: Path) -> None:
    """No file of the builder may grow beyond a limit: the engine or the system refuses, as on a full disk."""
    with building(root) as store:
        write(store, ALL)
    code = (
        "import os, resource, sys; from pathlib import Path; from domain.errors import Unavailable\n"
        "from tests.knowledge.stores import passage, write; from tests.knowledge.test_store_edge import building\n"
        "try:\n"
        "    with building(Path(sys.argv[1])) as store:\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "        for n in range(60):\n"
        "            write(store, [passage(f'{k}' + os.urandom(9000).hex(), doc_id=f'法{n}') for k in range(50)])\n"
        "except Unavailable as error: print(error.message, error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "磁盘" in done.stdout, (done.stdout, done.stderr[-2000:])
    reader = reading(root)
    assert reader.count() == len(ALL)
    with building(root) as store:
        write(store, [passage("新的一条。", doc_id="新")])
        written = store.count()
    assert reader.count() == written >= len(ALL) + 1
    reader.close()


def test_a_builder_stops_before_the_disk_is_full_and_a_reader_keeps_what_it_has(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with building(root) as store:
        write(store, ALL)
    reader = reading(root)
    full = shutil.disk_usage(root)._replace(free=10 * 2**20)
    with pytest.raises(Unavailable, match="磁盘空间不足"), building(root) as store:  # noqa: PT012
        write(store, [passage("写得下。", doc_id="前")])
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "disk_usage", lambda _: full)
            write(store, [passage("写不下。", doc_id="后")])
    with building(root) as store:
        assert "前" in store.documents()
        write(store, [passage("又写得下。", doc_id="后")])
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: full)
        assert reader.count() == len(ALL)
    reader.close()
