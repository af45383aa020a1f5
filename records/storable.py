"""What both databases can hold as text."""

from domain.errors import InvalidInput


def require_storable(*texts: str) -> None:
    """Refuse what only one of the databases, or neither, can keep.

    Raises:
        InvalidInput: If a text holds a NUL or half of a surrogate pair.
    """
    for text in texts:
        if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise InvalidInput("文字中含有无法保存的字符。", "请去掉空字符（NUL）和不完整的 Unicode 代理字符。")
