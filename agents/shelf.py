"""A small bounded memory of things that were looked up; least recently used go first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Shelf:
    """Remembers results by key, for any number of threads. Values are shared: nobody may change them."""

    def __init__(self, size: int = 8192) -> None:
        self._size = size
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under a key, made at first use; what `make` raises is not remembered."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return cast(T, self._found[key])
        value = make()
        with self._lock:
            self._found[key] = value
            if len(self._found) > self._size:
                self._found.popitem(last=False)
        return value
