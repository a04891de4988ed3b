"""Backward through a recorded computation: every rule once, in an order in which each gradient is complete."""

from __future__ import annotations

from collections.abc import Set
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from bpcore.errors import BpcoreError, OrderError
from bpcore.functional.arrays import unbroadcast

if TYPE_CHECKING:
    from bpcore.autodiff.tensor import Tensor


class SecondDerivativeError(BpcoreError, NotImplementedError):
    """An operation whose gradient cannot be differentiated again was part of a backward with create_graph=True."""


def sweep(output: Tensor, grad: Any, *, create_graph: bool = False, stop: Set[Tensor] = frozenset()) -> list[Tensor]:
    """Every tensor that `output` was made from and that requires a gradient, output first, its gradient in `arrived`.

    `grad` is dL/d(output): an array, or with create_graph=True a Tensor; then the gradients are Tensors too, recorded
    like anything else. Nothing is handed on from the tensors in `stop`. No recursion: a tape may be of any length.
    Whoever called takes the gradients out of `arrived`, where they would stay in memory. Of a tensor that nobody holds,
    but for the operations that it went into, nobody can ask for the gradient: there `arrived` is None again, so that
    on large arrays a backward needs room for a few gradients, and not for all.

    Raises OrderError where data was changed after it was recorded, SecondDerivativeError as its name says.
    """
    # The state of a sweep is in slots of each tensor, which cost a tenth of what a dictionary would: `visited` by which
    # sweep, how many `uses` it has there, how many gradients are `left` to come, and the sum of those that `arrived`.
    # Two threads must therefore not go back over the same tensors at one time.
    visit(output, stop, create_graph)
    kind = type(output)
    output.arrived = grad
    ready = [output]
    for node in ready:  # the list grows while it is read
        primitive, g = node.primitive, node.arrived
        if primitive is None or (stop and node in stop):
            continue
        inputs, rules = node.inputs, primitive.rules
        if node.fits and not create_graph:
            # One operand, or two of one form: most of a tape, so that the loop below is written out for them.
            out, x, y = node._data, inputs[0], inputs[-1]
            a = x._data if type(x) is kind else x
            b = y._data if type(y) is kind else y
            if a is not x and x.requires_grad:
                piece = rules[0](g, out, a, b) if len(rules) > 1 else rules[0](g, out, a)
                if x.arrived is None:
                    x.arrived, x.left = piece, x.uses - 1
                else:
                    _add(x, piece)
                if not x.left:
                    ready.append(x)
            if len(rules) > 1 and b is not y and y.requires_grad:
                piece = rules[1](g, out, a, b)
                if y.arrived is None:
                    y.arrived, y.left = piece, y.uses - 1
                else:
                    _add(y, piece)
                if not y.left:
                    ready.append(y)
            if getrefcount(node) <= node.uses + _UNHELD:
                node.arrived = None
            continue
        out = node if create_graph else node._data
        seen = inputs if create_graph else [x._data if type(x) is kind else x for x in inputs]
        for x, rule in zip(inputs, rules, strict=True):
            if type(x) is kind and x.requires_grad:
                piece = _fitted(rule(g, out, *seen, **node.options), x._data)
                if x.arrived is None:
                    x.arrived, x.left = piece, x.uses - 1
                else:
                    _add(x, piece, create_graph)
                if not x.left:
                    ready.append(x)
        if getrefcount(node) <= node.uses + _UNHELD:
            node.arrived = None
    return ready


def _add(x: Tensor, piece: Any, create_graph: bool = False) -> None:
    """Paths add. The first piece may be shared with other tensors, so it is a sum of our own that grows in place."""
    x.left -= 1
    if x.mine:
        np.add(x.arrived, piece, x.arrived)
    else:
        x.arrived = total = x.arrived + piece
        # A sum of 0-d arrays is a number, which has no place to grow in; a recorded sum must not change.
        x.mine = type(total) is np.ndarray and not create_graph


def _fitted(piece: Any, data: np.ndarray) -> Any:
    if piece.shape != data.shape:
        piece = unbroadcast(piece, data.shape)
    return piece if piece.dtype == data.dtype else piece.astype(data.dtype)


def visit(output: Tensor, stop: Set[Tensor], create_graph: bool = False) -> list[Tensor]:
    """Everything that `output` was made from and that requires a gradient, each told how often it is used on the way.

    Raises as `sweep` does: before anything has been computed.
    """
    # An object of this call's own tells a first visit, so that one that was interrupted leaves nothing to clean up.
    mark = output.visited = object()
    output.uses = 0
    kind = type(output)
    found = [output]
    for node in found:  # the list grows while it is read
        primitive = node.primitive
        if primitive is None or (stop and node in stop):
            continue
        seen = 0
        for x in node.inputs:
            if type(x) is kind:
                seen += x.version
                if x.requires_grad:
                    if x.visited is mark:
                        x.uses += 1
                    else:
                        x.visited, x.uses, x.arrived, x.mine = mark, 1, None, False
                        found.append(x)
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
    return found


def _references() -> int:
    counts = []
    for thing in [object()]:
        counts.append(getrefcount(thing))
    return counts[0]


# What getrefcount says of an object that one list and the variable of a loop hold: Python's versions differ.
_UNHELD = _references()
