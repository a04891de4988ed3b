"""The referee is refereed: it must pass what is right, catch planted errors, and say where they are."""

import numpy as np
import pytest

from bpcore.differences import gradcheck, numerical_gradient
from bpcore.errors import DataError, ShapeError


def product(x, y):
    return float((x * y).sum()), (y, x)


def test_a_right_gradient_passes():
    rng = np.random.default_rng(0)
    report = gradcheck(product, [rng.normal(size=(2, 3)), rng.normal(size=(2, 3))])
    assert report.ok
    assert report.entries == 12
    assert report.max_error < 1e-8
    assert str(report).startswith("ok: all 12 entries")


@pytest.mark.parametrize("factor", [2.01, -2.0, 0.0, 4.0])
def test_a_wrong_factor_is_caught(factor):
    assert not gradcheck(lambda x: (float((x**2).sum()), factor * x), np.array([1.0, -3.0])).ok


def test_the_worst_entry_is_named():
    def planted(x, y):
        grad = x.copy()
        grad[1, 2] += 0.5
        return float((x * y).sum()), (y, grad)

    report = gradcheck(planted, [np.ones((2, 3)), np.full((2, 3), 2.0)])
    assert report.worst_index == (1, (1, 2))
    assert report.max_error == pytest.approx(0.5, abs=1e-6)
    assert report.wrong == 1
    assert "NOT ok: 1 of 12" in str(report)
    assert "input 1 at [1, 2]: derived 1.5, measured 1" in str(report)


def test_a_gradient_of_nan_is_not_ok():
    report = gradcheck(lambda x: (float(x.sum()), np.array([1.0, np.nan])), np.zeros(2))
    assert not report.ok
    assert report.worst_index == (0, (1,))


def test_inputs_are_never_changed_even_by_a_function_that_changes_its_own():
    x = np.array([1.0, 2.0])

    def careless(x):
        x *= 2
        return float((x**2).sum()), 4 * x  # (2x)² has slope 8x = 4 * (2x)

    report = gradcheck(careless, x)
    assert report.ok, report
    np.testing.assert_array_equal(x, [1, 2])


def test_tolerances_are_used():
    nearly = lambda x: (float((x**2).sum()), 2 * x + 1e-4)  # noqa: E731
    x = np.array([0.001])
    assert not gradcheck(nearly, x).ok
    assert gradcheck(nearly, x, atol=1e-3).ok
    assert gradcheck(nearly, x, rtol=0.1).ok


@pytest.mark.parametrize("bad", [np.array([1, 2]), np.ones(2, np.float32), np.array([np.nan, 1.0]), np.array([np.inf])])
@pytest.mark.parametrize("check", [lambda f, x: gradcheck(lambda x: (f(x), x), x), numerical_gradient])
def test_inputs_that_cannot_be_measured_are_refused(check, bad):
    with pytest.raises(DataError, match=r"float64|NaN"):
        check(lambda x: float(x.sum()), bad)


def test_misshapen_answers_are_refused():
    with pytest.raises(ShapeError, match="2 inputs"):
        gradcheck(lambda x, y: (1.0, (x,)), [np.ones(2), np.ones(2)])
    with pytest.raises(ShapeError, match="transpose"):
        gradcheck(lambda x: (float(x.sum()), np.ones((3, 2))), np.ones((2, 3)))
    with pytest.raises(ShapeError, match="one number"):
        gradcheck(lambda x: (x, x), np.ones(2))
    with pytest.raises(DataError, match="no inputs"):
        gradcheck(lambda: (1.0, ()), [])
    with pytest.raises(DataError, match="empty"):
        gradcheck(lambda x: (0.0, x), np.ones(0))


def test_numerical_gradient_worked_by_hand():
    # f(x) = x0 * x1² at (3, 2): (x1², 2 x0 x1) = (4, 12). And at 1e9, where a fixed step of 1e-6 would lose 7 digits.
    np.testing.assert_allclose(numerical_gradient(lambda x: x[0] * x[1] ** 2, np.array([3.0, 2.0])), [4, 12], rtol=1e-8)
    np.testing.assert_allclose(numerical_gradient(lambda x: float(x[0] ** 2), np.array([1e9])), [2e9], rtol=1e-8)
