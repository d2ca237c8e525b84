"""Finds assertions that can pass without having compared anything.

Three shapes: a loop that asserts, and ``assert all(…)``, over a collection that may be empty; an assertion that
compares an expression without a call with itself; an assertion of a constant. It reads syntax only, so a collection
counts as filled where the same function or module writes it out, asserts it, or wraps it in ``tests.nonempty.some``. So
does one whose items the loop counts in a name that is asserted to be more than a number.
"""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "# may be empty"
"""What a line says where an empty collection is right, as for the warnings of an arbitrary answer."""

_KEEPS_ITEMS = {
    "dict",
    "enumerate",
    "frozenset",
    "iter",
    "list",
    "reversed",
    "set",
    "sorted",
    "tuple",
    "zip",
}
_VIEWS = {"items", "keys", "values"}

Filled = dict[str, bool]
"""For each name, whether its collection is known to hold something."""


class Finding(NamedTuple):
    """A line that may prove nothing."""

    line: int
    why: str


def vacuous(source: str) -> list[Finding]:
    """List what may prove nothing in a module, each line once."""
    lines = source.splitlines()
    module = ast.parse(source)
    known = _written_out(module.body, {})
    found: set[Finding] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= set(_in_function(node, known))
    return sorted(one for one in found if MARK not in lines[one.line - 1])


def _in_function(function: ast.FunctionDef | ast.AsyncFunctionDef, known: Filled) -> Iterator[Finding]:
    nodes = list(ast.walk(function))
    filled = _written_out(nodes, known) | _asserted(nodes)
    counted = {ast.unparse(test.left) for test in _tests(nodes) if isinstance(test, ast.Compare) and _wants_more(test)}
    for node in nodes:
        if not isinstance(node, ast.For | ast.AsyncFor) or not _asserts(node) or _counts(node, counted):
            pass
        elif not _is_filled(node.iter, filled):
            yield Finding(node.lineno, f"the loop over {ast.unparse(node.iter)} may see no item")
    for node in nodes:
        if isinstance(node, ast.Assert):
            yield from _in_assert(node, filled)


def _in_assert(node: ast.Assert, filled: Filled) -> Iterator[Finding]:
    for inner in ast.walk(node.test):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "all":
            (items,) = inner.args
            if isinstance(items, ast.GeneratorExp | ast.ListComp) and not _is_filled(items, filled):
                yield Finding(inner.lineno, f"{ast.unparse(inner)} is true of no item")
    test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
    if isinstance(test, ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.Set):
        yield Finding(node.lineno, f"{ast.unparse(node.test)} is a constant")
    if isinstance(test, ast.Compare) and not any(isinstance(inner, ast.Call) for inner in ast.walk(test)):
        sides = [test.left, *test.comparators]
        if any(ast.dump(one) == ast.dump(other) for one, other in itertools.pairwise(sides)):
            yield Finding(node.lineno, f"{ast.unparse(test)} compares a value with itself")


def _asserts(node: ast.AST) -> bool:
    """Whether there is an assertion inside, ``pytest.raises`` included."""
    return any(
        isinstance(inner, ast.Assert) or (isinstance(inner, ast.Attribute) and inner.attr in {"raises", "warns"})
        for inner in ast.walk(node)
    )


def _tests(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    """What the assertions among some nodes assert."""
    return (node.test for node in nodes if isinstance(node, ast.Assert))


def _wants_more(test: ast.Compare) -> bool:
    """Whether an assertion wants a name to be more than a number: ``assert seen > 1000``."""
    return (
        isinstance(test.left, ast.Name)
        and isinstance(test.ops[0], ast.Gt)
        and isinstance(test.comparators[0], ast.Constant)
    )


def _counts(loop: ast.AST, counted: set[str]) -> bool:
    """Whether a loop counts what it sees in one of some names."""
    return any(
        isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name) and inner.target.id in counted
        for inner in ast.walk(loop)
    )


def _written_out(nodes: list[ast.stmt] | list[ast.AST], known: Filled) -> Filled:
    """Take in the names that assignments give a collection that is written out."""
    filled = dict(known)
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and node.value is not None:
            filled[target.id] = _is_filled(node.value, filled)
    return filled


def _asserted(nodes: list[ast.AST]) -> Filled:
    """Take in the names that ``assert name`` and ``assert len(name) …`` say are filled."""
    filled = {}
    for node in nodes:
        if not isinstance(node, ast.Assert):
            continue
        test = node.test.left if isinstance(node.test, ast.Compare) else node.test
        if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "len":
            test = test.args[0]
            filled |= {test.id: True} if isinstance(test, ast.Name) else {}
        elif test is node.test and isinstance(test, ast.Name):
            filled[test.id] = True
    return filled


def _is_filled(node: ast.expr, filled: Filled) -> bool:  # noqa: C901, PLR0911  one case a form of expression
    """Whether an expression certainly has an item."""
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id=name):
            return filled.get(name, False)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return any(not isinstance(item, ast.Starred) or _is_filled(item.value, filled) for item in items)
        case ast.Dict(keys=keys):
            return any(key is not None for key in keys)
        case ast.BinOp(left=left, op=ast.Mult()):
            return _is_filled(left, filled)
        case ast.BinOp(left=left, right=right):
            return _is_filled(left, filled) or _is_filled(right, filled)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return all(not each.ifs and _is_filled(each.iter, filled) for each in node.generators)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            if name in _KEEPS_ITEMS:
                return bool(arguments) and all(_is_filled(one, filled) for one in arguments)
            return name in {"some", "range"} and bool(arguments)
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            return name in _VIEWS and _is_filled(value, filled)
        case _:
            return False
