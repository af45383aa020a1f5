"""Which version of a law holds on a day, asked around amendments, repeals and the redrawing of districts."""

from datetime import date
from typing import Any

import pytest

from domain.errors import LawNotFound, NotFound
from knowledge.base import KnowledgeBase
from knowledge.catalogue import NOT_HELD
from knowledge.ingest import IngestReport
from tests.knowledge.conftest import as_of_rows

pytestmark = pytest.mark.timeout(600)  # the first test ingests real law
ROWS = [pytest.param(row, id=f"{row['law']} {row['day']}") for row in as_of_rows()]


def note_of(base: KnowledgeBase, row: dict[str, Any]) -> tuple[str, str]:
    """Validity of the text that is given for the day, empty when there is none; and what is said with it."""
    try:
        found = base.cite(row["law"], row["article"], as_of=date.fromisoformat(row["day"]))
    except NotFound as error:
        return "", error.message
    return found.status.value, found.status_note


def test_there_are_enough_questions() -> None:
    assert len(ROWS) >= 60
    assert len({row["law"] for row in as_of_rows()}) >= 40


@pytest.mark.parametrize("row", ROWS)
def test_with_the_texts_at_hand(real_law: tuple[KnowledgeBase, IngestReport], row: dict[str, Any]) -> None:
    base, _ = real_law
    standing = base.standing(row["law"], date.fromisoformat(row["day"]))
    version = f"{standing.version.version_date or ''}" if standing.version else ""
    assert (standing.status.value, version, standing.held) == (row["law_status"], row["version"], row["held"])
    status, note = note_of(base, row)
    assert status == row["text_status"]
    assert row.get("says", "") in note
    assert not row.get("says_not") or row["says_not"] not in note
    if version and not standing.held:
        assert NOT_HELD in note
        assert NOT_HELD in standing.note


def test_with_the_starter_corpus_the_law_s_status_is_the_same(starter_base: KnowledgeBase) -> None:
    """Without the texts the table of versions answers, or nothing does; it never answers otherwise."""
    answered = 0
    for row in as_of_rows():
        try:
            standing = starter_base.standing(row["law"], date.fromisoformat(row["day"]))
        except LawNotFound:
            continue
        answered += 1
        version = f"{standing.version.version_date or ''}" if standing.version else ""
        assert (standing.status.value, version) == (row["law_status"], row["version"]), row
        if version and not standing.held:
            assert NOT_HELD in standing.note
    assert answered >= 60
