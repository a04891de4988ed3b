"""What cannot be right is refused everywhere, by an error of our own which says what was seen and what was expected."""

from itertools import pairwise

import numpy as np
import pytest

import bpcore as bp
from bpcore.errors import BpcoreError, DataError, OrderError, ShapeError

NAN, INF = np.nan, np.inf


def rng(seed=0):
    return np.random.default_rng(seed)


def refused(act, error, *words):
    """act raises this kind of error, and its message holds every one of these words."""
    with pytest.raises(error) as caught:
        act()
    assert isinstance(caught.value, BpcoreError)
    for word in words:
        assert word in str(caught.value), str(caught.value)


LOSSES = {
    "CrossEntropyLoss": (bp.CrossEntropyLoss, lambda: (np.zeros((3, 2)), np.array([0, 1, 1]))),
    "BCEWithLogitsLoss": (bp.BCEWithLogitsLoss, lambda: (np.zeros((3, 2)), np.ones((3, 2)))),
    "MSELoss": (bp.MSELoss, lambda: (np.zeros((3, 2)), np.ones((3, 2)))),
    "MAELoss": (bp.MAELoss, lambda: (np.zeros((3, 2)), np.ones((3, 2)))),
}


@pytest.mark.parametrize("name", LOSSES)
class TestLosses:
    def test_backward_before_forward(self, name):
        refused(LOSSES[name][0]().backward, OrderError, name, "before forward")

    def test_lengths_that_differ(self, name):
        make, pair = LOSSES[name]
        values, target = pair()
        refused(lambda: make().forward(values, target[:2]), ShapeError, "3", "2")

    @pytest.mark.parametrize("bad", [NAN, INF])
    def test_values_that_are_no_numbers(self, name, bad):
        make, pair = LOSSES[name]
        values, target = pair()
        values[1, 1] = bad
        refused(lambda: make().forward(values, target), DataError, "NaN or infinite")

    def test_an_empty_batch(self, name):
        make, pair = LOSSES[name]
        values, target = pair()
        refused(lambda: make().forward(values[:0], target[:0]), DataError, "empty batch")


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        ([0, 1, 2], DataError, ["from 0 to 2", "0 … 1"]),
        ([0, -1, 1], DataError, ["from -1 to 1", "0 … 1"]),
        ([0.0, 1.0, 1.0], DataError, ["float64", "integers"]),
        ([[1, 0], [0, 1], [0, 1]], ShapeError, ["(3, 2)", "one-hot", "argmax"]),
    ],
)
def test_labels_of_every_wrong_kind(labels, error, words):
    refused(lambda: bp.CrossEntropyLoss().forward(np.zeros((3, 2)), np.array(labels)), error, *words)
    if error is DataError:
        refused(lambda: bp.softmax_cross_entropy(bp.Tensor(np.zeros((3, 2))), np.array(labels)), error, *words[:1])


# Training.


def training(**changes):
    settings = {"X": rng(1).normal(size=(6, 3)), "y": np.array([0, 1] * 3), "epochs": 1, "batch_size": 2, "rng": rng()}
    settings.update(changes)
    model = settings.pop("model", None) or bp.Sequential([bp.Dense(3, 2, rng=rng())])
    optimizer = settings.pop("optimizer", None) or bp.SGD(model.parameters(), lr=0.1)
    return bp.train(model, bp.CrossEntropyLoss(), optimizer, settings.pop("X"), settings.pop("y"), **settings)


def test_an_optimizer_with_another_models_parameters():
    other = bp.Sequential([bp.Dense(3, 2, rng=rng())])
    refused(
        lambda: training(optimizer=bp.SGD(other.parameters(), lr=0.1)), DataError, "none of this model's parameters"
    )


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"y": np.array([0, 1])}, ShapeError, ["6 rows", "2"]),
        ({"X": np.ones((6, 4))}, ShapeError, ["(N, 3)", "(N, 4)"]),
        ({"X": np.ones((0, 3)), "y": np.array([], dtype=int)}, DataError, ["no rows"]),
        ({"y": np.array([0, 1, 2] * 2)}, DataError, ["from 0 to 2"]),
        ({"X": np.full((6, 3), NAN)}, DataError, ["NaN"]),
        ({"X": np.full((6, 3), "a")}, DataError, ["dtype <U1"]),
        ({"X": np.full((6, 3), None)}, DataError, ["dtype object"]),
        ({"X": np.ones((6, 3)) * 1j}, DataError, ["dtype complex128"]),
        ({"X": np.ones(6)}, ShapeError, ["(N, 3)"]),
        ({"y": np.full(6, "a")}, DataError, ["y", "<U1"]),
        ({"y": np.full(6, None)}, DataError, ["y", "object"]),
        ({"epochs": 0}, DataError, ["epochs=0", "at least 1"]),
        ({"epochs": 1.5}, DataError, ["epochs=1.5", "whole number"]),
        ({"batch_size": 0}, DataError, ["batch_size=0", "at least 1"]),
        ({"rng": None}, DataError, ["no rng", "default_rng"]),
        ({"rng": 3}, DataError, ["rng=3", "default_rng(3)"]),
        ({"X_val": np.ones((2, 3))}, DataError, ["both X_val and y_val"]),
        ({"patience": 2}, DataError, ["X_val and y_val"]),
    ],
)
def test_what_cannot_be_trained(changes, error, words):
    refused(lambda: training(**changes), error, *words)


OPTIMIZERS = [bp.SGD, bp.RMSProp, bp.Adam, bp.AdamW]


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("lr", [-0.1, NAN, INF])
def test_learning_rates_that_lead_nowhere(kind, lr):
    refused(lambda: kind([bp.Parameter(np.ones(2))], lr=lr), DataError, "lr", str(lr))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_optimizer_of_nothing(kind):
    refused(lambda: kind([], lr=0.1), DataError, "no parameters", "model.parameters()")


# Files.


def saved(path, *sizes):
    model = bp.Sequential([bp.Dense(before, after, rng=rng()) for before, after in pairwise(sizes)])
    bp.save(path, model)
    return model


def test_a_file_of_another_model(tmp_path):
    saved(tmp_path / "a.npz", 3, 4, 2)
    for other in [(3, 5, 2), (3, 2), (3, 4, 2, 2)]:
        model = saved(tmp_path / "b.npz", *other)
        before = [p.data.copy() for p in model.parameters()]
        refused(lambda model=model: bp.load(tmp_path / "a.npz", model), bp.SavedFileError, "a.npz")
        for p, was in zip(model.parameters(), before, strict=True):
            np.testing.assert_array_equal(p.data, was)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short(tmp_path, share):
    path = tmp_path / "net.npz"
    model = saved(path, 3, 4, 2)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    before = [p.data.copy() for p in model.parameters()]
    refused(lambda: bp.load(path, model), bp.SavedFileError, "net.npz")
    for p, was in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.data, was)


# The referee and the tapes.


def square(x):
    return float((x * x).sum()), 2 * x


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.array([1, 2, 3]), DataError, ["int64", "float64"]),
        (np.ones(3, dtype=np.float32), DataError, ["float32", "float64"]),
        (np.ones(3) + 0j, DataError, ["complex128", "float64"]),
        (np.array([1.0, NAN]), DataError, ["NaN"]),
        (np.array([1.0, INF]), DataError, ["infinity"]),
        (np.ones(0), DataError, ["empty"]),
    ],
)
def test_what_gradcheck_cannot_measure(x, error, words):
    refused(lambda: bp.gradcheck(square, x), error, *words)
    if x.size:
        refused(lambda: bp.numerical_gradient(lambda x: square(x)[0], x), error, *words)


def test_gradients_of_the_wrong_form_for_gradcheck():
    refused(lambda: bp.gradcheck(lambda x: (x.sum(), np.ones(2)), np.ones(3)), ShapeError, "(2,)", "(3,)")
    refused(lambda: bp.gradcheck(lambda x: (x, np.ones(3)), np.ones(3)), ShapeError, "one number", "(3,)")
    one_short = [np.ones(3), np.ones(2)]
    refused(lambda: bp.gradcheck(lambda x, y: (x.sum(), [x]), one_short), ShapeError, "1 gradients", "2 inputs")


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: bp.Tensor(["a"]), DataError, ["float64"]),
        (lambda: bp.Tensor([1, 2], requires_grad=True), DataError, ["int64", "floats"]),
        (lambda: bp.Tensor(np.ones(2)) + "a", DataError, ["'add'", "'a'"]),
        (lambda: bp.Tensor(np.ones(2)) + np.array(["a", "b"]), DataError, ["'add'"]),
        (lambda: bp.Tensor(np.ones((2, 3))) @ np.ones((2, 3)), ShapeError, ["'matmul'", "(2, 3) and (2, 3)"]),
        (lambda: bp.Tensor(np.ones(3)) * np.ones(2), ShapeError, ["'multiply'", "(3,) and (2,)"]),
        (lambda: bp.Tensor(np.ones(3)) * bp.Tensor(np.ones(2)), ShapeError, ["'multiply'", "(3,) and (2,)"]),
        (lambda: bp.Tensor(np.ones((2, 3))).sum(axis=2), ShapeError, ["'sum'", "axis"]),
        (lambda: bp.Tensor(np.ones((2, 3))).reshape(4), ShapeError, ["'reshape'", "(2, 3)"]),
        (lambda: bp.Tensor(np.ones(3)).backward(), ShapeError, ["one number", "(3,)"]),
        (lambda: bp.Tensor([1, 2]).sum().backward(), DataError, ["nowhere to go"]),
        (lambda: bp.grad(lambda x: x)(np.ones(3)), ShapeError, ["one number", "(3,)"]),
        (lambda: bp.grad(lambda x: 3.0)(1.0), DataError, ["returned float", "Tensor"]),
        (lambda: bp.grad(lambda x: x)(np.array([1, 2])), DataError, ["Argument 0", "int64"]),
        (lambda: bp.grad(lambda x: x, argnums=1)(1.0), DataError, ["argument 1", "1 positional"]),
        (lambda: bp.Value("a"), DataError, ["'a'", "one number"]),
        (lambda: bp.Value(np.ones(3)), DataError, ["ndarray", "bp.Tensor"]),
        (lambda: bp.Value(-1.0).log(), DataError, ["above 0", "-1"]),
    ],
)
def test_what_the_tapes_cannot_take(act, error, words):
    refused(act, error, *words)


# Layers: the shape of what goes in and of what comes back, and the order of the two.

LAYERS = {
    "Dense": (lambda: bp.Dense(3, 2, rng=rng()), (4, 3), (4, 5)),
    "Conv2d": (lambda: bp.Conv2d(2, 3, 3, rng=rng()), (2, 2, 5, 5), (2, 3, 5, 5)),
    "MaxPool2d": (lambda: bp.MaxPool2d(2), (2, 2, 4, 4), (4, 4)),
    "Flatten": (lambda: bp.Flatten(), (2, 2, 4), None),
    "Dropout": (lambda: bp.Dropout(0.5, rng=rng()), (4, 3), None),
    "ReLU": (bp.ReLU, (4, 3), None),
    "LeakyReLU": (bp.LeakyReLU, (4, 3), None),
    "Tanh": (bp.Tanh, (4, 3), None),
    "Sigmoid": (bp.Sigmoid, (4, 3), None),
    "Softmax": (bp.Softmax, (4, 3), None),
    "RNN": (lambda: bp.RNN(3, 2, rng=rng(), returns="all"), (4, 5, 3), (4, 3)),
    "LSTM": (lambda: bp.LSTM(3, 2, rng=rng(), returns="all"), (4, 5, 3), (4, 5, 2)),
    "FixedPoint": (lambda: bp.FixedPoint(3, 2, rng=rng()), (4, 3), (3,)),
    "Add": (lambda: bp.Add(bp.Dense(3, 3, rng=rng())), (4, 3), (4, 2)),
    "Sequential": (lambda: bp.Sequential([bp.Dense(3, 2, rng=rng()), bp.Tanh()]), (4, 3), (4, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_asks_for_a_forward_first_and_for_a_gradient_of_its_outputs_shape(name):
    make, shape, _ = LAYERS[name]
    layer = make()
    refused(lambda: layer.backward(np.ones((2, 2))), OrderError, "before forward")
    layer.forward(rng(1).normal(size=shape))
    refused(lambda: layer.backward(np.ones((7, 7, 7))), ShapeError, "(7, 7, 7)", "gradient")


@pytest.mark.parametrize("name", [name for name, (_, _, wrong) in LAYERS.items() if wrong])
def test_every_layer_that_has_a_shape_asks_for_it(name):
    make, _, wrong = LAYERS[name]
    refused(lambda: make().forward(np.ones(wrong)), ShapeError, str(wrong[-1]))


WRONG_NUMBERS = {
    "words": (lambda shape: np.full(shape, "a"), DataError, ["dtype <U1", "real numbers"]),
    "objects": (lambda shape: np.full(shape, None), DataError, ["dtype object", "real numbers"]),
    "complex": (lambda shape: np.ones(shape) * 1j, DataError, ["dtype complex128", "real numbers"]),
    "NaN": (lambda shape: np.where(np.arange(np.prod(shape)).reshape(shape) == 1, NAN, 1.0), DataError, ["nan", "1]"]),
    "infinity": (lambda shape: np.where(np.arange(np.prod(shape)).reshape(shape) == 1, -INF, 1.0), DataError, ["inf"]),
    "no axes": (lambda shape: 3.0, ShapeError, ["()"]),
    "ragged": (lambda shape: [[1.0], [1.0, 2.0]], ShapeError, ["different length"]),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("wrong", WRONG_NUMBERS)
def test_every_layer_refuses_what_is_no_array_of_finite_numbers(name, wrong):
    (make, shape, _), (build, error, words) = LAYERS[name], WRONG_NUMBERS[wrong]
    if name == "FixedPoint" and wrong in ("NaN", "infinity"):
        words = ["NaN or infinity"]
    layer = make()
    refused(lambda: layer.forward(build(shape)), error, *words)
    refused(lambda: layer.predict(build(shape)), error, *words)
    output = layer.forward(np.ones(shape))
    refused(lambda: layer.backward(build(output.shape)), error)
    assert not any(p.grad.any() for p in layer.parameters())  # nothing has been added on the way


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_refuses_an_empty_batch(name):
    make, shape, _ = LAYERS[name]
    refused(lambda: make().forward(np.ones((0, *shape[1:]))), DataError, "empty batch", "(0, ")


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("first", ["backward", "backward_to_parameters"])
def test_every_layer_goes_back_once_for_each_forward(name, first):
    make, shape, _ = LAYERS[name]
    layer = make()
    output = layer.forward(np.ones(shape))
    getattr(layer, first)(np.ones(output.shape))
    gathered = [p.grad.copy() for p in layer.parameters()]
    for second in (layer.backward, layer.backward_to_parameters):
        refused(lambda second=second: second(np.ones(output.shape)), OrderError, "twice", "forward(X)")
    for p, before in zip(layer.parameters(), gathered, strict=True):
        np.testing.assert_array_equal(p.grad, before)
    layer.forward(np.ones(shape))
    layer.backward(np.ones(output.shape))  # and after another forward it may again


def test_a_gradient_that_was_refused_may_be_sent_again():
    layer = bp.Dense(3, 2, rng=rng())
    layer.forward(np.ones((4, 3)))
    refused(lambda: layer.backward(np.ones((4, 3))), ShapeError, "(4, 3)", "(4, 2)")
    refused(lambda: layer.backward(np.full((4, 2), NAN)), DataError, "nan")
    layer.backward(np.ones((4, 2)))


def test_an_empty_set_has_no_predictions():
    model = bp.Sequential([bp.Dense(3, 2, rng=rng()), bp.ReLU()])
    assert model.predict(np.ones((0, 3))).shape == (0, 2)


@pytest.mark.parametrize("y", [rng(2).normal(size=(6, 2)), np.array([0, 1] * 3)])
def test_a_network_that_is_lost_in_training_is_told_so_and_not_that_the_data_was_wrong(y):
    loss = bp.MSELoss() if y.ndim == 2 else bp.CrossEntropyLoss()
    model = bp.Sequential([bp.Dense(3, 40, rng=rng()), bp.Dense(40, 40, rng=rng()), bp.Dense(40, 2, rng=rng())])
    X = rng(1).normal(size=(6, 3))
    with np.errstate(all="ignore"):
        refused(
            lambda: bp.train(model, loss, bp.SGD(model.parameters(), 1e9), X, y, epochs=20, batch_size=2, rng=rng()),
            DataError,
            "lower lr",
        )


@pytest.mark.parametrize("name", ["RNN", "LSTM", "FixedPoint"])
def test_a_state_is_not_spoilt_by_nan(name):
    make, shape, _ = LAYERS[name]
    X = np.zeros(shape)
    X.flat[1] = NAN
    refused(lambda: make().forward(X), DataError, "nan" if name != "FixedPoint" else "NaN")


class Halves(bp.Layer):
    """One logit a row: its first feature."""

    def compute(self, X):
        return X[:, :1], None


@pytest.mark.parametrize(
    "y", [np.array([0, 1, 1, 0]), np.array([[0.0], [1.0], [1.0], [0.0]]), np.array([0, 1, 1, 0]) > 0]
)
def test_accuracy_of_an_answer_of_yes_or_no(y):
    X = np.array([[-3.0], [2.0], [-1.0], [-0.5]])  # no, yes, no, no
    assert bp.accuracy(Halves(), X, y) == 0.75
    refused(lambda: bp.accuracy(Halves(), X, np.array([0, 1, 2, 0])), DataError, "labels 0 and 1", "from 0 to 2")
