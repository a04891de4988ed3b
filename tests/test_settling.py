"""Facts about settling: three ways with one answer, and a report that tells a cycle from slowness and divergence."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore.errors import NotSettledError
from bpcore.layers import FixedPoint

X1 = np.array([[0.5]])
SOLVERS = ["iterate", "direct", "anderson"]


def cell_of(W, **options):
    """A cell with these recurrent weights, whose input goes straight to its units."""
    W = np.array(W, dtype=float)
    cell = FixedPoint(len(W), len(W), rng=np.random.default_rng(0), **options)
    cell.U.data, cell.W.data = np.eye(len(W)), W
    return cell


def one_unit(w=-2.0, **options):
    return cell_of([[w]], **options)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4))
def test_the_solvers_agree(seed, N, h):
    rng = np.random.default_rng(seed)
    X, e, W = rng.normal(size=(N, 2)), rng.normal(size=(N, h)), rng.normal(size=(h, h))
    W *= 0.9 / np.linalg.norm(W, 2)
    answers = []
    for solver in SOLVERS:
        cell = FixedPoint(2, h, rng=np.random.default_rng(0), tol=1e-12, solver=solver)
        cell.W.data = W
        y = cell.forward(X)
        answers.append([y, cell.backward(e), *[parameter.grad for parameter in cell.parameters()]])
    for other in answers[1:]:
        for found, expected in zip(other, answers[0], strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-9)


def test_where_it_is_slow_anderson_and_newton_need_fewer_iterations():
    rng = np.random.default_rng(0)
    S = rng.normal(size=(20, 20))
    W = 0.99 * (S + S.T) / np.linalg.norm(S + S.T, 2)
    X, needed = 0.05 * rng.normal(size=(4, 20)), {}
    for solver in SOLVERS:
        cell = cell_of(W, solver=solver, max_iter=5000)
        cell.forward(X)
        cell.backward(np.ones((4, 20)))
        needed[solver] = cell.report.iterations, cell.adjoint_report.iterations
    assert needed["anderson"][0] < needed["iterate"][0] / 3
    assert needed["anderson"][1] < needed["iterate"][1] / 3
    assert needed["direct"][0] < 10
    assert needed["direct"][1] == 1  # one linear solve


def test_the_report_tells_the_course_of_it():
    cell = one_unit(0.5)
    y = cell.forward(X1)
    residuals = cell.report.residuals
    assert cell.report.iterations == len(residuals) - 1
    assert residuals[0] == np.tanh(0.5)  # from y = 0
    assert residuals[-1] == abs(np.tanh(0.5 * y + 0.5) - y) < 1e-10 <= residuals[-2]
    assert str(cell.report).startswith(f"converged after {cell.report.iterations} iterations; residual 0.46 to ")
    # The last residuals shrink by λ each, where the state is drawn in from one side.
    assert residuals[-1] / residuals[-2] == pytest.approx(cell.report.spectral_radius, rel=1e-3)
    assert cell.adjoint_report is None
    cell.backward([[1.0]])
    assert cell.adjoint_report.status == "converged"


def test_a_report_speaks_of_its_own_pass():
    cell = one_unit(0.5)
    cell.forward(X1)
    report, y = cell.report, cell.forward(X1).item()
    cell.W.data[...] = 7  # as an optimizer does, in place
    assert report.spectral_radius == pytest.approx(0.5 * (1 - y**2))


def test_a_wild_relaxation_diverges():
    cell = one_unit(relaxation=3.0)
    cell.forward(X1)
    assert cell.report.status == "diverged"
    with pytest.raises(NotSettledError, match=r"relaxation=1\.5"):
        cell.backward([[1.0]])


def test_out_of_steps():
    cell = one_unit(0.9, max_iter=3)
    cell.forward(X1)
    assert (cell.report.status, cell.report.iterations) == ("max_iter", 3)
    with pytest.raises(NotSettledError, match="larger max_iter than 3"):
        cell.backward([[1.0]])


@pytest.mark.parametrize(
    ("w", "dtype", "start", "slow"),
    [
        (-0.999, "float64", 0.01, 10000),
        (-0.9, "float32", 1.15e-3, 60),  # settles just after a state was noted down to be compared with
    ],
)
def test_slow_oscillation_is_not_taken_for_a_cycle(w, dtype, start, slow):
    # λ = w: each swing is nearly as wide as the one before, and yet it settles.
    cell = one_unit(w, max_iter=30000, tol=1e-8).astype(dtype)
    cell.forward([[0.0]], [[start]])
    assert cell.report.status == "converged"
    assert cell.report.iterations > slow


def test_memory_does_not_grow_with_the_number_of_iterations():
    def peak(max_iter):
        cell = FixedPoint(5, 64, rng=np.random.default_rng(0), max_iter=max_iter)
        cell.W.data *= 6  # never settles
        X = np.ones((64, 5))
        tracemalloc.start()
        cell.forward(X)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert cell.report.status == "max_iter"
        return size

    # One state is 32 kB; a graph of the 400 iterations would be 13 MB. The residuals are 32 bytes each.
    assert peak(420) - peak(20) < 40_000


def test_a_float32_cycle_is_seen_too():
    cell = one_unit().astype("float32")
    cell.forward(X1)
    assert (cell.report.status, cell.report.period) == ("cycle", 2)
