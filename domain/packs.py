"""Scenario packs (场景数据包): rules, taxonomy, agreements, schemes and limits, with a digest, to hand on and compare.

A pack is one JSON object. Its digest is the SHA-256 of the canonical JSON of everything else in it: whoever changes a
byte of the content changes the digest. It proves that nothing was changed on the way; who sent it, it does not prove.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from domain.errors import BadPack
from domain.opinion import canonical

FORMAT = "lianzhi-pack/1"
KIND_NAMES: Mapping[str, str] = {
    "rules": "确权规则",
    "taxonomy": "事项分类",
    "agreements": "毗邻协议",
    "schemes": "补偿方案",
    "limits": "办理时限",
}
"""Kinds of content, in the order in which they are shown."""
KINDS = tuple(KIND_NAMES)
_HEAD = ("format", "name", "version", "publisher", "note", "content")
_NAME = re.compile(r"[\w][\w.\-]{0,63}")
_MOST_SHOWN = 60
Content = Mapping[str, Mapping[str, Any]]
"""Entries by kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack.

    Attributes:
        name: Letters (Chinese too), digits, `_`, `-`, `.`; packs of one name follow each other by import.
        publisher: Who made it, in words.
        note: What it is, in words.
        content: Entries by kind and id, plain JSON values.
    """

    name: str
    version: str
    publisher: str
    content: Content
    note: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the pack without its digest, lower-case hex."""
        return hashlib.sha256(canonical(self._plain()).encode()).hexdigest()

    def _plain(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "publisher": self.publisher,
            "note": self.note,
            "content": {kind: dict(entries) for kind, entries in self.content.items()},
        }

    def to_json(self) -> dict[str, Any]:
        """The pack with its digest."""
        return self._plain() | {"digest": self.digest}

    def counts(self) -> dict[str, int]:
        """How many entries of each kind."""
        return {kind: len(self.content[kind]) for kind in KINDS if kind in self.content}


def require_name(name: str) -> None:
    """Raises BadPack if a pack cannot bear this name."""
    if not _NAME.fullmatch(name):
        raise BadPack(f"数据包名称“{name[:40]}”不可用。", "用文字、数字、_、-、.，不超过 64 个字符。")


def pack_from_text(text: str, *, name: str = "") -> Pack:
    """Read a pack and check its digest.

    Raises:
        BadPack: If it is no pack, of another form, or its digest does not fit its content.
    """
    try:
        plain: Any = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as fault:
        raise BadPack(f"数据包{name}不是合法的 JSON：{fault}。", "请向发布方重新索取。") from None
    if not isinstance(plain, dict):
        raise BadPack(f"数据包{name}不是 JSON 对象。", "请给出由 lianzhi pack export 导出的文件。")
    return pack_from_plain(cast("dict[str, Any]", plain), name=name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise ValueError("同一个键出现了两次")
    return plain


def pack_from_plain(plain: Mapping[str, Any], *, name: str = "") -> Pack:
    """Check a pack's form and digest; raises like `pack_from_text`."""
    faults = _form_faults(plain)
    if faults:
        raise BadPack(f"数据包{name}不能使用：{'；'.join(faults)}。", "请向发布方重新索取。", details=faults)
    pack = Pack(
        name=plain["name"],
        version=plain["version"],
        publisher=plain["publisher"],
        note=plain["note"],
        content=plain["content"],
    )
    require_name(pack.name)
    if plain["digest"] != pack.digest:
        told = [f"文件所载摘要 {str(plain['digest'])[:64]}", f"按内容算得 {pack.digest}"]
        raise BadPack(
            f"数据包{name}的摘要与内容不符，拒绝引入。",
            "文件可能被改动或损坏，请向发布方核对摘要后重新索取。",
            details=told,
        )
    return pack


def _form_faults(plain: Mapping[str, Any]) -> list[str]:
    if plain.get("format") != FORMAT:
        return [f"format 应为 {FORMAT}"]
    faults = [f"缺少 {key}" for key in (*_HEAD, "digest") if key not in plain]
    faults += [f"不认识的字段“{key[:30]}”" for key in plain if key not in (*_HEAD, "digest")]
    faults += [
        f"{key} 应为文字" for key in ("name", "version", "publisher", "note") if not isinstance(plain.get(key, ""), str)
    ]
    content: Any = plain.get("content", {})
    if not isinstance(content, Mapping):
        return [*faults, "content 应为对象"]
    for kind, entries in cast("Mapping[str, Any]", content).items():
        if kind not in KINDS:
            faults.append(f"不认识的内容“{kind[:30]}”，可用：{'、'.join(KINDS)}")
        elif not isinstance(entries, Mapping) or not all(
            isinstance(entry, Mapping) for entry in cast("Mapping[str, Any]", entries).values()
        ):
            faults.append(f"content.{kind} 应为“编号 → 对象”")
    return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry that differs: `what` is `added`, `removed` or `changed`; `fields` are (path, old, new) as text."""

    kind: str
    id: str
    what: str
    fields: tuple[tuple[str, str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        fields = [{"path": path, "old": old, "new": new} for path, old, new in self.fields]
        return {"kind": self.kind, "id": self.id, "what": self.what, "fields": fields}

    def lines(self) -> list[str]:
        """The change for people."""
        words = {"added": "新增", "removed": "删去", "changed": "修改"}
        head = f"{words[self.what]} {KIND_NAMES[self.kind]} {self.id}"
        return [head, *(f"  {path}：{old or '（无）'} → {new or '（无）'}" for path, old, new in self.fields)]


def difference(old: Content, new: Content, *, kinds: Sequence[str] = KINDS) -> tuple[Change, ...]:
    """What makes the new content of the old one, by kind and id; kinds that `new` does not hold are left alone."""
    found: list[Change] = []
    for kind in KINDS:
        if kind not in kinds or kind not in new:
            continue
        before, after = old.get(kind, {}), new[kind]
        for name in sorted({*before, *after}):
            if name not in before:
                found.append(Change(kind=kind, id=name, what="added"))
            elif name not in after:
                found.append(Change(kind=kind, id=name, what="removed"))
            elif canonical(before[name]) != canonical(after[name]):
                fields = tuple(_fields(before[name], after[name], ""))
                found.append(Change(kind=kind, id=name, what="changed", fields=fields))
    return tuple(found)


def _fields(old: Any, new: Any, path: str) -> list[tuple[str, str, str]]:  # noqa: ANN401  JSON values
    """Paths at which two values differ, as deep as objects go; lists of equal length are compared place by place."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        keys = [*before, *(key for key in after if key not in before)]
        return [
            one for key in keys for one in _fields(before.get(key), after.get(key), f"{path}.{key}" if path else key)
        ]
    if isinstance(old, list) and isinstance(new, list):
        first, second = cast("list[Any]", old), cast("list[Any]", new)
        if len(first) == len(second):
            pairs = enumerate(zip(first, second, strict=True))
            return [one for at, (was, now) in pairs for one in _fields(was, now, f"{path}[{at}]")]
    return [] if canonical(old) == canonical(new) else [(path, _shown(old), _shown(new))]


def _shown(value: Any) -> str:  # noqa: ANN401  a JSON value
    if value is None:
        return ""
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
