"""Fakes used by tests: small, real implementations of the ports, and a scripted model endpoint."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from domain.case import CaseFile, Decision, Move, OrderStatus, Stage, WorkOrder, next_stage
from domain.casefacts import CaseFacts
from domain.citation import Article, Citation, Validity
from domain.errors import ArticleNotFound
from domain.geo import Point, distance_m
from domain.observation import Observation
from graphs.nothing import NoRecords
from knowledge.cases import Cases, SimilarCase
from knowledge.passage import Passage


@dataclass
class Reply:
    """What the scripted endpoint answers once: text, a tool call, a status or raw bytes, after a delay."""

    content: str = ""
    tool: Mapping[str, Any] | None = None
    status: int = 200
    raw: bytes | None = None
    delay_s: float = 0.0


Script = Callable[[dict[str, Any]], Reply]


@dataclass
class ScriptedLlmServer:
    """Speaks POST /v1/chat/completions on a loopback port; `script` turns each request into a reply."""

    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.requests.append(request)
                reply = outer.script(request)
                time.sleep(reply.delay_s)
                body = reply.raw if reply.raw is not None else completion(request, reply)
                try:
                    self.send_response(reply.status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the client gave up: what a timeout test wants

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing on stderr."""

        return Handler


def asked_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON that the project put into the last message of a request."""
    return json.loads(request["messages"][-1]["content"])


def completion(request: Mapping[str, Any], reply: Reply) -> bytes:
    """A chat completion as OpenAI-compatible servers write it."""
    if reply.status >= 400:
        return json.dumps({"error": {"message": "refused", "type": "invalid_request_error"}}).encode()
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.tool is not None:
        name = request["tools"][0]["function"]["name"] if request.get("tools") else "none"
        call = {"name": name, "arguments": json.dumps(reply.tool, ensure_ascii=False)}
        message["tool_calls"] = [{"id": "call-1", "type": "function", "function": call}]
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return json.dumps(body, ensure_ascii=False).encode()


@dataclass
class FakeKnowledge:
    """A knowledge base that knows every article asked for, and some precedents; faults can be planted.

    Attributes:
        missing: (law, article) pairs that it does not have.
        faulty: Pairs whose citations do not stand the check.
        precedents: What a search for cases finds.
        validity: Pairs that are not in force.
    """

    version: str = "fake-1"
    missing: frozenset[tuple[str, str]] = frozenset()
    faulty: frozenset[tuple[str, str]] = frozenset()
    precedents: tuple[Passage, ...] = ()
    validity: Mapping[tuple[str, str], Validity] = field(default_factory=dict[tuple[str, str], Validity])
    cited: list[tuple[str, str, date | None]] = field(default_factory=list)

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> list[Passage]:
        return list(self.precedents[:limit]) if not kinds or "case" in kinds else []

    def similar_cases(self, facts: CaseFacts, k: int = 5, *, as_of: date | None = None) -> list[SimilarCase]:
        return Cases(self).similar_cases(facts, k, as_of=as_of)

    def cite(self, law: str, article: str, *, as_of: date | None = None) -> Article:
        self.cited.append((law, article, as_of))
        if (law, article) in self.missing:
            raise ArticleNotFound(f"《{law}》没有第{article}条。", nearest=("1",))
        return Article(
            law=law,
            number=article,
            text=f"【摘要】{law}第{article}条",
            digest=True,
            text_sha256=sha256(f"{law}{article}".encode()).hexdigest(),
            version_date=date(2020, 1, 1),
            effective_date=date(2020, 1, 1),
            status=self.validity.get((law, article), Validity.IN_FORCE),
            superseded_by="" if (law, article) not in self.validity else f"{law}（新）",
        )

    def verify_citation(self, citation: Citation, *, as_of: date) -> Sequence[str]:
        pair = (citation.law, citation.article)
        stands = self.validity.get(pair, Validity.IN_FORCE) is Validity.IN_FORCE
        return ["已废止"] if pair in self.faulty or not stands else []


class MemoryCases(NoRecords):
    """Records in memory, idempotent like the real ones, so that nodes can be tested without a database."""

    def __init__(self) -> None:
        self.files: dict[str, CaseFile] = {}
        self.opinions: dict[str, dict[str, Any]] = {}
        self.decisions: dict[str, Decision] = {}
        self.orders: dict[str, WorkOrder] = {}
        self.messages: list[dict[str, Any]] = []
        self.notes: dict[str, tuple[str, str, dict[str, Any]]] = {}
        self.keys: set[tuple[str, str]] = set()
        self.moves: list[tuple[str, Move, str]] = []

    def add(self, observation: Observation, *, at: datetime | None = None) -> str:
        """Accept an observation; the case id is `c-` and its id."""
        case_id, when = f"c-{observation.id}", at or observation.received_at
        self.files[case_id] = CaseFile(
            id=case_id,
            stage=Stage.COLLECTED,
            observation=observation.to_json(),
            created_at=when,
            updated_at=when,
            region=observation.region,
            lon=observation.lon,
            lat=observation.lat,
        )
        return case_id

    async def case(self, case_id: str) -> CaseFile:
        return self.files[case_id]

    async def nearby(self, point: Point, *, radius_m: float, since: datetime, exclude: str) -> Sequence[CaseFile]:
        found = [
            (distance_m(point, Point(case.lon, case.lat)), case.id, case)
            for case in self.files.values()
            if case.lon is not None and case.lat is not None and case.id != exclude
            if case.stage is not Stage.MERGED and case.created_at >= since
        ]
        return [case for gap_m, _, case in sorted(found, key=lambda row: row[:2]) if gap_m <= radius_m]

    async def describe(self, case_id: str, fields: Mapping[str, Any], *, at: datetime) -> CaseFile:
        self.files[case_id] = replace(self.files[case_id], **fields, updated_at=at)
        return self.files[case_id]

    async def move(
        self, case_id: str, move: Move, *, by: str, at: datetime, reason: str = "", key: str = "", into: str = ""
    ) -> CaseFile:
        old = self.files[case_id]
        if key and (case_id, key) in self.keys:
            return old
        target = next_stage(old.stage, move, old.stage_before)
        self.keys.add((case_id, key))
        self.moves.append((case_id, move, reason))
        self.files[case_id] = replace(old, stage=target, stage_before=old.stage, master=into)
        return self.files[case_id]

    async def save_opinion(self, case_id: str, opinion: Mapping[str, Any], *, at: datetime) -> str:
        self.opinions.setdefault(opinion["id"], dict(opinion))
        self.files[case_id] = replace(self.files[case_id], opinion=opinion["id"])
        return opinion["id"]

    async def opinion(self, opinion_id: str) -> dict[str, Any]:
        return self.opinions[opinion_id]

    async def issue_order(self, order: WorkOrder, *, by: str, at: datetime, event: Mapping[str, Any]) -> WorkOrder:
        if order.id not in self.orders:
            self.orders[order.id] = order
            self.messages.append(dict(event))
        return self.orders[order.id]

    async def orders_of(self, case_id: str) -> Sequence[WorkOrder]:
        return [order for order in self.orders.values() if order.case_id == case_id]

    async def order_move(
        self, order_id: str, status: OrderStatus, *, by: str, at: datetime, reason: str = ""
    ) -> WorkOrder:
        self.orders[order_id] = replace(self.orders[order_id], status=status)
        return self.orders[order_id]

    async def decision_of(self, opinion_id: str) -> Decision | None:
        return self.decisions.get(opinion_id)

    async def note(self, case_id: str, action: str, detail: Mapping[str, Any], *, at: datetime, key: str) -> None:
        self.notes.setdefault(key, (case_id, action, dict(detail)))
