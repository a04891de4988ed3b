"""Judges observations: which quantity is wrong first, which mistake produces exactly these numbers, and what that
is worth.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from bpcore.exercises import driving, telling
from bpcore.exercises.compare import (
    MISSING,
    Comparison,
    Missing,
    compare,
    computable,
    is_alive,
    is_blank,
    is_opaque,
    numbers,
    part,
    quantities,
)
from bpcore.exercises.facts import Fact, Pair, find_fact
from bpcore.exercises.knowing import Kept, known
from bpcore.exercises.report import Finding, Report
from bpcore.exercises.spec import Case, Exercise, Mistake, Version

AGAIN = "the first case once more"

Observation = Mapping[str, Any]

# carried: what follows from the student's own wrong earlier stages. spoiled: it follows too, but from values so poor
# (zeros, nan) that it proves nothing. unclear: it does not follow, but what it rests on cannot be computed with.
State = Literal["right", "carried", "spoiled", "unclear", "wrong"]

_plans = Kept()


def plan(exercise: Exercise, seed: int) -> list[Case]:
    """The cases of one judgement: the exercise's own from this seed, and the first once more, which shows an answer
    that remembers.
    """

    def make() -> tuple[Exercise, list[Case]]:
        cases = exercise.cases(np.random.default_rng(seed))
        return exercise, [*cases, replace(cases[0], name=AGAIN)]

    return list(_plans.get((id(exercise), seed), make)[1])


def evaluate(
    exercise: Exercise, cases: Sequence[Case], observations: Sequence[Observation], cause: str | None = None
) -> Report:
    """Judge what was observed in each case. Pure: the same observations give the same report.

    A stage earns its share when it is right in every case, or when it is what the reference makes of the student's
    own earlier stages, so that one mistake costs one stage. Points rest on values; what was printed, warned or
    mutated only explains, unless the statement asks to leave the arguments alone.

    ``cause`` is the letter under which a debugging exercise's bug was named. Mended but not named, it earns half; None
    means that nobody was asked.
    """
    report = _Judge(exercise, cases, observations).report()
    if cause is None or not exercise.causes or not report.attempted:
        return report
    cause = cause.strip(" ().").lower()
    if not report.passed or cause == exercise.cause:
        return report
    finding = Finding("cause", exercise.cause_name, "cause_not_named", telling.not_the_cause(exercise, cause))
    return replace(report, points=round(exercise.points / 2, 2), findings=(finding,))


@dataclass
class _Verdict:
    """One quantity in one case."""

    case: int
    stage: str
    quantity: str
    own: Any
    expected: Any  # by the reference, from the student's own earlier stages
    absolute: Any  # by the reference alone
    state: State
    comparison: Comparison


class _Judge:
    def __init__(self, exercise: Exercise, cases: Sequence[Case], observations: Sequence[Observation]) -> None:
        self.exercise, self.cases, self.observations = exercise, cases, observations
        self.failed = [i for i, o in enumerate(observations) if o["error"] is not None]
        self.always = known(exercise, tuple(cases))
        self.expected = self.always.expected
        self.own = [self._stages_of(o) for o in observations]
        self.firm = [computable(o, self._stages_of(e)) for o, e in zip(self.own, self.expected, strict=True)]
        self.follows: dict[int, dict[str, Any]] | None = None
        self.feeds: dict[str, set[str]] = {}
        if exercise.replayable:
            self.replay = exercise.replay()
            self.follows, self.feeds = {}, self.replay.feeds
        self.explained = False
        self.known = {mistake.name for mistake in exercise.mistakes}
        self.notes: list[str] = []
        # What is made of the student's own stages is theirs alone; the rest is the same for everybody.
        self._predicted = {} if exercise.replayable else self.always.predicted
        self.verdicts = [v for i, o in enumerate(observations) if o["error"] is None for v in self._verdicts(i)]
        self._accept_conventions()

    # -- what should have come out -----------------------------------------------------------------------------------

    def _following(self, i: int) -> dict[str, Any]:
        """What follows in a case from the student's own stages: for one that is all right, nobody asks."""
        if i not in self.follows:
            self.follows[i] = self.replay(copy.deepcopy(self.cases[i].args), self.firm[i])
        return self.follows[i]

    def _stages_of(self, observation: Observation) -> dict[str, Any]:
        """The stages of one result, as far as there are any."""
        value, stages = observation["value"], self.exercise.stages
        if value is None or is_opaque(value):
            return {}
        found = {stage: part(value, stage, i, len(stages)) for i, stage in enumerate(stages)}
        return {stage: own for stage, own in found.items() if own is not MISSING}

    def _verdicts(self, i: int) -> list[_Verdict]:
        verdicts: list[_Verdict] = []
        states: dict[str, State] = {}
        for stage, name, own, absolute in quantities(
            self.observations[i]["value"], self.expected[i]["value"], self.exercise.stages
        ):
            comparison = self._compare(own, absolute)
            verdict = _Verdict(i, stage, name, own, absolute, absolute, "right", comparison)
            if not comparison.ok:
                verdict.state = "wrong"
                if self.follows is not None:
                    verdict.expected = self._following(i).get(stage, absolute)
                    verdict.state = self._relative_state(verdict, states)
            states[stage] = verdict.state
            verdicts.append(verdict)
        return verdicts

    def _relative_state(self, verdict: _Verdict, states: Mapping[str, State]) -> State:
        i, stage = verdict.case, verdict.stage
        expected, own = self._stages_of(self.expected[i]), self.firm[i]
        if stage in self._following(i):
            if self._compare(verdict.own, verdict.expected, equal_nan=True).ok:
                fed = [s for s in self.feeds[stage] if states.get(s, "right") != "right" and s in own]
                proves = is_alive(verdict.expected, verdict.absolute)
                return "carried" if proves and all(is_alive(own[s], expected[s]) for s in fed) else "spoiled"
        elif any(state != "right" for state in states.values()):
            return "unclear"
        doubtful = [s for s in self._upstream(stage) if states.get(s, "right") != "right"]
        sound = all(s in own and np.isfinite(own[s]).all() for s in doubtful)
        return "wrong" if sound else "unclear"

    def _upstream(self, stage: str) -> set[str]:
        """Every stage that this one is computed from, near or far."""
        found: set[str] = set()
        todo = [stage]
        while todo:
            new = self.feeds[todo.pop()] - found
            found |= new
            todo += new
        return found

    def _compare(self, own: Any, expected: Any, equal_nan: bool = False) -> Comparison:
        return compare(own, expected, self.exercise.rtol, self.exercise.exact_shape, equal_nan)

    def _accept_conventions(self) -> None:
        """Take a stage as right where it is what an allowed convention gives in every case."""
        for convention in self.exercise.conventions:
            for quantity in self._in_order(self._wrong()):
                if self._produces(convention, quantity):
                    self.notes.append(convention.message)
                    for v in self.verdicts:
                        if v.quantity == quantity:
                            v.state = "right"

    # -- what went wrong ---------------------------------------------------------------------------------------------

    def _wrong(self) -> list[_Verdict]:
        return [v for v in self.verdicts if v.state in ("wrong", "unclear")]

    def _clear(self) -> list[_Verdict]:
        # Of a quantity that rests on a broken one nothing is certain.
        return [v for v in self.verdicts if v.state == "wrong"]

    def _in_order(self, verdicts: Iterable[_Verdict]) -> list[str]:
        """The quantities, in the order in which they are computed."""
        stages = self.exercise.stages
        places = {v.quantity: stages.index(v.stage) if v.stage in stages else 0 for v in verdicts}
        return sorted(places, key=places.__getitem__)

    def report(self) -> Report:
        """The whole judgement."""
        exercise = self.exercise
        if all(map(self._untouched, self.observations)):
            place = "`...`" if exercise.form == "faded" else "`raise NotImplementedError`"
            hint = f"Write your answer in place of {place}, run its cell, then run this check again."
            return Report(exercise.id, exercise.title, 0.0, exercise.points, attempted=False, hint=hint)
        findings = self._findings()
        return Report(
            exercise.id,
            exercise.title,
            self._points(findings) if findings else exercise.points,
            exercise.points,
            findings=tuple(findings),
            # Whoever is told the mistake itself needs no general nudge.
            hint=exercise.hints[0] if findings and findings[0].mistake not in self.known else "",
            notes=tuple(dict.fromkeys(self.notes + self._side_notes(bool(findings)))),
        )

    def _untouched(self, observation: Observation) -> bool:
        parts = self._stages_of(observation).values() if self.exercise.stages else [observation["value"]]
        return (
            telling.unwritten(observation["error"])
            or is_blank(observation["value"])
            or (bool(parts) and all(map(is_blank, parts)))
        )

    def _findings(self) -> list[Finding]:
        names = self._names()
        told = {i for mistakes in names.values() for m in mistakes for i in self._failures_of(m)}
        self.explained = set(self.failed) <= told
        if self.failed and not self.explained:
            names = dict.fromkeys(names, ())
        findings: list[Finding] = []
        alike: list[str] = []
        for quantity, mistakes in names.items():
            finding = self._finding(quantity, mistakes, [v for v in self._clear() if v.quantity == quantity])
            earlier = next((f for f in findings if finding.mistake and f.message == finding.message), None)
            if earlier is None:
                findings.append(finding)
            else:
                alike.append(quantity)
        if alike:
            self.notes.append(f"The same is true of {', '.join(alike[:8])}{' and more' * (len(alike) > 8)}.")
        if self._remembers() and not any(names.values()):
            first = findings[0] if findings else Finding("", "", "", "")
            return [replace(first, mistake="remembers", message=telling.REMEMBERS)]
        if self.failed and not self.explained:
            i = telling.first_failure(self.failed, self.cases, self.observations)
            findings.insert(0, telling.raised(self.cases[i], self.observations[i]["error"]))
        if findings and self.follows is None:
            self.notes += telling.others([f.quantity for f in findings if f.quantity][1:])
            findings = [f for f in findings if not f.quantity] + [f for f in findings if f.quantity][:1]
        if not findings and any(v.state not in ("right", "carried") for v in self.verdicts):
            quantity = self._in_order(v for v in self.verdicts if v.state not in ("right", "carried"))[0]
            findings = [self._finding(quantity, (), [v for v in self.verdicts if v.quantity == quantity])]
        if not findings and self.exercise.keep_inputs and any(o["mutated"] for o in self.observations):
            findings = [telling.mutated(next(o["mutated"][0] for o in self.observations if o["mutated"]))]
        return findings

    def _names(self) -> dict[str, tuple[Mistake, ...]]:
        """Each wrong quantity, in order, with the known mistakes that give exactly its numbers. Several leave open
        which it is: that happens where the answer failed in the cases that would tell them apart.
        """
        exact = {
            quantity: [m for m in self.exercise.mistakes if self._produces(m, quantity)]
            for quantity in self._in_order(self._clear())
        }
        certain = [mistakes[0] for mistakes in exact.values() if len(mistakes) == 1]
        unexplained = set(self.failed).difference(*map(self._failures_of, certain))
        # Of several, the one that explains why the answer failed, if that is still to be explained.
        return {
            quantity: tuple([m for m in mistakes if self._failures_of(m) & unexplained] or mistakes)
            for quantity, mistakes in exact.items()
        }

    def _finding(self, quantity: str, mistakes: tuple[Mistake, ...], wrong: list[_Verdict]) -> Finding:
        shown = min(wrong, key=self._weight)
        value = self.observations[shown.case]["value"]
        if mistakes:
            name = mistakes[0].name if len(mistakes) == 1 else ""
            message = telling.named([mistake.message for mistake in mistakes])
            if name and name == self.exercise.bug:  # to find it is the exercise
                message = telling.BUG
        else:
            fact = self._fact(quantity, wrong)
            name, message = fact.name, fact.message
            parts = [v.own for v in self.verdicts if v.case == shown.case]
            if shown.own is None and any(own is not None for own in parts):
                name, message = "", f"{quantity} is None: nothing was computed for it, or its function forgot `return`."
            if isinstance(shown.own, Missing):
                message = telling.missing(value, self.exercise.stages) or message
            if value is None or is_opaque(value):
                quantity = "the result"
        own = numbers(shown.own)
        index, yours, ours = telling.first_difference(shown.own, shown.expected, self.exercise.rtol)
        shape = own.shape if own is not None and own.ndim else None
        return Finding(shown.stage, quantity, name, message, self.cases[shown.case].name, shape, index, yours, ours)

    def _weight(self, verdict: _Verdict) -> int:
        return self.cases[verdict.case].weight

    def _produces(self, version: Version, quantity: str) -> bool:
        """Whether a version gives this quantity in every case; where stages cannot be replayed, whether it gives
        the whole answer.
        """
        for v in self.verdicts:
            if v.quantity == quantity or self.follows is None:
                predicted = self._predicted_by(version, v.case)
                if v.quantity not in predicted:
                    return False
                theirs = predicted[v.quantity]
                absent = theirs is MISSING and v.own is MISSING
                if not absent and (theirs is MISSING or not self._compare(v.own, theirs, equal_nan=True).ok):
                    return False
        return True

    def _predicted_by(self, version: Version, i: int) -> dict[str, Any]:
        """What this version gives for each quantity in a case, from the student's own earlier stages where that can
        be told.
        """
        replay, stages = self.follows is not None, self.exercise.stages
        if version.name not in self._predicted:
            built = self.exercise.replay(version) if replay else self.exercise.build(version)
            self._predicted[version.name] = built, []
        run, predicted = self._predicted[version.name]
        # In their order, since a version may remember; and no further, since most fit not even the first.
        for k in range(len(predicted), i + 1):
            args = self.cases[k].args
            if replay:
                predicted.append(run(copy.deepcopy(args), self.firm[k]))
                continue
            seen = driving.observe(run, self.exercise.drive, args)
            parts = quantities(seen["value"], self.expected[k]["value"], stages) if seen["error"] is None else ()
            predicted.append({name: theirs for _, name, theirs, _ in parts})
        return predicted[i]

    def _failures_of(self, mistake: Mistake) -> set[int]:
        """In which of the cases in which the answer failed this mistake fails by itself."""
        found, key = self.always.failures, (mistake.name, *self.failed)
        if key not in found:
            version = self.exercise.build(mistake) if self.failed else None
            tried = {i: driving.observe(version, self.exercise.drive, self.cases[i].args) for i in self.failed}
            found[key] = {i for i, seen in tried.items() if seen["error"] is not None}
        return found[key]

    def _fact(self, quantity: str, wrong: list[_Verdict]) -> Fact:
        # The first case once more shows nothing new, unless it is the only one that is wrong.
        ordered = sorted(wrong, key=self._weight)
        ordered = [v for v in ordered if self.cases[v.case].name != AGAIN] or ordered
        pairs = [Pair(v.own, v.expected, self.cases[v.case].sizes, self.cases[v.case].name) for v in ordered]
        return self._is_another(quantity, ordered) or find_fact(pairs, self.exercise.rtol, self.exercise.exact_shape)

    def _is_another(self, quantity: str, wrong: list[_Verdict]) -> Fact | None:
        """Whether the answer's value is exactly what is expected of another of its parts."""
        table = {(v.quantity, v.case): v for v in self.verdicts}
        for other in self._in_order(self.verdicts) if self.exercise.stages else ():
            # A nested result may have fewer leaves in one case than in another.
            there = [table[other, v.case] for v in wrong if (other, v.case) in table]
            if other == quantity or len(there) < len(wrong) or not any(np.size(v.absolute) > 1 for v in there):
                continue
            if all(self._compare(v.own, t.absolute).ok for v, t in zip(wrong, there, strict=True)):
                back = all(self._compare(t.own, v.absolute).ok for v, t in zip(wrong, there, strict=True))
                return telling.is_another(quantity, other, back)
        return None

    def _remembers(self) -> bool:
        """Whether the first case gave something else when it was tried once more."""
        last = len(self.cases) - 1
        if self.cases[last].name != AGAIN or telling.timed_out(self.observations[last]["error"]):
            return False
        if (0 in self.failed) != (last in self.failed):
            return True
        first = {v.quantity: v.own for v in self.verdicts if v.case == 0}
        again = {v.quantity: v.own for v in self.verdicts if v.case == last}
        return any(
            numbers(own) is not None and not self._compare(again[quantity], own, equal_nan=True).ok
            for quantity, own in first.items()
            if quantity in again
        )

    # -- what it is worth --------------------------------------------------------------------------------------------

    def _points(self, findings: Sequence[Finding]) -> float:
        exercise = self.exercise
        if findings[0].mistake == "changed_inputs":
            return round(exercise.points / 2, 2)
        if (self.failed and not self.explained) or findings[0].mistake == "remembers":
            return 0.0
        if not exercise.stages or exercise.form == "debug":
            return 0.0
        earned = sum(map(self._earned, exercise.stages))
        return round(exercise.points * min(earned, len(exercise.stages) - 1) / len(exercise.stages), 2)

    def _earned(self, stage: str) -> bool:
        states = [v.state for v in self.verdicts if v.stage == stage]
        sound = sum(state in ("right", "carried") for state in states)
        return not {"wrong", "unclear"} & set(states) and sound * 2 > len(states)

    def _side_notes(self, failing: bool) -> list[str]:
        amiss = {v.quantity for v in self.verdicts if v.state != "right"}
        right = [v for v in self.verdicts if v.quantity not in amiss]
        shapes = {v.quantity: v.comparison.note for v in reversed(right) if v.comparison.note}
        notes = [f"{quantity} {note}." for quantity, note in reversed(shapes.items())]
        notes += telling.singles(self._in_order(v for v in right if v.comparison.single))
        notes += telling.printed_or_warned(self.observations)
        carried = self._in_order(v for v in self.verdicts if v.state == "carried" and self._earned(v.stage))
        if failing and carried and (self.explained or not self.failed):
            notes.append(f"{', '.join(carried)} follow correctly from your own earlier values and keep their points.")
        relative = [v for v in self._clear() if v.expected is not v.absolute]
        differs = [v for v in relative if not self._compare(v.expected, v.absolute).ok]
        if failing and differs:
            told = ", ".join(self._in_order(differs))
            notes.append(f"What is expected of {told} is what follows from your own earlier values.")
        if self.failed and self.explained:
            i = telling.first_failure(self.failed, self.cases, self.observations)
            notes.append(telling.raised(self.cases[i], self.observations[i]["error"]).message)
        return notes
