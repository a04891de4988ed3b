"""grad, value_and_grad, vjp, jacobian and the gradcheck of Tensors: known derivatives, nesting, and clear refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bpcore as bp
from bpcore import Tensor
from bpcore.errors import DataError, ShapeError
from bpcore.functional import softmax, softmax_vjp

seeds = st.integers(0, 2**32 - 1)


def smooth(x):
    """Analytic, and in operations that numpy has for arrays, for complex arrays and for Tensors alike."""
    return (np.exp(x) * x**3 / (1 + x * x) - np.tanh(2 * x) + np.log(3 + x)).sum()


def complex_step(f, x, h=1e-30):
    """∂f/∂xᵢ = Im f(x + ih) / h: nothing is subtracted, so it is exact to rounding. Source: Squire & Trapp (1998)."""
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        stepped = x.astype(complex)
        stepped[index] += 1j * h
        slopes[index] = f(stepped).imag / h
    return slopes


@given(seed=seeds, shape=st.lists(st.integers(1, 4), max_size=2).map(tuple))
def test_gradient_is_the_complex_step_to_the_last_digits(seed, shape):
    x = np.random.default_rng(seed).uniform(-1, 1, size=shape)
    np.testing.assert_allclose(bp.grad(smooth)(x), complex_step(smooth, x), rtol=1e-12, atol=1e-13)


def test_the_derivatives_of_a_cube_by_hand():
    def cube(x):
        return x**3

    first = bp.grad(cube)
    second = bp.grad(first)
    third = bp.grad(second)
    fourth = bp.grad(third)
    assert [f(2.0).item() for f in (first, second, third, fourth)] == [12, 12, 6, 0]
    assert bp.grad(second)(-5.0) == 6


def test_a_function_within_a_function_reaches_the_outer_variable():
    # d/dx of x · d/dy(x y) at y = 2 is d/dx x² = 2x; a tape that mixed up its levels would say 1 or 0.
    def outer(x):
        return x * bp.grad(lambda y: x * y)(2.0)

    assert bp.grad(outer)(3.0) == 6
    # Siskind & Pearlmutter (2005): d/dx of x · d/dy(x + y) is 1, and not 2.
    assert bp.grad(lambda x: x * bp.grad(lambda y: x + y)(1.0))(1.0) == 1


def test_an_inner_function_of_its_own_gives_plain_arrays():
    def outer(x):
        slope = bp.grad(lambda y: y**2)(3.0)
        assert type(slope) is np.ndarray
        return x * slope

    assert bp.grad(outer)(1.0) == 6


def test_value_and_grad_of_several_arguments():
    def f(x, y, n, scale=1.0):
        return (x * y**n).sum() * scale

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    value, (dx, dy) = bp.value_and_grad(f, argnums=(0, 1))(x, y, 2, scale=10.0)
    assert value == 410
    np.testing.assert_array_equal(dx, [90, 160])
    np.testing.assert_array_equal(dy, [60, 160])
    np.testing.assert_array_equal(bp.grad(f, argnums=1)(x, y, 2), [6, 16])
    np.testing.assert_array_equal(bp.grad(f, argnums=-2)(x, y, 2), [6, 16])


def test_what_the_output_does_not_depend_on_has_gradient_0():
    dx, dy = bp.grad(lambda x, y: (y * y).sum(), argnums=(0, 1))(np.ones(2), np.ones(3))
    assert (dx.tolist(), dy.tolist()) == ([0, 0], [2, 2, 2])


@given(seed=seeds, n=st.integers(1, 6))
def test_the_jacobian_of_softmax(seed, n):
    z = np.random.default_rng(seed).normal(size=n) * 3
    p = softmax(z)
    np.testing.assert_allclose(bp.jacobian(softmax)(z), np.diag(p) - np.outer(p, p), rtol=0, atol=1e-14)


def test_the_jacobian_of_a_matrix_by_a_matrix_has_four_axes():
    rng = np.random.default_rng(0)
    A, X = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    J = bp.jacobian(lambda X: A @ X)(X)
    assert J.shape == (2, 4, 3, 4)
    np.testing.assert_allclose(J, np.einsum("ik,jl->ijkl", A, np.eye(4)))
    assert bp.jacobian(lambda A, X: A @ X, argnums=1)(A, X).shape == (2, 4, 3, 4)


def test_a_hessian_by_hand_and_by_both_ways():
    # f = x² y + y³: the second derivatives are 2y, 2x, 2x, 6y.
    def f(v):
        return v[0] ** 2 * v[1] + v[1] ** 3

    v = np.array([2.0, 5.0])
    np.testing.assert_allclose(bp.jacobian(bp.grad(f))(v), [[10, 4], [4, 30]])
    np.testing.assert_allclose(bp.jacobian(bp.jacobian(f))(v), [[10, 4], [4, 30]])


def test_a_jacobian_can_be_part_of_a_function():
    def spread(z):
        return (bp.jacobian(lambda z: np.tanh(z) * z.sum())(z) ** 2).sum()

    z = np.array([0.3, -0.7, 1.1])
    assert bp.gradcheck(spread, [Tensor(z)]).ok


@given(seed=seeds)
def test_vjp_is_functionals_and_may_pull_more_than_once(seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(3, 4))
    p, pull = bp.vjp(softmax, z)
    np.testing.assert_array_equal(p, softmax(z))
    for _ in range(2):
        g = rng.normal(size=(3, 4))
        (dz,) = pull(g)
        np.testing.assert_allclose(dz, softmax_vjp(g, p), rtol=0, atol=1e-14)


def test_vjp_of_two_inputs():
    a, b = np.ones((2, 3)), np.full(3, 2.0)
    _, pull = bp.vjp(lambda a, b: a @ b, a, b)
    da, db = pull(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(da, [[2, 2, 2], [20, 20, 20]])
    np.testing.assert_array_equal(db, [11, 11, 11])


def test_what_is_pulled_back_may_itself_be_differentiated():
    # gᵀ ∂(x²)/∂x = 2 x g, whose slope by g is 2x.
    x = np.array([1.0, 2.0])
    _, pull = bp.vjp(lambda x: x**2, x)
    np.testing.assert_array_equal(bp.grad(lambda g: pull(g)[0].sum())(np.ones(2)), [2, 4])


def test_gradients_are_arrays_that_share_nothing():
    x = np.ones(3)
    dx, dy = bp.grad(lambda x, y: (x + y).sum(), argnums=(0, 1))(x, x)
    dx += 1
    assert dy.tolist() == [1, 1, 1]
    assert x.tolist() == [1, 1, 1]


def test_float32_stays_float32():
    x = np.ones(3, dtype=np.float32)
    value, slope = bp.value_and_grad(lambda x: (2.0 * x).sum())(x)
    assert (value.dtype, slope.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * x).sum(),  # the same on arrays
        lambda x: x.exp().tanh().sum(),  # with methods that arrays have not
        lambda x: bp.softmax_cross_entropy(x.reshape(2, 2), np.array([0, 1])),
        lambda x: (float((x**2).sum()), 2 * x) if isinstance(x, np.ndarray) else None,  # derived by hand
    ],
)
def test_gradcheck_takes_functions_of_tensors_and_functions_with_gradients(f):
    x = np.random.default_rng(0).normal(size=4)
    assert bp.gradcheck(f, x).ok
    assert bp.gradcheck(f, [x]).ok


def test_gradcheck_uses_the_first_gradients_of_a_layer_that_adds_them_up():
    layer = bp.Dense(2, 3, rng=np.random.default_rng(0))

    def weighted(W):
        layer.parameters()[0].data[:] = W
        value = layer.forward(np.ones((4, 2))).sum()
        layer.backward(np.ones((4, 3)))
        return value, layer.parameters()[0].grad.copy()

    assert bp.gradcheck(weighted, layer.parameters()[0].data.copy()).ok


def test_gradcheck_of_two_tensors_finds_where_they_differ():
    # sign is flat, as the tape has it: what it multiplies gets no gradient, and the measured slope of |x| is ±1.
    report = bp.gradcheck(
        lambda x, y: (y * x * np.sign(x) + x.data.sum()).sum(), [Tensor([1.0, -2.0]), Tensor([3.0, 1.0])]
    )
    assert not report.ok
    assert report.worst_index[0] == 0


def test_gradcheck_hands_on_an_error_that_is_the_functions_own():
    with pytest.raises(AttributeError, match="no_such_method"):
        bp.gradcheck(lambda x: x.no_such_method(), np.ones(2))
    with pytest.raises(AttributeError, match="tanh"):
        bp.gradcheck(lambda x: "text".tanh(), np.ones(2))
    with pytest.raises(DataError, match="float64"):
        bp.gradcheck(lambda x: x.sum(), [Tensor(np.ones(2, dtype=np.float32))])


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: bp.grad(lambda x: x)(np.ones(2)), ShapeError, r"returned shape \(2,\)"),
        (lambda: bp.grad(lambda x: x.item())(1.0), DataError, "returned float where a Tensor was expected"),
        (lambda: bp.grad(lambda x: x * 1.0)(2), DataError, "Argument 0: .*Use floats"),
        (lambda: bp.grad(lambda x: x, argnums=1)(2.0), DataError, "argnums asks for argument 1"),
        (lambda: bp.vjp(lambda x: x, np.ones(2))[1](np.ones(3)), ShapeError, r"grad has shape \(3,\)"),
        (
            lambda: bp.grad(bp.grad(lambda z: bp.softmax_cross_entropy(z.reshape(1, 1), [0])))(1.0),
            bp.SecondDerivativeError,
            "softmax_cross_entropy",
        ),
    ],
)
def test_errors_say_what_was_seen_and_what_to_do(act, error, message):
    with pytest.raises(error, match=message):
        act()
