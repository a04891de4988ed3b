"""Dropout: while training, some units are switched off by chance, so that none can rely on another."""

import numpy as np

from bpcore.errors import DataError, require_rng
from bpcore.functional import dropout, dropout_vjp
from bpcore.layers.base import Layer, require_numbers


class Dropout(Layer):
    """a = m z, any shape: each entry is 0 with probability p, and z / (1 − p) otherwise, so that its mean stays z.

    forward draws a new mask m from rng each time, and backward uses the same one. predict drops nothing: it needs no
    chance and no rescaling. The masks are drawn while training, so give Dropout the rng that goes to train: then saving
    that one rng is enough to resume.

    Raises DataError unless 0 ≤ p < 1, and for an rng that is not a numpy Generator.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
    """

    def __init__(self, p: float = 0.5, *, rng: np.random.Generator):
        if not 0 <= p < 1:
            raise DataError(f"Dropout(p={p!r}): p is the share that is dropped, at least 0 and below 1.")
        require_rng(rng, f"Dropout(p={p})")
        self.p, self.rng = p, rng

    def compute(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = np.asarray(X)
        # Drawn in float64 whatever X is, so that a float32 network sees the same masks.
        kept = self.rng.random(X.shape) >= self.p
        mask = kept / np.asarray(1 - self.p, dtype=X.dtype if X.dtype.kind == "f" else np.float64)
        return dropout(X, mask), mask

    def pull_back(self, grad_output: np.ndarray, saved: np.ndarray) -> np.ndarray:
        return dropout_vjp(grad_output, saved)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """X as it is: nothing is dropped, and no random number is drawn."""
        return require_numbers(self, X, empty=True)

    def __repr__(self) -> str:
        return f"Dropout(p={self.p})"
