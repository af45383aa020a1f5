"""Passages sorted into what is indexed and what is set apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from knowledge.document import passage_record
from knowledge.numerals import article_heading
from knowledge.quarantine import HiddenText, Quarantined, quarantine_id
from knowledge.records import PassageRecord, record_payload
from knowledge.suspicion import Finding, findings, shown, suspects


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What may be indexed, and what may not until somebody has looked."""

    records: tuple[PassageRecord, ...]
    quarantine: tuple[Quarantined, ...]


def screen(groups: Sequence[Sequence[PassageRecord]], *, flowing: bool = False) -> Screened:
    """Examine passages.

    Args:
        groups: Passages that stand or fall together (the pieces of one article); none of them empty.
        flowing: The groups are one running text, in which an order may run over a border.
    """
    texts = ["".join(record.text for record in group) for group in groups]
    found = suspects(texts) if flowing else {at: hits for at, text in enumerate(texts) if (hits := findings(text))}
    known: dict[str, tuple[Finding, ...]] = {}
    kept: list[PassageRecord] = []
    apart: list[Quarantined] = []
    for index, group in enumerate(groups):
        first = group[0]
        around = "\n".join([first.title, first.chapter.replace("/", "\n")])
        if around not in known:  # a title that gives orders would stand above every passage
            known[around] = findings(around)
        said = "\n".join(first.meta[key] for key in sorted(first.meta)) if first.meta else ""
        hits = (*found.get(index, ()), *known[around], *(findings(said) if said else ()))
        if hits:
            apart.append(_set_apart(group, texts[index], hits))
        else:
            kept += group
    return Screened(records=tuple(kept), quarantine=tuple(apart))


def screen_hidden(
    hidden: Iterable[HiddenText], doc_id: str, *, kind: str, title: str, source: str, first_ordinal: int
) -> tuple[Quarantined, ...]:
    """Hidden text as it is set apart; let in, each becomes one passage behind the others."""
    apart = []
    for ordinal, one in enumerate(hidden, start=first_ordinal):
        record = passage_record(
            doc_id, ordinal, kind=kind, text=one.text, title=title, source=source, meta={"hidden": one.how}
        )
        hits = (Finding(reason="hidden", excerpt=shown(one.text)), *findings(one.text))
        apart.append(_set_apart([record], one.text, hits, place=f"{one.place}（{one.how}）"))
    return tuple(apart)


def _set_apart(group: Sequence[PassageRecord], text: str, hits: Sequence[Finding], *, place: str = "") -> Quarantined:
    first = group[0]
    if not place:
        place = article_heading(first.article) if first.article else first.chapter or f"第{first.ordinal + 1}段"
    return Quarantined(
        id=quarantine_id(first.doc_id, text),
        doc_id=first.doc_id,
        source=first.source,
        place=shown(place),
        reasons=tuple(dict.fromkeys(hit.reason for hit in hits)),
        excerpt=hits[-1].excerpt if hits[0].reason == "hidden" else hits[0].excerpt,
        text=text,
        payloads=tuple(record_payload(record) for record in group),
    )
