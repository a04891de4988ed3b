"""Variants pose another problem, and keep the promises of every exercise in it."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from bpcore.exercises import Mistake, UnknownExerciseError, assess, catalogue, reading
from bpcore.exercises.cells import asked, changes, check_line
from bpcore.exercises.variants import Variant, draw, vary

from .helpers import starter

VARIED = [exercise for name in catalogue for exercise in catalogue.variants(name).values()]
MISTAKES = [pytest.param(e, m, id=f"{e.key}-{m.name}") for e in VARIED for m in e.mistakes]
SEEDS = range(3)


@pytest.fixture(params=VARIED, ids=lambda e: e.key)
def varied(request):
    return request.param


def test_units_with_a_loss_an_activation_and_a_step_vary():
    units = Counter(catalogue.unit_of(e.key) for e in {e.id: e for e in VARIED}.values())
    assert set(units) >= {"02_losses", "03_feedforward", "05_backpropagation", "07_gradient_descent"}
    assert units.total() >= 6


def test_the_reference_earns_all_and_the_starter_nothing(varied):
    for seed in SEEDS:
        report = assess(varied.key, varied.reference, seed)
        assert report.passed, report.text()
        assert (report.exercise, report.points, report.notes) == (varied.id, varied.points, ())
        nothing = assess(varied.key, starter(varied), seed)
        assert (nothing.points, nothing.passed, nothing.attempted) == (0, False, False)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_every_mistake_is_caught_and_named(exercise, mistake):
    for seed in SEEDS:
        report = assess(exercise.key, exercise.build(mistake), seed)
        assert report.points < exercise.points
        assert report.mistake == mistake.name, report.text()


def test_every_convention_earns_all(varied):
    for convention in varied.conventions:
        report = assess(varied.key, varied.build(convention))
        assert report.passed, report.text()
        assert convention.message in report.notes


def test_what_is_right_in_another_variant_does_not_pass(varied):
    everybody = {"": catalogue[varied.id], **catalogue.variants(varied.id)}
    for name, other in everybody.items():
        if name != varied.variant:
            for seed in SEEDS:
                assert not assess(varied.key, other.reference, seed).passed
                assert not assess(other.key, varied.reference, seed).passed


def test_statement_solution_and_last_hint_are_those_of_the_variant(varied):
    plain = catalogue[varied.id]
    assert varied.statement != plain.statement
    assert varied.source != plain.source
    assert reading.build(varied.source, varied.name, {"np": np}).__name__ == plain.name
    assert (varied.points, varied.name, varied.form) == (plain.points, plain.name, plain.form)
    assert len(set(changes(plain, varied).values())) == 3
    assert f'"{varied.key}"' in asked(varied)
    assert f'"{varied.key}"' in check_line(varied)


def test_a_hidden_layer_with_tanh_agrees_with_the_finite_difference():
    exercise, rng = catalogue["backprop.hidden_delta@tanh"], np.random.default_rng(1)
    W, Z, above = rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    h, slope = 1e-6, np.zeros(Z.shape)
    for place in np.ndindex(*Z.shape):
        step = np.zeros(Z.shape)
        step[place] = h
        slope[place] = ((np.tanh(Z + step) - np.tanh(Z - step)) @ W * above).sum() / (2 * h)
    np.testing.assert_allclose(exercise.reference(above, W, Z), slope, atol=1e-8)


def numerical(names, args, loss_of):
    """Slopes of the loss by the arguments of these places, one entry after the other."""
    found = {}
    for name, place in names.items():
        found[name] = np.zeros(args[place].shape)
        for index in np.ndindex(*args[place].shape):
            ends = []
            for h in (1e-6, -1e-6):
                moved = [np.array(a, copy=True) for a in args]
                moved[place][index] += h
                ends.append(loss_of(*moved))
            found[name][index] = (ends[0] - ends[1]) / 2e-6
    return found


@pytest.mark.parametrize("variant", ["tanh", "deeper"])
def test_the_varied_network_agrees_with_the_finite_difference(variant):
    exercise = catalogue[f"backprop.backward@{variant}"]
    args = exercise.cases(np.random.default_rng(2))[0].args
    stages = exercise.reference(*args)
    places = {f"d{'Wb'[i % 2]}{i // 2 + 1}": i + 2 for i in range(len(args) - 2)}
    for name, slope in numerical(places, args, lambda *a: exercise.reference(*a)["loss"]).items():
        np.testing.assert_allclose(stages[name], slope, atol=1e-7)


@pytest.mark.parametrize("variant", ["halved", "by_sample"])
def test_the_varied_loss_and_its_gradient_belong_together(variant):
    rng = np.random.default_rng(3)
    args = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    loss, gradient = (catalogue[f"losses.{name}@{variant}"].reference for name in ("mse", "mse_grad"))
    np.testing.assert_allclose(gradient(*args), numerical({"p": 0}, args, loss)["p"], atol=1e-8)


# -- drawing -----------------------------------------------------------------------------------------------------------


def test_a_seed_draws_the_same_for_a_class_and_differs_between_students():
    students = [f"student{i}" for i in range(90)]
    drawn = [catalogue.variant("backprop.hidden_delta", 7, student).variant for student in students]
    assert drawn == [catalogue.variant("backprop.hidden_delta", 7, student).variant for student in students]
    assert drawn != [catalogue.variant("backprop.hidden_delta", 8, student).variant for student in students]
    counts = Counter(drawn)
    assert set(counts) == {"", "tanh", "leaky"}
    assert min(counts.values()) > 15
    assert {catalogue.variant("backprop.hidden_delta", seed).variant for seed in range(30)} == set(counts)


def test_exercises_that_belong_together_are_drawn_alike():
    for seed in range(20):
        for one, other in (("losses.mse", "losses.mse_grad"), ("feedforward.forward", "backprop.hidden_delta")):
            assert catalogue.variant(one, seed).variant == catalogue.variant(other, seed).variant


def test_two_spellings_of_a_name_draw_the_same():
    for seed in range(10):
        assert draw(("a", "b", "c"), seed, "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}") == draw(
            ("a", "b", "c"), seed, "Zoe\N{COMBINING DIAERESIS}"
        )


def test_an_exercise_without_variants_is_itself_whatever_the_seed():
    assert catalogue.variants("start.row_sums") == {}
    assert catalogue.variant("start.row_sums", 5, "anyone") is catalogue["start.row_sums"]


def test_variants_are_found_by_key_and_not_counted():
    assert catalogue["backprop.backward@tanh"] is catalogue.variants("backprop.backward")["tanh"]
    assert "backprop.backward@tanh" in catalogue
    assert "backprop.backward@tanh" not in list(catalogue)
    with pytest.raises(UnknownExerciseError, match=r"no variant 'cubic'. There are: tanh, deeper"):
        catalogue["backprop.backward@cubic"]
    with pytest.raises(UnknownExerciseError, match="There are: none"):
        catalogue["start.row_sums@tanh"]
    with pytest.raises(UnknownExerciseError, match="No exercise is called"):
        catalogue["backprop.sideways@tanh"]


# -- what an author is told --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "complaint"),
    [
        (Variant("x", code={"not there": "y"}), "changes texts that stand nowhere"),
        (Variant("x", words={"not there": "y"}), "changes texts that stand nowhere"),
        (Variant("x", without=("unheard_of",)), "leaves out what losses.mse does not know: unheard_of"),
        (Variant("x", code={").mean()": ").sum()"}), "'summed' is right in losses.mse@x"),
    ],
)
def test_a_variant_that_does_not_fit_is_refused(variant, complaint):
    with pytest.raises(ValueError, match=complaint):
        vary(catalogue["losses.mse"], variant)


def test_changes_are_made_in_one_pass():
    plain = dataclasses.replace(catalogue["losses.mse"], mistakes=(), hints=("prediction and target",))
    swapped = vary(plain, Variant("x", code={"prediction": "target", "target": "prediction"}))
    assert swapped.hints == ("target and prediction",)
    assert "target - prediction.reshape(target.shape)" in swapped.source


# -- sources -----------------------------------------------------------------------------------------------------------


def test_a_source_is_read_as_it_was_imported_even_when_its_file_changes(tmp_path, monkeypatch):
    path = tmp_path / "edited_later.py"
    path.write_text("def cube(x):\n    return x**3\n\n\nclass Box:\n    side = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("edited_later")
    reading.pin(module.cube)
    path.write_text("# a line more\n\n\ndef other(x):\n    return 0\n", encoding="utf-8")
    assert reading.source_of(module.cube) == "def cube(x):\n    return x**3\n"
    assert reading.source_of(module.Box) == "class Box:\n    side = 1\n"
    monkeypatch.delitem(reading._FILES, str(path))


def test_a_mistake_of_a_variant_is_an_edit_of_its_own_reference(varied):
    for mistake in varied.mistakes:
        assert isinstance(mistake, Mistake)
        assert varied.source_of(mistake) != varied.source
