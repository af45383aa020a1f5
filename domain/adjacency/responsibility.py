"""Who is responsible (确权定责): from a question to an opinion, by rules that a reader can follow.

    needed_articles(issue_id) -> ((law, article), …)   what the caller resolves in the knowledge base
    decide(Question, World, Territory) -> Opinion       pure: the same question gives the same bytes

`Question`, `Precedent`, `PastCase` and `Filing` are of `domain.adjacency.question` and re-exported here.
"""

from domain.adjacency.question import Filing as Filing
from domain.adjacency.question import PastCase as PastCase
from domain.adjacency.question import Precedent as Precedent
from domain.adjacency.question import Question as Question
from domain.opinion import Opinion
from domain.territory import Territory
from domain.world import World


def needed_articles(issue_id: str) -> tuple[tuple[str, str], ...]:
    """Articles that an opinion on this issue may cite: the issue's basis and the bases of all rules that may fire.

    Args:
        issue_id: Issue id, or empty when the issue is unknown.

    Returns:
        Pairs (law as the tables name it, article label), sorted, each once.
    """
    raise NotImplementedError


def decide(question: Question, world: World, territory: Territory) -> Opinion:
    """Name the four duties, say why, and say what a person must decide."""
    raise NotImplementedError
