"""What all commands share: options, output for programs and people, expected failures as exit codes."""

import functools
import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from domain.errors import ArticleNotFound, Conflict, InvalidInput, LawNotFound, LianzhiError, NotFound

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
P = ParamSpec("P")
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出到标准输出")]
AsOf = Annotated[str, typer.Option("--as-of", help="按该日期的有效版本（YYYY-MM-DD）")]


def report_error(error: LianzhiError, as_json: bool) -> int:
    """Show an expected failure; 2 when the caller can mend the input, else 1."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, ArticleNotFound | LawNotFound):
        body["nearest"] = list(error.nearest)
    if as_json:
        typer.echo(json.dumps({"error": body}, ensure_ascii=False))
    else:
        err.print(f"[red]错误[/red]（{error.code}）：{error.message}")
        if error.hint:
            err.print(f"怎么办：{error.hint}")
        if body.get("nearest") and body["nearest"][0] not in error.hint:
            err.print(f"最接近的：{'、'.join(body['nearest'])}")
    return 2 if isinstance(error, InvalidInput | NotFound | Conflict) else 1


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Turn expected failures into the contract's exit codes."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except LianzhiError as error:
            raise typer.Exit(report_error(error, bool(kwargs.get("as_json")))) from None

    return run


def show(value: dict[str, Any], as_json: bool, lines: Callable[[], list[str]]) -> None:
    """Print the JSON value, or its Chinese lines for people."""
    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False))
        return
    for line in lines():
        out.print(line, markup=False)


def day(text: str) -> date | None:
    """Read a date option.

    Raises:
        InvalidInput: When it is not `YYYY-MM-DD`.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"日期“{text}”无法识别。", "请写成 2026-11-23 这样的形式。") from error
