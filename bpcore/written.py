"""Writes a function of a notebook out as text that stands alone: with its helpers, its constants and its imports."""

import ast
import builtins
import importlib
import inspect
import linecache
import symtable
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bpcore.errors import BpcoreError

_LONGEST = 2_000  # characters of a constant that is written out


class CannotBeWrittenError(BpcoreError, ValueError):
    """A function rests on something that cannot be written down as text; the message names it."""


def written_out(answer: Callable, name: str, shared: Mapping[str, str]) -> str:
    """The source of a function or class, below everything that it needs to run by itself.

    ``shared`` are functions that are there already, text by name: a helper with that very text is not repeated. `np`
    is taken to be there. Helpers come from the same cell or from other cells; plain numbers, texts and small arrays are
    written as constants. Raises CannotBeWrittenError when a source cannot be found, or when a name stands for something
    else.
    """
    scope, cell = _home(answer)
    if not cell:
        raise CannotBeWrittenError("its text cannot be found. Define it in a cell, by `def` or `class`.")
    imports: list[str] = []
    pieces: dict[str, str] = {}

    def need(names: set[str], cell: str, scope: Mapping[str, Any]) -> None:
        for needed in sorted(names):
            if needed in pieces or (needed == "np" and scope.get("np") is np) or needed == name:
                continue
            if needed not in scope:  # a builtin, or a name that no case has called for
                continue
            value = scope[needed]
            if isinstance(value, types.ModuleType):
                imports.append(_import(value, needed))
                continue
            its_scope, its_cell = _home(value)
            kept = getattr(value, "__name__", "") if getattr(value, "__module__", "") == "my_network" else ""
            if kept and shared.get(kept) == _statements(its_cell, kept):  # taken from the learner's own file
                if kept != needed:
                    pieces[needed] = f"{needed} = {kept}"
                continue
            source = _statements(its_cell, needed) if _is_own(value, scope) else ""
            if source and shared.get(needed) == source:
                continue
            if not source:
                its_scope, its_cell = scope, cell
                source = _constant(needed, value, cell)
                if source.startswith("from "):
                    imports.append(source)
                    continue
            pieces[needed] = ""  # so that two functions that call each other end
            need(_free(source), its_cell, its_scope)
            del pieces[needed]  # below what it needs
            pieces[needed] = source

    source = _statements(cell, name)
    if not source:
        raise CannotBeWrittenError(f"no cell defines `{name}` at its left edge, by `def` or `class`.")
    need(_free(source), cell, scope)
    blocks = ["\n".join(sorted(set(imports)))] if imports else []
    return "\n\n\n".join([*blocks, *pieces.values(), source]) + "\n"


def bindings(source: str) -> dict[str, str]:
    """The functions, classes and constants that a text defines at its left edge: by name, their text."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            names |= _bound(node)
    return {name: _statements(source, name) for name in sorted(names)}


def renamed(source: str, old: str, new: str) -> str:
    """The text with every use of the variable ``old`` as ``new``; unchanged where that cannot be done for sure."""
    nodes = list(ast.walk(ast.parse(source)))
    if any(isinstance(n, ast.arg | ast.keyword) and n.arg == old for n in nodes):
        return source
    if any(isinstance(n, ast.JoinedStr) and old in ast.unparse(n) for n in nodes):
        return source  # before Python 3.12, names inside an f-string have no true place
    lines = source.encode().splitlines(keepends=True)
    places = {(n.lineno, n.col_offset) for n in nodes if isinstance(n, ast.Name) and n.id == old}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == old:
            places.add((node.lineno, lines[node.lineno - 1].index(old.encode(), node.col_offset + 3)))
    for line, column in sorted(places, reverse=True):
        text = lines[line - 1]
        lines[line - 1] = text[:column] + new.encode() + text[column + len(old.encode()) :]
    return b"".join(lines).decode()


def _home(value: Any) -> tuple[Mapping[str, Any], str]:
    """Where a function or class was defined: its global names, and the text of the cell; ({}, "") if unknown."""
    value = inspect.unwrap(value) if callable(value) else value
    if isinstance(value, type):
        value = next((inspect.unwrap(v) for v in vars(value).values() if isinstance(v, types.FunctionType)), None)
    if not isinstance(value, types.FunctionType):
        return {}, ""
    cell = "".join(linecache.getlines(value.__code__.co_filename))
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError):
        return {}, ""
    return value.__globals__, cell


def _is_own(value: Any, scope: Mapping[str, Any]) -> bool:
    """Whether something was defined in the notebook (or file) that the scope belongs to."""
    return getattr(value, "__module__", None) == scope.get("__name__", "__main__")


def _statements(cell: str, name: str) -> str:
    """The statements of a cell that give a name its last meaning, and those that add to it; "" for none."""
    if not cell:
        return ""
    taken: list[ast.stmt] = []
    for node in reversed(ast.parse(cell).body):
        adds = isinstance(node, ast.Assign) and any(_root(t) == name for t in node.targets)
        if adds and not isinstance(node.targets[0], ast.Name):
            taken.insert(0, node)
        elif name in _bound(node):
            taken.insert(0, node)
            if name not in _free(_text(cell, node)) or isinstance(node, ast.FunctionDef | ast.ClassDef):
                break
    # What is added to something else of that name is no definition.
    return "\n\n".join(_text(cell, node) for node in taken) if any(name in _bound(node) for node in taken) else ""


def _root(target: ast.expr) -> str:
    while isinstance(target, ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement at the left edge gives a meaning to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        inner = (n for target in targets for n in ast.walk(target))
        return {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return set()


def _text(source: str, node: ast.stmt) -> str:
    """A statement as it was written, with its decorators and the comment lines right above it."""
    lines = source.splitlines()
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return ast.get_source_segment(source, node) or ""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
    while first and lines[first - 1].startswith("#") and not lines[first - 1].startswith("# =="):
        first -= 1
    return "\n".join(line.rstrip() for line in lines[first : node.end_lineno])


def _free(source: str) -> set[str]:
    """The names that a text uses and does not define: it finds them around it when it runs."""

    def used(table: symtable.SymbolTable) -> set[str]:
        top = table.get_type() == "module"
        names = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
        return names.union(*(used(child) for child in table.get_children()))

    defined = {name for node in ast.parse(source).body for name in _bound(node)}
    builtin = set(vars(builtins))
    return used(symtable.symtable(source, "cell", "exec")) - defined - builtin


def _import(module: types.ModuleType, name: str) -> str:
    return f"import {name}" if module.__name__ == name else f"import {module.__name__} as {name}"


def _constant(name: str, value: Any, cell: str) -> str:
    """A line that gives a name its value: as the cell has it, as an import, or written out."""
    home = getattr(value, "__module__", None)
    for module in (home.lstrip("_") if isinstance(home, str) else None, home, "numpy", "math"):
        known = getattr(value, "__name__", None)
        if isinstance(module, str) and isinstance(known, str) and module not in ("__main__", "builtins"):
            try:
                if getattr(importlib.import_module(module), known, None) is value:
                    return f"from {module} import {known}" + (f" as {name}" if known != name else "")
            except ImportError:
                continue
    if isinstance(value, np.ndarray) and value.size <= _LONGEST:
        text = f"{name} = np.array({value.tolist()!r}, dtype={value.dtype.str!r})"
    else:
        text = f"{name} = {value!r}"
        try:
            if ast.literal_eval(repr(value)) != value:
                text = ""
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            text = ""
    if text and len(text) <= _LONGEST:
        written = _statements(cell, name)
        # The cell's own words are the better ones, when they still say what the name stands for.
        return written if written and _says(written, name, value) else text
    if written := _statements(cell, name):
        return written
    raise CannotBeWrittenError(f"it uses `{name}`, which cannot be written down. Hand it in as an argument.")


def _says(source: str, name: str, value: Any) -> bool:
    try:
        scope: dict[str, Any] = {}
        node = ast.parse(source).body[-1]
        scope[name] = ast.literal_eval(node.value) if isinstance(node, ast.Assign) else None
        return bool(scope[name] == value) and isinstance(node.targets[0], ast.Name)
    except (ValueError, TypeError):
        return False
