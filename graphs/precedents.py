"""From a closed case to a precedent that everybody finds: draft, second reader, publication (先例入库).

The records say what ought to be in the knowledge base; publication only makes it so. It may be put off while another
process rebuilds the base, or lost with the process: what is missing is brought in at the next start, at the next
publication, and after a while. Bringing in twice changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Set
from dataclasses import dataclass
from typing import Any

from domain.casefacts import CaseFacts
from domain.clock import Clock
from domain.errors import Conflict, LianzhiError
from domain.organisation import Register
from domain.precedent import State, edited
from domain.precedentdraft import case_facts_of, draft_precedent, names_of
from knowledge.base import KnowledgeBase
from knowledge.publishing import precedent_document
from records.book import CaseBook
from records.precedents import FiledPrecedent

log = logging.getLogger(__name__)

SYSTEM = "system"
"""Who proposes what nobody had to ask for."""

RETRY_AFTER_S = 60.0
"""Wait before a publication that was put off is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a publication did: documents that changed, and ids that still wait because the base was being rebuilt."""

    changed: int
    pending: tuple[str, ...] = ()


class PrecedentDesk:
    """Where precedents are proposed, read, approved and published.

    Args:
        book: The records.
        knowledge: Where approved ones go.
        register: All units.
        clock: Time for everything that is recorded.
        retry_after_s: Seconds before a publication that was put off is tried again, > 0.
    """

    def __init__(
        self,
        book: CaseBook,
        knowledge: KnowledgeBase,
        register: Register,
        clock: Clock,
        *,
        retry_after_s: float = RETRY_AFTER_S,
    ) -> None:
        self._book = book
        self._knowledge = knowledge
        self._register = register
        self._clock = clock
        self._retry_after_s = retry_after_s
        self._one_at_a_time = asyncio.Lock()
        self._held: tuple[str, frozenset[str]] = ("", frozenset())
        self._tasks: set[asyncio.Task[Any]] = set()
        self._retry: asyncio.TimerHandle | None = None
        self._closing = False

    async def propose(self, case_id: str, *, by: str) -> tuple[FiledPrecedent, bool]:
        """Draft a precedent from a settled case; False: there was one already, and it stands.

        Raises:
            CaseNotFound: There is no such case.
            Conflict: It is not evaluated, or no officer approved or amended its opinion.
        """
        now = self._clock()
        draft = draft_precedent(await self._book.precedents.settled_case(case_id), self._register, by=by, at=now)
        return await self._book.precedents.propose(draft, by=by, at=now)

    async def propose_ruling(self, case_id: str) -> FiledPrecedent | None:
        """Propose a case that just came to its end by itself, where people ruled otherwise than the opinion said.

        That is: a dispute was ruled on, or the opinion was rejected and another ruling given. The draft waits for an
        officer like any other; None where there is nothing of the kind.

        Raises:
            CaseNotFound: There is no such case.
        """
        try:
            closed = await self._book.precedents.settled_case(case_id)
        except Conflict:
            return None
        if not (closed.disputes or closed.rejected):
            return None
        return (await self.propose(case_id, by=SYSTEM))[0]

    async def edit(
        self, precedent_id: str, *, title: str | None, facts: str | None, by: str, version: int | None = None
    ) -> FiledPrecedent:
        """Reword a proposal; personal data is taken out of the new words too.

        Raises:
            PrecedentNotFound, EmptyText, TextTooLong.
            Conflict: It is not proposed any more, or has another version.
        """
        old = await self._book.precedents.get(precedent_id)
        case = await self._book.case(old.case_id)
        fresh = edited(old.precedent, title=title, facts=facts, names=names_of(case.observation))
        # Words that came in between must not be lost: what was read is what is replaced.
        seen = old.version if version is None else version
        return await self._book.precedents.edit(fresh, by=by, at=self._clock(), version=seen)

    async def approve(
        self, precedent_id: str, *, by: str, reason: str = "", version: int | None = None
    ) -> FiledPrecedent:
        """Approve, and publish in the background; raises like `PrecedentBook.approve`."""
        book = self._book.precedents
        filed = await book.approve(precedent_id, by=by, at=self._clock(), reason=reason, version=version)
        self.publish_soon({precedent_id})
        return filed

    async def reject(self, precedent_id: str, *, by: str, reason: str, version: int | None = None) -> FiledPrecedent:
        """Reject; raises like `PrecedentBook.reject`."""
        book = self._book.precedents
        return await book.reject(precedent_id, by=by, at=self._clock(), reason=reason, version=version)

    async def withdraw(self, precedent_id: str, *, by: str, reason: str, version: int | None = None) -> FiledPrecedent:
        """Withdraw, and take it out of the base in the background; raises like `PrecedentBook.withdraw`."""
        book = self._book.precedents
        filed = await book.withdraw(precedent_id, by=by, at=self._clock(), reason=reason, version=version)
        self.publish_soon({precedent_id})
        return filed

    async def facts_of_case(self, case_id: str) -> tuple[CaseFacts, Any]:
        """Features of a case, closed or under way, and its observation. Raises CaseNotFound."""
        case = await self._book.case(case_id)
        opinion = await self._book.opinion(case.opinion) if case.opinion else None
        return case_facts_of(case.observation, case.issue, opinion), case.observation

    def published_ids(self) -> Set[str]:
        """Ids of the precedents that the knowledge base holds now."""
        version = self._knowledge.version
        if self._held[0] != version:
            self._held = version, frozenset(self._knowledge.published())
        return self._held[1]

    def publish_soon(self, changed: Set[str] | None = None) -> None:
        """Publish in the background; `changed` None looks at every precedent, as at the start."""
        self._spawn(lambda: self._publish_or_later(changed))

    async def publish(self, changed: Set[str] | None = None) -> Publication:
        """Make the knowledge base hold what is approved, and nothing that is not.

        Precedents of other records that share the base are left alone.

        Args:
            changed: Ids whose words may have changed since they were published; None: any of them.
        """
        async with self._one_at_a_time:
            states = await self._book.precedents.states()
            held = await asyncio.to_thread(self._knowledge.published)
            wanted = {key for key, state in states.items() if state is State.APPROVED}
            gone = {key for key in held if key in states and key not in wanted}
            suspect = wanted if changed is None else (wanted - held.keys()) | (wanted & changed)
            filed = await self._book.precedents.several(sorted(suspect))
            documents = [precedent_document(one.precedent) for one in filed]
            try:
                return Publication(changed=await asyncio.to_thread(self._knowledge.publish, documents, gone))
            except LianzhiError as error:
                waiting = sorted(gone | {one.precedent.id for one in filed if held.get(one.precedent.id) is None})
                log.warning("precedents wait for publication: %s (%s)", ", ".join(waiting), error.code)
                return Publication(changed=0, pending=tuple(waiting))

    async def settle(self) -> None:
        """Until nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Start nothing more, and let what runs come to its end."""
        self._closing = True
        if self._retry is not None:
            self._retry.cancel()
        await self.settle()

    async def _publish_or_later(self, changed: Set[str] | None) -> None:
        try:
            done = await self.publish(changed)
        except LianzhiError as error:
            log.warning("publication of precedents failed: %s", error.code)
            self._try_later()
            return
        if done.pending:
            self._try_later()

    def _try_later(self) -> None:
        if self._closing:
            return
        if self._retry is not None:
            self._retry.cancel()
        self._retry = asyncio.get_running_loop().call_later(self._retry_after_s, self.publish_soon)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._closing:
            return
        task = asyncio.create_task(work(), name="publish precedents")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
