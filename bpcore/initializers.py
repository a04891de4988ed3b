"""How wide the first weights are drawn, so that signals neither die nor blow up on their way through many layers.

An initializer is a function (shape, rng) -> array. It reads the shape as the layers do: (in, out) for Dense, and
(c_out, c_in, k, k) for Conv2d. fan_in is the number of inputs that one output adds up, fan_out the number of outputs
that one input reaches.
"""

from collections.abc import Callable

import numpy as np

from bpcore.errors import DataError, ShapeError, require_rng

Initializer = Callable[[tuple[int, ...], np.random.Generator], np.ndarray]


def he(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Normal, mean 0, variance 2 / fan_in: for ReLU, which lets through half of the signal's mean square.

    Raises ShapeError for a shape that is neither (in, out) nor (c_out, c_in, k, k), DataError without a Generator.

    Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers" (2015).
    """
    require_rng(rng, "he")
    fan_in, _ = _fans(shape)
    return rng.normal(0, np.sqrt(2 / fan_in), shape)


def glorot(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Uniform in ±√(6 / (fan_in + fan_out)), so the variance is 2 / (fan_in + fan_out): for tanh and sigmoid.

    It lies between 1 / fan_in, which keeps the signal's size, and 1 / fan_out, which keeps the gradient's.

    Raises ShapeError for a shape that is neither (in, out) nor (c_out, c_in, k, k), DataError without a Generator.

    Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    """
    require_rng(rng, "glorot")
    reach = np.sqrt(6 / sum(_fans(shape)))
    return rng.uniform(-reach, reach, shape)


def orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A matrix whose rows (or columns, whichever are fewer) have length 1 and stand at right angles.

    A square one changes no vector's length, so it can be applied again and again: for recurrent weights. A kernel
    (c_out, c_in, k, k) is taken as the matrix (c_out, c_in k k).

    Raises ShapeError for a shape that is neither (in, out) nor (c_out, c_in, k, k), DataError without a Generator.

    Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning" (2014).
    """
    require_rng(rng, "orthogonal")
    _fans(shape)
    rows, columns = shape[0], int(np.prod(shape[1:]))
    Q, R = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    # QR fixes the signs in its own way; only with those of R's diagonal is every orthogonal matrix equally likely.
    Q = Q * np.where(np.diag(R) < 0, -1, 1)
    return (Q if rows >= columns else Q.T).reshape(shape)


NAMED: dict[str, Initializer] = {"he": he, "glorot": glorot, "orthogonal": orthogonal}


def draw(init: str | Initializer, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """First weights of that shape, by an initializer or by its name.

    Raises DataError for a name that is not known, ShapeError when the function returns another shape.
    """
    if not callable(init) and init not in list(NAMED):
        raise DataError(
            f'init={init!r} is not known: use "he" (for ReLU), "glorot" (for tanh and sigmoid), "orthogonal" (for '
            "recurrent weights), or a function (shape, rng) -> array."
        )
    W = np.asarray((init if callable(init) else NAMED[init])(shape, rng), dtype=np.float64)
    if W.shape != shape:
        raise ShapeError(f"init must return weights of the shape it is asked for, {shape}, and returned {W.shape}.")
    return W


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) == 2:
        return shape
    if len(shape) == 4:
        c_out, c_in, rows, columns = shape
        return c_in * rows * columns, c_out * rows * columns
    raise ShapeError(
        f"An initializer needs a shape (in, out), as Dense has, or (c_out, c_in, k, k), as Conv2d has; got {shape}, "
        "from which the number of inputs to one output cannot be read."
    )
