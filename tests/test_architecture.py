"""The package's rooms keep their order: each builds on lower ones, and what is heavy stays where it belongs."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import bpcore

PACKAGE = Path(bpcore.__file__).parent

# A room is a module or a folder directly in bpcore. Imports go to a lower number, or stay within the room.
LEVELS = {
    "errors": -1,  # the ground: every room may name its error
    **dict.fromkeys(["functional", "differences", "datasets", "initializers"], 0),
    **dict.fromkeys(["autodiff", "layers", "losses", "optim"], 1),
    **dict.fromkeys(["training", "saving", "interop"], 2),
    "estimators": 2.5,  # a training in the clothes of scikit-learn
    "trace": 3,
    **dict.fromkeys(["plots", "exercises"], 4),
    "written": 4,
    **dict.fromkeys(["carried", "itinerary", "diary", "drawings", "dynamics", "diagrams", "charts", "merging"], 5),
    **dict.fromkeys(["notebook", "demo", "widgets", "workplace", "review"], 6),
    **dict.fromkeys(["grading", "authoring", "checking", "lab_server"], 7),
    "listening": 8,
    **dict.fromkeys(["startpage", "adopting", "soundness", "handouts"], 8),
    **dict.fromkeys(["lab", "doctor"], 9),
    "play": 10,
    "cli": 10,
    "__main__": 11,
}
# Below this, numpy is the only package from outside, so that the library stays a small thing to read and to run.
NUMPY_ALONE_BELOW = LEVELS["trace"]
MATPLOTLIB_FROM = LEVELS["plots"]
# What only some modules may import, wherever in the file the import stands.
FENCES = {
    # The worker is a notebook, behind the wall.
    "IPython": ("notebook", "widgets", "listening", "grading.worker"),
    "ipywidgets": ("notebook", "widgets"),
    "anywidget": ("widgets",),
    "nbgrader": ("grading", "authoring", "handouts"),
    "jupytext": ("grading", "authoring"),
    "jupyter_server": ("lab_server",),
    "jupyterlab": ("lab_server",),
    "dask": ("grading.cluster",),
    "distributed": ("grading.cluster",),
}
LONGEST = 500


@dataclass(frozen=True)
class Import:
    """One imported module, by its whole name, and whether importing the file brings it in."""

    target: str
    line: int
    at_once: bool


def imports(name: str, source: str, known: Mapping[str, object], *, package: bool = False) -> Iterator[Import]:
    """What the module `name` imports; `known` are the package's modules, so that `from a import b` finds module b."""
    tree = ast.parse(source)
    yield from _imports(tree, name if package else name.rpartition(".")[0], known, at_once=True)


def _imports(node: ast.AST, here: str, known: Mapping[str, object], *, at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, at_once)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parents = here.split(".")[: len(here.split(".")) - node.level + 1]
            base = ".".join([*parents, base] if base else parents)
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield Import(inner if inner in known else base, node.lineno, at_once)
    else:
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        children = ast.iter_child_nodes(node)
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            children = iter(node.orelse)  # the rest is for a type checker's eyes only
        for child in children:
            yield from _imports(child, here, known, at_once=at_once and not later)


def room_of(name: str) -> str:
    """The room of a module: bpcore.layers.dense -> layers."""
    return name.split(".")[1] if "." in name else ""


def complaints(name: str, source: str, known: Mapping[str, object], *, package: bool = False) -> list[str]:
    """What one module does against the order, each as a sentence; an empty list when it keeps it."""
    room = room_of(name)
    if room not in LEVELS:
        return [f"{name}: the room '{room}' is not in LEVELS of {Path(__file__).name}: add it at its level"]
    level, found = LEVELS[room], []
    for item in imports(name, source, known, package=package):
        where = f"{name}, line {item.line}"
        top = item.target.partition(".")[0]
        if top in FENCES and not any(f"{name}.".startswith(f"bpcore.{place}.") for place in FENCES[top]):
            found.append(f"{where}: {top} belongs in {' and '.join(FENCES[top])} only")
        if not item.at_once:
            continue
        if item.target == "bpcore":
            found.append(f"{where}: import the room that has it, and not the package, which gathers them all")
        elif top == "bpcore":
            other = room_of(item.target)
            if other != room and not LEVELS.get(other, level) < level:
                found.append(f"{where}: {room} ({level}) must not import {other} ({LEVELS.get(other, 'no level')})")
        elif top in sys.stdlib_module_names or top == "numpy":
            pass
        elif level < NUMPY_ALONE_BELOW:
            found.append(f"{where}: below level {NUMPY_ALONE_BELOW}, numpy alone comes from outside, and not {top}")
        elif top == "matplotlib" and level < MATPLOTLIB_FROM:
            found.append(f"{where}: matplotlib belongs in plots and above")
    return found


def modules() -> dict[str, Path]:
    """Every module of the package, by its whole name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"bpcore"}))
def test_a_module_keeps_the_order(name):
    path = MODULES[name]
    assert complaints(name, path.read_text(encoding="utf-8"), MODULES, package=path.name == "__init__.py") == []


def test_the_package_itself_imports_nothing_heavy():
    source = MODULES["bpcore"].read_text(encoding="utf-8")
    for item in imports("bpcore", source, MODULES, package=True):
        top = item.target.partition(".")[0]
        assert not item.at_once or top in {"bpcore", "numpy"} or top in sys.stdlib_module_names, item
        if item.at_once and top == "bpcore" and room_of(item.target):
            assert LEVELS[room_of(item.target)] < NUMPY_ALONE_BELOW, item


def test_importing_bpcore_brings_in_little_but_numpy():
    heavy = {*FENCES, "matplotlib", "nbformat", "traitlets", "tqdm", "torch", "sklearn"}
    code = f"import sys, bpcore; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def test_no_module_imports_itself_in_a_circle():
    graph = {
        name: {
            item.target
            for item in imports(name, path.read_text(encoding="utf-8"), MODULES, package=path.name == "__init__.py")
            if item.at_once and item.target in MODULES and item.target != name
        }
        for name, path in MODULES.items()
    }
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_opens_with_a_sentence(name):
    docstring = ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))
    assert docstring, f"{name} should open with one sentence that says what it is for"


def test_no_file_is_too_long_to_read():
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".js", ".css", ".html"}
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


# The checker itself: planted faults are found, and what is allowed is left in peace.

KNOWN = dict.fromkeys(
    ["bpcore", "bpcore.functional", "bpcore.layers", "bpcore.layers.base", "bpcore.training", "bpcore.plots"]
)


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("bpcore.functional", "from bpcore.layers import base", "functional (0) must not import layers (1)"),
        ("bpcore.functional", "from . import layers", "functional (0) must not import layers (1)"),
        ("bpcore.functional.tanh", "from ..layers.base import Layer", "functional (0) must not import layers (1)"),
        ("bpcore.losses", "import bpcore.layers.base", "losses (1) must not import layers (1)"),
        ("bpcore.functional", "try:\n    import bpcore.training\nexcept ImportError: pass", "must not import training"),
        ("bpcore.functional", "class A:\n    from bpcore import plots", "must not import plots (4)"),
        ("bpcore.losses", "import bpcore as bp", "import the room that has it"),
        ("bpcore.losses", "from bpcore import Tensor", "import the room that has it"),
        ("bpcore.losses", "from bpcore.unheard_of import x", "must not import unheard_of (no level)"),
        ("bpcore.training", "from tqdm import tqdm", "numpy alone comes from outside, and not tqdm"),
        ("bpcore.trace", "import matplotlib.pyplot as plt", "matplotlib belongs in plots and above"),
        ("bpcore.plots", "def show():\n    from IPython import display", "IPython belongs in notebook and widgets"),
        ("bpcore.grading.runner", "import dask.bag", "dask belongs in grading.cluster only"),
        ("bpcore.lab", "import jupyter_server.serverapp", "jupyter_server belongs in lab_server only"),
        ("bpcore.attic", "import math", "the room 'attic' is not in LEVELS of test_architecture.py: add it"),
    ],
)
def test_a_planted_fault_is_found(name, source, complaint):
    (found,) = complaints(name, source, KNOWN)
    assert complaint in found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("bpcore.layers.dense", "from bpcore.layers.base import Layer\nfrom bpcore import functional as F"),
        ("bpcore.layers.dense", "from .base import Layer\nfrom . import base"),
        ("bpcore.functional", "import numpy.linalg\nfrom collections import abc"),
        ("bpcore.training", "def train():\n    from tqdm import tqdm"),
        ("bpcore.functional", "import typing\nif typing.TYPE_CHECKING:\n    from bpcore.layers import base"),
        ("bpcore.plots", "import matplotlib"),
        ("bpcore.widgets.playground", "import anywidget\nfrom IPython.display import display"),
        ("bpcore.grading.cluster", "import dask"),
        ("bpcore.lab", "def open_lab():\n    from bpcore.lab_server import serve"),
    ],
)
def test_what_is_allowed_is_left_in_peace(name, source):
    assert complaints(name, source, KNOWN) == []
