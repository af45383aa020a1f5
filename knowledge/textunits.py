"""What readers hand on, and how they refuse a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import UnreadableDocument
from knowledge.quarantine import HiddenText

_HINTS = {
    "missing": "请检查路径。",
    "forbidden": "请检查读取权限。",
    "symlink_loop": "请去掉绕回上级文件夹的链接。",
    "unknown_kind": "支持 md、txt、docx、pdf、html、csv、xlsx、jsonl；旧版 doc、wps 请先另存为 docx。",
    "too_large": "请拆分后再导入。",
    "empty": "请确认文件内容。",
    "encrypted": "请去掉密码后再导入。",
    "corrupt": "请重新获取或另存该文件。",
    "no_text": "扫描件须先识别文字：安装 tesseract（含 chi_sim），设置 LIANZHI_OCR=tesseract 后重新导入。",
    "ocr_failed": "请检查 tesseract 与中文语言包 chi_sim 是否装好，图像是否清晰。",
    "crashed": "请单独检查该文件，或另存为其他格式后再导入；其余文件不受影响。",
    "quarantined": "请用 lianzhi kb quarantine 查看，确认无害后放行。",
    "about_file": "如确需导入，请改名。",
    "stub": "请补上正文后再导入。",
    "template": "这是排版示例，不是法规。",
    "duplicate_version": "同一法规同一版本只收一份；如需替换，请先用 --recreate 重建。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that was left out: a stable code, the reason and what to do, in Chinese."""

    source: str
    code: str
    reason: str
    hint: str

    @classmethod
    def of(cls, source: str, code: str, reason: str) -> "Skipped":
        """With the hint that goes with the code."""
        return cls(source=source, code=code, reason=reason, hint=_HINTS.get(code, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextUnit:
    """One stretch of text out of a file: the whole of it, or one row of a table of cases; `hidden` is not in it."""

    text: str
    meta: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[HiddenText, ...] = ()


class Unreadable(UnreadableDocument):
    """One file cannot be read; `reason_code` says why, for programs."""

    def __init__(self, reason_code: str, reason: str) -> None:
        super().__init__(reason, _HINTS.get(reason_code, ""))
        self.reason_code = reason_code


def decode(data: bytes) -> str:
    """Text of bytes in UTF-8 (with or without mark), UTF-16 with mark, or GB 18030.

    Raises:
        Unreadable: If it is none of these.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = () if b"\x00" in data[:4096] else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("corrupt", "不是文本文件，或编码不是 UTF-8、GB 18030")
