"""Another model, another recipe: noticed, refused or served, and put right without any source file."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.errors import Conflict, StaleIndex, Unavailable
from knowledge import identity
from knowledge.base import KnowledgeBase, open_knowledge, reindex_knowledge
from knowledge.embedding import Encoder
from knowledge.records import FloatArray
from knowledge.settings import KnowledgeSettings
from knowledge.versions import only_builder
from lianzhi import app
from tests.knowledge.libraries import TODAY, CharacterEncoder, library

OTHER = CharacterEncoder(dim=24, name="characters-24")


class Cut(BaseException):
    """Stands for a kill."""


@dataclass(frozen=True)
class CutOff(CharacterEncoder):
    """Encodes so many batches, then dies."""

    batches: int = 0
    done: list[int] = field(default_factory=list)

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        if len(self.done) == self.batches:
            raise Cut
        self.done.append(len(texts))
        return super().encode_documents(texts)


def opened(home: Path, encoder: Encoder) -> KnowledgeBase:
    return open_knowledge(KnowledgeSettings(home=home), clock=TODAY, encoder=encoder)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A base with the small library, encoded by counting characters in 16 places."""
    base = opened(tmp_path / "home", CharacterEncoder())
    base.ingest([library(tmp_path / "laws")], workers=1)
    base.close()
    return tmp_path / "home"


def content(base: KnowledgeBase) -> list[object]:
    records = sorted(base._store.scroll(), key=lambda record: record.id)
    return [records, base._store.documents()]


def test_another_model_is_refused_and_the_way_out_works(home: Path) -> None:
    before = opened(home, CharacterEncoder())
    held = content(before)
    with pytest.raises(StaleIndex, match="characters-24") as caught:
        opened(home, OTHER)
    assert caught.value.code == "stale_index"
    assert "lianzhi kb reindex" in caught.value.hint

    told: list[tuple[int, int, str]] = []
    report = reindex_knowledge(KnowledgeSettings(home=home), encoder=OTHER, progress=lambda *step: told.append(step))
    assert (report.documents, report.passages, report.kept) == (
        len(before._store.documents()),
        before._store.count(),
        0,
    )
    assert [done for done, _, _ in told] == list(range(report.documents + 1))
    after = opened(home, OTHER)
    assert after.version == report.version != before.version
    assert content(after) == held
    assert after.index_warning == ""
    assert after.search("界河由谁协调", kinds=["law"], limit=1)[0].law == "河岸法"
    # The one that was open does not know the new model's vectors: it keeps its own.
    assert before.search("界河由谁协调", kinds=["law"], limit=1)[0].law == "河岸法"
    for base in (before, after):
        base.close()


def test_there_is_nothing_to_do_where_nothing_changed(home: Path) -> None:
    base = opened(home, CharacterEncoder())
    before = base.version
    report = base.reindex()
    assert (report.documents, report.passages, base.version) == (0, 0, before)
    assert "无需重建" in report.lines()[0]
    base.close()


def test_cut_off_it_goes_on_and_ends_as_if_it_had_not_been(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.reindex.BATCH_PASSAGES", 20)
    settings = KnowledgeSettings(home=home)
    for batches in (2, 9):
        with pytest.raises(Cut):
            reindex_knowledge(settings, encoder=CutOff(dim=24, name=OTHER.name, batches=batches))
    still = opened(home, CharacterEncoder())
    assert still.search("界河由谁协调", limit=1)
    report = reindex_knowledge(settings, encoder=OTHER)
    assert report.kept > 1
    assert report.kept + report.documents == len(still._store.documents())

    whole = opened(tmp_path / "whole", OTHER)
    whole.ingest([library(tmp_path / "again" / "laws")], workers=1)
    resumed = opened(home, OTHER)
    assert {one.id for one in resumed._store.scroll()} == {one.id for one in whole._store.scroll()}
    assert resumed.version == report.version
    for base in (still, whole, resumed):
        base.close()


def test_a_base_of_starter_articles_only_is_made_anew_without_being_asked(tmp_path: Path) -> None:
    opened(tmp_path, CharacterEncoder()).close()
    base = opened(tmp_path, OTHER)
    assert base.search("井盖丢了", limit=3)
    assert base.index_warning == ""
    base.close()


def test_an_older_recipe_is_served_added_to_and_named(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(identity, "recipe", lambda: "another")
    with caplog.at_level(logging.WARNING):
        base = opened(home, CharacterEncoder())
    assert "旧版本的方法" in caplog.text
    assert "lianzhi kb reindex" in base.index_warning
    assert base.search("界河由谁协调", limit=1)
    paper = tmp_path / "通知.txt"
    paper.write_text("关于界河清漂分工的通知。\n\n左岸由甲镇负责，右岸由乙镇负责。\n", encoding="utf-8")
    base.ingest([paper], workers=1)
    assert any(one.kind == "doc" and "甲镇" in one.text for one in base.search("界河清漂由哪个镇负责", limit=20))
    assert base.index_warning
    report = base.reindex()
    assert report.documents == len(base._store.documents())
    assert base.index_warning == ""
    base.close()


def test_a_starter_base_of_an_older_recipe_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(tmp_path, CharacterEncoder()).close()
    monkeypatch.setattr(identity, "recipe", lambda: "another")
    base = opened(tmp_path, CharacterEncoder())
    assert base.index_warning == ""
    base.close()


def test_while_another_process_builds_it_is_refused(home: Path) -> None:
    with only_builder(home / "knowledge"), pytest.raises(Conflict, match="另一个进程正在更新知识库（进程 "):
        reindex_knowledge(KnowledgeSettings(home=home), encoder=OTHER)


def test_the_command_makes_the_index_of_the_shipped_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(home))
    refused = CliRunner().invoke(app, ["kb", "search", "井盖", "--json"])
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (1, "stale_index")
    done = CliRunner().invoke(app, ["kb", "reindex", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["documents"] > 0
    assert report["model"].startswith("lianzhi-static-128-")
    again = CliRunner().invoke(app, ["kb", "reindex"])
    assert "无需重建" in again.stdout
    assert CliRunner().invoke(app, ["kb", "search", "井盖", "--json"]).exit_code == 0


def test_what_would_lose_passages_is_not_published(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge import reindex as module

    monkeypatch.setattr(module, "_write", lambda *_: None)
    with pytest.raises(Unavailable, match="没有发布"):
        reindex_knowledge(KnowledgeSettings(home=home), encoder=OTHER)
    base = opened(home, CharacterEncoder())
    assert base.search("界河由谁协调", limit=1)
    base.close()


def test_names_tell_models_and_recipes_apart() -> None:
    maker = identity.Maker("BAAI/bge-small-zh-1a2b3c4d#11112222", 512)
    assert maker.model == "BAAI/bge-small-zh-1a2b3c4d"
    assert identity.Maker("of-old", 128).model == "of-old"
    assert maker.serves(replace_recipe(maker, "33334444"))
    assert not maker.serves(identity.Maker(maker.identity, 256))


def replace_recipe(maker: identity.Maker, recipe: str) -> identity.Maker:
    return identity.Maker(f"{maker.model}#{recipe}", maker.dim)
