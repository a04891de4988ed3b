"""Make tests/torch_goldens.npz: what torch computes where bpcore computes the same. Made once, and committed.

    pip install "torch==2.13.0"            # the CPU build
    python scripts/make_torch_goldens.py

Each case holds inputs, parameters, output and gradients of torch's own operations, in float64, and imports nothing of
bpcore: tests/test_torch_goldens.py lays the layers, losses and optimizers of bpcore beside them. A file made by
another version of torch differs in the last digits only.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

GOLDENS = Path(__file__).parent.parent / "tests" / "torch_goldens.npz"
MADE_BY = "2.13.0"
STEPS = 50

rng = np.random.default_rng(2013)
arrays: dict[str, np.ndarray] = {}


def random(*shape: int) -> torch.Tensor:
    # Rounded, so that the file is small.
    return torch.tensor(np.round(rng.normal(size=shape), 3), requires_grad=True)


def keep(case: str, **tensors: torch.Tensor) -> None:
    for name, tensor in tensors.items():
        arrays[f"{case}/{name}"] = tensor.detach().numpy().copy()


def layer(case: str, run: Callable[..., torch.Tensor], X: torch.Tensor, *parameters: torch.Tensor) -> None:
    """The output of run(X, *parameters), and all gradients for a random gradient of it."""
    output = run(X, *parameters)
    grad = random(*output.shape)
    output.backward(grad.detach())
    keep(case, X=X, output=output, grad=grad, grad_X=X.grad)
    for number, parameter in enumerate(parameters):
        keep(case, **{f"p{number}": parameter, f"grad_p{number}": parameter.grad})


def loss(case: str, run: Callable[..., torch.Tensor], logits: torch.Tensor, target: torch.Tensor) -> None:
    value = run(logits, target)
    value.backward()
    keep(case, logits=logits, target=target, value=value, grad=logits.grad)


def recurrent(case: str, kind: type, gates: int, lengths: list[int] | None) -> None:
    """torch's own layer, cut to the lengths by its own packing; parameters here as bpcore has them: (in, out)."""
    N, T, d, h = 4, 5, 3, 2
    X, U, W, b = random(N, T, d), random(d, gates * h), random(h, gates * h), random(gates * h)
    start = [random(N, h) for _ in range(2 if kind is torch.nn.LSTM else 1)]
    module = kind(d, h, batch_first=True, dtype=torch.float64)
    weights = {"weight_ih_l0": U.T, "weight_hh_l0": W.T, "bias_ih_l0": b, "bias_hh_l0": torch.zeros(gates * h).double()}
    given = X if lengths is None else pack_padded_sequence(X, lengths, batch_first=True, enforce_sorted=False)
    h0 = tuple(s[None] for s in start)
    outputs, last = torch.func.functional_call(module, weights, (given, h0 if len(h0) == 2 else h0[0]))
    if lengths is not None:
        outputs = pad_packed_sequence(outputs, batch_first=True, total_length=T)[0]
        arrays[f"{case}/lengths"] = np.array(lengths)
    last = (last[0] if isinstance(last, tuple) else last)[0]
    grad, grad_last = random(N, T, h).detach(), random(N, h).detach()
    if lengths is not None:
        # torch fills up with zeros that depend on nothing.
        grad = grad * (torch.arange(T) < torch.tensor(lengths)[:, None])[..., None]
    ((outputs * grad).sum() + (last * grad_last).sum()).backward()
    keep(case, X=X, p0=U, p1=W, p2=b, output=outputs, last=last, grad=grad, grad_last=grad_last)
    keep(case, grad_X=X.grad, grad_p0=U.grad, grad_p1=W.grad, grad_p2=b.grad)
    for number, s in enumerate(start):
        keep(case, **{f"start{number}": s, f"grad_start{number}": s.grad})


def optimizer(case: str, make: Callable[[list[torch.Tensor]], torch.optim.Optimizer]) -> None:
    """STEPS steps on mean (tanh(A θ) − t)², of order 1."""
    A, t, theta = random(7, 4).detach(), random(7).detach(), random(4)
    keep(case, A=A, t=t, start=theta)
    steps = make([theta])
    path = []
    for _ in range(STEPS):
        steps.zero_grad()
        ((A @ theta).tanh() - t).square().mean().backward()
        steps.step()
        path.append(theta.detach().clone())
    keep(case, path=torch.stack(path))


def make() -> None:
    layer("dense", lambda X, W, b: X @ W + b, random(4, 3), random(3, 2), random(2))
    layer("conv", lambda X, W, b: F.conv2d(X, W, b), random(2, 2, 5, 4), random(3, 2, 3, 3), random(3))
    strided = lambda X, W, b: F.conv2d(X, W, b, stride=2, padding=1)  # noqa: E731
    layer("conv_strided", strided, random(2, 1, 6, 5), random(2, 1, 3, 3), random(2))
    layer("pool", lambda X: F.max_pool2d(X, 2), random(2, 2, 5, 4))
    layer("pool_overlapping", lambda X: F.max_pool2d(X, 3, stride=2), random(1, 2, 7, 6))
    layer("relu", F.relu, random(4, 5))
    layer("leaky_relu", lambda X: F.leaky_relu(X, 0.2), random(4, 5))
    layer("tanh", torch.tanh, random(4, 5))
    layer("sigmoid", torch.sigmoid, random(4, 5))
    layer("softmax", lambda X: F.softmax(X, dim=-1), random(4, 5))
    layer("add", lambda X, W, b: X + torch.tanh(X @ W + b), random(4, 3), random(3, 3), random(3))

    for name, kind, gates in [("rnn", torch.nn.RNN, 1), ("lstm", torch.nn.LSTM, 4)]:
        recurrent(name, kind, gates, None)
        recurrent(f"{name}_masked", kind, gates, [5, 2, 1, 4])

    far = torch.tensor([[900.0, -900.0, 0.0], [-900.0, 900.0, 3.0], [900.0, 900.0, -900.0]], dtype=torch.float64)
    for name, logits in [("", random(3, 3)), ("_900", far.requires_grad_())]:
        loss(f"cross_entropy{name}", F.cross_entropy, logits, torch.tensor([1, 1, 2]))
        logits.grad = None
        target = torch.tensor([[0.0, 1.0, 0.25], [1.0, 1.0, 0.0], [0.5, 0.0, 1.0]], dtype=torch.float64)
        for kind, run in [("bce", F.binary_cross_entropy_with_logits), ("mse", F.mse_loss), ("mae", F.l1_loss)]:
            loss(f"{kind}{name}", run, logits, target)
            logits.grad = None

    SGD, RMSprop, Adam, AdamW = torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW
    optimizer("sgd", lambda p: SGD(p, lr=0.1))
    optimizer("momentum", lambda p: SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01))
    optimizer("nesterov", lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01))
    optimizer("rmsprop", lambda p: RMSprop(p, lr=0.01, alpha=0.9, eps=1e-6, weight_decay=0.01))
    optimizer("adam", lambda p: Adam(p, lr=0.05))
    optimizer("adam_eps", lambda p: Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3))
    optimizer("adamw", lambda p: AdamW(p, lr=0.05, weight_decay=0.1))


def save(path: Path) -> None:
    """As np.savez_compressed, but the same arrays always give the same bytes: no time of day in the archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with io.BytesIO() as buffer:
                np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    if torch.__version__.split("+")[0] != MADE_BY:
        print(f"torch is {torch.__version__}; the committed file was made by {MADE_BY}.", file=sys.stderr)
    torch.set_num_threads(1)
    make()
    save(GOLDENS)
    print(f"{GOLDENS}: {len(arrays)} arrays, {GOLDENS.stat().st_size / 1024:.0f} KB, torch {torch.__version__}")
