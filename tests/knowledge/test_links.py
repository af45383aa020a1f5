"""Versions of one law hang together, and a law that ended another is found from it and from there."""

from datetime import date
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingest import Options, ingest
from knowledge.links import link
from knowledge.store import open_builder
from knowledge.validity import LawVersion, expiries
from tests.knowledge.libraries import CharacterEncoder, law_file, library, settings

ENCODER = CharacterEncoder()


def version(key: str, law: str, year: int, *, repeals: tuple[str, ...] = ()) -> LawVersion:
    day = date(year, 1, 1)
    return LawVersion(id=key, law=law, version_date=day, effective_date=day, repeals=repeals, repeal_day=day)


@given(st.lists(st.integers(1990, 2025), min_size=1, max_size=8, unique=True), st.randoms())
def test_versions_form_one_chain_whatever_their_order(years: list[int], order) -> None:  # noqa: ANN001
    held = [version(str(year), "河岸法", year) for year in years]
    order.shuffle(held)
    links = link(held, expiries(held), [])
    chain = sorted(years)
    for older, newer in pairwise(chain):
        assert links[str(older)]["superseded_by"] == str(newer)
        assert links[str(newer)]["supersedes"] == [str(older)]
    assert "superseded_by" not in links[str(chain[-1])]
    assert "supersedes" not in links[str(chain[0])]


def test_a_repeal_is_known_on_both_sides() -> None:
    held = [version("old", "堤防办法", 2005), version("new", "河岸法", 2021, repeals=("堤防办法",))]
    assert link(held, expiries(held), []) == {"old": {"repealed_by": "new"}, "new": {"repealed": ["old"]}}


def test_summaries_are_followed_but_follow_nothing() -> None:
    held = [version("gist", "河岸法", 2012), version("old", "河岸法", 2012), version("new", "河岸法", 2021)]
    links = link(held, expiries(held), ["gist"])
    assert links["gist"] == links["old"] == {"superseded_by": "new"}
    assert links["new"] == {"supersedes": ["old"]}


def test_links_are_kept_in_the_documents_and_mended_when_a_version_comes_or_goes(tmp_path: Path) -> None:
    laws = library(tmp_path / "laws")
    with open_builder(settings(tmp_path / "home"), dim=ENCODER.dim, model=ENCODER.name) as store:
        ingest([laws], store, ENCODER, Options(workers=1))
        named = {(meta["title"][-3:], meta.get("version_date", "")): key for key, meta in store.documents().items()}
        old, new, levee = (
            named[key] for key in [("河岸法", "2012-03-01"), ("河岸法", "2021-01-22"), ("防办法", "2005-01-01")]
        )
        held = store.documents()
        assert held[old]["superseded_by"] == new
        assert (held[new]["supersedes"], held[new]["repealed"], held[levee]["repealed_by"]) == ([old], [levee], new)
        law_file(laws / "行政法规", "中华人民共和国河岸法", date(2015, 1, 1), ["为了管理河岸。"])
        ingest([laws], store, ENCODER, Options(workers=1))
        held = store.documents()
        middle = held[old]["superseded_by"]
        assert (held[middle]["version_date"], held[middle]["superseded_by"]) == ("2015-01-01", new)
        assert held[new]["supersedes"] == [middle]
        store.delete_document(middle)
        ingest([laws / "案例"], store, ENCODER, Options(workers=1))
        assert store.documents()[old]["superseded_by"] == new
