"""Fit the few weights of the ranking, and say what they would score on questions they were not fitted on.

    python scripts/tune_ranking.py [--laws DIR | --home DIR] [--model DIR] [--weights NAME ...]

Questions: the public lay questions' dev half over national law and the city's, as a city asks them, and the open half
of the governance suite; both count alike, so that no weight serves one kind only. Coordinate search over a coarse grid;
cross-validation over five folds of whole blocks of topics (a hundred neighbouring numbers, a matter of the suite). The
product's weights (`knowledge.sparse`, `knowledge.fusion`) are edited by hand where a gain holds out of fold: a
difference below half a point is noise. `dense` belongs into the model's card (`lianzhi.json`).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.ranking import SEED, SHARED, cells, opened
from bench.ranking_arms import Pool, Query, Weighing
from bench.ranking_corpus import from_base, from_files
from bench.ranking_fit import GRID, START, Sample, Setting, cross_validated
from bench.ranking_measures import NAMES
from bench.ranking_questions import governance_questions, lay_questions
from knowledge.fusion import FusionWeights
from knowledge.sparse import CAPTION_LENGTH, EXPANSION, FUNCTION


def main() -> None:
    """Fit, cross-validate, print."""
    arguments = _arguments()
    encoder = opened(arguments.model)
    held = from_base(arguments.home) if arguments.home else from_files(arguments.laws)
    lay, suite = lay_questions(arguments.queries), governance_questions()
    queries = [Query.of(question.text) for question in [*lay, *suite]]
    city = Pool(held, held.pool("", arguments.city), queries, encoder)
    national = Pool(held, held.pool(""), queries, encoder)
    vectors = city.dense(captions=True)
    samples = [
        Sample(questions=lay, queries=queries[: len(lay)], pool=city, vectors=vectors, encoder=encoder),
        Sample(questions=suite, queries=queries[len(lay) :], pool=city, vectors=vectors, encoder=encoder),
    ]
    alone = Sample(
        questions=lay,
        queries=queries[: len(lay)],
        pool=national,
        vectors=national.dense(captions=True),
        encoder=encoder,
    )
    print(f"{encoder.name}; {len(lay)} lay questions, {len(suite)} of the governance suite; measures: {NAMES}")
    fit = cross_validated(samples, arguments.weights, seed=arguments.seed)
    served = _served(encoder.dense_weight)
    for name, setting in (("start", START), ("served", served), ("fitted", fit.setting)):
        print(f"\n{name}: {_shown(setting)}")
        for kind, sample in zip(("lay, with the city's law", "governance"), samples, strict=True):
            print(f"{kind:40}{cells(sample.scores(setting))}")
        print(f"{'lay, national law':40}{cells(alone.scores(setting))}")
    print("\nout of fold")
    for kind, rows in zip(("lay, with the city's law", "governance"), fit.outside, strict=True):
        print(f"{kind:40}{cells(rows)}")
    for number, setting in enumerate(fit.by_fold):
        print(f"fold {number}: {_shown(setting)}")
    print("\neach weight moved alone from what is served: lay with the city's law, governance")
    for name in GRID:
        for option in GRID[name]:
            moved: Setting = tuple((key, option if key == name else value) for key, value in served)
            found = [" ".join(f"{value:.3f}" for value in sample.scores(moved).mean(axis=0)) for sample in samples]
            print(f"{name:>15} {option:<5g} {'   '.join(found)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=Path, default=SHARED / "retrieval" / "lay_queries_dev.jsonl")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--laws", type=Path, default=SHARED / "laws", help="folder of law texts")
    source.add_argument("--home", type=Path, help="data folder of a base to take the passages from")
    parser.add_argument("--model", type=Path, help="embedding model; default: the shipped one")
    parser.add_argument("--city", default="重庆", help="whose law besides national law")
    parser.add_argument("--weights", nargs="*", choices=list(GRID), default=list(GRID), help="which to fit")
    parser.add_argument("--seed", type=int, default=SEED, help="of the folds")
    return parser.parse_args()


def _served(dense: float) -> Setting:
    weights, weighing = FusionWeights(dense=dense), Weighing()
    return (
        ("b", weighing.b),
        ("caption_length", CAPTION_LENGTH),
        ("function", FUNCTION),
        ("expansion", EXPANSION),
        ("prior", weights.prior),
        ("own", weights.own),
        ("dense", weights.dense),
    )


def _shown(setting: Setting) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in setting)


if __name__ == "__main__":
    main()
