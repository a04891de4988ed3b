"""The fourth witness: what torch 2.13.0 computed, as kept in torch_goldens.npz by scripts/make_torch_goldens.py."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import bpcore as bp

HERE = Path(__file__).parent
with np.load(HERE / "torch_goldens.npz", allow_pickle=False) as archive:
    GOLDENS = dict(archive)
EXACT = {"rtol": 1e-10, "atol": 1e-10}
rng = np.random.default_rng(0)


def case(name):
    return {key.partition("/")[2]: array for key, array in GOLDENS.items() if key.partition("/")[0] == name}


def with_parameters(layer, kept):
    for number, parameter in enumerate(layer.parameters()):
        parameter.data[...] = kept[f"p{number}"]
    return layer


def the_same_parameter_gradients(layer, kept):
    for number, parameter in enumerate(layer.parameters()):
        np.testing.assert_allclose(parameter.grad, kept[f"grad_p{number}"], **EXACT)


LAYERS = {
    "dense": bp.Dense(3, 2, rng=rng),
    "conv": bp.Conv2d(2, 3, 3, rng=rng),
    "conv_strided": bp.Conv2d(1, 2, 3, stride=2, padding=1, rng=rng),
    "pool": bp.MaxPool2d(2),
    "pool_overlapping": bp.MaxPool2d(3, stride=2),
    "relu": bp.ReLU(),
    "leaky_relu": bp.LeakyReLU(0.2),
    "tanh": bp.Tanh(),
    "sigmoid": bp.Sigmoid(),
    "softmax": bp.Softmax(),
    "add": bp.Add(bp.Sequential([bp.Dense(3, 3, rng=rng), bp.Tanh()])),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_torchs(name):
    kept, layer = case(name), LAYERS[name]
    with_parameters(layer, kept).zero_grad()
    np.testing.assert_allclose(layer.forward(kept["X"]), kept["output"], **EXACT)
    np.testing.assert_allclose(layer.backward(kept["grad"]), kept["grad_X"], **EXACT)
    the_same_parameter_gradients(layer, kept)


@pytest.mark.parametrize("masked", ["", "_masked"], ids=["whole", "cut short"])
@pytest.mark.parametrize("kind", [bp.RNN, bp.LSTM])
def test_a_recurrent_layer_is_torchs(kind, masked):
    kept = case(kind.__name__.lower() + masked)
    layer = with_parameters(kind(3, 2, rng=rng), kept)
    start = (kept["start0"], kept["start1"]) if kind is bp.LSTM else kept["start0"]
    mask = np.arange(5) < kept["lengths"][:, None] if masked else None
    outputs, last = layer.forward(kept["X"], start, mask)
    # Beyond the end torch shows zeros, and we the last state.
    shown = outputs if mask is None else np.where(mask[..., None], outputs, 0)
    np.testing.assert_allclose(shown, kept["output"], **EXACT)
    np.testing.assert_allclose(last, kept["last"], **EXACT)
    np.testing.assert_allclose(layer.backward(kept["grad"], kept["grad_last"]), kept["grad_X"], **EXACT)
    the_same_parameter_gradients(layer, kept)
    np.testing.assert_allclose(layer.grad_h0, kept["grad_start0"], **EXACT)
    if kind is bp.LSTM:
        np.testing.assert_allclose(layer.grad_c0, kept["grad_start1"], **EXACT)


LOSSES = {"cross_entropy": bp.CrossEntropyLoss, "bce": bp.BCEWithLogitsLoss, "mse": bp.MSELoss, "mae": bp.MAELoss}


@pytest.mark.parametrize("size", ["", "_900"], ids=["usual", "900"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_torchs_also_at_900(name, size):
    kept, loss = case(name + size), LOSSES[name]()
    assert loss.forward(kept["logits"], kept["target"]) == pytest.approx(kept["value"], rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(loss.backward(), kept["grad"], rtol=1e-12, atol=1e-14)


OPTIMIZERS = {
    "sgd": lambda p: bp.SGD(p, lr=0.1),
    "momentum": lambda p: bp.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: bp.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "rmsprop": lambda p: bp.RMSProp(p, lr=0.01, alpha=0.9, eps=1e-6, weight_decay=0.01),
    "adam": lambda p: bp.Adam(p, lr=0.05),
    "adam_eps": lambda p: bp.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3),
    "adamw": lambda p: bp.AdamW(p, lr=0.05, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_walks_torchs_path_for_fifty_steps(name):
    kept = case(name)
    theta = bp.Parameter(kept["start"].copy())
    optimizer = OPTIMIZERS[name]([theta])
    slope = bp.grad(lambda x: ((np.tanh(kept["A"] @ x) - kept["t"]) ** 2).mean())
    path = []
    for _ in kept["path"]:
        optimizer.zero_grad()
        theta.grad += slope(theta.data)
        optimizer.step()
        path.append(theta.data.copy())
    assert len(path) == 50
    np.testing.assert_allclose(path, kept["path"], rtol=0, atol=1e-10)
    # Far enough to tell one optimizer from another.
    assert np.abs(path[-1] - kept["start"]).max() > 0.1


def test_torch_still_says_the_same():
    pytest.importorskip("torch")
    script = runpy.run_path(str(HERE.parent / "scripts" / "make_torch_goldens.py"))
    script["make"]()
    assert list(script["arrays"]) == list(GOLDENS)
    for name, array in script["arrays"].items():
        np.testing.assert_allclose(array, GOLDENS[name], rtol=1e-10, atol=1e-12, err_msg=name)
