"""gradcheck for functions of Tensors too: the tape derives the gradient, and the referee measures it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bpcore.autodiff.tensor import Tensor
from bpcore.autodiff.transforms import value_and_grad
from bpcore.differences import GradReport, measurable
from bpcore.differences import gradcheck as measured


def gradcheck(
    f: Callable[..., Any],
    inputs: np.ndarray | Tensor | Sequence[np.ndarray | Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> GradReport:
    """Check the gradients of f against central differences of the value it returns.

    f(*inputs) returns either (value, grads), as with gradients derived by hand: value one number, grads one array per
    input; or, computing with Tensors, one number, whose gradients the tape derives. Inputs are float64 arrays, or
    Tensors of them. An entry agrees when |derived − measured| ≤ atol + rtol · |measured|. A pair of wrongs can agree
    where the function has a kink (ReLU at 0) or where both are 0: check at random points, away from kinks.

    Raises DataError for inputs that are not float64 or not finite, ShapeError when f returns more than one number, or
    gradients that do not match the inputs in number and shape.
    """
    parts = [inputs] if isinstance(inputs, (np.ndarray, float, Tensor)) else list(inputs)
    arrays = [part.data if isinstance(part, Tensor) else part for part in parts]
    # Before f sees them: of a complex number it might make a warning, and of a text anything.
    arrays = [measurable(array, f"input {number}") for number, array in enumerate(arrays)]
    of_tensors = value_and_grad(f, argnums=tuple(range(len(arrays))))
    if not arrays or any(isinstance(part, Tensor) for part in parts):
        return measured(of_tensors, arrays, eps=eps, atol=atol, rtol=rtol)

    result = _on_arrays(f, arrays)
    if not (isinstance(result, (tuple, list)) and len(result) == 2):
        return measured(of_tensors, arrays, eps=eps, atol=atol, rtol=rtol)

    # That call also answers the referee's first: by a second one, the gradients of a layer would have added up.
    answers = [result]
    return measured(lambda *xs: answers.pop() if answers else f(*xs), arrays, eps=eps, atol=atol, rtol=rtol)


def _on_arrays(f: Callable[..., Any], arrays: list[np.ndarray]) -> Any:
    """What f gives for plain arrays, or None when it asked them for what only a Tensor has, such as x.exp()."""
    try:
        return f(*[np.array(array) for array in arrays])
    except AttributeError as error:
        # Any other error is f's own.
        if isinstance(error.obj, (np.ndarray, np.generic)) and hasattr(Tensor, error.name):
            return None
        raise
