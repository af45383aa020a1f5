"""Beginning an index anew beside the one that is read: every engine publishes it whole or not at all."""

import pytest

from domain.errors import StaleIndex
from tests.knowledge.engines import Bench, found
from tests.knowledge.stores import ALL, DIM, LOCAL, MODEL, PRECEDENT, passage, write

# The client's local mode scans everything, and says that it needs no parameters to do so.
pytestmark = pytest.mark.filterwarnings("ignore:Local mode performs exact")


def test_what_begins_with_nothing_is_seen_when_it_is_complete(filled: Bench) -> None:
    before = filled.reader.version()
    with filled.build(recreate=True) as store:
        assert store.count() == 0
        write(store, [LOCAL])
        assert (filled.reader.count(), filled.reader.version()) == (len(ALL), before)
        assert found(filled.reader, PRECEDENT.text)[0] == PRECEDENT
    assert list(filled.reader.scroll()) == [LOCAL]
    with filled.build() as store:
        assert list(store.documents()) == ["重庆管线"]


def test_what_begins_with_nothing_and_fails_is_never_seen_nor_taken_for_the_whole(filled: Bench) -> None:
    with pytest.raises(RuntimeError, match="lost power"), filled.build(recreate=True) as store:  # noqa: PT012
        write(store, [LOCAL])
        raise RuntimeError("lost power")
    assert filled.reader.count() == len(ALL)
    with filled.build() as store:
        assert store.count() == len(ALL)
        write(store, [passage("新来", doc_id="新来")])
    assert filled.reader.count() == len(ALL) + 1


def test_a_rebuild_takes_over_when_it_is_complete(filled: Bench) -> None:
    with filled.rebuild(model=f"{MODEL}#new") as (held, store):
        write(store, held.scroll())
        assert filled.reader.made_by().identity == MODEL
    assert filled.reader.made_by() == (f"{MODEL}#new", DIM)
    assert sorted(filled.reader.scroll(), key=lambda r: r.id) == sorted(ALL, key=lambda r: r.id)


def test_a_rebuild_cut_off_is_gone_on_with_and_never_taken_for_the_whole(filled: Bench) -> None:
    with pytest.raises(RuntimeError, match="lost power"), filled.rebuild(model=f"{MODEL}#new") as (_, store):  # noqa: PT012
        write(store, [LOCAL])
        write(store, [PRECEDENT], finish=False)
        raise RuntimeError("lost power")
    with filled.rebuild(model=f"{MODEL}#new") as (held, store):
        assert list(store.documents()) == ["重庆管线"]
        assert held.count() == len(ALL)
        write(store, [record for record in held.scroll() if record.doc_id != "重庆管线"])
    assert filled.reader.count() == len(ALL)
    with pytest.raises(RuntimeError, match="again"), filled.rebuild(model=f"{MODEL}#newer") as (_, store):  # noqa: PT012
        write(store, [LOCAL])
        raise RuntimeError("again")
    with filled.build() as store:
        assert store.count() == len(ALL)


def test_a_reader_of_another_model_is_refused_and_one_that_is_open_keeps_serving(filled: Bench) -> None:
    assert filled.reader.count() == len(ALL)
    with filled.rebuild(model="another") as (held, store):
        assert held.made_by().identity == MODEL
        write(store, [LOCAL])
    assert filled.reader.count() == len(ALL)
    assert filled.reader.made_by().identity == MODEL
    with pytest.raises(StaleIndex, match="another") as caught, filled.build():
        pass
    assert "lianzhi kb reindex" in caught.value.hint


def test_what_is_added_to_an_index_of_an_older_recipe_counts_as_of_that_recipe(bench: Bench) -> None:
    with bench.rebuild(model=f"{MODEL}#old") as (_, store):
        write(store, [LOCAL])
    with bench.build() as store:
        write(store, [PRECEDENT])
    assert (bench.reader.made_by().identity, bench.reader.count()) == (f"{MODEL}#old", 2)
