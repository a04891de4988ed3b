"""What a tape keeps and for how long: memory, depth, dtypes, and whose array a gradient is."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore import Tensor
from bpcore.autodiff import softmax_cross_entropy
from bpcore.errors import DataError


def test_a_gradient_is_an_array_of_its_own():
    x, y = Tensor(np.ones(3)), Tensor(np.ones(3))
    (x + y).sum().backward()
    x.grad += 5.0
    assert y.grad.tolist() == [1, 1, 1]


def test_every_path_is_counted_and_a_long_tape_needs_no_recursion():
    x = Tensor([1.0])
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60
    z = x = Tensor(1.0)
    for _ in range(20_000):
        z = z + x
    z.backward()
    assert x.grad.item() == 20_001


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept_there_and_back(dtype):
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(3, 4)).astype(dtype))
    W = Tensor(rng.normal(size=(4, 2)).astype(dtype))
    hidden = ((2.0 * x @ W - 1) ** 2).sigmoid().maximum(0.1)
    out = softmax_cross_entropy(hidden.log().abs() + hidden.mean() / hidden.max(axis=0), np.array([0, 1, 1]))
    assert out.dtype == dtype
    out.backward()
    assert (x.grad.dtype, W.grad.dtype, hidden.grad.dtype) == (dtype, dtype, dtype)


def test_float32_mixed_with_float64_comes_back_as_float32():
    x = Tensor(np.ones(3, dtype=np.float32))
    (x * np.full(3, 0.1)).sum().backward()
    assert x.grad.dtype == np.float32
    y = Tensor(np.ones(3))
    y.astype("float32").sum().backward()
    assert y.grad.dtype == np.float64


def test_what_nobody_holds_keeps_no_gradient():
    x = Tensor(np.ones(3))
    held = x * 2
    out = (held.exp() * 3).sum()
    out.backward()
    product = out.inputs[0]
    assert product.grad is None
    np.testing.assert_allclose(held.grad, 3 * np.exp(2) * np.ones(3))
    out.backward()
    np.testing.assert_array_equal(product.grad, np.ones(3))


def test_backward_over_large_arrays_needs_room_for_a_few_of_them():
    x, w = Tensor(np.full(50_000, 0.5)), Tensor(np.full(50_000, 0.9))
    y = x
    for _ in range(30):
        y = (y * w + x).tanh()
    out = y.sum()
    tracemalloc.start()
    try:
        out.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Of the 91 gradients, at most the two that are kept, their copies, and a handful on the way.
    assert peak < 10 * x.data.nbytes


def test_a_tensor_is_not_inherited_from():
    with pytest.raises(DataError, match="Mine cannot inherit from Tensor"):
        type("Mine", (Tensor,), {})


@given(
    seed=st.integers(0, 2**32 - 1),
    dtypes=st.tuples(*[st.sampled_from(["float32", "float64"])] * 2),
    shape=st.lists(st.integers(1, 4), max_size=3).map(tuple),
)
def test_every_gradient_has_the_form_of_its_tensor(seed, dtypes, shape):
    rng = np.random.default_rng(seed)
    x, y = (Tensor(rng.uniform(0.3, 1.7, size=shape).astype(dtype)) for dtype in dtypes)
    column = Tensor(rng.uniform(0.3, 1.7, size=(2, *[1] * len(shape))))
    made = [x * y, x / y, 2 - x, x.relu() + y, x.sigmoid() * 2.5, x.exp() - 1 / y, x * column, abs(x) ** 1.5]
    total = sum((part * part).sum() for part in made)
    total.backward()
    for tensor in [x, y, column, *made]:
        assert (tensor.grad.shape, tensor.grad.dtype) == (tensor.shape, tensor.dtype)


def test_a_training_loop_may_change_data_after_backward():
    x = Tensor([4.0])
    for _ in range(50):
        x.grad = None
        ((x - 1) ** 2).sum().backward()
        x.data -= 0.25 * x.grad
    assert x.item() == pytest.approx(1.0, abs=1e-12)
