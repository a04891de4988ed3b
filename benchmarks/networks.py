"""One network, trained by each of the peers: Dense layers with ReLU between, cross-entropy, Adam, mini-batches.

Each class is built from the same first weights, and `epoch(X, y, batch_size)` trains for one epoch, in an order drawn
afresh; `weights()` gives what has come of them, so that a test can compare. All keep the running mean of the loss, as a
training loop does; only bpcore and scikit-learn also check what they are given, and only bpcore counts what was right.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

import bpcore as bp

LR, BETAS, EPS = 1e-3, (0.9, 0.999), 1e-8
Weights = list[np.ndarray]


def first_weights(sizes: tuple[int, ...], dtype: str, seed: int = 0) -> Weights:
    """[W, b, W, b, …] for layers of these sizes, drawn as He et al. (2015) do."""
    rng = np.random.default_rng(seed)
    pairs = pairwise(sizes)
    drawn = [(rng.normal(0, np.sqrt(2 / a), (a, b)), np.zeros(b)) for a, b in pairs]
    return [array.astype(dtype) for pair in drawn for array in pair]


def orders(n: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The rows of each batch, in a random order."""
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


class Ours:
    """bp.train, with the classes that everybody uses."""

    def __init__(self, weights: Weights):
        self.rng = np.random.default_rng(0)
        layers: list[bp.Layer] = []
        for W in weights[::2]:
            layers += [bp.Dense(*W.shape, rng=self.rng), bp.ReLU()]
        self.model = bp.Sequential(layers[:-1]).astype(weights[0].dtype)
        for p, array in zip(self.model.parameters(), weights, strict=True):
            p.data[...] = array
        self.loss, self.optimizer = bp.CrossEntropyLoss(), bp.Adam(self.model.parameters(), LR, BETAS, EPS)

    def epoch(self, X: np.ndarray, y: np.ndarray, batch_size: int, epochs: int = 1) -> None:
        settings = {"epochs": epochs, "batch_size": batch_size, "rng": self.rng, "progress": False}
        bp.train(self.model, self.loss, self.optimizer, X, y, **settings)

    def weights(self) -> Weights:
        return [p.data for p in self.model.parameters()]


class Torch:
    """The loop of torch's own tutorial, eager."""

    def __init__(self, weights: Weights, fused: bool = False):
        import torch

        self.torch, nn = torch, torch.nn
        layers: list[nn.Module] = []
        for W, b in zip(weights[::2], weights[1::2], strict=True):
            linear = nn.Linear(*W.shape, dtype=torch.from_numpy(W).dtype)
            linear.weight.data, linear.bias.data = torch.tensor(W.T.copy()), torch.tensor(b)
            layers += [linear, nn.ReLU()]
        self.model, self.loss = nn.Sequential(*layers[:-1]), nn.CrossEntropyLoss()
        settings = {"fused": True} if fused else {}
        self.optimizer = torch.optim.Adam(self.model.parameters(), LR, BETAS, EPS, **settings)

    def epoch(self, X: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        X, y = self.torch.from_numpy(X), self.torch.from_numpy(y)
        total = 0.0
        for rows in self.torch.randperm(len(X)).split(batch_size):
            loss = self.loss(self.model(X[rows]), y[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)

    def weights(self) -> Weights:
        return [p.detach().numpy().T for p in self.model.parameters()]


class Textbook:
    """numpy as one writes it after reading a textbook."""

    def __init__(self, weights: Weights):
        self.rng, self.theta = np.random.default_rng(0), [w.copy() for w in weights]
        self.m, self.v, self.t = [0 * w for w in weights], [0 * w for w in weights], 0

    def gradients(self, X: np.ndarray, y: np.ndarray) -> tuple[float, Weights]:
        Ws, bs, inputs, a = self.theta[::2], self.theta[1::2], [], X
        for i, (W, b) in enumerate(zip(Ws, bs, strict=True)):
            inputs.append(a)
            z = a @ W + b
            a = np.maximum(z, 0) if i < len(Ws) - 1 else z
        powers = np.exp(a - a.max(axis=1, keepdims=True))
        p = powers / powers.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(len(y)), y]).mean()
        p[np.arange(len(y)), y] -= 1
        g, found = p / len(y), []
        for i in reversed(range(len(Ws))):
            found[:0] = [inputs[i].T @ g, g.sum(axis=0)]
            if i:
                g = (g @ Ws[i].T) * (inputs[i] > 0)
        return loss, found

    def epoch(self, X: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        total = 0.0
        for rows in orders(len(X), batch_size, self.rng):
            loss, found = self.gradients(X[rows], y[rows])
            total += loss * len(rows)
            self.t += 1
            for w, g, m, v in zip(self.theta, found, self.m, self.v, strict=True):
                m += (1 - BETAS[0]) * (g - m)
                v += (1 - BETAS[1]) * (g**2 - v)
                m_hat, v_hat = m / (1 - BETAS[0] ** self.t), v / (1 - BETAS[1] ** self.t)
                w -= LR * m_hat / (np.sqrt(v_hat) + EPS)

    def weights(self) -> Weights:
        return self.theta


class Hips(Textbook):
    """The same loop, with the gradients from HIPS autograd."""

    def __init__(self, weights: Weights):
        import autograd
        import autograd.numpy as anp

        super().__init__(weights)

        def loss(theta: Weights, X: np.ndarray, y: np.ndarray) -> float:
            a = X
            for i in range(0, len(theta), 2):
                z = anp.dot(a, theta[i]) + theta[i + 1]
                a = anp.maximum(z, 0) if i < len(theta) - 2 else z
            shifted = a - anp.max(a, axis=1, keepdims=True)
            log_p = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
            return -anp.mean(log_p[np.arange(len(y)), y])

        self.both = autograd.value_and_grad(loss)

    def gradients(self, X: np.ndarray, y: np.ndarray) -> tuple[float, Weights]:
        return self.both(self.theta, X, y)


class Jax:
    """One compiled step called for each batch or, with scan, the whole epoch compiled into one call."""

    def __init__(self, weights: Weights, scan: bool = False):
        import jax
        import jax.numpy as jnp

        self.rng, self.scan, self.jax = np.random.default_rng(0), scan, jax
        zeros = [jnp.zeros_like(w) for w in weights]
        self.state = [jnp.array(w) for w in weights], zeros, zeros, jnp.zeros((), weights[0].dtype)

        def loss(theta, X, y):
            a = X
            for i in range(0, len(theta), 2):
                z = a @ theta[i] + theta[i + 1]
                a = jnp.maximum(z, 0) if i < len(theta) - 2 else z
            return -jnp.take_along_axis(jax.nn.log_softmax(a), y[:, None], axis=1).mean()

        def step(state, batch):
            theta, ms, vs, t = state
            value, gs = jax.value_and_grad(loss)(theta, *batch)
            t = t + 1
            ms = [BETAS[0] * m + (1 - BETAS[0]) * g for m, g in zip(ms, gs, strict=True)]
            vs = [BETAS[1] * v + (1 - BETAS[1]) * g**2 for v, g in zip(vs, gs, strict=True)]
            theta = [
                w - LR * (m / (1 - BETAS[0] ** t)) / (jnp.sqrt(v / (1 - BETAS[1] ** t)) + EPS)
                for w, m, v in zip(theta, ms, vs, strict=True)
            ]
            return (theta, ms, vs, t), value

        self.step = jax.jit(step)
        self.whole = jax.jit(lambda state, X, y: jax.lax.scan(step, state, (X, y)))

    def epoch(self, X: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        if self.scan:
            # Only whole batches: scan takes no shorter one at the end. The rows of the benchmark divide evenly.
            order = self.rng.permutation(len(X)).reshape(-1, batch_size)
            self.state, values = self.whole(self.state, X[order], y[order])
            float(values.mean())
            return
        values = []
        for rows in orders(len(X), batch_size, self.rng):
            self.state, value = self.step(self.state, (X[rows], y[rows]))
            values.append(value)
        self.jax.block_until_ready(self.state)
        float(np.mean(values))

    def weights(self) -> Weights:
        return [np.asarray(w) for w in self.state[0]]


class Sklearn:
    """MLPClassifier.fit for a number of epochs; it draws its own first weights."""

    def __init__(self, weights: Weights):
        from sklearn.neural_network import MLPClassifier

        self.kind, self.hidden = MLPClassifier, [W.shape[1] for W in weights[:-2:2]]

    def epoch(self, X: np.ndarray, y: np.ndarray, batch_size: int, epochs: int = 1) -> None:
        import warnings

        settings = {"learning_rate_init": LR, "max_iter": epochs, "n_iter_no_change": epochs + 1, "alpha": 0.0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged after so few epochs
            self.kind(self.hidden, batch_size=batch_size, **settings).fit(X, y)


class Floor:
    """The matrix products of a step alone, into arrays that are there: three a layer, and two for the first."""

    def __init__(self, weights: Weights):
        self.Ws = [w.copy() for w in weights[::2]]
        self.sizes = [self.Ws[0].shape[0], *(W.shape[1] for W in self.Ws)]

    def epoch(self, X: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        a = [np.ones((batch_size, n), X.dtype) for n in self.sizes]
        grad_a, grad_W = [array.copy() for array in a], [W.copy() for W in self.Ws]
        for _ in range(0, len(X), batch_size):
            for i, W in enumerate(self.Ws):
                np.dot(a[i], W, out=grad_a[i + 1])
            for i, W in reversed(list(enumerate(self.Ws))):
                np.dot(a[i].T, a[i + 1], out=grad_W[i])
                if i:
                    np.dot(a[i + 1], W.T, out=grad_a[i])
