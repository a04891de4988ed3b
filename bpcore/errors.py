"""The errors that bpcore raises: each says what was seen, what was expected, and what to try."""

# numpy loads its random numbers when they are first named: an annotation should not be what names them.
from __future__ import annotations

import numpy as np


class BpcoreError(Exception):
    """The parent of every error that bpcore raises on purpose."""


class ShapeError(BpcoreError, ValueError):
    """An array has another shape than the formula needs."""


class DataError(BpcoreError, ValueError):
    """An array holds what the formula cannot use: the wrong dtype, NaN, a label out of range, no rows at all."""


class OrderError(BpcoreError, RuntimeError):
    """Something was called before what it rests on, such as backward before forward."""


class NotSettledError(BpcoreError, RuntimeError):
    """A network that should have settled did not, so there is no state from which an error could go back."""


def require_rng(rng: np.random.Generator, who: str) -> None:
    """Raise DataError unless `rng` is a numpy Generator: chance is always an argument here, never a global."""
    if not isinstance(rng, np.random.Generator):
        seen = "no rng" if rng is None else f"rng={rng!r}"
        seed = rng if isinstance(rng, int) else 0
        raise DataError(
            f"{who} draws random numbers and was given {seen}, where it needs a numpy Generator. "
            f"Make one with rng = np.random.default_rng({seed}) and pass rng=rng."
        )
