"""What LangGraph does not check by itself: keys of slices, answers of routers, drawings."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from langgraph.graph import StateGraph
from typing_extensions import TypedDict, is_typeddict

from graphs.adjacency import adjacency_builder, opinion_builder
from graphs.alerting import alert_builder, watch_builder
from graphs.alerting import assessment_builder as watch_assessment_builder
from graphs.compensation import assessment_builder, compensation_builder
from graphs.disputes import dispute_builder
from graphs.draw import mermaid
from graphs.evaluation import evaluation_builder
from graphs.intake import intake_builder

ROOT = Path(__file__).parents[2]
BUILDERS: list[Callable[[], StateGraph[Any, Any, Any, Any]]] = [
    intake_builder,
    adjacency_builder,
    opinion_builder,
    assessment_builder,
    compensation_builder,
    watch_assessment_builder,
    watch_builder,
    alert_builder,
    evaluation_builder,
    dispute_builder,
]


def node_functions(builder: StateGraph[Any, Any, Any, Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, spec in builder.nodes.items():
        runnable: Any = spec.runnable
        function = getattr(runnable, "afunc", None) or getattr(runnable, "func", None)
        if function is not None:
            yield name, function


def problems(builder: StateGraph[Any, Any, Any, Any]) -> list[str]:
    known = set(get_type_hints(builder.state_schema))
    found: list[str] = []
    for name, function in node_functions(builder):
        hints = get_type_hints(function)
        given, made = hints["state"], hints["return"]
        if not (is_typeddict(given) and is_typeddict(made)):
            found.append(f"{name}: state or return is no TypedDict")
            continue
        found += [f"{name}: reads {key}" for key in sorted(set(get_type_hints(given)) - known)]
        found += [f"{name}: writes {key}" for key in sorted(set(get_type_hints(made)) - known)]
        found += [] if "summary" in get_type_hints(made) else [f"{name}: says nothing to people"]
    return found


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_nodes_read_and_write_keys_of_the_state_only(build: Callable[[], StateGraph[Any, Any, Any, Any]]) -> None:
    builder = build()
    assert problems(builder) == []
    assert len(list(node_functions(builder))) >= 2


def test_the_key_check_finds_a_wrong_key() -> None:
    class State(TypedDict):
        good: str

    class Update(TypedDict):
        godo: str

    def node(state: State) -> Update:
        return {"godo": state["good"]}

    builder = StateGraph(State)
    builder.add_node("node", node)  # pyright: ignore[reportArgumentType]
    assert problems(builder) == ["node: writes godo", "node: says nothing to people"]


def routers_without_literal(source: str) -> list[str]:
    """Functions given to `add_conditional_edges` whose return annotation is not a Literal."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    routed = [call.args[1] for call in calls if getattr(call.func, "attr", "") == "add_conditional_edges"]
    names = {ast.unparse(router) for router in routed}
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    def is_literal(name: str) -> bool:
        found = functions.get(name)
        return found is not None and found.returns is not None and ast.unparse(found.returns).startswith("Literal[")

    return sorted(name for name in names if not is_literal(name))


def test_every_router_names_its_targets() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "graphs").rglob("*.py")}
    assert {path.name: routers_without_literal(text) for path, text in sources.items()} == {
        path.name: [] for path in sources
    }
    assert sum(text.count("add_conditional_edges(") for text in sources.values()) >= 3


@pytest.mark.parametrize("annotation", ["-> str", "", "-> Command"])
def test_the_router_check_finds_a_loose_router(annotation: str) -> None:
    source = f"def route(state) {annotation}: return 'x'\nbuilder.add_conditional_edges('a', route)"
    assert routers_without_literal(source) == ["route"]


def test_only_the_waiting_nodes_wait() -> None:
    """Code before `interrupt` runs again on resume: the nodes that call it do nothing else."""
    calls = [
        (path.name, function.name, len(function.body))
        for folder in ("agents", "graphs")
        for path in (ROOT / folder).rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if any(isinstance(n, ast.Call) and ast.unparse(n.func) == "interrupt" for n in ast.walk(function))
    ]
    assert sorted(calls) == [
        ("alerting.py", "await_verdict", 4),
        ("compensation.py", "await_confirmation", 4),
        ("dispatch.py", "await_ruling", 4),
        ("disputes.py", "await_word", 3),
        ("evaluation.py", "await_review", 3),
    ]


def test_the_drawings_show_every_node() -> None:
    drawn = mermaid()
    assert set(drawn) >= {"intake", "adjacency", "compensation"}
    for node in ("recognise", "locate", "merge", "classify", "assess", "assign", "dispatch", "await_ruling", "settle"):
        assert node in drawn["intake"]
    for node in ("retrieve", "decide", "write", "check", "file"):
        assert node in drawn["adjacency"]
    for node in ("compute", "support", "check", "file", "await_confirmation", "conclude"):
        assert node in drawn["compensation"]


def test_langgraph_json_names_compiled_graphs() -> None:
    import graphs.export

    named = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    assert set(named) >= {"intake", "adjacency", "compensation"}
    for target in named.values():
        path, _, name = target.partition(":")
        assert (ROOT / path).is_file()
        assert getattr(graphs.export, name).checkpointer is None


def test_assembling_the_graphs_loads_no_model_library() -> None:
    heavy = ["torch", "sentence_transformers", "llama_index", "langchain_openai", "qdrant_client"]
    probe = f"import sys, graphs.intake, graphs.runner; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
