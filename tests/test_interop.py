"""to_torch: the same outputs and gradients from torch; without torch, an error that says so."""

import subprocess
import sys

import numpy as np
import pytest

import bpcore as bp
from bpcore.errors import DataError

TOLERANCE = {"float64": 1e-10, "float32": 1e-6}


def rng(seed=0):
    return np.random.default_rng(seed)


def image_network(rng):
    inner = bp.Sequential([bp.Conv2d(3, 3, 3, padding=1, rng=rng), bp.Tanh()])
    first = [bp.Conv2d(2, 3, 3, stride=2, padding=1, rng=rng), bp.LeakyReLU(0.2), bp.Add(inner)]
    last = [bp.MaxPool2d(2), bp.Flatten(), bp.Dropout(0.5, rng=rng), bp.Dense(27, 4, rng=rng), bp.Softmax()]
    return bp.Sequential([*first, *last])


MODELS = {
    "a layer by itself": (lambda rng: bp.Dense(5, 3, rng=rng), (4, 5)),
    "dense": (
        lambda rng: bp.Sequential(
            [bp.Dense(5, 6, rng=rng), bp.ReLU(), bp.Dense(6, 4, rng=rng), bp.Sigmoid(), bp.Dense(4, 3, rng=rng)]
        ),
        (7, 5),
    ),
    "images": (image_network, (3, 2, 12, 13)),
    "overlapping pools": (lambda rng: bp.Sequential([bp.MaxPool2d(3, stride=2), bp.Flatten()]), (2, 3, 8, 9)),
    "sequences": (
        lambda rng: bp.Sequential(
            [bp.RNN(3, 5, returns="all", rng=rng), bp.LSTM(5, 4, returns="last", rng=rng), bp.Dense(4, 2, rng=rng)]
        ),
        (4, 6, 3),
    ),
}


def without_dropout(layer):
    """The gradient of predict: our own forward pass with nothing dropped."""
    for part in getattr(layer, "layers", [layer]):
        if isinstance(part, bp.Dropout):
            part.p = 0.0
    return layer


def learnt(module):
    return [p for p in module.parameters() if p.requires_grad]


def as_here(torch_grad, ours):
    """torch keeps a matrix the other way round."""
    array = torch_grad.numpy()
    return array.T if array.ndim == 2 and array.shape == ours.shape[::-1] else array


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("make", "shape"), MODELS.values(), ids=MODELS)
def test_outputs_and_gradients_are_the_same(make, shape, dtype):
    torch = pytest.importorskip("torch")
    model = make(rng()).astype(dtype)
    module = bp.to_torch(model)
    X = rng(1).normal(size=shape).astype(dtype)
    XT = torch.tensor(X, requires_grad=True)
    output = module(XT)
    assert str(output.dtype) == f"torch.{dtype}"
    close = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
    np.testing.assert_allclose(output.detach().numpy(), model.predict(X), **close)

    grad = rng(2).normal(size=tuple(output.shape)).astype(dtype)
    output.backward(torch.tensor(grad))
    without_dropout(model).forward(X)
    model.zero_grad()
    np.testing.assert_allclose(XT.grad.numpy(), model.backward(grad), **close)
    ours, theirs = model.parameters(), learnt(module)
    assert len(ours) == len(theirs)
    scale = max([1.0, *(np.abs(p.grad).max() for p in ours)])
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(as_here(q.grad, p.grad) / scale, p.grad / scale, **close)


@pytest.mark.parametrize("kind", [bp.RNN, bp.LSTM])
@pytest.mark.parametrize("way", ["mask", "padding"])
def test_sequences_of_different_length_with_a_start(kind, way):
    torch = pytest.importorskip("torch")
    layer = kind(3, 4, rng=rng(), padding=-1.0 if way == "padding" else None)
    X, h0 = rng(1).normal(size=(5, 6, 3)), rng(2).normal(size=(5, 4))
    mask = np.arange(6) < np.array([6, 1, 3, 6, 2])[:, None]
    X[~mask] = -1.0 if way == "padding" else np.nan
    given = None if way == "padding" else mask
    start = (h0, rng(3).normal(size=(5, 4))) if kind is bp.LSTM else h0
    outputs, last = layer.forward(X, start, given)

    module = bp.to_torch(layer)
    XT = torch.tensor(X, requires_grad=True)
    startT = tuple(torch.tensor(s) for s in start) if kind is bp.LSTM else torch.tensor(start)
    outputsT, lastT = module(XT, startT, None if given is None else torch.tensor(given))
    np.testing.assert_allclose(outputsT.detach().numpy(), outputs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(lastT.detach().numpy(), last, rtol=0, atol=1e-12)

    g, g_last = rng(4).normal(size=outputs.shape), rng(5).normal(size=last.shape)
    ((outputsT * torch.tensor(g)).sum() + (lastT * torch.tensor(g_last)).sum()).backward()
    grad_X = layer.backward(g, g_last)
    np.testing.assert_allclose(XT.grad.numpy()[mask], grad_X[mask], rtol=0, atol=1e-11)
    for p, q in zip(layer.parameters(), learnt(module), strict=True):
        np.testing.assert_allclose(as_here(q.grad, p.grad), p.grad, rtol=0, atol=1e-11)


def test_the_weights_are_a_copy_and_dropout_is_asleep_until_training():
    torch = pytest.importorskip("torch")
    layer = bp.Dense(2, 2, rng=rng())
    module = bp.to_torch(bp.Sequential([layer, bp.Dropout(0.5, rng=rng())]))
    assert not module.training
    before = module[0].weight.detach().clone()
    layer.W.data += 1
    assert torch.equal(module[0].weight, before)
    dropped = module.train()(torch.ones(1000, 2, dtype=torch.float64))
    assert 0.4 < (dropped == 0).double().mean().item() < 0.6


def test_both_go_on_alike_when_they_are_trained():
    torch = pytest.importorskip("torch")
    model = bp.Sequential([bp.RNN(2, 4, returns="last", rng=rng()), bp.Dense(4, 3, rng=rng())])
    module = bp.to_torch(model).train()
    X, y = rng(1).normal(size=(8, 5, 2)), rng(2).integers(0, 3, size=8)
    loss, optimizer = bp.CrossEntropyLoss(), bp.Adam(model.parameters(), lr=0.01)
    optimizerT = torch.optim.Adam(learnt(module), lr=0.01)
    for _ in range(20):
        loss.forward(model.forward(X), y)
        optimizer.zero_grad()
        model.backward(loss.backward())
        optimizer.step()
        optimizerT.zero_grad()
        torch.nn.functional.cross_entropy(module(torch.tensor(X)), torch.tensor(y)).backward()
        optimizerT.step()
    np.testing.assert_allclose(module(torch.tensor(X)).detach().numpy(), model.predict(X), rtol=0, atol=1e-10)


class Doubled(bp.Tanh):
    """A learner's own layer."""


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (bp.FixedPoint(2, 3, rng=rng()), r"FixedPoint\(2, 3\) has no counterpart in torch: to_torch knows Add, Conv2d"),
        (bp.Sequential([bp.Dense(2, 2, rng=rng()), Doubled()]), r"Doubled\(\) has no counterpart"),
        (bp.RNN(2, 3, rng=rng(), truncate=2), "truncate=2, and torch's recurrent layers carry errors back"),
        (np.ones(3), "was given array"),
    ],
)
def test_what_torch_does_not_have(model, message):
    pytest.importorskip("torch")
    with pytest.raises(DataError, match=message):
        bp.to_torch(model)


def test_without_torch_the_error_says_what_to_install():
    code = "import sys; sys.modules['torch'] = None; import bpcore as bp; bp.to_torch(bp.ReLU())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "ImportError: to_torch needs PyTorch" in done.stderr
