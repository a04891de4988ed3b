"""The sentences of a report: what was raised, what is missing, which entry differs first, and what costs nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bpcore.exercises.compare import FLOAT32_RTOL, Missing, differing, numbers, squeezed, tolerance
from bpcore.exercises.facts import Fact, shown
from bpcore.exercises.report import Finding
from bpcore.exercises.spec import Case, Exercise

REMEMBERS = (
    "Called twice with the same arguments, it gives two different results. Something is kept from call to call (an "
    "accumulator that is never cleared, a default argument that is a list or array, a global variable) or is drawn at "
    "random."
)

_ADVICE = {
    "SystemExit": "That ends Python itself: hand the result back with `return`.",
    "RecursionError": "A function calls itself without ever reaching an end.",
    "MemoryError": "Print the shapes: something has become far too large.",
    "_ArrayMemoryError": "Print the shapes: something has become far too large.",
    "NoAnswer": "",
}

INDEX_ADVICE = (
    "A position is a whole number: does a loop run over the values where it should run over the positions, "
    "`range(len(x))`?"
)
BUG = "The bug is still there, and this is where it shows first. Which line makes this quantity, and from what?"
NAMED = "Your numbers are exactly those you get when "


def unwritten(error: Mapping[str, str] | None) -> bool:
    """Whether the answer stopped at a part that is not written yet: the stub's NotImplementedError, or a `...` in a
    formula.
    """
    # Quoted, it is the type of a `...` in a formula; numpy also speaks of an ellipsis when an index is no whole number.
    return error is not None and (error["type"] == "NotImplementedError" or "'ellipsis'" in error["message"])


def timed_out(error: Mapping[str, str] | None) -> bool:
    """Whether the answer was stopped because it took too long."""
    return error is not None and error["type"] == "TimeLimit"


def first_failure(failed: Sequence[int], cases: Sequence[Case], observations: Sequence[Mapping[str, Any]]) -> int:
    """The failed case that is the easiest to read; after one that took too long, no more were tried."""
    late = [i for i in failed if timed_out(observations[i]["error"])]
    return late[0] if late else min(failed, key=lambda i: cases[i].weight)


def raised(case: Case, error: Mapping[str, str]) -> Finding:
    """What an answer raised in a case."""
    kind, said = error["type"], " ".join(error["message"].split())
    if unwritten(error):
        what = f" at `{error['line']}`" if error["line"] else ""
        return Finding("", "", "not_finished", f"In the case “{case.name}” a part is still left to write{what}.")
    if kind == "ArityError":
        message = f"The arguments do not fit: {said}. Keep the signature that the cell began with."
        return Finding("", "", "arity", message)
    if kind == "TimeLimit":
        message = f"{said} In the case “{case.name}”. Is there a loop whose condition never becomes false?"
        return Finding("", "", "time_limit", message)
    line = f" at your line `{error['line']}`" if error["line"] else ""
    advice = INDEX_ADVICE if kind == "IndexError" and "only integers" in said else _ADVICE.get(kind, "")
    told = [f"It raised {kind}{line}: {said.rstrip('.') or 'no message'}.", advice]
    told.append(f"That is in the case “{case.name}”{_shapes(case.args)}.")
    return Finding("", "", "raised", " ".join(filter(None, told)))


def mutated(position: int) -> Finding:
    """That an argument was changed although the statement asks to leave it alone."""
    return Finding(
        "",
        "",
        "changed_inputs",
        f"The values are right, but argument {position + 1} is not what it was before the call: the statement asks to "
        "leave the inputs unchanged. Work on a copy, or write `a = a - b` where it says `a -= b`.",
    )


def missing(value: Any, stages: Sequence[str]) -> str:
    """What a result lacks, told of the whole result."""
    if not stages:
        return ""
    if isinstance(value, dict):
        gone = [f"`{s}`" for s in stages if s not in value]
        if not gone:
            return ""
        has = ", ".join(f"`{key}`" for key in list(value)[:20]) or "nothing"
        return f"Your result has no {', '.join(gone)}. It has {has}."
    of = f"it has {len(value)}" if isinstance(value, list | tuple) else f"yours is {shown(value)}"
    return f"{len(stages)} parts are expected, {', '.join(stages)}, and {of}."


def is_another(quantity: str, other: str, back: bool) -> Fact:
    """That a part of the result is exactly what another part should be, and perhaps the other way round."""
    if back:
        first, second = sorted((quantity, other))
        message = f"{first} and {second} are exchanged: each is exactly what is expected of the other."
        return Fact("exchanged", message)
    return Fact("other_quantity", f"Yours is exactly what is expected of {other}.")


def others(quantities: Sequence[str]) -> list[str]:
    """A note on the wrong quantities after the first, where it is not certain that they are wrong by themselves."""
    if not quantities:
        return []
    return [
        f"{', '.join(quantities)} {'differs' if len(quantities) == 1 else 'differ'} too, perhaps for the same reason."
    ]


def singles(quantities: Sequence[str]) -> list[str]:
    """A note on how float32 is compared."""
    if not quantities:
        return []
    verb = "is" if len(quantities) == 1 else "are"
    return [f"{', '.join(quantities)} {verb} float32, and so compared to {FLOAT32_RTOL:g} only."]


def printed_or_warned(observations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Notes on what happened beside the answer, which costs nothing."""
    notes = []
    printed = next((o["printed"] for o in observations if o["printed"]), "")
    if printed:
        line = printed.strip().splitlines()[0][:120] if printed.strip() else "blank lines"
        notes.append(f"your code printed (which costs nothing): {line}")
    warned = next((w for o in observations for w in o["warnings"]), "")
    if warned:
        notes.append(f"numpy or Python warned ({warned}), which costs nothing by itself.")
    return notes


def first_difference(own: Any, expected: Any, rtol: float) -> tuple[tuple[int, ...] | None, str, str]:
    """The first entry that differs, as index, yours and expected; the index is None where shapes do not allow one."""
    if expected is None or isinstance(expected, str | bool):
        return None, "" if isinstance(own, Missing) else shown(own), shown(expected)
    theirs, ours = numbers(own), numbers(expected)
    if theirs is None or ours is None:
        return None, "", ""
    if squeezed(theirs.shape) != squeezed(ours.shape):
        return None, "", ""
    theirs = theirs.reshape(ours.shape)
    wrong = np.argwhere(differing(theirs, ours, tolerance(theirs, rtol)))
    if not len(wrong):
        return None, "", ""
    index = tuple(int(i) for i in wrong[0])
    return index, *_told_apart(float(theirs[index]), float(ours[index]))


def _told_apart(yours: float, expected: float) -> tuple[str, str]:
    yours, expected = yours + 0.0, expected + 0.0  # no "-0"
    for digits in (6, 9, 12):
        if f"{yours:.{digits}g}" != f"{expected:.{digits}g}":
            break
    return f"{yours:.{digits}g}", f"{expected:.{digits}g}"


def _shapes(args: tuple) -> str:
    shapes = [str(np.shape(a)) for a in args if isinstance(a, np.ndarray)]
    return f" (arguments of shape {', '.join(shapes)})" if shapes else ""


def not_the_cause(exercise: Exercise, named: str) -> str:
    """What to say of a bug that is mended, and was given the wrong name or none."""
    if named not in exercise.causes:
        letters = ", ".join(exercise.causes)
        return f"The bug is mended. Now say what it was: set {exercise.cause_name} to one of {letters}."
    return f"The bug is mended, and its cause was not ({named}). What did you change, and which sentence says that?"


def named(messages: Sequence[str]) -> str:
    """That the numbers are exactly those of a known mistake, or of one of several."""
    first, *others = messages[:3]
    if not others:
        return NAMED + first
    alternatives = "; or when ".join(message.rstrip(".") for message in (first, *others))
    return f"{NAMED}{alternatives}. These numbers fit each of them: look at which one is yours."
