"""Case logs as cities have them (CSV, XLSX, JSON lines; also gzipped) read into a `CaseTable`."""

import codecs
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from adapters.sheets import fast_sheet_rows
from adapters.tables import canonical_keys
from domain.caselog import FIELD_NAMES, CaseTable
from domain.caselogreader import CaseLogReader, Known
from domain.errors import BadGeodata, InvalidInput, reason_of

CHUNK = 20_000
"""Rows that are held as Python objects at a time."""
MAX_BYTES = 4_000_000_000
"""Most that a file may unpack to."""
SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".xlsx")

_MORE: Mapping[str, Sequence[str]] = {
    "id": ("编号", "案件号", "案卷编号", "工单编号", "工单号", "case_id"),
    "reported_at": ("受理时间", "采集时间", "上报日期时间"),
    "registered_at": ("立案日期时间",),
    "dispatched_at": ("派单时间", "首次派遣时间"),
    "settled_at": ("责任确定时间", "确责时间"),
    "disputed_at": ("标记争议时间",),
    "due_at": ("处置截止", "截止时间", "处置时限时间", "应处置完成时间"),
    "handled_at": ("处置时间", "办结时间", "处理完成时间"),
    "closed_at": ("结案日期时间", "办结归档时间"),
    "issue": ("事项编码", "事项编号", "事项名称", "小类", "问题类型", "类别"),
    "source": ("问题来源", "上报渠道", "案件来源"),
    "district": ("区县编码", "区县代码", "所属区县", "区", "区县名称"),
    "township": ("镇街编码", "街道", "所属街道", "乡镇街道", "街镇", "镇街名称"),
    "community": ("社区编码", "村社", "所属社区"),
    "grid": ("网格编码", "所属网格", "单元网格"),
    "stage": ("案件状态", "状态", "当前阶段"),
    "unit": ("处置单位", "主责单位", "责任部门", "处置部门", "承办单位"),
    "first_unit": ("首次派遣单位", "首派部门"),
    "reporter": ("采集员", "监督员"),
    "handler": ("处置人", "处置员"),
    "text": ("描述", "案件描述", "内容"),
    "lon": ("lng", "longitude", "x"),
    "lat": ("latitude", "y"),
    "accuracy_m": ("精度",),
    "returns": ("回退次数", "退回次数", "退单"),
    "rework": ("返工",),
    "extended": ("延期",),
    "adjacent": ("毗邻", "毗邻标识"),
    "satisfied": ("满意度", "满意", "回访结果"),
    "previous": ("前案", "关联前案"),
    "master": ("主案", "合并到"),
}
ALIASES: Mapping[str, Sequence[str]] = {
    **{key: (name, *_MORE.get(key, ())) for key, name in FIELD_NAMES.items()},
    "crs": ("坐标系",),
}
"""Heads that each field may stand under, beside its own name."""


def read_case_table(path: Path, *, known: Known | None = None, crs: str = "WGS84") -> CaseTable:
    """The case log in a file.

    Args:
        path: `.csv` (UTF-8 with or without mark, or GB 18030), `.jsonl`/`.ndjson`, `.xlsx` (first sheet); the first
            two also as `.gz`.
        known: Regions and issues to check against; None checks none.
        crs: System of coordinates that declare none.

    Raises:
        InvalidInput: If the file is not there, cannot be unpacked or decoded, or has no column of ids.
    """
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise InvalidInput(f"不支持的文件格式：{path.name}。", f"可用：{'、'.join(SUFFIXES)}。")
    reader = CaseLogReader(known=known, crs=crs)
    try:
        if name.endswith(".xlsx"):
            _read_rows(fast_sheet_rows(path), path.name, reader)
        elif ".csv" in name:
            with _text(path) as text:
                _read_rows(csv.reader(text), path.name, reader)
        else:
            with _text(path) as text:
                _read_lines(text, reader)
    except BadGeodata as error:
        raise InvalidInput(error.message, error.hint) from None
    except csv.Error as error:
        raise InvalidInput(f"{path.name} 不是可读的 CSV：{error}。", "请用表格软件重新导出为 CSV（UTF-8）。") from None
    return reader.table()


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """The file as text, read as it is needed; unpacked on the way."""
    encoding = _encoding(path)
    with _raw(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        yield text


@contextmanager
def _raw(path: Path) -> Iterator[BinaryIO]:
    packed = path.name.lower().endswith(".gz")
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as raw:
            yield cast("BinaryIO", raw)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InvalidInput(f"{path.name} 不是完整的 gzip 文件。", "请重新压缩或改传未压缩的文件。") from None
    except OSError as error:
        raise InvalidInput(f"读不到文件“{path}”：{reason_of(error)}。", "请检查路径与权限。") from None


def _encoding(path: Path) -> str:
    """The first encoding in which the whole file can be read."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder, size = codecs.getincrementaldecoder(encoding)(), 0
        with _raw(path) as raw:
            try:
                while block := raw.read(1 << 20):
                    decoder.decode(block)
                    size += len(block)
                    if size > MAX_BYTES:
                        raise InvalidInput(f"{path.name} 解压后过大。", "请按月或按季拆分。")
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
        return encoding
    raise InvalidInput(f"{path.name} 既不是 UTF-8 也不是 GB18030 编码。", "请另存为 UTF-8 编码的 CSV。")


def _read_rows(lines: Iterable[Sequence[object]], file: str, reader: CaseLogReader) -> None:
    """Rows below a header; empty rows are passed over."""
    rest = iter(lines)
    headers = ["" if cell is None else str(cell).strip().lstrip("\ufeff") for cell in next(rest, ())]
    keys = canonical_keys(headers, ALIASES, ("id",), file)
    at = {key: headers.index(header) for key, header in keys.items()}
    width, number = max(at.values()) + 1, 0
    while lot := list(islice(rest, CHUNK)):
        rows = [number + i for i, line in enumerate(lot, start=1) if any(cell not in (None, "") for cell in line)]
        full = [lot[row - number - 1] for row in rows]
        padded = [line if len(line) >= width else (*line, *[None] * (width - len(line))) for line in full]
        number += len(lot)
        if padded:
            columns = list(zip(*(line[:width] for line in padded), strict=True))
            reader.add({key: columns[i] for key, i in at.items()}, rows)


def _read_lines(text: TextIO, reader: CaseLogReader) -> None:
    """JSON lines; a line that is no object is noted and passed over."""
    lines = enumerate(text, start=1)
    while lot := list(islice(lines, CHUNK)):
        rows, objects = [], []
        for number, line in lot:
            plain = _object(line)
            if isinstance(plain, dict):
                rows.append(number)
                objects.append(_named(cast("dict[str, Any]", plain)))
            elif line.strip():
                reader.broken(number, line)
        if rows:
            fields = [key for key in ALIASES if any(key in one for one in objects)]
            reader.add({key: [one.get(key) for one in objects] for key in fields}, rows)


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


_NAMES = {name: key for key, names in ALIASES.items() for name in names}


def _named(plain: dict[str, Any]) -> dict[str, Any]:
    """The object under canonical keys; Chinese keys are accepted too."""
    return plain if "id" in plain else {_NAMES.get(key, key): value for key, value in plain.items()}


def raw_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of a JSON-lines file as they are, for suites that need what the table leaves out (`truth`)."""
    with _text(path) as text:
        for line in text:
            plain = _object(line)
            if isinstance(plain, dict):
                yield cast("dict[str, Any]", plain)
