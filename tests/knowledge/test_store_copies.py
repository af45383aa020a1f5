"""Readers of the embedded engine keep copies of their own, clean up after the dead, and say what is wrong."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from domain.errors import Unavailable
from knowledge.edge import EdgeStore
from knowledge.records import Filters
from knowledge.versions import Shelf
from tests.knowledge.stores import ALL, DIM, LOCAL, MODEL, ROAD_2019, dense_of, passage, sparse_of, write
from tests.knowledge.test_store_edge import ROOT, WEIGHTS, building, reading


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "knowledge"


def bytes_under(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_readers_leave_the_published_bytes_alone(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    shelf = Shelf(root)
    version = shelf.version_folder(shelf.current())
    before = bytes_under(version)
    readers = [reading(root), reading(root)]
    for reader in readers:
        reader.search(dense_of("井"), sparse_of("井盖"), limit=5, filters=Filters(as_of=date(2024, 1, 1)))
        assert reader.count() == len(ALL)
        list(reader.scroll())
    assert bytes_under(version) == before
    for reader in readers:
        reader.close()
    assert bytes_under(version) == before


def test_a_builder_leaves_the_published_bytes_alone(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    shelf = Shelf(root)
    version = shelf.version_folder(shelf.current())
    before = bytes_under(version)
    with building(root) as store:
        store.delete_document("上海")
        write(store, [passage("新的一条。", doc_id="新")])
        store.flush()
        assert bytes_under(version) == before


def test_copies_and_versions_out_of_use_are_removed(root: Path) -> None:
    readers = [reading(root), reading(root)]
    for record in ALL:
        with building(root) as store:
            write(store, [record])
        for reader in readers:
            reader.count()
    assert len(list((root / "versions").iterdir())) == 1
    assert len([path for path in (root / "readers").iterdir() if path.is_dir()]) == 2
    for reader in readers:
        reader.close()
        reader.close()
    assert list((root / "readers").iterdir()) == []
    assert list(root.glob("trash-*")) == []


def test_the_copy_of_a_killed_reader_is_removed_by_the_next(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    code = (
        "import os, sys; from pathlib import Path; from tests.knowledge.test_store_edge import reading;"
        "store = reading(Path(sys.argv[1])); print(store.count()); sys.stdout.flush(); os._exit(9)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(root)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (killed.returncode, killed.stdout.strip()) == (9, str(len(ALL)))
    assert len([path for path in (root / "readers").iterdir() if path.is_dir()]) == 1
    reader = reading(root)
    owners = {path.name.split("-")[0] for path in (root / "readers").iterdir() if path.is_dir()}
    assert owners == {str(os.getpid())}
    reader.close()


def test_a_copy_is_made_where_links_are_not_possible(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise PermissionError(1, "no hard links here")

    with building(root) as store:
        write(store, ALL)
    monkeypatch.setattr(os, "link", refuse)
    reader = reading(root)
    assert sorted(r.id for r in reader.scroll()) == sorted(r.id for r in ALL)
    reader.close()


def test_vectors_of_another_model_are_refused(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    with pytest.raises(Unavailable, match="test-8"):
        reading(root, model="another")
    with pytest.raises(Unavailable, match="another"), building(root, model="another"):
        pass
    assert len([path for path in (root / "readers").iterdir() if path.is_dir()]) == 0


def test_an_open_reader_keeps_serving_when_another_model_takes_over(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    reader = reading(root)
    with building(root, model="another", recreate=True) as store:
        write(store, [LOCAL])
    assert reader.count() == len(ALL)
    fresh = reading(root, model="another")
    assert fresh.count() == 1
    for one in (reader, fresh):
        one.close()


def test_damaged_files_are_reported_with_a_way_out(root: Path) -> None:
    with building(root) as store:
        write(store, ALL)
    shelf = Shelf(root)
    (shelf.version_folder(shelf.current()) / "edge_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(Unavailable) as caught:
        reading(root)
    assert "ingest --recreate" in caught.value.hint


def test_a_closed_reader_says_so(root: Path) -> None:
    reader = reading(root)
    reader.close()
    with pytest.raises(Unavailable, match="已经关闭"):
        reader.count()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(Unavailable, match="无法写入"):
        reading(tmp_path / "file" / "knowledge")


def test_a_version_that_could_not_be_opened_is_tried_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    with building(root) as store:
        write(store, [ROAD_2019])
    reader = EdgeStore(Shelf(root), dim=DIM, model=MODEL, weights=WEIGHTS, clock=lambda: now)
    with building(root) as store:
        write(store, [LOCAL])
    full_disk = Unavailable("磁盘空间不足。")
    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "borrow", lambda _: (_ for _ in ()).throw(full_disk))
        assert reader.count() == 1
    assert reader.count() == 1
    now = 6.0
    assert reader.count() == 2
    reader.close()
