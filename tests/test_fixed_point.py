"""Facts about the layer that settles: known numbers, derivatives that hold, and no error from an unsettled state."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpcore import functional as F
from bpcore.differences import gradcheck, numerical_gradient
from bpcore.errors import DataError, NotSettledError, OrderError, ShapeError
from bpcore.layers import RNN, Dense, FixedPoint, Sequential
from bpcore.losses import CrossEntropyLoss, MSELoss
from bpcore.optim import Adam
from bpcore.training import accuracy, train

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 4)
every_solver = pytest.mark.parametrize("solver", ["iterate", "direct", "anderson"])


def cell_of(W, **options):
    """A cell with these recurrent weights, whose input goes straight to its units."""
    W = np.array(W, dtype=float)
    cell = FixedPoint(len(W), len(W), rng=np.random.default_rng(0), **options)
    cell.U.data, cell.W.data = np.eye(len(W)), W
    return cell


def one_unit(w=-2.0, **options):
    return cell_of([[w]], **options)


def gradients(layer):
    return [parameter.grad.copy() for parameter in layer.parameters()]


def pull(cell, X, e, y0=None):
    cell.zero_grad()
    y = cell.forward(X, y0)
    return [y, cell.backward(e), *gradients(cell)]


# -- one unit, tanh, w = −2, x = 0.5: every number can be checked with a pocket calculator ----------------------------

X1 = np.array([[0.5]])


@pytest.mark.parametrize("options", [{"relaxation": 0.5}, {"solver": "direct"}, {"solver": "anderson"}])
def test_one_unit_damped_settles(options):
    cell = one_unit(tol=1e-13, **options)
    y = cell.forward(X1).item()
    assert cell.report.status == "converged"
    assert y == pytest.approx(0.1661484359, abs=5e-11)
    slope = 1 - y**2
    # λ = w (1 − y²); z = e + λ z, so z = 1 / (1 − λ); dy/dw = y (1 − y²) z; dy/dx = dy/db = (1 − y²) z.
    assert cell.report.eigenvalues.item() == pytest.approx(-1.9447894, abs=5e-8)
    assert cell.report.spectral_radius == pytest.approx(1.9447894, abs=5e-8)
    assert cell.backward([[1.0]]).item() == pytest.approx(slope * 0.3395828584, abs=1e-10)
    assert cell.W.grad.item() == pytest.approx(0.0548636376, abs=1e-10)
    assert cell.b.grad.item() == pytest.approx(slope * 0.3395828584, abs=1e-10)
    assert cell.U.grad.item() == pytest.approx(0.5 * slope * 0.3395828584, abs=1e-10)


def test_one_unit_undamped_goes_round_between_two_states():
    cell = one_unit()
    y = cell.forward(X1).item()
    assert (cell.report.status, cell.report.period) == ("cycle", 2)
    assert sorted([y, np.tanh(-2 * y + 0.5)]) == pytest.approx([-0.898, 0.980], abs=5e-4)
    with pytest.raises(NotSettledError, match=r"cycle of 2 states.*relaxation=0.5 instead of 1"):
        cell.backward([[1.0]])
    assert not any(grad.any() for grad in gradients(cell))


def test_the_relaxation_that_still_settles():
    limit = 2 / (1 + 1.9447894)  # 2 (1 − λ) / (1 − λ)² for a real λ
    settled = one_unit(relaxation=0.5)
    settled.forward(X1)
    assert settled.report.relaxation_limit == pytest.approx(limit, abs=1e-7)
    assert limit == pytest.approx(0.679, abs=5e-4)
    for relaxation, status in [(0.99 * limit, "converged"), (1.01 * limit, "cycle")]:
        cell = one_unit(relaxation=relaxation, max_iter=5000)
        cell.forward(X1)
        assert cell.report.status == status


def test_the_undamped_error_explodes_where_the_damped_one_settles():
    y, W, e = np.array([[0.1661484359]]), np.array([[-2.0]]), np.ones((1, 1))
    z, damped = np.zeros((1, 1)), np.zeros((1, 1))
    for _ in range(50):
        z = F.fixed_point_adjoint_step(z, e, y, W)
        damped = damped + 0.5 * (F.fixed_point_adjoint_step(damped, e, y, W) - damped)
    assert z.item() == pytest.approx(-9e13, rel=0.05)
    assert damped.item() == pytest.approx(0.3395828584, abs=1e-10)


def test_an_error_that_does_not_settle_is_not_handed_on():
    # Settled with relaxation 0.5, sent back without: λ = −1.94, so the error diverges though the state is settled.
    cell = one_unit(relaxation=0.5)
    cell.forward(X1)
    cell.relaxation = 1.0
    with pytest.raises(NotSettledError, match=r"state settled, but the error diverged.*below 0.679"):
        cell.backward([[1.0]])
    assert cell.adjoint_report.status == "diverged"
    assert not cell.W.grad.any()


# -- more facts of the field ------------------------------------------------------------------------------------------


def test_the_start_is_part_of_the_answer():
    cell = one_unit(2.0)
    for start, end in [(0.3, 0.9575), (-0.3, -0.9575), (0.0, 0.0)]:
        assert cell.forward([[0.0]], [[start]]).item() == pytest.approx(end, abs=5e-5)
    assert cell.report.spectral_radius == 2  # at 0, where it stays only if it is put there
    assert cell.report.relaxation_limit == 0  # Re λ ≥ 1: no damping makes 0 draw its neighbours in


def test_at_spectral_radius_one_the_state_creeps_and_the_error_does_not_settle():
    # w = 1, x = 0: y shrinks like √(3 / 2k), the error's echoes hardly at all.
    y, drive, W = np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1))
    for _ in range(5000):
        y = F.fixed_point_step(y, drive, W)
    assert y.item() == pytest.approx((3 / 10000) ** 0.5, rel=0.01)
    cell = one_unit(1.0, tol=1e-6, max_iter=8000)
    cell.forward([[0.0]], [[1.0]])
    assert cell.report.status == "converged"
    with pytest.raises(NotSettledError, match=r"error had not settled.*0\.99.*smaller tol"):
        cell.backward([[1.0]])
    cell.forward([[0.0]])  # settled at 0 from the beginning: the error is e + z, for ever
    with pytest.raises(NotSettledError):
        cell.backward([[1.0]])
    cell.solver = "direct"
    with pytest.raises(NotSettledError, match="diverged"):
        cell.backward([[1.0]])


@every_solver
def test_a_missing_transpose_shows_where_W_is_not_symmetric(solver):
    cell = cell_of([[0, -1.5], [1.5, 0]], relaxation=0.3, tol=1e-12, solver=solver)
    X, e = np.array([[0.1, 0.0]]), np.array([[1.0, 0.0]])
    y, grad_X = cell.forward(X), cell.backward(e)
    # U is the identity, so dx = z ⊙ (1 − y²).
    z = grad_X / (1 - y**2)
    np.testing.assert_allclose(z, [[0.308, 0.462]], atol=5e-4)
    wrong = np.linalg.solve(np.eye(2) - F.fixed_point_jacobian(y, cell.W.data)[0].T, e[0])
    np.testing.assert_allclose(wrong, [0.308, -0.462], atol=5e-4)


def test_damping_rescues_complex_eigenvalues():
    # Two units that turn, λ ≈ ±1.5 i: |λ| > 1, but Re λ = 0 < 1. The limit is 2 / (1 + |λ|²).
    X = np.array([[0.1, 0.0]])
    undamped = cell_of([[0, -1.5], [1.5, 0]])
    undamped.forward(X)
    assert undamped.report.status in ("cycle", "max_iter")
    damped = cell_of([[0, -1.5], [1.5, 0]], relaxation=0.5)
    damped.forward(X)
    assert damped.report.status == "converged"
    rho = damped.report.spectral_radius
    assert rho > 1.4
    assert damped.report.relaxation_limit == pytest.approx(2 / (1 + rho**2), rel=1e-3)


@given(seeds, sizes, st.integers(0, 6))
def test_truncated_neumann_series_is_truncated_backpropagation_through_time(seed, h, k):
    rng = np.random.default_rng(seed)
    cell, net = FixedPoint(3, h, rng=rng, tol=1e-13), RNN(3, h, rng=rng, truncate=k)
    for mine, other in zip(net.parameters(), cell.parameters(), strict=True):
        mine.data = other.data
    X, e = rng.normal(size=(2, 3)), rng.normal(size=(2, h))
    y = cell.forward(X)
    z = e
    for _ in range(k):
        z = F.fixed_point_adjoint_step(z, e, y, cell.W.data)
    series = F.fixed_point_vjp(z, X, y, cell.U.data)
    # Unrolled at the fixed point: the same input at every step, and the state is there from the start.
    net.forward(np.repeat(X[:, None], k + 2, axis=1), y)
    grad_X = net.backward(grad_last=e)
    for unrolled, summed in zip([grad_X.sum(axis=1), *gradients(net)], series, strict=True):
        np.testing.assert_allclose(unrolled, summed, atol=1e-11)


@given(seeds, sizes, sizes)
def test_the_eigenvalues_of_J_and_of_its_transpose_are_the_same(seed, N, h):
    rng = np.random.default_rng(seed)
    cell = FixedPoint(2, h, rng=rng)
    cell.forward(rng.normal(size=(N, 2)))
    cell.backward(rng.normal(size=(N, h)))
    J = F.fixed_point_jacobian(cell.report.state, cell.W.data).swapaxes(1, 2)
    assert cell.report.spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(J)).max(), abs=1e-7)
    assert cell.adjoint_report.spectral_radius == pytest.approx(cell.report.spectral_radius, abs=1e-7)


@given(seeds, sizes, sizes)
def test_the_jacobian_is_the_slope_of_the_step(seed, N, h):
    rng = np.random.default_rng(seed)
    y, drive, W = rng.normal(size=(N, h)), rng.normal(size=(N, h)), rng.normal(size=(h, h))
    J = F.fixed_point_jacobian(F.fixed_point_step(y, drive, W), W)
    e = rng.normal(size=(N, h))
    slope = numerical_gradient(lambda y: float((F.fixed_point_step(y, drive, W) * e).sum()), y)
    np.testing.assert_allclose((J @ e[..., None])[..., 0], slope, atol=1e-7)


# -- the gradient against finite differences --------------------------------------------------------------------------


@every_solver
@settings(max_examples=15)
@given(seed=seeds, N=sizes, d=sizes, h=sizes)
def test_backward_agrees_with_finite_differences(solver, seed, N, d, h):
    rng = np.random.default_rng(seed)
    cell = FixedPoint(d, h, rng=rng, tol=1e-12, solver=solver, relaxation=0.8)
    # At most 0.8 wide, a matrix draws in whatever the slopes are, so there is one settled state and no jump to another.
    W = rng.normal(size=(h, h))
    W *= 0.8 / np.linalg.norm(W, 2)
    y0, g = rng.uniform(-0.5, 0.5, (N, h)), rng.normal(size=(N, h))

    def f(X, *values):
        for parameter, value in zip(cell.parameters(), values, strict=True):
            parameter.data = value
        y, *grads = pull(cell, X, g, y0)  # both sides of each difference start from the same y0
        return float((y * g).sum()), grads

    report = gradcheck(f, [rng.normal(size=(N, d)), rng.normal(size=(d, h)), W, rng.normal(size=h)])
    assert report.ok, report


def test_a_finite_difference_must_be_settled_as_well():
    cell = one_unit(0.8)
    slope = pull(cell, X1, [[1.0]])[3].item()

    def measured(tol, warm):
        cell.tol = tol
        cell.forward(X1)
        settled = cell.forward(X1) if warm else np.zeros((1, 1))
        ends = []
        for w in (0.8 + 1e-6, 0.8 - 1e-6):
            cell.W.data = np.array([[w]])
            ends.append(cell.forward(X1, settled).item())
        cell.W.data = np.array([[0.8]])
        return (ends[0] - ends[1]) / 2e-6

    assert measured(1e-10, warm=False) == pytest.approx(slope, abs=1e-6)
    # From where it had settled, a change smaller than the tolerance is not worth a move: the slope seems to vanish.
    assert abs(measured(1e-6, warm=True) / slope - 1) > 0.3


# -- as a layer -------------------------------------------------------------------------------------------------------


@given(seeds)
def test_permuting_the_batch_permutes_the_rows(seed):
    rng = np.random.default_rng(seed)
    cell, X, e, order = FixedPoint(2, 3, rng=rng), rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.permutation(5)
    y, grad_X, *grads = pull(cell, X, e)
    permuted = pull(cell, X[order], e[order])
    for found, expected in zip(permuted, [y[order], grad_X[order], *grads], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@given(seeds, st.sampled_from([1e-12, 1e-3, 1e6]))
def test_small_errors_are_carried_as_exactly_as_large_ones(seed, scale):
    rng = np.random.default_rng(seed)
    cell, X, e = FixedPoint(2, 3, rng=rng), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    once, scaled = pull(cell, X, e), pull(cell, X, scale * e)
    for found, expected in zip(scaled[1:], once[1:], strict=True):
        np.testing.assert_allclose(found, scale * expected, rtol=1e-9, atol=1e-12 * scale)


def test_no_error_gives_no_gradient():
    cell = one_unit(0.5)
    assert not any(a.any() for a in pull(cell, X1, np.zeros((1, 1)))[1:])


@every_solver
def test_float32_settles_as_far_as_it_can(solver):
    rng = np.random.default_rng(0)
    cell = FixedPoint(3, 8, rng=rng, solver=solver)
    X, e = rng.normal(size=(4, 3)), rng.normal(size=(4, 8))
    wide = pull(cell, X, e)
    narrow = pull(cell.astype("float32"), X, e)
    assert {a.dtype for a in narrow} == {np.dtype("float32")}
    assert cell.report.status == cell.adjoint_report.status == "converged"
    for found, expected in zip(narrow, wide, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_it_learns_within_a_network():
    # Exclusive or, at four noisy corners: do the two inputs have the same sign?
    rng = np.random.default_rng(0)
    corners = rng.choice([-1.0, 1.0], (200, 2))
    X, y = corners + 0.1 * rng.normal(size=(200, 2)), (corners.prod(axis=1) > 0).astype(int)
    cell = FixedPoint(2, 8, rng=rng, relaxation=0.5, max_iter=2000)
    model = Sequential([cell, Dense(8, 2, rng=rng)])
    assert "FixedPoint(2, 8)  (N, 8)" in repr(model)
    optimizer = Adam(model.parameters(), lr=0.01)
    train(model, CrossEntropyLoss(), optimizer, X, y, epochs=25, batch_size=20, rng=rng)
    assert accuracy(model, X, y) >= 0.97


def test_training_stops_where_nothing_settles():
    cell = one_unit()
    with pytest.raises(NotSettledError, match="cycle"):
        train(
            cell,
            MSELoss(),
            Adam(cell.parameters(), lr=0.1),
            X1,
            X1,
            epochs=1,
            batch_size=1,
            rng=np.random.default_rng(),
        )


def test_predict_leaves_the_remembered_pass_and_its_report_alone():
    rng = np.random.default_rng(0)
    cell, X, e = FixedPoint(2, 3, rng=rng), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    y, expected = pull(cell, X, e)[:2]
    cell.forward(X)
    report = cell.report
    np.testing.assert_array_equal(cell.predict(X), y)
    cell.predict(X[::-1] * 3)
    np.testing.assert_array_equal(cell.backward(e), expected)
    assert cell.report is report


def test_a_new_cell_settles_and_can_be_stored():
    cell = FixedPoint(10, 60, rng=np.random.default_rng(0))
    X = 5 * np.random.default_rng(1).normal(size=(20, 10))
    y = cell.forward(X)
    residuals = np.array(cell.report.residuals)
    assert cell.report.status == "converged"
    # W halves every distance, and tanh makes none longer: in the norm, so up to √60 in the largest entry.
    assert (residuals <= np.sqrt(60) * residuals[0] * 0.5 ** np.arange(len(residuals))).all()
    again = pickle.loads(pickle.dumps(cell))
    np.testing.assert_array_equal(again.predict(X), y)
    assert again.report.spectral_radius == cell.report.spectral_radius


# -- misuse -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "options", "hint"),
    [
        ((0, 2), {}, "in_features=0"),
        ((2, 2.0), {}, r"units=2\.0"),
        ((2, 2), {"rng": None}, "default_rng"),
        ((2, 2), {"max_iter": 0}, "max_iter=0"),
        ((2, 2), {"max_iter": 1e3}, r"max_iter=1000\.0"),
        ((2, 2), {"tol": 0}, "tol=0"),
        ((2, 2), {"tol": np.nan}, "tol=nan"),
        ((2, 2), {"relaxation": -0.5}, "above 0"),
        ((2, 2), {"relaxation": "0.5"}, "above 0"),
        ((2, 2), {"solver": "newton"}, "'iterate', 'direct', 'anderson'"),
    ],
)
def test_bad_options(sizes, options, hint):
    with pytest.raises(DataError, match=hint):
        FixedPoint(*sizes, **{"rng": np.random.default_rng(0), **options})


@pytest.mark.parametrize(
    ("X", "y0", "error", "hint"),
    [
        (np.ones(2), None, ShapeError, r"X\[None, :\]"),
        (np.ones((4, 3)), None, ShapeError, r"\(N, 2\) and got \(4, 3\)"),
        (np.ones((4, 2)), np.ones(3), ShapeError, r"y0 has shape \(3,\).*\(4, 3\)"),
        (np.full((4, 2), np.nan), None, DataError, "X holds NaN"),
        (np.ones((4, 2)), np.full((4, 3), np.inf), DataError, "y0 holds NaN or infinity"),
    ],
)
def test_bad_batches(X, y0, error, hint):
    with pytest.raises(error, match=hint):
        FixedPoint(2, 3, rng=np.random.default_rng(0)).forward(X, y0)


def test_bad_gradients_and_places():
    rng = np.random.default_rng(0)
    cell = FixedPoint(2, 3, rng=rng)
    with pytest.raises(OrderError, match="before forward"):
        cell.backward(np.ones((4, 3)))
    cell.forward(np.ones((4, 2)))
    with pytest.raises(ShapeError, match=r"\(4, 2\).*\(4, 3\)"):
        cell.backward(np.ones((4, 2)))
    with pytest.raises(ShapeError, match=r"FixedPoint\(2, 3\) needs shape \(N, 2\) and got \(N, 5\)"):
        Sequential([Dense(4, 5, rng=rng), cell])
