"""What `bpcore` is while a notebook is graded: the data and the errors are real, and the reference is not there.

This file is mounted as ``bpcore/__init__.py`` in the student's process, beside the real ``bpcore/datasets`` and
``bpcore/errors.py``.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_REAL = ("bpcore.datasets", "bpcore.errors")


# What only shows something, and so can be left out.
_SHOWS = ("hint", "solution", "progress", "in_words", "my_lines", "course_map")
_SHOWS_BY_PREFIX = ("plot_", "describe_")


def _withheld(name: str) -> str:
    return (
        f"{name} is withheld while your notebook is graded: bpcore is the reference, so an answer must stand without "
        "it. There are bpcore's data (load_digits) and all of numpy; check, hint and everything that draws do nothing"
    )


def check(*_: Any, **__: Any) -> float:
    """Do nothing: the grader checks from outside."""
    return 0.0


def _nothing(*_: Any, **__: Any) -> str:
    return ""


def mine_or_ours(_: str, answer: Any = None) -> Any:
    """The student's own: there is no other here."""
    return answer


class _Still:
    """Takes the place of every widget: it accepts what it is given, and shows and does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Keep nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _nothing


class _Widgets(ModuleType):
    """The room of the widgets, with nothing in it that moves."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Still


class _Withheld:
    """Answers imports of rooms that are not here with a sentence, where Python would only say that none exists."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Raise ImportError for every room of bpcore but the data and the errors."""
        # No ModuleNotFoundError: `from bpcore import name` would swallow it, and its sentence.
        if name.startswith("bpcore.") and not any(f"{name}.".startswith(f"{real}.") for real in _REAL):
            raise ImportError(_withheld(name), name=name)


def __getattr__(name: str) -> Any:
    if f"bpcore.{name}" in _REAL:
        return importlib.import_module(f"bpcore.{name}")
    if name in _SHOWS or name.startswith(_SHOWS_BY_PREFIX):
        return _nothing
    if not name.startswith("_"):
        for real in _REAL:
            module = importlib.import_module(real)
            if name in getattr(module, "__all__", vars(module)):
                return getattr(module, name)
    raise AttributeError(_withheld(f"bpcore.{name}"))


# Only where this file stands in for the package: imported by its own name, it must leave the real one alone.
if __name__ == "bpcore":
    sys.meta_path.insert(0, _Withheld)
    sys.modules["bpcore.widgets"] = _Widgets("bpcore.widgets")
