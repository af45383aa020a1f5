"""Build the starter corpus: digests, in our own words, of the articles that issues and rules rest on.

    python scripts/build_starter.py --laws ../shared/laws --tables ../shared/domain

The law texts are read for the dates, chapter and hash of each article only; their wording is not carried over.
Every hash is compared with the table of checked citations. The result is `knowledge/data/starter.jsonl`.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.issues import issue_table
from knowledge.law import ParsedLaw, article_sha256, parse_law, reference_sha256
from knowledge.numerals import label_key

ROOT = Path(__file__).parents[1]
OUT = ROOT / "knowledge" / "data" / "starter.jsonl"
GISTS = ROOT / "scripts" / "starter_gists.json"
_WIDE = str.maketrans({",": "，", ":": "：", ";": "；", "(": "（", ")": "）"})


def main() -> int:
    """Write the starter corpus; exit 1 when a hash differs or an article has no digest."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--laws", type=Path, required=True, help="folder of law texts")
    options.add_argument("--tables", type=Path, required=True, help="folder with citations_verified.json")
    arguments = options.parse_args()
    citations = json.loads((arguments.tables / "citations_verified.json").read_text(encoding="utf-8"))
    rows, faults = build(citations, arguments.laws)
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
        return 1
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} digests of {len({row['law'] for row in rows})} laws -> {OUT.relative_to(ROOT)}")
    return 0


def build(citations: list[dict[str, Any]], laws: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of the starter corpus and what is wrong with them."""
    parsed: dict[str, ParsedLaw] = {}
    grouped: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for entry in citations:
        grouped[entry["path"], str(entry["article"])].append(entry)
    gists: Mapping[str, str] = json.loads(GISTS.read_text(encoding="utf-8"))
    rows, faults = [], []
    for (path, label), entries in grouped.items():
        if path not in parsed:
            parsed[path] = parse_law((laws / path).read_text(encoding="utf-8"), path=Path(path))
        law = parsed[path]
        row = _row(law, label, entries, gists)
        if reference_sha256(law.articles[label]) != entries[0]["article_sha256"]:
            faults.append(f"{law.law} {label}: the text is not the one that was checked")
        if not row["gist"]:
            faults.append(f"{law.law} {label}: no digest")
        rows.append({**row, "source": path})
    return sorted(rows, key=lambda row: (row["law"], label_key(row["article"]))), faults


def _row(law: ParsedLaw, label: str, entries: list[dict[str, Any]], gists: Mapping[str, str]) -> dict[str, Any]:
    article = law.articles[label]
    gist = [entry["paraphrase"].translate(_WIDE) for entry in entries if entry["paraphrase"]]
    gist += [text for law_name, number, text in _table_gists() if (law_name, number) == (law.law, label)]
    own = gists.get(f"{law.law}|{label}", "")
    return {
        "law": law.law,
        "article": label,
        "gist": own or "；".join(dict.fromkeys(gist)),
        "used_by": sorted({entry["used_by"] for entry in entries}),
        "title": law.title,
        "chapter": article.chapter,
        "version_date": f"{law.version_date or ''}",
        "effective_date": f"{law.effective_date or ''}",
        "level": law.level,
        "region": law.region,
        "sha256": article_sha256(article.text),
        "chars": len(article.text),
    }


def _table_gists() -> list[tuple[str, str, str]]:
    return [
        (law, number, gist.translate(_WIDE)) for issue in issue_table().values() for law, number, gist in issue.basis
    ]


if __name__ == "__main__":
    sys.exit(main())
