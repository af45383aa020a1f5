"""What is set apart in a store, and how a person lets it in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.clock import shown
from domain.errors import Conflict, InvalidInput, NotFound
from knowledge.document import read_day
from knowledge.embedding import Encoder
from knowledge.identity import vectors_of
from knowledge.quarantine import QUARANTINE, Quarantined, quarantined_in
from knowledge.records import record_of
from knowledge.store import VectorReader, VectorStore


def set_apart(store: VectorReader) -> list[Quarantined]:
    """Everything set apart, by file and place in it; what was let in is marked so."""
    found = [one for meta in store.documents().values() for one in quarantined_in(meta)]
    return sorted(found, key=lambda one: (one.source, one.place, one.id))


def release(store: VectorStore, encoder: Encoder, key: str, *, by: str, at: datetime) -> Quarantined:
    """Let one text in: it is indexed as if nothing had been said against it, and who did so stays with it.

    Args:
        store: A builder.
        encoder: Makes the dense vectors.
        key: Id of the text, or its first digits if no other begins so.
        by: Name of the person who looked.
        at: When.

    Raises:
        InvalidInput: No name, or several texts whose ids begin so.
        NotFound: Nothing is set apart under this id.
        Conflict: It was let in before.
    """
    if not by.strip():
        raise InvalidInput("放行须写明由谁审看。", "请用 --by 写上姓名或工号。")
    found = [one for one in set_apart(store) if key and one.id.startswith(key)]
    if not found:
        raise NotFound(f"没有编号为“{key}”的隔离内容。", "编号见 lianzhi kb quarantine。")
    if len(found) > 1:
        raise InvalidInput(f"有 {len(found)} 处隔离内容的编号以“{key}”开头。", "请写全编号。")
    one = found[0]
    if one.released:
        raise Conflict(f"这处内容已由{one.released['by']}于 {shown(one.released['at'])} 放行。", "无需再次放行。")
    one = replace(one, released={"by": by.strip(), "at": at.isoformat(timespec="seconds")})
    _let_in(store, encoder, one)
    return one


def _let_in(store: VectorStore, encoder: Encoder, one: Quarantined) -> None:
    meta = store.documents()[one.doc_id]
    end = meta.get("expiry", {})
    starts = read_day(meta.get("starts"))
    records = [
        replace(
            record,
            effective_date=starts or record.effective_date,
            expiry_date=read_day(end.get("day")),
            expiry_kind=end.get("kind", ""),
            superseded_by=end.get("by", ""),
            status_note=end.get("note", ""),
        )
        for record in map(record_of, one.payloads)
    ]
    dense, sparse = vectors_of(records, encoder)
    store.upsert(records, dense, sparse)
    store.finish_document(one.doc_id, _changed(meta, one, len(records)))


def _changed(meta: Mapping[str, Any], one: Quarantined, more: int) -> dict[str, Any]:
    rows = [one.to_meta() if row["id"] == one.id else row for row in meta[QUARANTINE]]
    return {**meta, QUARANTINE: rows, "passages": int(meta.get("passages", 0)) + more}
