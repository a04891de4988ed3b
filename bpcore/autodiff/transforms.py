"""From a function to its derivatives: grad, value_and_grad, vjp and jacobian, on plain arrays.

Inside, the function is run once on Tensors. Called with a Tensor, as happens when one of these is applied to another,
they record their own backward, and so nest: grad(grad(f)) is the second derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any

import numpy as np

from bpcore.autodiff import primitives as P
from bpcore.autodiff.operations import concatenate
from bpcore.autodiff.tape import sweep, visit
from bpcore.autodiff.tensor import Tensor, record
from bpcore.errors import DataError, ShapeError

# The Tensors that the functions now running are differentiated by.
_active: ContextVar[frozenset[Tensor]] = ContextVar("active", default=frozenset())

Argnums = int | tuple[int, ...]


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that returns ∂f/∂x for the argument at `argnums`, or a tuple of them for a tuple of positions.

    f takes arrays (as Tensors) and returns one number (as a Tensor); each gradient has the shape of its argument.

    Raises, when called, DataError for arguments without slopes and for an f that recorded nothing, ShapeError when f
    returns more than one number.
    """
    both = value_and_grad(f, argnums)
    return wraps(f)(lambda *args, **options: both(*args, **options)[1])


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that returns f's value and its gradient, both from one run. Arguments and errors as in `grad`."""

    @wraps(f)
    def derived(*args: Any, **options: Any) -> tuple[Any, Any]:
        run = _Run(f, args, _positions(argnums, len(args)), options)
        if run.output.size != 1:
            raise ShapeError(
                f"A gradient is the slope of one number, and {_name(f)} returned shape {run.output.shape}. Reduce it, "
                "as with .sum() or .mean(), or ask for the jacobian."
            )
        grads = run.pull(np.ones(run.output.shape))
        return run.value, grads if isinstance(argnums, tuple) else grads[0]

    return derived


def vjp(f: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """f(*inputs), and the function that pulls a gradient of it back: g -> (gᵀ ∂f/∂x for each input x).

    Shapes: g as the value of f; each result as its input. It may be called as often as you like.

    Raises DataError for inputs without slopes and for an f that recorded nothing; ShapeError for a g that does not fit.
    """
    run = _Run(f, inputs, tuple(range(len(inputs))), {})
    return run.value, run.pull


def jacobian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that returns every ∂fᵢ/∂xⱼ, one backward for each entry of f's value.

    Shapes: f's value S, the argument at `argnums` T -> S + T. Errors as in `vjp`.
    """

    @wraps(f)
    def derived(*args: Any, **options: Any) -> Any:
        run = _Run(f, args, _positions((argnums,), len(args)), options)
        rows = []
        for i in range(run.output.size):
            one = np.zeros(run.output.size)
            one[i] = 1.0
            rows.append(run.pull(one.reshape(run.output.shape))[0].reshape((1, -1)))
        shape = run.output.shape + run.starts[0].shape
        if not rows:
            return np.zeros(shape)
        return (concatenate(rows) if run.nested else np.concatenate(rows)).reshape(shape)

    return derived


class _Run:
    """One run of f with Tensors at some positions: its output, and the way back from it to them."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], positions: tuple[int, ...], options: dict) -> None:
        filled = list(args)
        for position in positions:
            filled[position] = _start(args[position], position)
        self.starts: list[Tensor] = [filled[position] for position in positions]
        outer = _active.get()
        token = _active.set(outer | frozenset(self.starts))
        try:
            output = f(*filled, **options)
        finally:
            _active.reset(token)
        if not isinstance(output, Tensor):
            raise DataError(
                f"{_name(f)} returned {type(output).__name__} where a Tensor was expected, so nothing was recorded. "
                "Its arguments at argnums are Tensors: compute with them as they are, without .data, item() or float()."
            )
        self.output = output
        # f may also reach an outer function's Tensor without being handed it, as a lambda within a lambda does.
        reached = outer and not outer.isdisjoint(visit(output, frozenset()))
        self.nested = bool(reached) or any(isinstance(arg, Tensor) for arg in args)
        self.value = output if self.nested else output.data

    def pull(self, g: Any) -> tuple[Any, ...]:
        """gᵀ ∂output/∂start for each start; 0 where the output does not depend on it."""
        nested = self.nested or isinstance(g, Tensor)
        found: dict[Tensor, Any] = {}
        stop = frozenset(self.starts)
        if self.output.requires_grad:
            begin = self.output.start(g, create_graph=nested)
            for node in sweep(self.output, begin, create_graph=nested, stop=stop):
                gradient, node.arrived = node.arrived, None
                if node in stop:
                    found[node] = gradient
        return tuple(_result(start, found.get(start), nested) for start in self.starts)


def _result(start: Tensor, gradient: Any, nested: bool) -> Any:
    if gradient is None:
        gradient = np.zeros_like(start.data)
    if nested:
        return gradient if isinstance(gradient, Tensor) else Tensor(gradient, requires_grad=False)
    # A copy, since a gradient may be a view of another's.
    return np.array(gradient)


def _start(x: Any, position: int) -> Tensor:
    if isinstance(x, Tensor):
        # A place of its own on the outer tape, so that this derivative stops here and the outer one goes on.
        start = record(P.SAME, x)
        if not start.requires_grad:
            start = Tensor(x.data, requires_grad=True)
        return start
    try:
        return Tensor(x, requires_grad=True)
    except DataError as error:
        raise DataError(f"Argument {position}: {error} If it is data, leave it out of argnums.") from None


def _positions(argnums: Argnums, count: int) -> tuple[int, ...]:
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    for position in positions:
        if not -count <= position < count:
            raise DataError(f"argnums asks for argument {position}, and there are {count} positional arguments.")
    return tuple(position % count for position in positions)


def _name(f: Callable[..., Any]) -> str:
    return f"the function '{getattr(f, '__name__', type(f).__name__)}'"
