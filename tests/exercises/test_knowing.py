"""What is worked out once for everybody is the same for everybody, whoever was judged before."""

import numpy as np
import pytest

from bpcore.exercises import catalogue, driving, evaluate, plan
from bpcore.exercises.knowing import KEPT, Kept

ALL = catalogue("05_backpropagation")


def judged(exercise, version, cases):
    return evaluate(exercise, cases, [driving.observe(version, exercise.drive, case.args) for case in cases])


@pytest.mark.parametrize("name", ALL)
def test_a_report_does_not_rest_on_who_was_judged_before(name):
    exercise = ALL[name]
    versions = [exercise.reference, *map(exercise.build, exercise.mistakes)]
    # Cases that are made anew are known to nobody.
    apart = [judged(exercise, version, exercise.cases(np.random.default_rng(4))).to_dict() for version in versions]
    cases = exercise.cases(np.random.default_rng(4))
    together = [judged(exercise, version, cases).to_dict() for version in reversed([*versions, *versions])]
    assert [*apart, *apart] == together[::-1]


def test_another_seed_is_another_plan_and_the_same_seed_the_same():
    exercise = ALL["backprop.backward"]
    one, same, other = plan(exercise, 1), plan(exercise, 1), plan(exercise, 2)
    assert all(a is b for a, b in zip(one, same, strict=True))
    assert one is not same
    assert not np.array_equal(one[0].args[0], other[0].args[0])


def test_what_was_not_asked_for_the_longest_goes_first():
    kept = Kept()
    for number in range(KEPT):
        kept.get((number,), lambda number=number: number)
    kept.get((0,), lambda: "made anew")
    kept.get((KEPT,), lambda: KEPT)
    assert kept.get((0,), lambda: "made anew") == 0
    assert kept.get((1,), lambda: "made anew") == "made anew"
