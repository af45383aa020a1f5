"""Text recognition behind a port: pages without a text layer are read by whoever is configured, else they are said.

The one adapter calls the `tesseract` command (Apache-2.0) with Simplified Chinese; `LIANZHI_OCR=tesseract` turns it on.
"""

import shutil
import subprocess
from dataclasses import dataclass
from typing import Protocol

from domain.errors import InvalidInput, Unavailable
from knowledge.textunits import Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedText:
    """What was read off an image; `confidence` from 0 to 1 is the engine's own, weighed by characters."""

    text: str
    confidence: float


class TextRecogniser(Protocol):
    """Reads text off images; must survive pickling, since files are read in several processes."""

    def recognise(self, image: bytes) -> RecognisedText:
        """Read one image (PNG, JPEG or TIFF).

        Raises:
            Unreadable: With code `ocr_failed`, if the engine gives up on it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tesseract:
    """The `tesseract` command line.

    Attributes:
        command: Name or path of the program.
        language: Language data it must have.
        timeout_s: Seconds a page may take.
    """

    command: str = "tesseract"
    language: str = "chi_sim"
    timeout_s: float = 120.0

    def recognise(self, image: bytes) -> RecognisedText:
        """See `TextRecogniser.recognise`."""
        call = [self.command, "stdin", "stdout", "-l", self.language, "--psm", "3", "tsv"]
        try:
            done = subprocess.run(call, input=image, capture_output=True, timeout=self.timeout_s, check=False)
        except subprocess.TimeoutExpired as error:
            raise Unreadable("ocr_failed", f"文字识别超时（{self.timeout_s:.0f} 秒）") from error
        except OSError as error:
            raise Unreadable("ocr_failed", f"文字识别程序“{self.command}”无法运行") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
            raise Unreadable("ocr_failed", f"文字识别失败：{said[-1][:120] if said else done.returncode}")
        return read_tsv(done.stdout.decode("utf-8", errors="replace"))


def read_tsv(table: str) -> RecognisedText:
    """Text of tesseract's table of words: lines in order, blanks only between words that are not Chinese."""
    lines: dict[tuple[str, ...], list[str]] = {}
    weight = total = 0.0
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or not cells[11].strip() or float(cells[10]) < 0:
            continue
        word = cells[11].strip()
        lines.setdefault(tuple(cells[1:5]), []).append(word)
        total += len(word)
        weight += len(word) * float(cells[10])
    text = "\n".join(_joined(words) for words in lines.values())
    return RecognisedText(text=text, confidence=round(weight / total / 100, 4) if total else 0.0)


def open_recogniser(name: str) -> TextRecogniser | None:
    """The recogniser that a setting names; None for an empty name.

    Raises:
        InvalidInput: There is no recogniser of this name.
        Unavailable: Its program is not installed.
    """
    if not name:
        return None
    if name != "tesseract":
        raise InvalidInput(f"没有“{name}”这种文字识别程序。", "LIANZHI_OCR 只能为空或 tesseract。")
    if shutil.which("tesseract") is None:
        raise Unavailable(
            "没有找到 tesseract 程序。", "请安装 tesseract-ocr 与 tesseract-ocr-chi-sim，或清空 LIANZHI_OCR。"
        )
    return Tesseract()


def _joined(words: list[str]) -> str:
    line = ""
    for word in words:
        blank = bool(line) and line[-1].isascii() and word[0].isascii()
        line += f" {word}" if blank else word
    return line
