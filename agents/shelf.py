"""A small bounded memory of things that were looked up; least recently used go first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Shelf:
    """Remembers results by key. Values are shared: nobody may change them."""

    def __init__(self, size: int = 8192) -> None:
        self._size = size
        self._found: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under a key, made at first use; what `make` raises is not remembered."""
        if key in self._found:
            self._found.move_to_end(key)
            return cast(T, self._found[key])
        value = make()
        self._found[key] = value
        if len(self._found) > self._size:
            self._found.popitem(last=False)
        return value
