"""A right answer earns everything in whatever style it is written."""

import json

import pytest

from bpcore.exercises import assess, catalogue

from . import right_variants_05  # noqa: F401  (it adds to RIGHT)
from .right_variants import RIGHT

VARIANTS = [
    pytest.param(id, answer, id=f"{id}-{getattr(answer, '__name__', type(answer).__name__)}-{i}")
    for id, answers in RIGHT.items()
    for i, answer in enumerate(answers)
]


@pytest.mark.parametrize(("id", "answer"), VARIANTS)
def test_it_earns_everything(id, answer):
    for seed in (0, 1, 7):
        report = assess(id, answer, seed)
        assert report.findings == (), report.text()
        assert report.points == catalogue[id].points
        json.dumps(report.to_dict())


@pytest.mark.parametrize("id", [id for unit in ("00_start", "05_backpropagation") for id in catalogue(unit)])
def test_there_are_at_least_three(id):
    assert len(RIGHT[id]) >= 3


def test_what_costs_nothing_is_told():
    def report(name):
        (answer,) = [a for answers in RIGHT.values() for a in answers if getattr(a, "__name__", "") == name]
        (id,) = [id for id, answers in RIGHT.items() if answer in answers]
        return assess(id, answer)

    assert any("printed" in note and "shape (2, 3)" in note for note in report("sums_by_a_product").notes)
    assert any("warned (UserWarning: looking)" in note for note in report("refuse_by_the_sum").notes)
    assert any("has shape (1, 2) where (2,) is usual" in note for note in report("inputs_by_recursion").notes)
    (note,) = report("backward_in_single_precision").notes
    assert note == "dX, dW, db are float32, and so compared to 0.0001 only."
