"""The losses agree with the primitives, start the way back, and explain the inputs that people really pass."""

import numpy as np
import pytest

from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.losses import BCEWithLogitsLoss, CrossEntropyLoss, MAELoss, MSELoss


def test_cross_entropy_of_no_idea_is_log_of_the_number_of_classes():
    # Equal logits over 10 classes: every p is 1/10, the loss log 10, the gradient (1/10 - onehot) / 2 over two rows.
    loss = CrossEntropyLoss()
    value = loss.forward(np.zeros((2, 10)), np.array([3, 7]))
    assert type(value) is float
    assert value == pytest.approx(np.log(10))
    grad = loss.backward()
    assert grad[0, 3] == pytest.approx(-0.45)
    assert grad[0, 0] == pytest.approx(0.05)


def test_cross_entropy_is_finite_when_it_is_surely_wrong():
    loss = CrossEntropyLoss()
    assert loss.forward(np.array([[900.0, -900.0]]), np.array([1])) == 1800
    np.testing.assert_array_equal(loss.backward(), [[1, -1]])


def test_mean_squared_error():
    loss = MSELoss()
    value = loss.forward(np.array([[3.0], [1.0]]), np.array([[1], [1]]))
    assert type(value) is float
    assert value == 2  # (2² + 0²) / 2
    np.testing.assert_array_equal(loss.backward(), [[2], [0]])


def test_mean_absolute_error():
    # Differences 2, 0, -1 and 5 over 4 entries: 8 / 4. The gradient has no size of its own, and is 0 at 0.
    loss = MAELoss()
    value = loss.forward(np.array([[3.0, 1], [0, 5]]), np.array([[1, 1], [1, 0]]))
    assert type(value) is float
    assert value == 2
    np.testing.assert_array_equal(loss.backward(), [[0.25, 0], [-0.25, 0.25]])


def test_binary_cross_entropy():
    # σ(log 3) = 3/4: for yes −log(3/4), for no −log(1/4); the gradient is (3/4 − y) / 2.
    loss = BCEWithLogitsLoss()
    value = loss.forward(np.log([[3.0], [3.0]]), np.array([[1], [0]]))
    assert type(value) is float
    assert value == pytest.approx((np.log(4 / 3) + np.log(4)) / 2)
    np.testing.assert_allclose(loss.backward(), [[-1 / 8], [3 / 8]])
    assert loss.forward(np.log([[3.0], [3.0]]), np.array([[True], [False]])) == pytest.approx(value)


def test_binary_cross_entropy_is_right_at_900():
    # Surely wrong costs |z|; surely right costs e^−900, which is 0 in float64, and not NaN or −0 times infinity.
    loss, z = BCEWithLogitsLoss(), np.array([900.0, -900, 900, -900])
    assert loss.forward(z, np.array([0.0, 1, 1, 0])) == 450
    np.testing.assert_array_equal(loss.backward(), [0.25, -0.25, 0, 0])
    assert loss.forward(np.array([40.0]), np.array([1.0])) == pytest.approx(np.exp(-40), rel=1e-12)


def test_absolute_error_is_right_at_900():
    loss = MAELoss()
    assert loss.forward(np.array([900.0, -900.0]), np.array([-900.0, -900.0])) == 900
    np.testing.assert_array_equal(loss.backward(), [0.5, 0])


@pytest.mark.parametrize("loss", [MSELoss(), MAELoss(), BCEWithLogitsLoss()])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_whole_numbers_as_targets_change_neither_value_nor_dtype(loss, dtype):
    z, target = np.array([[0.5], [-1.5]], np.float32), np.array([[1], [0]])
    expected = loss.forward(z, target.astype(np.float32))
    assert loss.forward(z, target.astype(dtype)) == expected
    assert loss.backward().dtype == np.float32
    # As unsigned numbers, 0 − 1 would be 255.
    assert loss.forward(target.astype(dtype), target[::-1].astype(dtype)) > 0.5
    assert (loss.backward() * [[1], [-1]] > 0).all()


@pytest.mark.parametrize("target", [[[-1.0], [1.0]], [[0.0], [2.0]]])
def test_targets_that_are_no_probability(target):
    with pytest.raises(DataError, match=r"between 0 and 1.*\(target \+ 1\) / 2"):
        BCEWithLogitsLoss().forward(np.zeros((2, 1)), np.array(target))


@pytest.mark.parametrize("loss", [MAELoss(), BCEWithLogitsLoss()])
def test_pairs_that_do_not_match(loss):
    with pytest.raises(ShapeError, match=r"\(3, 1\) and \(3,\)"):
        loss.forward(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(DataError, match="NaN"):
        loss.forward(np.array([np.nan]), np.zeros(1))
    with pytest.raises(DataError, match="target"):
        loss.forward(np.zeros(1), np.array([np.inf]))
    with pytest.raises(DataError, match="empty"):
        loss.forward(np.zeros((0, 1)), np.zeros((0, 1)))


@pytest.mark.parametrize("loss", [CrossEntropyLoss(), MSELoss(), MAELoss(), BCEWithLogitsLoss()])
def test_backward_before_forward(loss):
    with pytest.raises(OrderError, match="before forward"):
        loss.backward()


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (np.array([0, 3]), DataError, "0 to 3, but 3 logits"),
        (np.array([-1, 0]), DataError, "from -1 to 0"),
        (np.array([0.0, 1.0]), DataError, "astype"),
        (np.array([True, False]), DataError, "integers"),
        (np.eye(3)[[0, 1]], ShapeError, "one-hot"),
        (np.array([[0], [1]]), ShapeError, r"\(2, 1\)"),
        (np.array([0, 1, 2]), ShapeError, "3 labels for 2 rows"),
    ],
)
def test_labels_that_cannot_be_used(labels, error, message):
    with pytest.raises(error, match=message):
        CrossEntropyLoss().forward(np.zeros((2, 3)), labels)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite(bad):
    with pytest.raises(DataError, match="lower lr"):
        CrossEntropyLoss().forward(np.array([[0.0, bad]]), np.array([0]))
    with pytest.raises(DataError, match="prediction"):
        MSELoss().forward(np.array([bad]), np.array([0.0]))
    with pytest.raises(DataError, match="target"):
        MSELoss().forward(np.array([0.0]), np.array([bad]))


def test_empty_batches_and_wrong_shapes():
    with pytest.raises(DataError, match="empty"):
        CrossEntropyLoss().forward(np.zeros((0, 3)), np.zeros(0, int))
    with pytest.raises(DataError, match="empty"):
        MSELoss().forward(np.zeros((0, 3)), np.zeros((0, 3)))
    with pytest.raises(ShapeError, match=r"\(N, K\)"):
        CrossEntropyLoss().forward(np.zeros(3), np.zeros(3, int))
    with pytest.raises(ShapeError, match="stretched"):
        MSELoss().forward(np.zeros((3, 1)), np.zeros(3))
