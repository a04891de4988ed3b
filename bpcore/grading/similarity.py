"""Answers that are alike beyond what their statement forces: something for a person to look at, never a verdict."""

import ast
import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from bpcore.exercises import catalogue
from bpcore.exercises.variants import keyed

# An answer has this many nodes in its syntax tree before it is looked at: below, most who are right write the same.
ROOM = 50
# Two submissions are alike from so many nodes on, in all the answers that they share.
ENOUGH = 100
# Parsing is quick up to here, and cannot run out of stack.
LONGEST = 10_000
DEEPEST = 60
# In a group larger than this each is compared with the first alone, so that a class of any size takes little time.
CROWD = 50


@dataclass(frozen=True)
class Alike:
    """Submissions that share the answers to these exercises; ``reference`` where it is the course's own solution."""

    students: tuple[str, ...]
    exercises: tuple[str, ...]
    reference: bool = False


def normal_form(source: str, name: str) -> tuple[str, int] | None:
    """A program without what its author chose freely, as text, and how many nodes it has.

    Comments, formatting, docstrings and annotations are gone; what the program names itself (arguments, variables,
    helpers) is numbered in the order in which it appears, but ``name``, the name of the answer. None for what is no
    program, or too long or too deep to be one that a person wrote.
    """
    depth = max((len(line) - len(line.lstrip()) for line in source.splitlines()), default=0)
    brackets = sum(source.count(bracket) for bracket in "([{-~")
    if len(source) > LONGEST or depth > 4 * DEEPEST or brackets > LONGEST // 10:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a stray backslash in a text is the student's affair
            tree = _Bare().visit(ast.parse(source))
        own = _own_names(tree) - {name}
        numbers: dict[str, str] = {}
        size = 0
        for node in _in_order(tree):
            size += not isinstance(node, ast.expr_context)
            for attribute in ("id", "arg", "name", "rest"):
                value = getattr(node, attribute, None)
                if isinstance(value, str) and value in own and not isinstance(node, ast.alias | ast.keyword):
                    setattr(node, attribute, numbers.setdefault(value, f"v{len(numbers)}"))
            if isinstance(node, ast.Global | ast.Nonlocal):
                node.names = [numbers.setdefault(n, f"v{len(numbers)}") if n in own else n for n in node.names]
        return ast.dump(tree, annotate_fields=False), size
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def prints(notebook: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """By exercise, what an answer is recognised by and how long it is, for the answers of a graded notebook that leave
    room to write them differently."""
    found = {}
    for cell in notebook["cells"]:
        about = cell["metadata"]["bpcore"]
        if about["kind"] == "answer" and (
            seen := _print(cell["source"], keyed(about["exercise"], about.get("variant", "")))
        ):
            found[about["exercise"]] = seen
    return found


def alike(prints_by_student: Mapping[str, Mapping[str, Any]], exercises: Iterable[str]) -> list[Alike]:
    """Whose answers are the reference's own, then who share answers with each other, the longest lists first."""
    # Of all variants: whoever hands in the solution of another one has not written it either.
    references = {
        name: [
            seen
            for posed in (catalogue[name], *catalogue.variants(name).values())
            if (seen := _print(posed.source, posed.key))
        ]
        for name in exercises
    }
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    sizes: dict[tuple[str, str], int] = {}
    for student, answers in sorted(prints_by_student.items()):
        same = tuple(name for name, seen in answers.items() if tuple(seen) in references.get(name, ()))
        if sum(answers[name][1] for name in same) >= ENOUGH:
            found[same].append(student)
        for name, (shape, size) in answers.items():
            if name not in same:
                groups[name, shape].append(student)
                sizes[name, shape] = size
    listed = [Alike(tuple(students), names, reference=True) for names, students in found.items()]
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for group, students in groups.items():
        crowd = len(students) > CROWD
        for pair in ((students[0], other) for other in students[1:]) if crowd else combinations(students, 2):
            shared[pair] += sizes[group]
    rings = _rings(pair for pair, size in shared.items() if size >= ENOUGH)
    for ring in rings:
        names = {name for (name, _), students in groups.items() if len(ring.intersection(students)) > 1}
        listed.append(Alike(tuple(sorted(ring)), tuple(name for name in references if name in names)))
    return sorted(listed, key=lambda a: (not a.reference, -len(a.students), a.students))


def _print(source: str, name: str) -> tuple[str, int] | None:
    """The print of an answer; None where its exercise or its length leave no room."""
    if name not in catalogue or catalogue[name].form != "blank":
        return None
    form = normal_form(source, catalogue[name].name)
    if form is None or form[1] < ROOM:
        return None
    starter = normal_form(catalogue[name].starter, catalogue[name].name)
    return None if starter and starter[0] == form[0] else (hashlib.sha256(form[0].encode()).hexdigest()[:20], form[1])


class _Bare(ast.NodeTransformer):
    """Takes away docstrings, lone constants and annotations."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value))


def _in_order(node: ast.AST) -> Iterable[ast.AST]:
    """A tree's nodes as one reads them."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _own_names(tree: ast.AST) -> set[str]:
    """What a program gives a name to; what it imports, or finds in the notebook, keeps its own."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and node.name:
            names.add(node.name)
    return names


def _rings(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Who hangs together by pairs."""
    ring_of: dict[str, set[str]] = {}
    for one, other in pairs:
        ring = ring_of.setdefault(one, {one})
        for member in ring_of.setdefault(other, {other}):
            ring.add(member)
            ring_of[member] = ring
    return list({id(ring): ring for ring in ring_of.values()}.values())
