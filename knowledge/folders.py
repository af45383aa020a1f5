"""Which folders were ingested, by name: so that a file that has left one is missed, and one of another place is not.

Documents know their file by its path from the folder that was named, so that a knowledge base is the same on every
machine. Where that folder lies is kept beside the vectors, in `folders.json`; it is advice only and may be lost.
"""

import json
import uuid
from collections.abc import Iterable
from pathlib import Path

from knowledge.records import canonical_json


class FolderBook:
    """Name of a folder → where it lay when it was last ingested."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or damaged: nothing is missed this time
            read = {}
        self._places: dict[str, str] = read if isinstance(read, dict) else {}

    def same(self, folders: Iterable[Path]) -> set[str]:
        """Names of those folders that lie where they lay before."""
        return {folder.name for folder in map(Path.resolve, folders) if self._places.get(folder.name) == str(folder)}

    def remember(self, folders: Iterable[Path]) -> None:
        """Note where folders lie now."""
        places = self._places | {folder.name: str(folder) for folder in map(Path.resolve, folders)}
        if places != self._places:
            draft = self._file.with_name(f"{self._file.name}.{uuid.uuid4().hex[:8]}")
            draft.write_text(canonical_json(places), encoding="utf-8")
            draft.replace(self._file)
            self._places = places
