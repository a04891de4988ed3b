"""Backward through a recorded computation: every rule once, in an order in which each gradient is complete."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from bpcore.errors import BpcoreError, OrderError
from bpcore.functional.arrays import unbroadcast

if TYPE_CHECKING:
    from bpcore.autodiff.tensor import Tensor


class SecondDerivativeError(BpcoreError, NotImplementedError):
    """An operation whose gradient cannot be differentiated again was part of a backward with create_graph=True."""


def sweep(
    output: Tensor, grad: Any, *, create_graph: bool = False, stop: Set[Tensor] = frozenset()
) -> Iterator[tuple[Tensor, Any]]:
    """Yield every tensor that `output` was made from and that requires a gradient, with its gradient, output first.

    `grad` is dL/d(output): an array, or with create_graph=True a Tensor; then the gradients are Tensors too, recorded
    like anything else. Nothing is handed on from the tensors in `stop`. No recursion: a tape may be of any length.

    Raises OrderError where data was changed after it was recorded, SecondDerivativeError as its name says.
    """
    uses = count_uses(output, stop)
    arrived: dict[Tensor, Any] = {output: grad}
    mine: set[Tensor] = set()
    ready = [output]
    while ready:
        node = ready.pop()
        g = arrived.pop(node)
        yield node, g
        primitive = node.primitive
        if primitive is None or node in stop:
            continue
        inputs, wanted, seen = [], [], node.version
        for number, x in enumerate(node.inputs):
            if hasattr(x, "primitive"):
                seen += x.version
                inputs.append(x if create_graph else x._data)
                if x.requires_grad:
                    wanted.append((number, x))
            else:
                inputs.append(x)
        if seen != node.stamp:
            raise OrderError(
                f"The data of a Tensor was changed after the operation '{primitive.name}' had recorded it, so its "
                "derivative would be taken at the wrong place. Compute the output again, then call backward; change "
                "data only after backward."
            )
        if create_graph and not primitive.twice:
            raise SecondDerivativeError(
                f"{primitive.name} has no second derivative here: its gradient is one formula for the whole operation, "
                "which is not recorded. Write it in smaller operations, such as exp, sum and log."
            )
        out = node if create_graph else node._data
        for number, x in wanted:
            piece = primitive.rules[number](g, out, *inputs, **node.options)
            data = x._data
            if piece.shape != data.shape:
                piece = unbroadcast(piece, data.shape)
            if piece.dtype != data.dtype:
                piece = piece.astype(data.dtype)
            _add(arrived, mine, x, piece, create_graph)
            uses[x] -= 1
            if not uses[x]:
                ready.append(x)


def _add(arrived: dict[Tensor, Any], mine: set[Tensor], x: Tensor, piece: Any, create_graph: bool) -> None:
    """Paths add. The first piece may be shared with other tensors, so it is a sum of our own that grows in place."""
    if x not in arrived:
        arrived[x] = piece
    elif x in mine:
        np.add(arrived[x], piece, out=arrived[x])
    else:
        arrived[x] = total = arrived[x] + piece
        # A sum of 0-d arrays is a number, which has no place to grow in; a recorded sum must not change.
        if not create_graph and isinstance(total, np.ndarray):
            mine.add(x)


def count_uses(output: Tensor, stop: Set[Tensor]) -> dict[Tensor, int]:
    """Everything that `output` was made from and that requires a gradient, and how often each is used on the way."""
    uses: dict[Tensor, int] = {output: 0}
    found = [output]
    while found:
        node = found.pop()
        if node in stop:
            continue
        for x in node.inputs:
            if getattr(x, "requires_grad", False):
                if x not in uses:
                    uses[x] = 0
                    found.append(x)
                uses[x] += 1
    return uses
