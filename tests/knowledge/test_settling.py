"""Dates of passages are those that citing goes by: what a search finds for a day holds on that day."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citation import Validity
from knowledge.base import EVERYWHERE, KnowledgeBase
from knowledge.ingest import IngestReport, settle
from knowledge.records import Filters
from knowledge.store import VectorReader, open_builder, open_store
from knowledge.validity import table_facts
from knowledge.view import Holdings
from tests.knowledge.libraries import TODAY, CharacterEncoder, law_file, library, opened, settings
from tests.knowledge.test_ingest_screening import ORDER

HOLDING = {Validity.IN_FORCE, Validity.UNKNOWN}
TABLED = {
    ("安全生产法", date(2021, 6, 10)): date(2021, 9, 1),
    ("刑法", date(2023, 12, 29)): date(2024, 3, 1),
    ("治安管理处罚法", date(2012, 10, 26)): date(2013, 1, 1),
}
"""Versions of which the packaged table knows the start, and their header only when they were made."""
EVE = timedelta(days=1)
DAYS = sorted({day for (_, made), start in TABLED.items() for day in (made, start - EVE, start, start + EVE)})
ENCODER = CharacterEncoder()


def world(folder: Path) -> Path:
    """The small library, three laws that start later than they say, their older versions, and one without a date."""
    laws = library(folder)
    for name, made in TABLED:
        law_file(laws / "法律", name, made, ["新的界河规则。", f"河岸由甲管理。{ORDER}"])
        law_file(laws / "法律", name, date(2009, 8, 27), ["旧的界河规则。"])
    law_file(laws / "法律", "滩涂法", None, ["界河滩涂。"])
    return laws


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def base(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with closing(opened(home)) as made:
        made.ingest([world(tmp_path_factory.mktemp("laws"))], workers=1)
        yield made


@pytest.fixture(scope="module")
def store(base: KnowledgeBase, home: Path) -> Iterator[VectorReader]:
    assert base.version
    with closing(open_store(settings(home), dim=ENCODER.dim, model=ENCODER.name)) as reader:
        yield reader


def faults(base: KnowledgeBase, question: str, days: Sequence[date]) -> list[str]:
    """Passages found for a day that citing gives otherwise on that day."""
    wrong = []
    for day in days:
        for one in base.search(question, limit=200, as_of=day, region=EVERYWHERE, kinds=("law",)):
            cited = base.cite(one.law, one.article, as_of=day) if one.article else None
            same = cited is None or (cited.status, cited.version_date) == (one.status, one.version_date)
            # Only what citing cannot date either is found without holding for sure.
            if not (same and one.status in HOLDING):
                wrong.append(f"{day} {one.law} {one.version_date} {one.article}: {one.status}")
    return wrong


def test_the_table_knows_what_these_tests_say() -> None:
    assert TABLED.items() <= {key: fact.starts for key, fact in table_facts().items()}.items()


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_what_is_found_for_a_day_is_cited_so(base: KnowledgeBase, day: date) -> None:
    assert faults(base, "界河规则", [day]) == []
    found = base.search("界河规则", limit=1000, as_of=day, region=EVERYWHERE, kinds=("law",))
    begun = {one.law for one in found if "新的界河" in one.text}
    assert begun >= {law for (law, _), start in TABLED.items() if start <= day}
    assert not begun & {law for (law, _), start in TABLED.items() if start > day}


@given(st.dates(date(2004, 1, 1), date(2027, 1, 1)))
def test_the_filter_and_the_catalogue_agree_on_every_document(store: VectorReader, day: date) -> None:
    held = Holdings(store, TODAY).look().catalogue.by_doc
    passing = {record.doc_id for record in store.scroll(Filters(as_of=day, kinds=("law",)))}
    assert passing == {doc_id for doc_id, one in held.items() if one.on(day).status in HOLDING}


def test_what_the_text_says_is_kept_beside_what_counts(store: VectorReader) -> None:
    metas = {(meta["law"], meta["version_date"]): meta for meta in store.documents().values() if meta.get("law")}
    for (law, made), start in TABLED.items():
        assert metas[law, f"{made}"]["effective_date"] == f"{made}"
        assert metas[law, f"{made}"]["starts"] == f"{start}"
    assert "starts" not in metas["河岸法", "2021-01-22"]


def test_settling_again_changes_nothing(base: KnowledgeBase, home: Path) -> None:
    before = base.version
    with open_builder(settings(home), dim=ENCODER.dim, model=ENCODER.name) as builder:
        settle(builder)
        assert builder.version() == before


def test_a_base_of_old_is_amended(base: KnowledgeBase, home: Path) -> None:
    """Passages that still carry the date of the header, as an older release left them, are put right."""
    before = base.version
    with open_builder(settings(home), dim=ENCODER.dim, model=ENCODER.name) as builder:
        for doc_id, meta in builder.documents().items():
            if meta.get("starts"):
                old = {key: value for key, value in meta.items() if key != "starts"}
                builder.amend_document(doc_id, {"effective_date": date.fromisoformat(meta["effective_date"])}, old)
        assert builder.version() != before
        settle(builder)
        assert builder.version() == before


def test_what_is_let_in_later_starts_when_its_law_does(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "home")) as base:
        (law, made), start = next(iter(TABLED.items()))
        base.ingest([law_file(tmp_path, law, made, ["新的界河规则。", f"河岸由甲管理。{ORDER}"])], workers=1)
        (apart,) = base.quarantine()
        base.release(apart.id, by="张三")
        assert faults(base, "河岸由甲管理", [start - EVE, start]) == []
        found = base.search("河岸由甲管理", as_of=start, kinds=("law",))
        assert (law, "2") in {(one.law, one.article) for one in found}


def test_what_an_ingest_cut_off_left_is_dated_by_whoever_publishes_it(tmp_path: Path) -> None:
    """Killed after the last document and before the ends of laws were brought up to date."""
    laws = tmp_path / "laws"
    old = law_file(laws, "滩涂法", date(2010, 1, 1), ["旧的滩涂规则。", f"滩涂由甲管理。{ORDER}"])
    new = law_file(laws, "滩涂法", date(2020, 1, 1), ["新的滩涂规则。"])
    with closing(opened(tmp_path / "home")) as base:
        base.ingest([old], workers=1)
        (apart,) = base.quarantine()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("knowledge.ingest.settle", _killed)
            with pytest.raises(KeyboardInterrupt):
                base.ingest([new], workers=1)
        base.release(apart.id, by="张三")
        found = base.search("滩涂规则", as_of=date(2021, 1, 1), kinds=("law",))
        assert "2010-01-01" not in {f"{one.version_date}" for one in found if one.law == "滩涂法"}
        assert "2020-01-01" in {f"{one.version_date}" for one in found if one.law == "滩涂法"}


def _killed(_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.timeout(600)  # the first test ingests real law
def test_real_law_is_found_for_the_days_on_which_it_is_cited(real_law: tuple[KnowledgeBase, IngestReport]) -> None:
    base, _ = real_law
    days = sorted({fact.starts for fact in table_facts().values() if fact.starts})
    assert faults(base, "人民政府应当", [day - EVE for day in days]) == []
    assert faults(base, "公民的权利", days) == []
