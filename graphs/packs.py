"""Scenario packs at work: a district hands on what it has, another compares it and takes it in (一地创新·全市共享)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapters.packs import read_pack, write_pack
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.schemes import Scheme
from domain.clock import Clock, iso, system_clock
from domain.errors import BadPack, InvalidInput
from domain.opinion import canonical
from domain.packcontent import EntryFault, agreements_of, content_of, faults_of, usable
from domain.packs import KIND_NAMES, KINDS, Content, Pack, difference, require_name
from domain.world import Agreement, World
from domain.worlddata import content_version, world_to_json
from graphs.bootstrap import load_world
from graphs.city import write_world
from graphs.compensating import find_scheme
from graphs.schemes import imported_schemes
from graphs.settings import GraphSettings
from records.book import CaseBook, open_book
from records.packs import ImportedPack
from records.settings import RecordsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSettings:
    """Where the city's data and its records are."""

    home: Path
    url: str

    @classmethod
    def from_environment(cls) -> "PackSettings":
        """As `LIANZHI_*` say."""
        return cls(home=GraphSettings().home, url=RecordsSettings().url)


def wanted_kinds(text: str) -> tuple[str, ...]:
    """Kinds named in a comma-separated list; all when it is empty. Raises InvalidInput."""
    kinds = tuple(part.strip() for part in text.replace("，", ",").split(",") if part.strip()) or KINDS
    strange = [kind for kind in kinds if kind not in KINDS]
    if strange:
        raise InvalidInput(f"不认识的内容：{'、'.join(strange)}。", f"可用：{'、'.join(KINDS)}。")
    return kinds


async def export_pack(
    path: Path,
    *,
    name: str,
    version: str,
    publisher: str,
    note: str = "",
    kinds: Sequence[str] = KINDS,
    schemes: Sequence[str] = (),
    settings: PackSettings | None = None,
) -> Pack:
    """Write what the city has to a pack.

    Args:
        path: File to write.
        name: Name of the pack.
        version: Its version, in the publisher's own counting.
        publisher: Who hands it on, in words.
        note: What it is, in words.
        kinds: What to put in.
        schemes: Ids or files of schemes of one's own, beside those that are packaged or imported.
        settings: Where the city is.

    Raises:
        BadPack: The name cannot be used.
        BadScheme: A scheme cannot be used.
        Unavailable: The file cannot be written, or the records not opened.
    """
    require_name(name)
    settings = settings or PackSettings.from_environment()
    whole = await current_content(settings, schemes)
    content = {kind: whole[kind] for kind in kinds}
    pack = Pack(name=name, version=version, publisher=publisher, note=note, content=content)
    write_pack(pack, path)
    return pack


async def current_content(settings: PackSettings, schemes: Sequence[str] = ()) -> Content:
    """What the city has now: packaged, its own, and taken in from packs."""
    world = load_world(settings.home)
    imported = await imported_schemes_at(settings, world)
    own = {scheme.id: scheme for name in schemes if (scheme := find_scheme(name, more=imported))}
    plain = {scheme.id: scheme for scheme in imported.values()}
    return content_of(world, {**packaged(), **plain, **own})


async def imported_schemes_at(settings: PackSettings, world: World | None = None) -> dict[str, Scheme]:
    """Schemes of imported packs by `pack/scheme`; none where nothing was recorded yet."""
    if settings.url.startswith("sqlite") and not (settings.home / "records.sqlite").is_file():
        return {}
    async with open_book(settings.url) as book:
        return await imported_schemes(book.packs, world or load_world(settings.home))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of an import.

    Attributes:
        fresh: Whether it was not imported before.
        faults: Entries that this city cannot use; the others were taken.
        adopted: Ids of agreements that were added to the city.
        refused: Why an agreement was not adopted.
    """

    imported: ImportedPack
    fresh: bool
    faults: tuple[EntryFault, ...]
    changes: int
    adopted: tuple[str, ...] = ()
    refused: tuple[EntryFault, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return pack_head(self.imported) | {
            "fresh": self.fresh,
            "counts": self.imported.pack.counts(),
            "changes": self.changes,
            "faults": [fault.to_json() for fault in self.faults],
            "adopted": list(self.adopted),
            "refused": [fault.to_json() for fault in self.refused],
        }

    def lines(self) -> list[str]:
        """The report for people."""
        one = self.imported
        counts = "，".join(f"{KIND_NAMES[kind]} {count}" for kind, count in one.pack.counts().items())
        told = "已引入" if self.fresh else "先前已引入"
        lines = [
            f"{told}：{one.pack.name}@{one.number}（版本 {one.pack.version}，{one.pack.publisher}）",
            f"摘要 {one.pack.digest}；{counts}；与本地不同 {self.changes} 处（lianzhi pack diff 查看）",
            f"引入人 {one.imported_by}，时间 {iso(one.imported_at)}，已入审计链",
        ]
        lines += [f"不可用：{KIND_NAMES[f.kind]} {f.id}：{f.reason}" for f in self.faults]
        lines += [f"未采用：{KIND_NAMES[f.kind]} {f.id}：{f.reason}" for f in self.refused]
        return lines + ([f"已采用毗邻协议：{'、'.join(self.adopted)}，重启服务后生效"] if self.adopted else [])


def pack_head(one: ImportedPack) -> dict[str, Any]:
    """An imported pack in a list."""
    return {
        "name": one.pack.name,
        "number": one.number,
        "version": one.pack.version,
        "publisher": one.pack.publisher,
        "note": one.pack.note,
        "digest": one.pack.digest,
        "imported_by": one.imported_by,
        "imported_at": iso(one.imported_at),
    }


async def import_pack(
    path: Path, *, by: str, adopt: bool = False, settings: PackSettings | None = None, clock: Clock = system_clock
) -> ImportReport:
    """Check a pack and keep it; its schemes can be named from then on as `pack/scheme`.

    Args:
        path: The file.
        by: Who imports it; recorded in the audit chain.
        adopt: Also add its agreements to the city's data; those whose id is taken are told and left.
        settings: Where the city is.
        clock: When.

    Raises:
        BadPack: It is no pack, or its digest does not fit: nothing is taken in.
        Unavailable: The records or the city's file cannot be written.
    """
    if not by.strip():
        raise BadPack("引入数据包须有署名。", "请用 --by 写明引入人。")
    settings = settings or PackSettings.from_environment()
    pack = read_pack(path)
    world = load_world(settings.home)
    faults, content = faults_of(pack, world), usable(pack, world)
    changes = len(difference(await current_content(settings), content))
    async with open_book(settings.url) as book:
        detail = {
            "counts": pack.counts(),
            "faults": [fault.to_json() for fault in faults][:100],
            "fault_count": len(faults),
        }
        imported, fresh = await book.packs.take_in(pack, by=by, at=clock(), detail=detail)
        report = ImportReport(imported=imported, fresh=fresh, faults=faults, changes=changes)
        return await _adopt(report, content, world, settings, book, by=by, clock=clock) if adopt else report


async def _adopt(
    report: ImportReport,
    content: Content,
    world: World,
    settings: PackSettings,
    book: CaseBook,
    *,
    by: str,
    clock: Clock,
) -> ImportReport:
    held = {agreement["id"]: agreement for agreement in world_to_json(world)["agreements"]}
    fresh: list[Agreement] = []
    refused: list[EntryFault] = []
    for agreement in agreements_of(content):
        if agreement.id not in held:
            fresh.append(agreement)
        elif canonical(held[agreement.id]) != canonical(content["agreements"][agreement.id]):
            why = "本地已有同编号而内容不同的协议，不覆盖"
            refused.append(EntryFault(kind="agreements", id=agreement.id, reason=why))
    if fresh:
        grown = replace(world, agreements=(*world.agreements, *fresh))
        grown = replace(grown, version=content_version(world_to_json(grown)))
        names = [agreement.id for agreement in fresh]
        pack = report.imported.pack
        await book.packs.note(pack, "pack.adopt", {"agreements": names, "world": grown.version}, by=by, at=clock())
        write_world(grown, settings.home)
    return replace(report, adopted=tuple(agreement.id for agreement in fresh), refused=tuple(refused))


async def diff_packs(
    old: str, new: str = "", *, kinds: Sequence[str] = KINDS, settings: PackSettings | None = None
) -> dict[str, Any]:
    """What differs: between two packs, or (without `new`) between what the city has and one pack.

    Args:
        old: File, `name` or `name@number` of an imported pack.
        new: The same; empty: the city is the old side, and `old` the new one.
        kinds: What to compare.
        settings: Where the city is.

    Raises:
        BadPack, PackNotFound: A pack cannot be read, or was not imported.
    """
    settings = settings or PackSettings.from_environment()
    first = await _pack_named(old, settings)
    if new:
        second = await _pack_named(new, settings)
        before, title = first.content, _title(first)
    else:
        before, title, second = await current_content(settings), "本地现状", first
    changes = difference(before, second.content, kinds=kinds)
    return {"old": title, "new": _title(second), "changes": [change.to_json() for change in changes],
            "lines": [line for change in changes for line in change.lines()]}  # fmt: skip


def _title(pack: Pack) -> str:
    return f"{pack.name} {pack.version}（{pack.digest[:12]}）"


async def _pack_named(text: str, settings: PackSettings) -> Pack:
    if Path(text).is_file() or text.endswith(".json"):
        return read_pack(Path(text))
    name, _, number = text.partition("@")
    if number and not number.isdecimal():
        raise BadPack(f"“{text[:80]}”既不是文件，也不是 名称@序号。", "已引入的见 lianzhi pack list。")
    async with open_book(settings.url) as book:
        return (await book.packs.get(name, int(number) if number else None)).pack


async def list_packs(settings: PackSettings | None = None) -> list[dict[str, Any]]:
    """Every import, by name and number."""
    settings = settings or PackSettings.from_environment()
    async with open_book(settings.url) as book:
        return [pack_head(one) for one in await book.packs.all()]


def changes_lines(found: Mapping[str, Any]) -> list[str]:
    """A difference for people."""
    return [f"{found['old']} → {found['new']}：{len(found['changes'])} 处不同", *found["lines"]]
