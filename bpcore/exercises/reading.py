"""Reads references as text: their stubs, their solutions, edited wrong versions, and replays that stop at each
named stage.
"""

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

HOOK = "__stage__"
TODO = "# your code here"


@functools.cache
def source_of(reference: Callable) -> str:
    """The source of a function or class, dedented."""
    return textwrap.dedent(inspect.getsource(reference))


def edited(source: str, edits: Mapping[str, str]) -> str:
    """The source with each ``old`` text replaced by its ``new`` one.

    Raises ValueError unless every old text stands in the source exactly once.
    """
    for old, new in edits.items():
        if source.count(old) != 1:
            raise ValueError(
                f"an edit needs its text to stand exactly once; {old!r} stands {source.count(old)} times in:\n{source}"
            )
        source = source.replace(old, new)
    return source


def build(source: str | ast.Module, name: str, namespace: Mapping[str, Any]) -> Callable:
    """Run the source in a copy of ``namespace`` and return what it calls ``name``."""
    scope = dict(namespace)
    exec(compile(source, f"<{name}>", "exec"), scope)
    return scope[name]


def starter(source: str) -> str:
    """The signature and docstring of each function in the source, with the work taken out: what a blank exercise
    begins with.

    A class keeps its methods' signatures and docstrings.
    """
    lines = source.splitlines()
    for function in reversed(_functions(ast.parse(source))):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        if not body:
            continue
        indent = " " * body[0].col_offset
        lines[body[0].lineno - 1 : function.end_lineno] = [indent + TODO, indent + "raise NotImplementedError"]
    return "\n".join(lines) + "\n"


def solved(source: str) -> str:
    """The source with each function's body between the markers that nbgrader takes out of the release."""
    lines = source.splitlines()
    for function in reversed(_functions(ast.parse(source))):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        if not body:
            continue
        indent = " " * body[0].col_offset
        lines.insert(function.end_lineno or 0, indent + "### END SOLUTION")
        lines.insert(body[0].lineno - 1, indent + "### BEGIN SOLUTION")
    return "\n".join(lines) + "\n"


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    top = tree.body[0]
    if isinstance(top, ast.ClassDef):
        return [node for node in top.body if isinstance(node, ast.FunctionDef)]
    return [top] if isinstance(top, ast.FunctionDef) else []


class Replay:
    """A function that can be run again with a student's own values put in place of its named stages.

    After the last top-level statement that writes to a stage's variable, the value is noted, and the student's
    takes its place for what follows. So each stage is judged by what the function makes of the student's own
    earlier stages.
    """

    def __init__(self, source: str, name: str, stages: Iterable[str], namespace: Mapping[str, Any]) -> None:
        self.name = name
        self.stages = tuple(stages)
        self._run = build(_with_hooks(source, self.stages), name, {**namespace, HOOK: self._stage})
        self._own: Mapping[str, Any] = {}
        self._seen: dict[str, Any] = {}

    def __call__(self, args: tuple, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What each stage should be, given the student's ``own`` earlier ones; stages after an exception are
        missing.
        """
        self._own, self._seen = own or {}, {}
        try:
            with np.errstate(all="ignore"):
                self._run(*args)
        except Exception as error:
            self._seen["error"] = type(error).__name__
        return self._seen

    def _stage(self, name: str, value: Any) -> Any:
        self._seen[name] = np.array(value, copy=True)
        if name not in self._own:
            return value
        own = np.asarray(self._own[name])
        return np.array(own, dtype=np.float64).reshape(np.shape(value))


def _with_hooks(source: str, stages: tuple[str, ...]) -> ast.Module:
    tree = ast.parse(source)
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        raise ValueError("only a function has stages that can be replayed")
    last: dict[str, int] = {}
    for position, statement in enumerate(function.body):
        for name in _written(statement) & set(stages):
            last[name] = position
    missing = set(stages) - set(last)
    if missing:
        raise ValueError(f"{function.name} never assigns {sorted(missing)}: a stage is a variable of the reference")
    body: list[ast.stmt] = []
    for position, statement in enumerate(function.body):
        body.append(statement)
        body += [ast.parse(f"{s} = {HOOK}({s!r}, {s})").body[0] for s in stages if last[s] == position]
    function.body = body
    return ast.fix_missing_locations(tree)


def _written(statement: ast.stmt) -> set[str]:
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            names.add(node.value.id)
    return names
