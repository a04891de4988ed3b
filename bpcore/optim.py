"""What to do with a gradient once it is known, in order of increasing complexity; at the end, how lr may change."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bpcore.errors import DataError


class Learnable(Protocol):
    """All that an optimizer asks of a parameter, such as layers.Parameter: two arrays of one shape."""

    data: np.ndarray
    grad: np.ndarray


class Optimizer:
    """Holds the parameters to be learnt. A new kind writes step(), which changes each .data in place by its .grad.

    What it remembers from step to step is named in `memories`: lists of arrays, one for each parameter. `steps` counts
    the steps, where the formula needs their number. Together with lr this is all that has to be saved to go on later.
    """

    memories: tuple[str, ...] = ()
    steps = 0

    def __init__(self, params: Iterable[Learnable], lr: float):
        self.params = list(params)
        if not self.params:
            raise DataError("The optimizer was given no parameters: pass model.parameters().")
        _require_lr(lr)
        self.lr = lr

    def zero_grad(self) -> None:
        """Empty every gradient: they accumulate, so this comes before each backward."""
        for p in self.params:
            p.grad.fill(0)

    def step(self) -> None:
        """Move every parameter once."""
        raise NotImplementedError(f"{type(self).__name__} must define step().")

    def _zeros(self) -> list[np.ndarray]:
        return [np.zeros_like(p.data) for p in self.params]


class SGD(Optimizer):
    """Gradient descent: θ ← θ − lr g, with a memory of direction if momentum > 0.

    g = grad + weight_decay θ
    v ← momentum v + g                (heavy ball; Polyak, 1964)
    θ ← θ − lr v,   or with nesterov:   θ ← θ − lr (g + momentum v)      (Nesterov, 1983; Sutskever et al., 2013)

    v starts at 0 and is not multiplied by lr, so lr may be changed along the way.
    """

    memories = ("velocity",)

    def __init__(
        self,
        params: Iterable[Learnable],
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        super().__init__(params, lr)
        if not 0 <= momentum < 1:
            raise DataError(f"momentum={momentum!r} must be at least 0 and below 1: at 1 the old steps never fade.")
        _require_decay(weight_decay)
        if nesterov and not momentum:
            raise DataError("nesterov=True looks ahead along the momentum, which is 0: pass momentum=0.9 as well.")
        self.momentum, self.nesterov, self.weight_decay = momentum, nesterov, weight_decay
        self.velocity = self._zeros() if momentum else []

    def step(self) -> None:
        for i, p in enumerate(self.params):
            g = p.grad + self.weight_decay * p.data if self.weight_decay else p.grad
            if self.momentum:
                v = self.velocity[i]
                v *= self.momentum
                v += g
                g = g + self.momentum * v if self.nesterov else v
            p.data -= self.lr * g


class RMSProp(Optimizer):
    """Every parameter at its own pace: the gradient over the root of its mean square.

    g = grad + weight_decay θ
    v ← α v + (1 − α) g²
    θ ← θ − lr g / (√v + eps)

    eps stands outside the root. v starts at 0 and is not corrected for it, so the first step is long:
    lr · sign(g) / √(1 − α), ten times lr at α = 0.99.

    Source: Hinton, "Neural networks for machine learning", lecture 6e (2012).
    """

    memories = ("square",)

    def __init__(
        self,
        params: Iterable[Learnable],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(params, lr)
        if not 0 <= alpha < 1:
            raise DataError(f"alpha={alpha!r} must be at least 0 and below 1: at 1 no gradient is ever taken in.")
        _require_eps(eps)
        _require_decay(weight_decay)
        self.alpha, self.eps, self.weight_decay = alpha, eps, weight_decay
        self.square = self._zeros()

    def step(self) -> None:
        for p, v in zip(self.params, self.square, strict=True):
            g = p.grad + self.weight_decay * p.data if self.weight_decay else p.grad
            v *= self.alpha
            v += (1 - self.alpha) * g**2
            p.data -= self.lr * g / (np.sqrt(v) + self.eps)


class Adam(Optimizer):
    """Every parameter at its own pace: the mean of its gradients over the root of their mean square.

    m ← β₁ m + (1 − β₁) g              v ← β₂ v + (1 − β₂) g²
    m̂ = m / (1 − β₁ᵗ)                  v̂ = v / (1 − β₂ᵗ)          both start at 0, which the division makes up for
    θ ← θ − lr m̂ / (√v̂ + eps)

    eps stands outside the root and after the correction: the first step is lr · g / (|g| + eps), almost lr · sign(g).

    Source: Kingma & Ba, "Adam: a method for stochastic optimization" (2015), Algorithm 1.
    """

    memories = ("mean", "square")

    def __init__(
        self,
        params: Iterable[Learnable],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(params, lr)
        if not all(0 <= beta < 1 for beta in betas):
            raise DataError(f"betas={betas!r}: both must be at least 0 and below 1.")
        _require_eps(eps)
        self.betas, self.eps = betas, eps
        self.mean, self.square = self._zeros(), self._zeros()

    def step(self) -> None:
        self.steps += 1
        beta1, beta2 = self.betas
        correction1, correction2 = 1 - beta1**self.steps, 1 - beta2**self.steps
        for p, m, v in zip(self.params, self.mean, self.square, strict=True):
            m *= beta1
            m += (1 - beta1) * p.grad
            v *= beta2
            v += (1 - beta2) * p.grad**2
            p.data -= (self.lr / correction1) * m / (np.sqrt(v / correction2) + self.eps)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: first θ ← θ − lr · weight_decay · θ, then the step of Adam.

    Added to the gradient, as in SGD, the decay would be divided by √v̂ like the rest of it, and weights with large
    gradients would hardly decay. Here all fade alike, by the factor 1 − lr · weight_decay.

    Source: Loshchilov & Hutter, "Decoupled weight decay regularization" (2019).
    """

    def __init__(
        self,
        params: Iterable[Learnable],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(params, lr, betas, eps)
        _require_decay(weight_decay)
        self.weight_decay = weight_decay

    def step(self) -> None:
        for p in self.params:
            p.data *= 1 - self.lr * self.weight_decay
        super().step()


def clip_gradients(params: Iterable[Learnable], max_norm: float) -> float:
    """If ‖g‖ > max_norm, scale all gradients by max_norm / ‖g‖, in place; return ‖g‖ as it was.

    ‖g‖ is the length of all gradients taken as one vector, so their direction stays: only too long a step is made
    shorter. For recurrent networks, where one steep place can throw everything away.

    Raises DataError for a max_norm that is not above 0, and for gradients that are not finite.

    Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks" (2013).
    """
    params = list(params)
    if not max_norm > 0:
        raise DataError(f"max_norm={max_norm!r} must be above 0: it is the greatest length that the gradient may have.")
    largest = max((float(np.abs(p.grad).max(initial=0)) for p in params), default=0.0)
    if not np.isfinite(largest):
        raise DataError(
            "Some gradients are NaN or infinite, and no scale can mend that: lower lr, or look for NaN in X."
        )
    if not largest:
        return 0.0
    # Divided by the largest entry first: the squares of what is to be clipped may overflow.
    norm = largest * float(np.sqrt(sum(((p.grad / largest) ** 2).sum(dtype=np.float64) for p in params)))
    if norm > max_norm:
        for p in params:
            p.grad *= max_norm / norm
    return norm


# Schedules. A schedule is any function from the number of finished epochs, 0 at first, to lr; train asks it before
# each epoch.


@dataclass(frozen=True)
class StepLR:
    """lr · factor^⌊t / every⌋: the same for `every` epochs, then `factor` times that."""

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _require_lr(self.lr)
        _require_epochs(self, "every", self.every)
        if not 0 < self.factor <= 1:
            raise DataError(f"factor={self.factor!r} must be above 0 and at most 1: the steps get shorter.")

    def __call__(self, t: int) -> float:
        return self.lr * self.factor ** (t // self.every)


@dataclass(frozen=True)
class CosineLR:
    """least + ½ (lr − least)(1 + cos(π t / epochs)): half a wave from lr at t = 0 to least at t = epochs and after.

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without the restarts.
    """

    lr: float
    epochs: int
    least: float = 0.0

    def __post_init__(self) -> None:
        _require_lr(self.lr)
        _require_epochs(self, "epochs", self.epochs)
        if not 0 <= self.least <= self.lr:
            raise DataError(f"least={self.least!r} must be at least 0 and at most lr={self.lr!r}.")

    def __call__(self, t: int) -> float:
        return self.least + (self.lr - self.least) * (1 + math.cos(math.pi * min(t / self.epochs, 1))) / 2


@dataclass(frozen=True)
class WarmUp:
    """(t + 1) / (epochs + 1) of what `then` begins with, for the first `epochs`; after them then(t − epochs).

    The first steps of Adam rest on few gradients, so they are kept short. `then` is an lr, or another schedule.

    Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
    """

    epochs: int
    then: float | Callable[[int], float]

    def __post_init__(self) -> None:
        _require_epochs(self, "epochs", self.epochs)
        if not callable(self.then):
            _require_lr(self.then)

    def __call__(self, t: int) -> float:
        then = self.then if callable(self.then) else lambda t: self.then
        return then(0) * (t + 1) / (self.epochs + 1) if t < self.epochs else then(t - self.epochs)


def _require_lr(lr: float) -> None:
    if not (np.isfinite(lr) and lr > 0):
        raise DataError(f"lr={lr!r}: the learning rate must be a finite number above 0.")


def _require_eps(eps: float) -> None:
    if not eps > 0:
        raise DataError(f"eps={eps!r} must be above 0: it keeps a gradient of 0 from being divided by 0.")


def _require_decay(weight_decay: float) -> None:
    if not weight_decay >= 0:
        raise DataError(f"weight_decay={weight_decay!r} must not be negative: it would make the weights grow.")


def _require_epochs(schedule: object, name: str, epochs: int) -> None:
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)) or epochs < 1:
        raise DataError(f"{type(schedule).__name__}: {name}={epochs!r} must be a whole number of epochs, at least 1.")
