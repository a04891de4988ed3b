"""What to do with a gradient once it is known, in order of increasing complexity; at the end, how lr may change."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

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

    The formulas here go entry by entry, so it does not matter to which parameter an entry belongs. vectors() gives all
    entries as one long vector if they lie side by side in memory, as in a Sequential, and else as a few: a small
    network would spend more time on calling numpy for each parameter than on the numbers.
    """

    memories: tuple[str, ...] = ()
    steps = 0

    def __init__(self, params: Iterable[Learnable], lr: float):
        self.params = list(params)
        if not self.params:
            raise DataError("The optimizer was given no parameters: pass model.parameters().")
        _require_lr(lr)
        self.lr = lr
        self._vectors: list[tuple[np.ndarray, ...]] = []
        self._arrays: list[tuple[np.ndarray, np.ndarray, Callable[[], np.ndarray]]] = []
        self._numbers: dict[str, list[np.ndarray]] = {}

    def zero_grad(self) -> None:
        """Empty every gradient: they accumulate, so this comes before each backward."""
        for p in self.params:
            try:
                p.zero_grad()
            except AttributeError:
                p.grad.fill(0)

    def step(self) -> None:
        """Move every parameter once."""
        raise NotImplementedError(f"{type(self).__name__} must define step().")

    def vectors(self) -> list[tuple[np.ndarray, ...]]:
        """[(θ, g, each of the memories, room), …]: values, gradients and memories, to be read and changed in place.

        Together they are all the parameters. The room, an array like θ, is for what a formula needs on its way.
        """
        # Who gives a parameter another array gets it into the next step; until then what was found holds.
        unchanged = len(self._arrays) == len(self.params)
        for p, (data, grad, gradient) in zip(self.params, self._arrays, strict=False):
            if gradient() is not grad or p.data is not data:
                unchanged = False
        if not unchanged:
            self._vectors = [self._joined(group) for group in _groups(self.params)]
            self._arrays = [(p.data, _gradient(p), getattr(p, "gradient", partial(_gradient, p))) for p in self.params]
        return self._vectors

    def numbers(self, dtype: np.dtype, *values: float) -> list[np.ndarray]:
        """The values as arrays of no axes, which numpy takes in half the time that it needs for Python's numbers."""
        kept = self._numbers.setdefault(dtype.char, [])
        while len(kept) < len(values):
            kept.append(np.empty((), dtype))
        for array, value in zip(kept, values, strict=False):
            array[...] = value
        return kept

    def _joined(self, group: slice) -> tuple[np.ndarray, ...]:
        values = _one_vector([p.data for p in self.params[group]])
        memory = []
        for arrays in (getattr(self, name) for name in self.memories if getattr(self, name)):
            if len(pieces := arrays[group]) > 1:
                vector = np.concatenate([piece.ravel() for piece in pieces])
                ends = np.cumsum([piece.size for piece in pieces])[:-1]
                parts = np.split(vector, ends)  # views of it, so that the list goes on showing what is remembered
                arrays[group] = [part.reshape(piece.shape) for part, piece in zip(parts, pieces, strict=True)]
            else:
                vector = pieces[0]
            memory.append(vector)
        room = np.empty_like(memory[0] if memory else values)
        return values, _one_vector([_gradient(p) for p in self.params[group]]), *memory, room

    def _zeros(self) -> list[np.ndarray]:
        return [np.zeros_like(p.data) for p in self.params]

    def __getstate__(self) -> dict[str, Any]:
        # In a copy these would no longer be the memory of the parameters: it looks for its own.
        return vars(self) | {"_vectors": [], "_arrays": [], "_numbers": {}}


def _gradient(p: Learnable) -> np.ndarray:
    # To a Parameter, .grad says that somebody may keep the array, and it is slower from then on.
    try:
        return p.gradient()
    except AttributeError:
        return p.grad


def _groups(params: list[Learnable]) -> list[slice]:
    """The parameters cut into stretches that lie side by side in memory, both values and gradients."""
    starts = [0]
    for i, (p, q) in enumerate(pairwise(params), start=1):
        if not (_follows(p.data, q.data) and _follows(_gradient(p), _gradient(q))):
            starts.append(i)
    return [slice(start, stop) for start, stop in pairwise([*starts, len(params)])]


def _follows(a: np.ndarray, b: np.ndarray) -> bool:
    base = a.base
    return (
        isinstance(base, np.ndarray)
        and base is b.base
        and base.ndim == 1
        and all(array.flags.c_contiguous and array.dtype == base.dtype for array in (base, a, b))
        and _address(a) + a.nbytes == _address(b)
    )


def _one_vector(arrays: list[np.ndarray]) -> np.ndarray:
    """The stretch of memory that the arrays are pieces of; a single array is left in its shape."""
    if len(arrays) == 1:
        return arrays[0]
    base = arrays[0].base
    start = (_address(arrays[0]) - _address(base)) // base.itemsize
    return base[start : start + sum(array.size for array in arrays)]


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


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
        for theta, g, *memory, room in self.vectors():
            if self.weight_decay:
                g = g + self.weight_decay * theta
            if self.momentum:
                (v,) = memory
                v *= self.momentum
                v += g
                g = g + self.momentum * v if self.nesterov else v
            theta -= np.multiply(g, self.lr, out=room)


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
        for theta, g, v, room in self.vectors():
            if self.weight_decay:
                g = g + self.weight_decay * theta
            v *= self.alpha
            np.multiply(g, g, out=room)
            room *= 1 - self.alpha
            v += room
            np.sqrt(v, out=room)
            room += self.eps
            np.divide(g, room, out=room)
            room *= self.lr
            theta -= room


class Adam(Optimizer):
    """Every parameter at its own pace: the mean of its gradients over the root of their mean square.

    m ← β₁ m + (1 − β₁) g              v ← β₂ v + (1 − β₂) g²
    m̂ = m / (1 − β₁ᵗ)                  v̂ = v / (1 − β₂ᵗ)          both start at 0, which the division makes up for
    θ ← θ − lr m̂ / (√v̂ + eps)

    eps stands outside the root and after the correction: the first step is lr · g / (|g| + eps), almost lr · sign(g).

    `fading_sum` and `fading_squares` are kept without the factors: s ← β₁ s + g is m / (1 − β₁), and q ← β₂ q + g² is
    v / (1 − β₂). Factors and corrections are then two numbers a step, and no work on every entry:

    θ ← θ − lr (a / c) s / (√q + eps / c),   a = (1 − β₁) / (1 − β₁ᵗ),   c² = (1 − β₂) / (1 − β₂ᵗ)

    Source: Kingma & Ba, "Adam: a method for stochastic optimization" (2015), Algorithm 1.
    """

    memories = ("fading_sum", "fading_squares")

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
        self.fading_sum, self.fading_squares = self._zeros(), self._zeros()

    def step(self) -> None:
        self.steps += 1
        beta1, beta2 = self.betas
        a = (1 - beta1) / (1 - beta1**self.steps)
        c = math.sqrt((1 - beta2) / (1 - beta2**self.steps))
        length, eps = self.lr * a / c, self.eps / c
        for theta, g, s, q, room in self.vectors():
            b1, b2, e, step = self.numbers(room.dtype, beta1, beta2, eps, length)
            s *= b1
            s += g
            q *= b2
            q += np.multiply(g, g, room)
            np.sqrt(q, room)
            room += e
            np.divide(s, room, room)
            room *= step
            theta -= room


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
        for theta, *_ in self.vectors():
            theta *= 1 - self.lr * self.weight_decay
        super().step()


def clip_gradients(params: Iterable[Learnable], max_norm: float) -> float:
    """If ‖g‖ > max_norm, scale all gradients by max_norm / ‖g‖, in place; return ‖g‖ as it was.

    ‖g‖ is the length of all gradients taken as one vector, so their direction stays: only too long a step is made
    shorter. For recurrent networks, where one steep place can throw everything away.

    Raises DataError for a max_norm that is not above 0, and for gradients that are not finite.

    Source: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks" (2013).
    """
    if not max_norm > 0:
        raise DataError(f"max_norm={max_norm!r} must be above 0: it is the greatest length that the gradient may have.")
    grads = [_gradient(p) for p in params]
    largest = max((float(np.abs(g).max(initial=0)) for g in grads), default=0.0)
    if not np.isfinite(largest):
        raise DataError(
            "Some gradients are NaN or infinite, and no scale can mend that: lower lr, or look for NaN in X."
        )
    if not largest:
        return 0.0
    # Divided by the largest entry first: the squares of what is to be clipped may overflow.
    norm = largest * float(np.sqrt(sum(((g / largest) ** 2).sum(dtype=np.float64) for g in grads)))
    if norm > max_norm:
        for g in grads:
            g *= max_norm / norm
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
