"""The learner's own network: passed functions, kept as readable Python in `my_network.py` and taken from there again.

The file is the learner's. `keep` replaces only what stands between its own two marks for an exercise; everything else
in the file stays as it is, and a file that is no longer Python is put aside whole before a new one is begun.
"""

import ast
import io
import os
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpcore.errors import BpcoreError
from bpcore.exercises import Exercise, assess, catalogue
from bpcore.written import CannotBeWrittenError, bindings, renamed, written_out

FILE = "my_network.py"
HEADER = '''"""My network: what I wrote in the course, each function since it passed its check.

The part between two marks "# == ..." is written anew when that exercise is passed again. Everything else is yours:
what you write outside the marks stays. Where two exercises ask for the same name, both stand here, and the later one
has the name in the end.
"""

import numpy as np
'''
START, END = "# == {id} · unit {unit} · {title} ==", "# == end of {id} =="
_START = re.compile(r"# == (?P<id>[\w.]+) · .*")


class CarriedFileError(BpcoreError, ValueError):
    """The learner's file cannot be used; the message says where it stops."""


@dataclass(frozen=True)
class Part:
    """A piece of the file: an exercise's section (without its marks), or, where ``exercise`` is "", own text."""

    exercise: str
    text: str
    line: int = 1


def keep(folder: Path, exercise: Exercise, answer: Callable) -> str:
    """Write a passed answer into the learner's file, in place of an earlier one; say what a learner should know of it.

    It is written out with all that it needs: helper functions, constants and imports of the notebook. It is tried
    again as it stands in the file, and only what passes is kept. Returns "" when there is nothing to tell.
    """
    path = (folder / FILE).resolve()
    try:
        before = path.read_bytes() if path.exists() else None
    except OSError as error:
        return f"`{FILE}` cannot be read ({error.strerror}): your function was not kept."
    parts, told = _parts_for_writing(before, path)
    try:
        section = written_out(answer, exercise.name, _shared(parts, exercise))
    except CannotBeWrittenError as error:
        return f"Your function was not kept in `{FILE}`: {error}"
    if not told and any(part == Part(exercise.id, section, part.line) for part in parts):
        return ""
    text = _joined(_apart(_placed(parts, Part(exercise.id, section))))
    if not _passes(text, exercise):
        return (
            f"Your function was not kept in `{FILE}`: written there by itself, it no longer passes. Does it use "
            "something that another cell changes?"
        )
    try:
        if (path.read_bytes() if path.exists() else None) != before:  # saved in an editor, or by another notebook
            return keep(folder, exercise, answer)
        _replace(path, text, aside=bool(told))
    except OSError as error:
        return f"`{FILE}` cannot be written ({error.strerror}): your function was not kept."
    return told or (f"Your function is kept in `{FILE}`, for later units." if len(parts) < 2 else "")


def carried(folder: Path | None, exercise_id: str) -> Callable | None:
    """The learner's kept answer to an exercise; None when there is none.

    Raises CarriedFileError when the file, or what leads to this answer in it, does not run.
    """
    path = None if folder is None else folder / FILE
    if path is None or not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
        compile(text, str(path), "exec")
    except (SyntaxError, ValueError) as error:
        raise CarriedFileError(f"`{FILE}` is no longer Python ({_where(error)})") from None
    except OSError as error:
        raise CarriedFileError(f"`{FILE}` cannot be read ({error.strerror})") from None
    found, problems = _run(text, str(path))
    if exercise_id not in found and exercise_id in problems:
        raise CarriedFileError(f"in `{FILE}` it stops with an error ({_where(problems[exercise_id])})")
    return found.get(exercise_id)


@dataclass(frozen=True)
class Lines:
    """Lines of code by who wrote them: ``yours``, ``given`` with an exercise, and ``ours`` where none is kept."""

    yours: int = 0
    given: int = 0
    ours: int = 0

    def __add__(self, other: "Lines") -> "Lines":
        return Lines(self.yours + other.yours, self.given + other.given, self.ours + other.ours)


def whose_lines(folder: Path | None, exercise_ids: Iterable[str]) -> dict[str, Lines]:
    """For each exercise, how many lines of code are the learner's.

    Blank lines, comments and docstrings do not count. A line that the exercise's cell began with was given. Raises
    UnknownExerciseError, and CarriedFileError for a file that is no longer Python.
    """
    kept: dict[str, str] = {}
    if folder is not None and (folder / FILE).is_file():
        try:
            parts = _parts((folder / FILE).read_text(encoding="utf-8"))
            kept = {part.exercise: part.text for part in parts if part.exercise and ast.parse(part.text)}
        except (SyntaxError, ValueError) as error:
            raise CarriedFileError(f"`{FILE}` is no longer Python ({_where(error)})") from None
    counted = {}
    for exercise_id in exercise_ids:
        exercise = catalogue[exercise_id]
        if exercise_id in kept:
            lines = Counter(code_lines(kept[exercise_id]))
            yours = (lines - Counter(code_lines(exercise.starter))).total()
            counted[exercise_id] = Lines(yours=yours, given=lines.total() - yours)
        else:
            counted[exercise_id] = Lines(ours=len(code_lines(exercise.source)))
    return counted


def code_lines(source: str) -> list[str]:
    """The lines of a text that hold code: no blank lines, no comments, no docstrings."""
    aside: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            aside |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    empty = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in empty:
            held |= set(range(token.start[0], token.end[0] + 1))
    lines = source.splitlines()
    return [lines[k - 1].strip() for k in sorted(held - aside)]


# -- the file as parts ---------------------------------------------------------------------------------------------


def _parts(text: str) -> list[Part]:
    """The text cut at its marks. A mark without its other half marks nothing: what stands there is the learner's."""
    parts: list[Part] = []
    own: list[str] = []
    lines = text.splitlines(keepends=True)
    known: set[str] = set()
    here = 0
    while here < len(lines):
        mark = _START.fullmatch(lines[here].rstrip())
        end = _end(lines, here + 1, mark["id"]) if mark and mark["id"] not in known else None
        if mark is None or end is None:
            own.append(lines[here])
            here += 1
            continue
        parts.append(Part("", "".join(own), here + 1 - len(own)))
        parts.append(Part(mark["id"], "".join(lines[here + 1 : end]), here + 2))
        known.add(mark["id"])
        own, here = [], end + 1
    return [*parts, Part("", "".join(own), here + 1 - len(own))]


def _end(lines: list[str], start: int, exercise_id: str) -> int | None:
    """The line of the mark that ends a section, unless another one begins before it."""
    for k in range(start, len(lines)):
        if lines[k].rstrip() == END.format(id=exercise_id):
            return k
        if _START.fullmatch(lines[k].rstrip()):
            return None
    return None


def _joined(parts: Iterable[Part]) -> str:
    text = ""
    for part in parts:
        if not part.exercise:
            text += part.text
            continue
        title = catalogue[part.exercise].title if part.exercise in catalogue else ""
        unit = catalogue.unit_of(part.exercise) if part.exercise in catalogue else ""
        start = START.format(id=part.exercise, unit=unit, title=title)
        text += f"{start}\n{part.text}{END.format(id=part.exercise)}\n"
    return text


def _placed(parts: list[Part], new: Part) -> list[Part]:
    """The parts with the new section in place of an older one, or else where the course has it."""
    order = list(catalogue)
    for k, part in enumerate(parts):
        if part.exercise == new.exercise:
            return [*parts[:k], new, *parts[k + 1 :]]
    place = order.index(new.exercise)
    later = (k for k, part in enumerate(parts) if part.exercise in order and order.index(part.exercise) > place)
    k = next(later, len(parts))
    before = _joined(parts[:k])
    gap = Part("", ("" if before.endswith("\n") or not before else "\n") + "\n\n")
    return [*parts[:k], gap, new, *([Part("", "\n\n")] if k < len(parts) else []), *parts[k:]]


def _shared(parts: list[Part], exercise: Exercise) -> dict[str, str]:
    """Earlier answers that a later one can call where they stand: by name, the text of the function."""
    order = list(catalogue)
    names = Counter(e.name for e in catalogue.values())
    shared = {}
    for part in parts:
        if part.exercise in order and order.index(part.exercise) < order.index(exercise.id):
            name = catalogue[part.exercise].name
            if names[name] == 1 and name in (bound := bindings(part.text)):
                shared[name] = bound[name]
    return shared


def _apart(parts: list[Part]) -> list[Part]:
    """Helpers that share their name with something else in the file, and not their text, get a name of their own."""
    result = list(parts)
    bound = [bindings(part.text) if part.exercise in catalogue else {} for part in parts]
    for k, part in enumerate(result):
        if part.exercise not in catalogue:
            continue
        main, text = catalogue[part.exercise].name, part.text
        for name, source in bound[k].items():
            if name != main and any(other.get(name, source) != source for other in bound):
                text = renamed(text, name, f"{name}_for_{main}")
        if text != part.text:
            result[k], bound[k] = Part(part.exercise, text, part.line), bindings(text)
    return result


# -- running and writing it ------------------------------------------------------------------------------------------


def _run(text: str, filename: str) -> tuple[dict[str, Callable], dict[str, BaseException]]:
    """What each section defines, and what stopped those that do not run.

    Each section sees what stood above it, as it was then: two exercises may ask for the same name.
    """
    space: dict[str, Any] = {"__name__": "my_network"}
    found: dict[str, Callable] = {}
    problems: dict[str, BaseException] = {}
    for part in _parts(text):
        scope = dict(space) if part.exercise else space
        try:
            # The empty lines make an error's line number that of the file.
            exec(compile("\n" * (part.line - 1) + part.text, filename, "exec"), scope)
        except (Exception, SystemExit) as error:  # whatever the learner's own lines may raise
            problems[part.exercise] = error
            continue
        space = scope
        if part.exercise in catalogue and catalogue[part.exercise].name in scope:
            found[part.exercise] = scope[catalogue[part.exercise].name]
    return found, problems


def _passes(text: str, exercise: Exercise) -> bool:
    answer = _run(text, FILE)[0].get(exercise.id)
    return answer is not None and assess(exercise.id, answer).passed


def _parts_for_writing(content: bytes | None, path: Path) -> tuple[list[Part], str]:
    """The parts that a new section is put among; of a file that is no longer Python, the sections that still are."""
    if content is None:
        return [Part("", HEADER)], ""
    try:
        text = content.decode("utf-8")
        compile(text, FILE, "exec")
    except (SyntaxError, ValueError) as error:
        saved = [part for part in _parts(content.decode("utf-8", errors="replace")) if _sound(part)]
        parts = [Part("", HEADER)]
        for part in saved:
            parts = _placed(parts, part)
        told = (
            f"`{FILE}` was no longer Python ({_where(error)}). It is kept beside, as `{_free(path).name}`, and a new "
            f"one is begun with the {len(saved)} of your functions that could be read."
        )
        return parts, told
    return _parts(text), ""


def _sound(part: Part) -> bool:
    try:
        compile(part.text, FILE, "exec")
    except (SyntaxError, ValueError):
        return False
    return part.exercise in catalogue


def _free(path: Path) -> Path:
    """A name beside the file that nothing has yet."""
    k = 1
    while (beside := path.with_name(f"{path.stem}.broken-{k}.py")).exists():
        k += 1
    return beside


def _replace(path: Path, text: str, *, aside: bool) -> None:
    """Write the file whole, beside its place, and then move it there: an interruption leaves the older one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        if aside:
            path.rename(_free(path))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _where(error: BaseException) -> str:
    """An error in the learner's file, with its line."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while line is None and trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(FILE):
            line = trace.tb_lineno
        trace = trace.tb_next
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return (f"line {line}: " if line else "") + f"{type(error).__name__}: {text}"


def told_lines(counted: Mapping[str, Lines]) -> str:
    """The count in words: a line for each unit, and the sum."""
    units: dict[str, Lines] = {}
    for exercise_id, lines in counted.items():
        unit = catalogue.unit_of(exercise_id)
        units[unit] = units.get(unit, Lines()) + lines
    total = sum(counted.values(), Lines())
    told = [f"{unit:24} {n.yours:4} yours, {n.given:3} given, {n.ours:4} ours" for unit, n in units.items()]
    everything = total.yours + total.given + total.ours
    share = f" ({total.yours / everything:.0%})" if everything else ""
    return "\n".join([*told, f"{total.yours} of {everything} lines are yours{share}."])
