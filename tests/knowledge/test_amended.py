"""A text that a decision has changed since is in doubt until the amended text is held; a text it ended has ended."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citation import Validity
from knowledge.base import EVERYWHERE, KnowledgeBase
from knowledge.records import Filters
from knowledge.store import open_store
from knowledge.validity import NO_AMENDED_TEXT, Amendment, Expiry, LawVersion, amendments, expiries, validity_on
from knowledge.view import Holdings
from tests.knowledge.libraries import TODAY, CharacterEncoder, law_file, opened, settings

BANK, DYKE, OLD = date(2012, 3, 1), date(2005, 1, 1), date(2001, 1, 1)
PASSED, STARTS = date(2020, 12, 23), date(2021, 1, 1)
EVE = timedelta(days=1)
AMENDING = "全国人民代表大会常务委员会关于修改《中华人民共和国河岸法》的决定"
SEVERAL = "国务院关于修改和废止部分行政法规的决定"


def decision(folder: Path, title: str, body: str, *, suffix: str = ".md", passed: date = PASSED) -> Path:
    """As published: title, when and by whom, what is decided, from when on."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{title.translate(str.maketrans('', '', '《》'))}{suffix}"
    head = f"{passed.year}年{passed.month}月{passed.day}日 某会议通过"
    mark = "# " if suffix == ".md" else ""
    info = "<!-- INFO END -->\n\n" if suffix == ".md" else ""
    path.write_text(f"{mark}{title}\n\n{head}\n\n{info}{body}\n\n本决定自2021年1月1日起施行。\n", encoding="utf-8")
    return path


def world(folder: Path) -> Path:
    """河岸法 2012 amended by its own decision; 堤防办法 2005 by one of several, which ends 渡口条例 2001."""
    folder = folder / "行政法规"
    law_file(folder, "中华人民共和国河岸法", BANK, ["界河河岸由双方共同管理。", "河岸不得开垦。"])
    law_file(folder, "堤防办法", DYKE, ["堤防归水利部门。"])
    law_file(folder, "渡口条例", OLD, ["渡口由交通部门管理。"])
    law_file(folder, "水库法", OLD, ["水库由水利部门管理。"])
    decision(
        folder, AMENDING, "根据《水库法》，对《中华人民共和国河岸法》作如下修改：\n\n一、将第一条修改为：“河岸共管。”"
    )
    decision(folder, SEVERAL, "一、将《堤防办法》第一条修改为：“堤防共管。”\n\n二、废止《渡口条例》（2001年发布）")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def base(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    with closing(opened(home)) as made:
        made.ingest([world(tmp_path_factory.mktemp("laws"))], workers=1)
        yield made


@pytest.mark.parametrize("law", ["河岸法", "堤防办法"])
def test_what_a_decision_amended_is_in_doubt_from_its_first_day(base: KnowledgeBase, law: str) -> None:
    before, after = (base.cite(law, "1", as_of=day) for day in (STARTS - EVE, STARTS))
    assert (before.status, before.status_note) == (Validity.IN_FORCE, "")
    assert after.status is Validity.UNKNOWN
    assert NO_AMENDED_TEXT in after.status_note
    assert "决定》修改" in after.status_note
    assert base.cite(law, "1").status is Validity.UNKNOWN


def test_the_note_names_the_decision(base: KnowledgeBase) -> None:
    name = AMENDING.translate(str.maketrans("", "", "《》")).replace("中华人民共和国", "")
    assert base.cite("河岸法", "1").status_note == f"自2021-01-01起经《{name}》修改，{NO_AMENDED_TEXT}"


def test_what_it_only_mentions_stays_as_it_is(base: KnowledgeBase) -> None:
    assert base.cite("水库法", "1").status is Validity.IN_FORCE


def test_what_it_ended_has_ended(base: KnowledgeBase) -> None:
    before, after = (base.cite("渡口条例", "1", as_of=day) for day in (STARTS - EVE, STARTS))
    assert (before.status, after.status) == (Validity.IN_FORCE, Validity.REPEALED)
    assert "国务院关于修改和废止部分行政法规的决定" in after.status_note
    assert "渡口条例" not in {one.law for one in base.search("渡口", limit=50, kinds=("law",), as_of=STARTS)}


def test_the_amended_version_is_listed_as_not_held(base: KnowledgeBase) -> None:
    old, new = base.versions("河岸法")
    assert (old.held, old.ends, old.end_kind) == (True, STARTS, "superseded")
    assert (new.held, new.starts, new.version_date, new.ends) == (False, STARTS, PASSED, None)
    found = base.standing("河岸法", STARTS)
    assert (found.text_status, found.held) == (Validity.UNKNOWN, False)
    assert found.note.count(NO_AMENDED_TEXT) == 1
    assert base.standing("河岸法", STARTS - EVE).held


def test_it_is_among_the_changes(base: KnowledgeBase) -> None:
    found = {one.law: one for one in base.changes_since(STARTS - EVE, until=STARTS)}
    assert (found["河岸法"].event, found["河岸法"].version.held) == ("began", False)
    assert found["渡口条例"].event == "repealed"


def test_a_search_says_so_too(base: KnowledgeBase) -> None:
    for day in (None, STARTS):
        found = base.search("界河河岸共同管理", as_of=day, kinds=("law",), region=EVERYWHERE)
        assert {one.status for one in found if one.law == "河岸法"} == {Validity.UNKNOWN}


def test_it_must_not_be_called_in_force(base: KnowledgeBase) -> None:
    verdict = base.verify("河岸法", "1", as_of=STARTS, status=Validity.IN_FORCE)
    assert not verdict.holds
    assert NO_AMENDED_TEXT in verdict.faults[0]
    unsaid = base.verify("河岸法", "1", as_of=STARTS)
    assert unsaid.to_json()["status"] == "unknown"
    assert any(NO_AMENDED_TEXT in line for line in unsaid.lines())


def test_the_filter_and_the_catalogue_agree(base: KnowledgeBase, home: Path) -> None:
    encoder = CharacterEncoder()
    assert base.version
    with closing(open_store(settings(home), dim=encoder.dim, model=encoder.name)) as store:
        held = Holdings(store, TODAY).look().catalogue.by_doc
        for day in (STARTS - EVE, STARTS, date(2026, 3, 1)):
            passing = {record.doc_id for record in store.scroll(Filters(as_of=day, kinds=("law",)))}
            holding = {Validity.IN_FORCE, Validity.UNKNOWN}
            assert passing == {doc_id for doc_id, one in held.items() if one.on(day).status in holding}


@pytest.mark.parametrize("made", [PASSED, date(2020, 12, 29), STARTS, date(2021, 3, 1)])
def test_nothing_is_in_doubt_once_the_amended_text_is_held(made: date) -> None:
    """By whichever of its days it is dated: passed, published, in force."""
    old, new = (LawVersion(id=f"{day}", law="河岸法", version_date=day, effective_date=day) for day in (BANK, made))
    published = PASSED + 20 * EVE
    act = LawVersion(
        id="d", law="决定", version_date=published, effective_date=STARTS, amends=("河岸法",), passed=PASSED
    )
    assert amendments([old, act], expiries([old, act])).keys() == {old.id}
    assert amendments([old, new, act], expiries([old, new, act])) == {}


def test_a_decision_that_comes_later_counts_at_once(tmp_path: Path) -> None:
    law = law_file(tmp_path / "laws", "中华人民共和国河岸法", BANK, ["河岸共管。"])
    with closing(opened(tmp_path / "home")) as base:
        base.ingest([law], workers=1)
        assert base.cite("河岸法", "1").status is Validity.IN_FORCE
        made = decision(tmp_path / "decisions", AMENDING, "一、将第一条修改为：“略。”", suffix=".txt")
        assert base.ingest([made], workers=1).laws  # a plain text of a decision is law as well
        assert base.cite("河岸法", "1").status is Validity.UNKNOWN


days = st.dates(date(2000, 1, 1), date(2030, 1, 1))


@given(days, st.lists(st.tuples(days, st.integers(0, 400)), max_size=4), st.lists(days, max_size=3, unique=True), days)
def test_in_doubt_or_not_a_day_has_one_answer(
    born: date, decisions: list[tuple[date, int]], later: list[date], day: date
) -> None:
    """In doubt exactly when some decision after the text is in force, its own text is unknown, and nothing followed."""
    held = [LawVersion(id=f"{one}", law="河岸法", version_date=one, effective_date=one) for one in {born, *later}]
    made = [
        LawVersion(
            id=f"d{n}", law=f"决定{n}", version_date=one, effective_date=one + timedelta(wait), amends=("河岸法",)
        )
        for n, (one, wait) in enumerate(decisions)
    ]
    ends = expiries([*held, *made])
    changed = amendments([*held, *made], ends)
    version = next(one for one in held if one.version_date == born)
    verdict = validity_on(
        day,
        law="河岸法",
        version_date=born,
        effective_date=born,
        expiry=ends[version.id],
        amended=changed.get(version.id, ()),
    )
    over = day < born or any(born < one <= day for one in later)
    doubted = any(
        born < one and one + timedelta(wait) <= day and not any(0 <= (text - one).days <= 200 for text in later)
        for one, wait in decisions
    )
    assert (verdict.status is Validity.UNKNOWN) == (doubted and not over)


def test_many_amendments_are_counted() -> None:
    amended = [Amendment(by=f"修正案{n}", version_date=BANK, starts=BANK + n * EVE) for n in range(5)]
    note = validity_on(
        STARTS, law="河岸法", version_date=OLD, effective_date=OLD, expiry=Expiry(), amended=amended
    ).note
    assert note == f"自2012-03-01起经《修正案0》《修正案1》《修正案2》等5件修改，{NO_AMENDED_TEXT}"
