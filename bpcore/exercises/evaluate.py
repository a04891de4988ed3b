"""Judges observations: which quantity is wrong first, which mistake produces exactly these numbers, and what that
is worth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpcore.exercises import driving
from bpcore.exercises.compare import MISSING, Comparison, Missing, compare, differing, numbers, quantities, scalar
from bpcore.exercises.facts import Fact, Pair, find_fact
from bpcore.exercises.report import Finding, Report
from bpcore.exercises.spec import Case, Exercise, Mistake, Version

AGAIN = "the first case once more"
NAMED = "Your numbers are exactly those you get when "

Observation = Mapping[str, Any]


def plan(exercise: Exercise, seed: int) -> list[Case]:
    """The cases of one judgement: the exercise's own from this seed, and the first once more, which shows an answer
    that remembers.
    """
    cases = exercise.cases(np.random.default_rng(seed))
    return [*cases, replace(cases[0], name=AGAIN)]


def evaluate(exercise: Exercise, cases: Sequence[Case], observations: Sequence[Observation]) -> Report:
    """Judge what was observed in each case. Pure: the same observations give the same report.

    A stage earns its share when it is right in every case, or when it is what the reference makes of the student's
    own earlier stages, so that one mistake costs one stage. Points rest on values; what was printed, warned or
    mutated only explains, unless the statement asks to leave the arguments alone.
    """
    return _Judge(exercise, cases, observations).report()


@dataclass
class _Verdict:
    """One quantity in one case."""

    case: int
    stage: str
    quantity: str
    own: Any
    expected: Any  # by the reference, from the student's own earlier stages
    right: bool
    carried: bool
    note: str = ""


class _Judge:
    def __init__(self, exercise: Exercise, cases: Sequence[Case], observations: Sequence[Observation]) -> None:
        self.exercise, self.cases, self.observations = exercise, cases, observations
        self.own = [self._stages_of(o) for o in observations]
        self.expected = self._results(exercise.reference)
        self.follows = self._given_own(None)
        self.notes: list[str] = []
        self._predicted: dict[str, list[dict[str, Any]]] = {}
        self.verdicts = [v for i, o in enumerate(observations) if o["error"] is None for v in self._verdicts(i)]
        self._accept_conventions()

    # -- what should have come out ---------------------------------------------------------------------------------------------------

    def _results(self, version: Callable) -> list[Observation]:
        return [driving.observe(version, self.exercise.drive, case.args) for case in self.cases]

    def _stages_of(self, observation: Observation) -> dict[str, Any]:
        """The student's stages in one case, as far as there are any."""
        value, stages = observation["value"], self.exercise.stages
        if isinstance(value, dict):
            return {s: value[s] for s in stages if s in value}
        if isinstance(value, list | tuple) and len(value) == len(stages):
            return dict(zip(stages, value, strict=True))
        return {}

    def _given_own(self, version: Version | None) -> list[dict[str, Any]] | None:
        """What each stage should be given the student's own earlier ones, or None when the exercise cannot be
        replayed.
        """
        if not self.exercise.replayable:
            return None
        replay = self.exercise.replay(version)
        shapes = [
            {name: np.shape(value) for name, value in self._expected_stages(i).items()} for i in range(len(self.cases))
        ]
        return [
            replay(driving.copy.deepcopy(case.args), _usable(own, shape))
            for case, own, shape in zip(self.cases, self.own, shapes, strict=True)
        ]

    def _expected_stages(self, i: int) -> dict[str, Any]:
        return self._stages_of(self.expected[i])

    def _verdicts(self, i: int) -> list[_Verdict]:
        verdicts = []
        for stage, name, own, expected in quantities(
            self.observations[i]["value"], self.expected[i]["value"], self.exercise.stages
        ):
            absolute = self._compare(own, expected)
            verdict = _Verdict(i, stage, name, own, expected, absolute.ok, False, absolute.note)
            if not absolute.ok and self.follows is not None and stage in self.follows[i]:
                verdict.expected = self.follows[i][stage]
                relative = self._compare(own, verdict.expected)
                verdict.carried = relative.ok and _alive(verdict.expected, expected)
            verdicts.append(verdict)
        return verdicts

    def _compare(self, own: Any, expected: Any, equal_nan: bool = False) -> Comparison:
        return compare(own, expected, self.exercise.rtol, self.exercise.exact_shape, equal_nan)

    def _accept_conventions(self) -> None:
        """Take a stage as right where it is what an allowed convention gives in every case."""
        for convention in self.exercise.conventions:
            for quantity in dict.fromkeys(v.quantity for v in self._wrong()):
                if self._produces(convention, quantity):
                    self.notes.append(convention.message)
                    for v in self.verdicts:
                        if v.quantity == quantity:
                            v.right = True

    # -- what went wrong ---------------------------------------------------------------------------------------------------------------

    def _wrong(self) -> list[_Verdict]:
        return [v for v in self.verdicts if not (v.right or v.carried)]

    def report(self) -> Report:
        """The whole judgement."""
        exercise = self.exercise
        if all(_unwritten(o["error"]) for o in self.observations):
            return Report(
                exercise.id,
                exercise.title,
                0.0,
                exercise.points,
                attempted=False,
                hint="Write your answer in the cell above, run it, then run this check again.",
            )
        findings = self._findings()
        points = exercise.points if not findings else self._points()
        return Report(
            exercise.id,
            exercise.title,
            points,
            exercise.points,
            findings=tuple(findings),
            hint=exercise.hints[0] if exercise.hints and findings else "",
            notes=tuple(dict.fromkeys(self.notes + self._side_notes(bool(findings)))),
        )

    def _findings(self) -> list[Finding]:
        failed = [i for i, o in enumerate(self.observations) if o["error"] is not None]
        findings: list[Finding] = []
        for quantity in dict.fromkeys(v.quantity for v in self._wrong()):
            finding = self._finding(quantity, failed)
            if not any(finding.mistake and finding.message == earlier.message for earlier in findings):
                findings.append(finding)
        if self._only_again_is_wrong():
            return (
                [replace(findings[0], mistake="remembers", message=_REMEMBERS)]
                if findings
                else [Finding("", "", "remembers", _REMEMBERS)]
            )
        known = {m.name for m in self.exercise.mistakes}
        if failed and not any(f.mistake in known for f in findings):
            findings.insert(0, self._raised(failed))
        if not findings and self.exercise.keep_inputs and any(o["mutated"] for o in self.observations):
            findings = [self._mutated()]
        return findings

    def _finding(self, quantity: str, failed: list[int]) -> Finding:
        wrong = [v for v in self._wrong() if v.quantity == quantity]
        shown = min(wrong, key=lambda v: self.cases[v.case].weight)
        version = self._named(quantity, failed)
        if version is not None:
            name, message = version.name, NAMED + version.message
        else:
            fact = self._fact(wrong)
            name, message = fact.name, fact.message
        own, expected = numbers(shown.own), numbers(shown.expected)
        index, yours, ours = _first_difference(own, expected, shown, self.exercise.rtol)
        shape = own.shape if own is not None and own.ndim else None
        return Finding(shown.stage, quantity, name, message, self.cases[shown.case].name, shape, index, yours, ours)

    def _named(self, quantity: str, failed: list[int]) -> Mistake | None:
        """The known mistake that gives exactly these numbers in every case, and fails in the cases in which the
        answer failed.
        """
        for mistake in self.exercise.mistakes:
            if self._produces(mistake, quantity) and (not failed or self._raises_in(mistake, failed)):
                return mistake
        return None

    def _produces(self, version: Version, quantity: str) -> bool:
        """Whether a version gives this quantity in every case; where stages cannot be replayed, whether it gives
        the whole answer.
        """
        if version.name not in self._predicted:
            self._predicted[version.name] = self._predictions(version)
        predicted = self._predicted[version.name]
        for v in self.verdicts:
            if v.quantity == quantity or self.follows is None:
                theirs = predicted[v.case].get(v.quantity, MISSING)
                if theirs is MISSING or not self._compare(v.own, theirs, equal_nan=True).ok:
                    return False
        return True

    def _predictions(self, version: Version) -> list[dict[str, Any]]:
        """What this version gives for each quantity in each case, from the student's own earlier stages where that
        can be told.
        """
        replayed = self._given_own(version)
        if replayed is not None:
            return replayed
        predictions = []
        for observed, expected in zip(self._results(self.exercise.build(version)), self.expected, strict=True):
            leaves = (
                quantities(observed["value"], expected["value"], self.exercise.stages)
                if observed["error"] is None
                else ()
            )
            predictions.append({name: own for _, name, own, _ in leaves})
        return predictions

    def _raises_in(self, mistake: Mistake, failed: list[int]) -> bool:
        """Whether a mistake also explains that the answer raised in some of these cases."""
        results = self._results(self.exercise.build(mistake))
        return any(results[i]["error"] is not None for i in failed)

    def _fact(self, wrong: list[_Verdict]) -> Fact:
        ordered = sorted(wrong, key=lambda v: self.cases[v.case].weight)
        return find_fact([Pair(v.own, v.expected, self.cases[v.case].sizes) for v in ordered], self.exercise.rtol)

    def _only_again_is_wrong(self) -> bool:
        wrong = {v.case for v in self._wrong()} | {i for i, o in enumerate(self.observations) if o["error"] is not None}
        return bool(wrong) and wrong == {len(self.cases) - 1} and self.cases[-1].name == AGAIN

    def _raised(self, failed: list[int]) -> Finding:
        i = min(failed, key=lambda i: self.cases[i].weight)
        error = self.observations[i]["error"]
        kind, said = error["type"], error["message"]
        if _unwritten(error):
            return Finding("", "", "not_finished", f"In the case “{self.cases[i].name}” a part is still left to write.")
        if kind == "ArityError":
            return Finding(
                "", "", "arity", f"The arguments do not fit: {said}. Keep the signature that the cell began with."
            )
        if kind == "TimeLimit":
            return Finding(
                "",
                "",
                "time_limit",
                f"{said} In the case “{self.cases[i].name}”. Is there a loop whose condition never becomes false?",
            )
        line = f" at your line `{error['line']}`" if error["line"] else ""
        return Finding(
            "",
            "",
            "raised",
            f"It raised {kind}{line}: {said or 'no message'}. That is in the case “{self.cases[i].name}”{_shapes(self.cases[i].args)}.",
        )

    def _mutated(self) -> Finding:
        i = next(i for i, o in enumerate(self.observations) if o["mutated"])
        position = self.observations[i]["mutated"][0]
        return Finding(
            "", "", "changed_inputs",
            f"The values are right, but argument {position + 1} is not what it was before the call: the statement asks to leave the inputs unchanged. "
            "Work on a copy, or write `a = a - b` where it says `a -= b`.",
        )  # fmt: skip

    # -- what it is worth --------------------------------------------------------------------------------------------------------------

    def _points(self) -> float:
        if any(o["error"] is not None for o in self.observations) or self._only_again_is_wrong():
            return 0.0
        if not self.exercise.stages or self.exercise.form == "debug":
            return 0.0
        wrong = {v.stage for v in self._wrong()}
        share = 1 - len(wrong) / len(self.exercise.stages) if wrong else 0.5
        return round(self.exercise.points * share, 2)

    def _side_notes(self, failing: bool) -> list[str]:
        notes = [f"{v.quantity} {v.note}." for v in self.verdicts if v.note and v.right]
        printed = next((o["printed"] for o in self.observations if o["printed"]), "")
        if printed:
            notes.append(
                f"your code printed (which costs nothing): {printed.strip().splitlines()[0][:120] if printed.strip() else 'blank lines'}"
            )
        warned = next((w for o in self.observations for w in o["warnings"]), "")
        if warned:
            notes.append(f"numpy or Python warned ({warned}), which costs nothing by itself.")
        carried = dict.fromkeys(v.stage for v in self.verdicts if v.carried)
        if failing and carried:
            notes.append(f"{', '.join(carried)} follow correctly from your own earlier values and keep their points.")
        return notes


_REMEMBERS = (
    "The first time it is right; called once more with the same arguments it is not. Something is kept from call to call: an accumulator that "
    "is never cleared, a default argument that is a list or array, or a global variable."
)


def _unwritten(error: Mapping[str, str] | None) -> bool:
    """Whether the answer stopped at a part that is not written yet: the stub's NotImplementedError, or a `...` in a
    formula.
    """
    return error is not None and (error["type"] == "NotImplementedError" or "ellipsis" in error["message"].lower())


def _usable(own: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The student's stages that have the right size and finite numbers, and so can be computed with."""
    usable = {}
    for name, value in own.items():
        array = numbers(value)
        if array is None or array.dtype.kind == "c" or name not in shapes:
            continue
        if (
            array.size == int(np.prod(shapes[name]))
            and np.squeeze(array).shape == tuple(n for n in shapes[name] if n != 1)
            and np.isfinite(array).all()
        ):
            usable[name] = array
    return usable


def _alive(given: Any, expected: Any) -> bool:
    """Whether what follows from wrong earlier values is still work: not wiped out to zeros or to one constant."""
    given, expected = np.asarray(given, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if np.count_nonzero(given) * 2 < np.count_nonzero(expected):
        return False
    return np.unique(given).size > 1 or np.unique(expected).size <= 1


def _first_difference(
    own: np.ndarray | None, expected: np.ndarray | None, verdict: _Verdict, rtol: float
) -> tuple[tuple[int, ...] | None, str, str]:
    if expected is None or own is None:
        if isinstance(verdict.expected, str | bool):
            return (
                None,
                str(scalar(verdict.own)) if not isinstance(verdict.own, Missing | dict) else "",
                str(verdict.expected),
            )
        return None, "", ""
    if own.shape != expected.shape:
        if np.squeeze(own).shape != np.squeeze(expected).shape:
            return None, "", ""
        own = own.reshape(expected.shape)
    wrong = np.argwhere(differing(own, expected, rtol))
    if not len(wrong):
        return None, "", ""
    index = tuple(int(i) for i in wrong[0])
    return index, f"{own[index]:.6g}", f"{expected[index]:.6g}"


def _shapes(args: tuple) -> str:
    shapes = [str(np.shape(a)) for a in args if isinstance(a, np.ndarray)]
    return f" (arguments of shape {', '.join(shapes)})" if shapes else ""
