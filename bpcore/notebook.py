"""Check, hint and solution as a notebook shows them (and, without one, a terminal)."""

import html
import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime

from bpcore.carried import FILE, CarriedFileError, Lines, carried, keep, told_lines, whose_lines
from bpcore.diary import Entry, Progress, home, progress_of, remember, remembered, units_in
from bpcore.exercises import Report, assess, catalogue

REPORT_MIME = "application/vnd.bpcore.report+json"
_begun = False  # whether this session has seen a check
HINT_NAMES = ("a nudge", "the place", "the formula")


def check(exercise_id: str, answer: Callable, cause: str | None = None) -> float:
    """Try an answer, show what is right or wrong about it, and return its points as a plain float.

    Nothing that the answer does makes this fail: a raise, a print, a warning, an endless loop and a value of the wrong
    kind are all reported. ``cause`` is the letter by which a debugging exercise's bug is named. Raises
    UnknownExerciseError for an id that does not exist.
    """
    due = _reviews_due()
    report = assess(exercise_id, answer, cause="" if cause is None else str(cause))
    exercise = catalogue[exercise_id]
    exercise_id = exercise.id  # the diary knows no variants
    # What goes by another name is an experiment, or the course showing something.
    named = getattr(answer, "__name__", "") == exercise.name
    if report.attempted and named:
        # The bug that a debugging exercise begins with is nobody's own mistake.
        mistake = report.mistake if report.mistake != exercise.bug else ""
        remember(Entry(datetime.now(), "check", exercise_id, report.points, mistake))
    done = _progress()
    used = {"hints": done.hints.get(exercise_id, 0), "solution": exercise_id in done.solutions}
    show(report.text(), as_html(report), report.to_dict() | {"used": used})
    folder = home()
    keeps = report.passed and named and folder is not None and not exercise.variant  # later units run on the plain one
    if keeps and (told := keep(folder, exercise, answer)):
        _tell("Your own network", [told])
    if due:
        _tell("Before you go on", due)
    # A numpy float, or a number above the maximum, as a cell's last value would mislead nbgrader.
    return float(min(max(report.points, 0.0), report.max_points))


def _progress() -> Progress:
    return progress_of(remembered(), units_in(home()))


def _reviews_due() -> list[str]:
    """At the first check of a session, what earlier sessions left to be done again."""
    global _begun
    if _begun:
        return []
    _begun = True
    return [review.text() for review in _progress().reviews]


def hint(exercise_id: str) -> None:
    """Show the next hint: first a nudge, then the place, then the formula; after that it points to `solution`.

    Raises UnknownExerciseError for an id that does not exist.
    """
    exercise = catalogue[exercise_id]
    exercise_id = exercise.id
    done = _progress()
    step = done.hints.get(exercise_id, 0)
    if step >= len(exercise.hints):
        _tell("Those were all the hints", [f'`solution("{exercise.key}")` shows one way to write it.'])
        return
    remember(Entry(datetime.now(), "hint", exercise_id, step + 1))
    lines = [exercise.hints[step]]
    if exercise_id not in done.points:
        lines.insert(0, "You have not tried it yet. Five minutes of your own first are worth more than this hint.")
    _tell(f"Hint {step + 1} of {len(exercise.hints)}: {HINT_NAMES[min(step, 2)]}", lines)


def solution(exercise_id: str) -> None:
    """Show one right answer. Raises UnknownExerciseError for an id that does not exist."""
    exercise = catalogue[exercise_id]
    remember(Entry(datetime.now(), "solution", exercise.id))
    title = f"One way to write {exercise.name}"
    show(
        f"{title}\n\n{exercise.source}",
        _box("hint", f"<strong>{_inline(title)}</strong><pre>{html.escape(exercise.source)}</pre>"),
    )


def progress() -> None:
    """Show how far you are in each unit, where you left off, and what is worth doing again."""
    _tell("Where you are", _progress().text().splitlines())


def mine_or_ours(exercise_id: str, answer: Callable | None = None) -> Callable:
    """The learner's own answer when it is right, and else the reference, saying which.

    So a later experiment runs on the learner's code as soon as there is some. Without an answer it is the one that was
    kept in `my_network.py` when it passed its check in an earlier unit. Raises UnknownExerciseError.
    """
    exercise = catalogue[exercise_id]
    unit = f"unit {catalogue.unit_of(exercise_id)[:2]}"
    yours, why = "yours", "until yours passes its check"
    if answer is None:
        yours = f"yours, from {unit}"
        try:
            answer = carried(home(), exercise_id)
            why = f"until yours passes its check in {unit}" if answer is None else f"since yours in {FILE} is wrong now"
        except CarriedFileError as problem:
            why = f"since {problem}"
    if answer is not None and assess(exercise_id, answer).passed:
        print(f"{exercise.name}: {yours}")
        return answer
    print(f"{exercise.name}: ours, {why}")
    return exercise.reference


def my_lines(exercise_ids: Iterable[str] | None = None) -> Lines:
    """Tell and return how many lines of code of these exercises (by default of all) are the learner's own.

    Returns Lines(yours, given, ours): ``given`` stood in the cell from the beginning, ``ours`` fill in for what is not
    kept in `my_network.py`. Blank lines, comments and docstrings do not count. Raises UnknownExerciseError.
    """
    ids = list(catalogue if exercise_ids is None else exercise_ids)
    try:
        counted = whose_lines(home(), ids)
    except CarriedFileError as problem:
        print(f"Nothing can be counted, since {problem}.")
        counted = whose_lines(None, ids)
    _tell("Whose lines are they?", told_lines(counted).splitlines())
    return sum(counted.values(), Lines())


def in_words(text: str) -> None:
    """Show a picture's twin in words, folded away until it is asked for (and in full where nothing can fold)."""
    told = f"<details><summary>The picture in words</summary><pre>{html.escape(text)}</pre></details>"
    show(text, _box("hint", told))


def as_html(report: Report) -> str:
    """The report as HTML. It says everything in words: colour only repeats it, and follows JupyterLab's theme."""
    kind = "right" if report.passed else "wrong" if report.attempted else "hint"
    blocks = "".join("<p>" + "<br>".join(_inline(line) for line in block) + "</p>" for block in report.paragraphs())
    return _box(kind, f"<strong>{_inline(report.headline)}</strong>{blocks}")


def _tell(title: str, lines: list[str]) -> None:
    rich = f"<strong>{_inline(title)}</strong>" + "".join(f"<p>{_inline(line)}</p>" for line in lines)
    show("\n  ".join([title, *lines]), _box("hint", rich))


def show(text: str, rich: str, data: dict | None = None) -> None:
    """Display HTML with its text twin (and data for programs) in a notebook; print the text anywhere else."""
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import publish_display_data

        if get_ipython() is not None and hasattr(get_ipython(), "kernel"):
            publish_display_data({"text/plain": text, "text/html": rich} | ({REPORT_MIME: data} if data else {}))
            return
    print(text)


_EDGES = {
    "right": "var(--jp-success-color1, #2e7d32)",
    "wrong": "var(--jp-error-color1, #c62828)",
    "hint": "var(--jp-brand-color1, #1565c0)",
}
_STYLE = (
    "border-left: 4px solid {edge}; padding: 0.4em 0 0.4em 0.9em; margin: 0.2em 0; max-width: 48em; line-height: 1.5; "
    "color: var(--jp-content-font-color1, inherit); font-family: var(--jp-content-font-family, sans-serif);"
)


def _box(kind: str, inner: str) -> str:
    style = _STYLE.format(edge=_EDGES[kind])
    return f'<div role="status" class="bpcore-{kind}" style="{style}">{inner}</div>'


def _inline(text: str) -> str:
    """Escape text for HTML, with `code` between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
