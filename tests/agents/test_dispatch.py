"""Orders: to whom, by when, and what a ruling makes of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from langgraph.runtime import Runtime

from agents.dispatch import dispatch, due_of, settle, text_of
from domain.case import Move, OrderStatus, Stage, Verdict
from domain.errors import UnknownUnit
from graphs.adjacency import opine
from tests.fakes import MemoryCases
from tests.graphs.kit import NOW, context, manhole, report, rubbish, ruling

ROAD = "u-509901-road_maintenance"


def limit(what: str, value: float, unit: str = "hour", source: str = "suggested") -> dict[str, Any]:
    return {"what": what, "value": value, "unit": unit, "source": source, "basis": ""}


def opinion_with(issue: str, *limits: dict[str, Any], emergency: bool = False) -> dict[str, Any]:
    return {"issue": {"id": issue}, "deadlines": list(limits), "emergency": emergency}


def test_handling_is_due_by_the_first_limit_and_upkeep_by_the_last() -> None:
    opinion = opinion_with("P01", limit("设置围挡警示", 1), limit("处置修复", 24))
    assert due_of(opinion, "handling", NOW) == (NOW + timedelta(hours=1), "suggested")
    assert due_of(opinion, "upkeep", NOW) == (NOW + timedelta(hours=24), "suggested")


def test_limits_of_procedure_do_not_bind_the_crew() -> None:
    opinion = opinion_with("P01", limit("处置修复", 24), limit("信访答复", 1, "hour", "statutory"))
    assert due_of(opinion, "handling", NOW) == (NOW + timedelta(hours=24), "suggested")


def test_at_once_counts_only_in_an_emergency() -> None:
    limits = (limit("坑槽修复", 24), limit("塌陷封控", 0, "minute"))
    assert due_of(opinion_with("T06", *limits), "handling", NOW)[0] == NOW + timedelta(hours=24)
    assert due_of(opinion_with("T06", *limits, emergency=True), "handling", NOW)[0] == NOW


def test_where_at_once_is_the_only_limit_it_holds() -> None:
    assert due_of(opinion_with("P07", limit("立即抢险", 0, "minute")), "handling", NOW)[0] == NOW


def test_without_an_issue_there_is_no_limit() -> None:
    assert due_of(opinion_with("", limit("会商", 5, "workday")), "handling", NOW) == (None, "")


async def prepared(seen: Any = None, **fields: Any) -> tuple[MemoryCases, dict[str, Any], Runtime[Any]]:
    """A registered case with its opinion on file."""
    cases = MemoryCases()
    seen = seen or manhole()
    ctx = context(cases)

    class Opened:
        context = ctx

    opinion = await opine(Opened(), seen) | fields
    case_id = cases.add(seen)
    await cases.move(case_id, Move.REGISTER, by="t", at=NOW, key="r")
    await cases.save_opinion(case_id, opinion, at=NOW)
    state = {
        "case_id": case_id, "observation": seen.to_json(), "issue": opinion["issue"]["id"], "opinion": opinion,
        "opinion_id": opinion["id"], "orders": [],
    }  # fmt: skip
    return cases, state, Runtime(context=ctx)


async def test_an_order_and_its_message_are_written_once_however_often_the_node_runs() -> None:
    cases, state, runtime = await prepared()
    for _ in range(3):
        done = await dispatch(state, runtime)  # pyright: ignore[reportArgumentType]
    assert list(cases.orders) == done["orders"] == [f"{state['case_id']}:handling"]
    assert len(cases.messages) == 1
    assert cases.messages[0]["emergency"] is True
    assert cases.messages[0]["due_note"] == "建议时限，非法定"
    assert cases.files[state["case_id"]].stage is Stage.DISPATCHED


async def test_the_order_says_what_where_and_what_to_do_first_and_is_labelled() -> None:
    _, state, _ = await prepared(manhole(address="鹭影大桥北桥头"))
    text = text_of(state, "handling", "意见书指明")
    assert text.startswith("【紧急】")
    assert "地点：鹭影大桥北桥头" in text
    assert "先做：" in text
    assert "人工智能" in text


async def test_an_order_without_a_place_says_so() -> None:
    _, state, _ = await prepared(report("x", "井盖不见了"))
    assert "位置待核实" in text_of(state, "handling", "首接")


async def settled(cases: MemoryCases, state: dict[str, Any], runtime: Runtime[Any], decision: Any = None) -> Any:
    done = await dispatch(state, runtime)  # pyright: ignore[reportArgumentType]
    if decision is not None:
        cases.decisions[state["opinion_id"]] = decision
    return await settle(state | {"orders": done["orders"]}, runtime)  # pyright: ignore[reportArgumentType]


async def test_without_a_ruling_a_case_that_needs_one_waits_on() -> None:
    cases, state, runtime = await prepared()
    assert (await settled(cases, state, runtime))["outcome"] == "waiting"
    assert len(cases.orders) == 1


async def test_no_verdict_ever_leads_to_an_enforcement_or_supervision_order() -> None:
    changes = {"enforcement": ROAD, "supervision": ROAD}
    for verdict, extra in ((Verdict.APPROVE, {}), (Verdict.AMEND, {"changes": changes}), (Verdict.REJECT, {})):
        cases, state, runtime = await prepared()
        decision = ruling(state["opinion_id"], verdict, reason="依据", **extra)
        done = await settled(cases, state, runtime, decision)
        assert {order.duty for order in cases.orders.values()} <= {"handling", "upkeep"}
        assert ("改定已记录" in done["summary"]) is bool(extra)


async def test_an_approved_opinion_without_an_owner_sends_nobody_to_keep_it_up() -> None:
    cases, state, runtime = await prepared(report("x", "井盖坏了，不晓得在哪里"))
    done = await settled(cases, state, runtime, ruling(state["opinion_id"]))
    assert {order.duty for order in cases.orders.values()} == {"handling"}
    assert "不明" in done["summary"]


async def test_a_provisional_owner_is_not_told_without_a_ruling() -> None:
    cases, state, runtime = await prepared(rubbish())
    state["opinion"]["duties"]["upkeep"]["status"] = "provisional"
    done = await settled(cases, state, runtime)
    assert done["outcome"] == "settled"
    assert {order.duty for order in cases.orders.values()} == {"handling"}


async def test_an_amended_handler_takes_over_once() -> None:
    cases, state, runtime = await prepared()
    decision = ruling(state["opinion_id"], Verdict.AMEND, changes={"handling": ROAD})
    await settled(cases, state, runtime, decision)
    await settle(state | {"orders": [f"{state['case_id']}:handling"]}, runtime)  # pyright: ignore[reportArgumentType]
    handling = {order.id.rpartition("c-o1:")[2]: order for order in cases.orders.values() if order.duty == "handling"}
    assert {name: (order.unit == ROAD, order.status) for name, order in handling.items()} == {
        "handling": (False, OrderStatus.REVOKED),
        "handling:amended": (True, OrderStatus.ISSUED),
    }


async def test_amending_to_the_unit_that_is_there_already_changes_nothing() -> None:
    cases, state, runtime = await prepared()
    unit = state["opinion"]["duties"]["handling"]["unit"]
    await settled(cases, state, runtime, ruling(state["opinion_id"], Verdict.AMEND, changes={"handling": unit}))
    handling = [order for order in cases.orders.values() if order.duty == "handling"]
    assert [(order.unit, order.status) for order in handling] == [(unit, OrderStatus.ISSUED)]


async def test_a_ruling_on_a_unit_that_is_gone_fails_loudly() -> None:
    cases, state, runtime = await prepared()
    with pytest.raises(UnknownUnit):
        await settled(cases, state, runtime, ruling(state["opinion_id"], Verdict.AMEND, changes={"upkeep": "u-gone"}))


async def test_a_case_handled_before_the_ruling_moves_on_when_nothing_more_is_ordered() -> None:
    cases, state, runtime = await prepared(report("x", "井盖坏了，不晓得在哪里"))
    done = await dispatch(state, runtime)  # pyright: ignore[reportArgumentType]
    order_id = done["orders"][0]
    cases.orders[order_id] = replace(cases.orders[order_id], status=OrderStatus.DONE)
    await cases.move(state["case_id"], Move.ACCEPT, by="crew", at=NOW, key="a")
    cases.decisions[state["opinion_id"]] = ruling(state["opinion_id"])
    await settle(state | {"orders": done["orders"]}, runtime)  # pyright: ignore[reportArgumentType]
    assert cases.files[state["case_id"]].stage is Stage.REPORTED


async def test_a_case_whose_crew_returned_it_is_dispatched_again_by_the_ruling() -> None:
    cases, state, runtime = await prepared()
    first = (await dispatch(state, runtime))["orders"][0]  # pyright: ignore[reportArgumentType]
    await cases.order_move(first, OrderStatus.RETURNED, by="t", at=NOW, reason="不归我管")
    await cases.move(state["case_id"], Move.RETURN, by="t", at=NOW, reason="不归我管", key="back")
    cases.decisions[state["opinion_id"]] = ruling(state["opinion_id"], Verdict.AMEND, changes={"handling": ROAD})
    for _ in range(2):
        await settle(state | {"orders": [first]}, runtime)  # pyright: ignore[reportArgumentType]
    assert cases.files[state["case_id"]].stage is Stage.DISPATCHED
    assert [o.unit for o in cases.orders.values() if o.status is OrderStatus.ISSUED and o.duty == "handling"] == [ROAD]


async def test_a_unit_that_an_officer_sent_by_hand_is_not_sent_twice() -> None:
    cases, state, runtime = await prepared()
    first = (await dispatch(state, runtime))["orders"][0]  # pyright: ignore[reportArgumentType]
    by_hand = replace(cases.orders[first], id=f"{state['case_id']}:handling:v9", unit=ROAD)
    await cases.issue_order(by_hand, by="officer-1", at=NOW, event={})
    cases.decisions[state["opinion_id"]] = ruling(state["opinion_id"], Verdict.AMEND, changes={"handling": ROAD})
    await settle(state | {"orders": [first]}, runtime)  # pyright: ignore[reportArgumentType]
    assert [o.id for o in cases.orders.values() if o.unit == ROAD and o.duty == "handling"] == [by_hand.id]
