"""The losses agree with the primitives, start the way back, and explain the inputs that people really pass."""

import numpy as np
import pytest

from bpcore.errors import DataError, OrderError, ShapeError
from bpcore.losses import CrossEntropyLoss, MSELoss


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


@pytest.mark.parametrize("loss", [CrossEntropyLoss(), MSELoss()])
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
