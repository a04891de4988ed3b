"""What to do with a gradient once it is known, in order of increasing complexity."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from bpcore.errors import DataError


class Learnable(Protocol):
    """All that an optimizer asks of a parameter, such as layers.Parameter: two arrays of one shape."""

    data: np.ndarray
    grad: np.ndarray


class Optimizer:
    """Holds the parameters to be learnt. A new kind writes step(), which changes each .data in place by its .grad."""

    def __init__(self, params: Iterable[Learnable], lr: float):
        self.params = list(params)
        if not self.params:
            raise DataError("The optimizer was given no parameters: pass model.parameters().")
        if not (np.isfinite(lr) and lr > 0):
            raise DataError(f"lr={lr!r}: the learning rate must be a finite number above 0.")
        self.lr = lr

    def zero_grad(self) -> None:
        """Empty every gradient: they accumulate, so this comes before each backward."""
        for p in self.params:
            p.grad.fill(0)

    def step(self) -> None:
        """Move every parameter once."""
        raise NotImplementedError(f"{type(self).__name__} must define step().")


class SGD(Optimizer):
    """Gradient descent: θ ← θ − lr g, with a memory of direction if momentum > 0.

    g = grad + weight_decay θ
    v ← momentum v + g                (heavy ball; Polyak, 1964)
    θ ← θ − lr v,   or with nesterov:   θ ← θ − lr (g + momentum v)      (Nesterov, 1983; Sutskever et al., 2013)

    v starts at 0 and is not multiplied by lr, so lr may be changed along the way.
    """

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
        if weight_decay < 0:
            raise DataError(f"weight_decay={weight_decay!r} must not be negative: it would make the weights grow.")
        if nesterov and not momentum:
            raise DataError("nesterov=True looks ahead along the momentum, which is 0: pass momentum=0.9 as well.")
        self.momentum, self.nesterov, self.weight_decay = momentum, nesterov, weight_decay
        self._velocity = [np.zeros_like(p.data) for p in self.params] if momentum else []

    def step(self) -> None:
        for i, p in enumerate(self.params):
            g = p.grad + self.weight_decay * p.data if self.weight_decay else p.grad
            if self.momentum:
                v = self._velocity[i]
                v *= self.momentum
                v += g
                g = g + self.momentum * v if self.nesterov else v
            p.data -= self.lr * g


class Adam(Optimizer):
    """Every parameter at its own pace: the mean of its gradients over the root of their mean square.

    m ← β₁ m + (1 − β₁) g              v ← β₂ v + (1 − β₂) g²
    m̂ = m / (1 − β₁ᵗ)                  v̂ = v / (1 − β₂ᵗ)          both start at 0, which the division makes up for
    θ ← θ − lr m̂ / (√v̂ + eps)

    eps stands outside the root and after the correction: the first step is lr · g / (|g| + eps), almost lr · sign(g).

    Source: Kingma & Ba, "Adam: a method for stochastic optimization" (2015), Algorithm 1.
    """

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
        if not eps > 0:
            raise DataError(f"eps={eps!r} must be above 0: it keeps a gradient of 0 from being divided by 0.")
        self.betas, self.eps = betas, eps
        self._t = 0
        self._m = [np.zeros_like(p.data) for p in self.params]
        self._v = [np.zeros_like(p.data) for p in self.params]

    def step(self) -> None:
        self._t += 1
        beta1, beta2 = self.betas
        correction1, correction2 = 1 - beta1**self._t, 1 - beta2**self._t
        for p, m, v in zip(self.params, self._m, self._v, strict=True):
            m *= beta1
            m += (1 - beta1) * p.grad
            v *= beta2
            v += (1 - beta2) * p.grad**2
            p.data -= (self.lr / correction1) * m / (np.sqrt(v / correction2) + self.eps)
