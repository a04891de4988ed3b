"""Reads references as text: their stubs, their solutions, edited wrong versions, and replays that stop at each
named stage.
"""

import ast
import contextlib
import functools
import inspect
import re
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

HOOK = "__stage__"
TODO = "# your code here"


_FILES: dict[str, list[str]] = {}
_WRITTEN: dict[Callable, str] = {}


def pin(reference: Callable) -> None:
    """Keep the lines of the file that a reference stands in: edited later, they are not those that were imported."""
    path = getattr(sys.modules.get(reference.__module__), "__file__", None)
    if path and path not in _FILES:
        with contextlib.suppress(OSError):
            _FILES[path] = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)


@functools.cache
def source_of(reference: Callable) -> str:
    """The source of a function or class, dedented: as it was when its exercise was made."""
    if reference in _WRITTEN:
        return _WRITTEN[reference]
    lines = _FILES.get(getattr(sys.modules.get(reference.__module__), "__file__", None) or "")
    if lines is None or "<locals>" in reference.__qualname__:
        return textwrap.dedent(inspect.getsource(reference))
    if isinstance(reference, types.FunctionType):
        start = reference.__code__.co_firstlineno - 1
    else:
        start = next(i for i, line in enumerate(lines) if re.match(rf"class {reference.__name__}\b", line))
    return textwrap.dedent("".join(inspect.getblock(lines[start:])))


def written(source: str, name: str, namespace: Mapping[str, Any]) -> Callable:
    """Run the source like `build`, and remember it as that of what it gives."""
    made = build(source, name, namespace)
    _WRITTEN[made] = source
    return made


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


def build(source: str, name: str, namespace: Mapping[str, Any]) -> Callable:
    """Run the source in a copy of ``namespace`` and return what it calls ``name``."""
    scope = dict(namespace)
    exec(_compiled(source, name), scope)
    return scope[name]


@functools.lru_cache(maxsize=1024)
def _compiled(source: str, name: str) -> types.CodeType:
    return compile(source, f"<{name}>", "exec")


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
    earlier stages. ``feeds`` tells for each stage which others it is computed from directly.
    """

    def __init__(self, source: str, name: str, stages: Iterable[str], namespace: Mapping[str, Any]) -> None:
        self.name = name
        self.stages = tuple(stages)
        code, self.feeds = _prepared(source, self.stages)
        scope = {**namespace, HOOK: self._stage}
        exec(code, scope)
        self._run = scope[name]
        self._own: Mapping[str, Any] = {}
        self._seen: dict[str, Any] = {}

    def __call__(self, args: tuple, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What each stage should be, given the student's ``own`` earlier ones; stages after an exception are
        missing.
        """
        self._own, self._seen = own or {}, {}
        # A student's values may be anything: that they overflow here is no news.
        with np.errstate(all="ignore"), warnings.catch_warnings(), contextlib.suppress(Exception):
            warnings.simplefilter("ignore")
            self._run(*args)
        return self._seen

    def _stage(self, name: str, value: Any) -> Any:
        self._seen[name] = np.array(value, copy=True)
        if name not in self._own:
            return value
        usual = self._seen[name]
        own = np.array(self._own[name], dtype=np.float64)
        if own.size == usual.size:
            own = own.reshape(usual.shape)
        # Whole numbers may serve as an index in what follows.
        whole = usual.dtype.kind in "biu" and np.isfinite(own).all() and (own == np.rint(own)).all()
        return own.astype(usual.dtype) if whole else own


@functools.lru_cache(maxsize=1024)
def _prepared(source: str, stages: tuple[str, ...]) -> tuple[types.CodeType, dict[str, set[str]]]:
    function = ast.parse(source).body[0]
    if not isinstance(function, ast.FunctionDef):
        raise ValueError("only a function has stages that can be replayed")
    return compile(_with_hooks(function, stages), f"<{function.name}>", "exec"), _feeds(function, stages)


def _with_hooks(function: ast.FunctionDef, stages: tuple[str, ...]) -> ast.Module:
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
    hooked = ast.FunctionDef(**{**dict(ast.iter_fields(function)), "body": body})
    return ast.fix_missing_locations(ast.Module([hooked], []))


def _feeds(function: ast.FunctionDef, stages: tuple[str, ...]) -> dict[str, set[str]]:
    rests_on: dict[str, set[str]] = {}
    feeds: dict[str, set[str]] = {stage: set() for stage in stages}
    for statement in function.body:
        found: set[str] = set()
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                found |= {node.id} if node.id in feeds else rests_on.get(node.id, set())
        for name in _written(statement):
            rests_on[name] = rests_on.get(name, set()) | found
            if name in feeds:
                feeds[name] |= found - {name}
    return feeds


def _written(node: ast.AST) -> set[str]:
    """The variables that a statement assigns, writes into, or hands to a call that it makes for its effect."""
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.comprehension):
        return set()
    names = set()
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        names.add(node.id)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        names |= _root(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        names |= _root(call.func) if isinstance(call.func, ast.Attribute) else set()
        names |= {name for argument in call.args[:1] for name in _root(argument)}
    if isinstance(node, ast.Call):
        names |= {name for keyword in node.keywords if keyword.arg == "out" for name in _root(keyword.value)}
    for child in ast.iter_child_nodes(node):
        names |= _written(child)
    return names


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
