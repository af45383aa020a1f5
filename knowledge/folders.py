"""Under which name each file and folder was ingested, and where it lay.

Documents know their file by its path from the folder that was named, so that a knowledge base is the same on every
machine. Where that folder lies is kept beside the vectors, in `folders.json`: so that a file that has left one is
missed, and that two places of one name are two. It is advice only and may be lost.
"""

import json
import uuid
from collections.abc import Iterable
from pathlib import Path

from knowledge.records import canonical_json


class FolderBook:
    """Name of a file or folder → where it lay when it was last ingested."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or damaged: nothing is missed this time
            read = {}
        items = read.items() if isinstance(read, dict) else ()
        self._before = {str(name): str(place) for name, place in items}
        self._places = dict(self._before)
        self._names = {place: name for name, place in self._before.items()}

    def name(self, path: Path) -> str:
        """Name of a file or folder: its own, with those above it in front while another place has that name.

        What lies in a folder of the book is known from the nearest one on; what was moved keeps its name.
        """
        place = path.resolve()
        for folder in (place, *place.parents):
            if known := self._names.get(str(folder)):
                return Path(known, place.relative_to(folder)).as_posix()
        parts = place.parts[1:]
        names = ["/".join(parts[-count:]) for count in range(1, len(parts) + 1)]
        name = next((one for one in names if not self._taken(one)), place.as_posix())
        self._names.pop(self._places.get(name, ""), None)
        self._places[name] = str(place)
        self._names[str(place)] = name
        return name

    def same(self, folders: Iterable[Path]) -> set[str]:
        """Names of those folders that lie where they lay before, and of what was named before and lies in one."""
        places = set(self._before.values())
        found: set[str] = set()
        for folder in map(Path.resolve, folders):
            if any(str(one) in places for one in (folder, *folder.parents)):
                found.add(self.name(folder))
            found.update(name for name, place in self._before.items() if folder in Path(place).parents)
        return found

    def remember(self) -> None:
        """Keep the names that were given."""
        if self._places != self._before:
            draft = self._file.with_name(f"{self._file.name}.{uuid.uuid4().hex[:8]}")
            draft.write_text(canonical_json(self._places), encoding="utf-8")
            draft.replace(self._file)
            self._before = dict(self._places)

    def _taken(self, name: str) -> bool:
        return name in self._places and Path(self._places[name]).exists()
