"""The small language of conditions: comparisons of facts, joined by `and`, `or`, `not`.

    score >= 70 and not has_income
    prior_grade in ['C', 'D'] or fines * 2 > turnover
    given(deadline_on) and deadline_on < as_of

Names are facts, attributes, columns of the subject or (in `where`) columns of one record. A number is exact.
A comparison with a date that nobody gave does not hold.
A condition is parsed once into nested tuples; `to_python` and `to_sql` are its two interpreters.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from creditscore.core.quantities import to_micro
from creditscore.core.tables.table import literal

Node = tuple[Any, ...]
COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "<>"}
NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
NEVER = ("\\", "\0", "#", '"""', "'''")  # what would make one text mean two things
ALLOWED = "names, numbers, 'texts', == != < <= > >=, in [...], and, or, not, given(a date), +, -, and * by a number"


@lru_cache(maxsize=20_000)  # the same few texts are bound again for every day
def parse(text: str) -> Node:
    """The condition as a tree; ValueError says what is not allowed and what is."""
    wrong = [mark for mark in NEVER if mark in text]
    if wrong:
        raise ValueError(f"cannot read the condition {text!r}: {wrong[0]!r} may not stand in it; allowed are {ALLOWED}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python about itself: an odd comparison is refused below
            tree = ast.parse(text.strip(), mode="eval")
        return _node(tree.body, text.strip())
    except SyntaxError as error:
        raise ValueError(f"cannot read the condition {text!r}: {error.msg}; allowed are {ALLOWED}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError(f"cannot read the condition {text[:60]!r} …: it is nested too deeply") from error


def _node(node: ast.expr, text: str) -> Node:
    match node:
        case ast.BoolOp(op=op, values=values):
            return ("and" if isinstance(op, ast.And) else "or", *(_node(value, text) for value in values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ("not", _node(operand, text))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return ("num", -_node(node.operand, text)[1])
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.List | ast.Tuple):
                if not right.elts:
                    raise ValueError(f"in {text!r} the list is empty")
                inside = ("in", _node(left, text), *(_node(item, text) for item in right.elts))
                return inside if isinstance(op, ast.In) else ("not", inside)
            if type(op) in COMPARE:
                return ("cmp", COMPARE[type(op)], _node(left, text), _node(right, text))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
            name = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}[type(op)]
            a, b = _node(left, text), _node(right, text)
            if name == "mul":
                a, b = (b, a) if a[0] == "num" else (a, b)
                if b[0] != "num":
                    raise ValueError(f"in {text!r} one factor must be a number")
            return (name, a, b)
        case ast.Call(func=ast.Name(id="given"), args=[ast.Name(id=name)], keywords=[]):
            return ("given", ("name", name))
        case ast.Name(id=name):
            return ("bool", name == "true") if name in ("true", "false") else ("name", name)
        case ast.Constant(value=bool() as flag):
            return ("bool", flag)
        case ast.Constant(value=str() as word):
            return ("text", word)
        case ast.Constant(value=int() | float()):
            written = ast.get_source_segment(text, node) or ""
            if not NUMBER.fullmatch(written):
                raise ValueError(f"in {text!r} {written!r} is not an exact number; write plain digits such as 5 or 2.4")
            return ("num", Decimal(written))
    raise ValueError(f"the part {ast.unparse(node)!r} is not allowed in a condition; allowed are {ALLOWED}")


def names(node: Node) -> Iterator[str]:
    """Each name the condition reads."""
    if node[0] == "name":
        yield node[1]
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from names(part)


def thresholds(node: Node, name: str) -> Iterator[int]:
    """Each number (in 10⁻⁶) with which `name` is compared."""
    if node[0] == "cmp":
        pair = node[2:]
        if ("name", name) in pair:
            other = pair[1] if pair[0] == ("name", name) else pair[0]
            if other[0] != "num":
                raise ValueError(f"{name} may only be compared with a number")
            yield to_micro(other[1])
            return
    if node == ("name", name):
        raise ValueError(f"{name} may only be compared with a number")
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from thresholds(part, name)


def _decimals(number: Decimal) -> int:
    return max(0, -int(number.normalize().as_tuple().exponent))


def digits(node: Node) -> int:
    """The most digits that a comparison calculates with: a name brings 19, a factor its own."""
    (a, ka), (b, kb) = (_digits(part) for part in node[2:])
    return max(a + max(0, kb - ka), b + max(0, ka - kb))


def _digits(node: Node) -> tuple[int, int]:
    match node:
        case ("mul", inner, ("num", factor)):
            n, k = _digits(inner)
            more = _decimals(factor)
            return n + len(str(abs(int(factor.scaleb(more))))), k + more
        case ("add" | "sub", left, right):
            (a, ka), (b, kb) = _digits(left), _digits(right)
            k = max(ka, kb)
            return max(a + k - ka, b + k - kb) + 1, k
    return 19, 0


# Arithmetic keeps integers: a value is (expression, k) and stands for expression / (10⁶ · 10ᵏ).


def to_python(node: Node) -> Callable[[Mapping[str, Any]], Any]:
    """A function of an environment name → value (numbers as int in 10⁻⁶)."""
    kind = node[0]
    if kind in ("and", "or"):
        return _joined(kind == "and", [to_python(part) for part in node[1:]])
    if kind == "not":
        inner = to_python(node[1])
        return lambda env: not inner(env)
    if kind == "in":
        value, options = to_python(node[1]), [to_python(part) for part in node[2:]]
        if all(part[0] in CONSTANTS for part in node[2:]):
            known = [option({}) for option in options]
            return lambda env: value(env) in known
        return lambda env: value(env) in [option(env) for option in options]
    if kind == "given":
        name = node[1][1]
        return lambda env: env[name] is not None
    if kind == "dates":
        return _dates(node[1], _python_term(node[2])[0], _python_term(node[3])[0])
    if kind == "cmp":
        (a, ka), (b, kb) = _python_term(node[2]), _python_term(node[3])
        fa, fb = 10 ** max(0, kb - ka), 10 ** max(0, ka - kb)
        if node[2][0] == "name" and node[3][0] in CONSTANTS:
            return _with_constant(node[1], node[2][1], b({}))
        return _comparison(node[1], a, b, fa, fb)
    term, k = _python_term(node)
    if k:
        raise ValueError("a product must be compared with something")
    return term


CONSTANTS = ("num", "bool", "text", "day")


def _joined(every: bool, parts: list[Callable[[Mapping[str, Any]], Any]]) -> Callable[[Mapping[str, Any]], bool]:
    def holds(env: Mapping[str, Any]) -> bool:
        for part in parts:  # a loop: asked some hundred times per subject, and `all` would make a generator each time
            if bool(part(env)) is not every:
                return not every
        return every

    return holds


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


def _dates(op: str, a: Any, b: Any) -> Callable[[Mapping[str, Any]], bool]:
    compare = OPERATORS[op]

    def holds(env: Mapping[str, Any]) -> bool:
        first, second = a(env), b(env)
        return first is not None and second is not None and compare(first, second)

    return holds


def _with_constant(op: str, name: str, value: Any) -> Callable[[Mapping[str, Any]], bool]:
    compare = OPERATORS[op]
    return lambda env: compare(env[name], value)


def _comparison(op: str, a: Any, b: Any, fa: int, fb: int) -> Callable[[Mapping[str, Any]], bool]:
    compare = OPERATORS[op]
    if fa == fb:
        return lambda env: compare(a(env), b(env))
    return lambda env: compare(a(env) * fa, b(env) * fb)


def _python_term(node: Node) -> tuple[Callable[[Mapping[str, Any]], Any], int]:
    match node:
        case ("name", name):
            return (lambda env: env[name]), 0
        case ("num", number):
            micro = to_micro(number)
            return (lambda env: micro), 0
        case ("bool" | "text" | "day", constant):
            return (lambda env: constant), 0
        case ("mul", inner, ("num", factor)):
            value, k = _python_term(inner)
            more = _decimals(factor)
            times = int(factor.scaleb(more))
            return (lambda env: value(env) * times), k + more
        case ("add" | "sub", left, right):
            (a, ka), (b, kb) = _python_term(left), _python_term(right)
            k, sign = max(ka, kb), 1 if node[0] == "add" else -1
            fa, fb = 10 ** (k - ka), sign * 10 ** (k - kb)
            return (lambda env: a(env) * fa + b(env) * fb), k
    raise ValueError(f"{node[0]} cannot stand in a comparison")


def to_sql(node: Node, column: Callable[[str], str]) -> str:
    """The condition as SQL text; `column` gives the expression for a name (NULL only for a date nobody gave)."""
    kind = node[0]
    if kind in ("and", "or"):
        return "(" + f" {kind.upper()} ".join(to_sql(part, column) for part in node[1:]) + ")"
    if kind == "not":
        return f"(NOT {to_sql(node[1], column)})"
    if kind == "in":
        return f"({to_sql(node[1], column)} IN ({', '.join(to_sql(part, column) for part in node[2:])}))"
    if kind == "given":
        return f"({column(node[1][1])} IS NOT NULL)"
    if kind == "dates":
        a, b = _sql_term(node[2], column)[0], _sql_term(node[3], column)[0]
        return f"COALESCE({a} {node[1]} {b}, FALSE)"
    if kind == "cmp":
        (a, ka), (b, kb) = _sql_term(node[2], column), _sql_term(node[3], column)
        k = max(ka, kb)
        return f"({_scaled(a, k - ka)} {node[1]} {_scaled(b, k - kb)})"
    return _sql_term(node, column)[0]


def _scaled(sql: str, k: int) -> str:
    return sql if k == 0 else f"CAST({sql} AS DECIMAL(38,0)) * {10**k}"


def _wide(sql: str, k: int) -> str:
    """A sum may leave 64 bits where its parts do not."""
    return f"CAST({sql} AS DECIMAL(38,0))" if k == 0 else _scaled(sql, k)


def _sql_term(node: Node, column: Callable[[str], str]) -> tuple[str, int]:
    match node:
        case ("name", name):
            return column(name), 0
        case ("num", number):
            return str(to_micro(number)), 0
        case ("text", word):
            return literal(word), 0
        case ("bool", flag):
            return ("TRUE" if flag else "FALSE"), 0
        case ("day", day):
            return str(day), 0
        case ("mul", inner, ("num", factor)):
            value, k = _sql_term(inner, column)
            more = _decimals(factor)
            return f"(CAST({value} AS DECIMAL(38,0)) * {int(factor.scaleb(more))})", k + more
        case ("add" | "sub", left, right):
            (a, ka), (b, kb) = _sql_term(left, column), _sql_term(right, column)
            k = max(ka, kb)
            a, b = _wide(a, k - ka), _wide(b, k - kb)
            return f"({a} {'+' if node[0] == 'add' else '-'} {b})", k
    raise ValueError(f"{node[0]} cannot stand in a comparison")
