"""Conditions and values of a declared workflow: a small language, compiled once, without access to anything else.

It is written like Python: names, attributes, comparisons, `and`, `or`, `not`, `in`, `x if c else y`, lists, `+`, `-`,
`|`, `&`, and calls of the functions of `FUNCTIONS`. What is not there is None.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from creditscore.core.calendars import add_working_days
from creditscore.core.days import add_months, from_day, read_day
from creditscore.core.errors import InputError, SchemeError, UsageError

Names = Mapping[str, Any]
Compiled = Callable[[Names], Any]
LONGEST = 1000  # characters of one expression
DEEPEST = 30  # levels of one expression


def count_working_days(day: str, number: int) -> str:
    """Return the day that lies a number of working days after a day."""
    return _write_day(add_working_days(read_day(day), number))


def count_days(day: str, number: int) -> str:
    """Return the day that lies a number of days after a day."""
    return _write_day(read_day(day) + number)


def count_months(day: str, number: int) -> str:
    """Return the day that lies a number of months after a day."""
    return _write_day(add_months(read_day(day), number))


def _write_day(number: int) -> str:
    try:
        return from_day(number).isoformat()
    except InputError as error:
        raise UsageError("store.leads_day_no_calendar") from error


def list_steps(case: Any, *names: str) -> list[Any]:
    """Return the steps of a case, or those of some names, oldest first."""
    return [step for step in (case.get("steps") or ()) if not names or step["name"] in names]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "working_days": count_working_days,
    "days": count_days,
    "months": count_months,
    "steps": list_steps,
    "len": lambda value: len(value or ()),
    "set": lambda value=(): set(value or ()),
    "sorted": lambda value: sorted(value or ()),
    "keys": lambda value: sorted(value or {}),
    "max": lambda *values: max((value for value in values if value is not None), default=None),
    "min": lambda *values: min((value for value in values if value is not None), default=None),
    "text": str,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, values: item in (values or ()),
    ast.NotIn: lambda item, values: item not in (values or ()),
}
OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
}
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def evaluate(text: str, names: Names) -> Any:
    """Evaluate an expression.

    Parameters
    ----------
    text
        The expression.
    names
        What its names stand for; attributes are looked up in mappings, and what is not there is None.

    Raises
    ------
    SchemeError
        For an expression that is none, or that its values do not fit.

    Examples
    --------
    >>> case = {"paid": True, "until": "2026-05-01"}
    >>> evaluate("case.paid and day <= case.until", {"case": case, "day": "2026-04-30"})
    True
    """
    try:
        return compile_expression(text)(names)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise SchemeError(
            "store.expression_not_fit_about", name=type(error).__name__, error=error, where=text
        ) from error


@lru_cache(maxsize=10_000)
def compile_expression(text: str) -> Compiled:
    """Compile an expression; SchemeError says what in it is not allowed."""
    try:
        if len(text) > LONGEST:
            raise ValueError(f"longer than {LONGEST} characters")
        return _compile(ast.parse(text.strip(), mode="eval").body, 0)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SchemeError(
            "store.no_expression",
            error=error,
            where=text[:200],
            allowed="names, attributes, texts, whole numbers, comparisons, and, or, not, in, if else, lists, + - | &, "
            + ", ".join(FUNCTIONS),
        ) from error


@lru_cache(maxsize=10_000)
def names_in(text: str) -> frozenset[str]:
    """Return the names that an expression reads, with the attributes of a name: `case`, `case.state`."""
    return frozenset(_names(ast.parse(text.strip(), mode="eval").body))


def expressions_in(text: str) -> list[str]:
    """Return the expressions between the braces of a text; SchemeError where a brace is not closed.

    Examples
    --------
    >>> expressions_in("up to {case.until}, {len(case.papers)} papers")
    ['case.until', 'len(case.papers)']
    """
    rest, *parts = text.split("{")
    if "}" in rest or any(part.count("}") != 1 for part in parts):
        raise SchemeError("store.brace_not_closed", where=text[:200], allowed="{EXPRESSION}")
    return [part.partition("}")[0] for part in parts]


def reads_facts(text: str) -> bool:
    """Tell whether an expression reads the rules of the day, which are not at hand when a store is checked."""
    return any(name.partition(".")[0] == "facts" for name in names_in(text))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        for argument in node.args:
            yield from _names(argument)
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}"
    if isinstance(node, ast.Name):
        yield node.id
    for inner in ast.iter_child_nodes(node):
        yield from _names(inner)


def _compile(node: ast.expr, depth: int) -> Compiled:
    """Turn a node into a function of the names."""
    if depth > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} levels")
    build = BUILDERS.get(type(node))
    if build is None:
        raise ValueError(f"{type(node).__name__} is not allowed")
    return build(node, depth + 1)


def _constant(node: ast.Constant, depth: int) -> Compiled:
    value = node.value
    if not (value is None or isinstance(value, str | bool | int)):
        raise ValueError(f"{value!r} is not allowed")
    return lambda names: value


def _name(node: ast.Name, depth: int) -> Compiled:
    name = node.id
    return lambda names: names.get(name)


def _attribute(node: ast.Attribute, depth: int) -> Compiled:
    inner, name = _compile(node.value, depth), node.attr
    if name.startswith("_"):
        raise ValueError(f"{name} is not allowed")

    def look_up(names: Names) -> Any:
        owner = inner(names)
        return owner.get(name) if isinstance(owner, dict | Mapping) else None

    return look_up


def _all_or_any(node: ast.BoolOp, depth: int) -> Compiled:
    parts = [_compile(value, depth) for value in node.values]
    stops_at = isinstance(node.op, ast.Or)

    def decide(names: Names) -> Any:
        value = None
        for part in parts:
            value = part(names)
            if bool(value) is stops_at:
                return value
        return value

    return decide


def _unary(node: ast.UnaryOp, depth: int) -> Compiled:
    inner = _compile(node.operand, depth)
    if isinstance(node.op, ast.Not):
        return lambda names: not inner(names)
    if isinstance(node.op, ast.USub):
        return lambda names: -inner(names)
    raise ValueError(f"{type(node.op).__name__} is not allowed")


def _compare(node: ast.Compare, depth: int) -> Compiled:
    first = _compile(node.left, depth)
    rest = [(type(op), _compile(value, depth)) for op, value in zip(node.ops, node.comparators, strict=True)]
    if strange := [op.__name__ for op, _ in rest if op not in COMPARISONS]:
        raise ValueError(f"{strange[0]} is not allowed; write == or !=")

    def hold(names: Names) -> bool:
        left = first(names)
        for op, value in rest:
            right = value(names)
            if op in ORDERED and (left is None or right is None):
                return False  # nothing is before or after what is not known
            if not COMPARISONS[op](left, right):
                return False
            left = right
        return True

    return hold


def _choice(node: ast.IfExp, depth: int) -> Compiled:
    test, then, otherwise = (_compile(part, depth) for part in (node.test, node.body, node.orelse))
    return lambda names: then(names) if test(names) else otherwise(names)


def _list(node: ast.List | ast.Tuple, depth: int) -> Compiled:
    parts = [_compile(value, depth) for value in node.elts]
    return lambda names: [part(names) for part in parts]


def _mapping(node: ast.Dict, depth: int) -> Compiled:
    if any(key is None for key in node.keys):
        raise ValueError("** is not allowed")
    pairs = [(_compile(k, depth), _compile(v, depth)) for k, v in zip(node.keys, node.values, strict=True) if k]
    return lambda names: {key(names): value(names) for key, value in pairs}


def _operation(node: ast.BinOp, depth: int) -> Compiled:
    operation = OPERATIONS.get(type(node.op))
    if operation is None:
        raise ValueError(f"{type(node.op).__name__} is not allowed")
    left, right = _compile(node.left, depth), _compile(node.right, depth)
    return lambda names: operation(left(names), right(names))


def _call(node: ast.Call, depth: int) -> Compiled:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
        raise ValueError(f"{ast.unparse(node)[:80]} calls what is not allowed")
    function, arguments = FUNCTIONS[node.func.id], [_compile(value, depth) for value in node.args]
    return lambda names: function(*(argument(names) for argument in arguments))


BUILDERS: dict[type[ast.expr], Callable[[Any, int], Compiled]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BoolOp: _all_or_any,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Dict: _mapping,
    ast.BinOp: _operation,
    ast.Call: _call,
}
