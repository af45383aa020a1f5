"""The documentation is tested: settings, drawings, links and the glossary agree with the code."""

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from domain.worlddata import places
from lianzhi import app
from scripts.pages import architecture_page, field_docs, settings_classes, settings_page, variables

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
CONTRACT = {
    "LIANZHI_HOME",
    "LIANZHI_DATABASE_URL",
    "LIANZHI_QDRANT_URL",
    "LIANZHI_EMBEDDING_MODEL",
    "LIANZHI_LLM_MODEL",
    "LIANZHI_LLM_BASE_URL",
    "LIANZHI_LLM_API_KEY",
    "LIANZHI_HOST",
    "LIANZHI_PORT",
    "LIANZHI_AUTH",
}


def test_the_settings_page_is_fresh() -> None:
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_every_setting_of_the_contract_exists() -> None:
    assert set(variables()) >= CONTRACT


def test_every_setting_is_explained_and_prefixed() -> None:
    for cls in settings_classes():
        assert cls.model_config.get("env_prefix") == "LIANZHI_", cls
        assert set(cls.model_fields) <= set(field_docs(cls)), cls


def test_the_drawings_are_what_the_code_draws() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert text.count("```mermaid") >= 2
    assert text == architecture_page(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_local_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} → {target}"


def test_the_makefile_explains_every_command() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("run", "test", "check", "bench", "dist", "clean"):
        assert re.search(rf"^{command}:.*## \w", text, re.MULTILINE), command


def test_commands_of_the_pages_exist() -> None:
    lianzhi = typer.main.get_command(app)
    assert isinstance(lianzhi, TyperGroup)
    groups = {"": lianzhi} | {name: one for name, one in lianzhi.commands.items() if isinstance(one, TyperGroup)}
    for page in [ROOT / "README.md", ROOT / "README.zh-CN.md", *DOCS.glob("*.md")]:
        for group, name in re.findall(
            r"\blianzhi (?:(kb|world|audit) )?([a-z][a-z-]*)", page.read_text(encoding="utf-8")
        ):
            assert name in groups[group].commands, f"{page.name}: lianzhi {group} {name}"


def test_the_readmes_stand_where_the_manhole_is() -> None:
    spot = places()["manhole_on_river_line"]
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert f'"lon": {spot.lon}, "lat": {spot.lat}' in text, name
