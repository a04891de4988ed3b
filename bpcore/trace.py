"""Run something and hand back what happened, as plain frozen values: what a network shows at one moment.

Our own layers do the mathematics. A learner's functions may take their place; where one fails, ours go on and the
trace says which function it was and what it said.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bpcore.errors import DataError
from bpcore.functional import sigmoid, softmax
from bpcore.layers import Dense, LeakyReLU, ReLU, Sequential, Sigmoid, Tanh
from bpcore.losses import BCEWithLogitsLoss, CrossEntropyLoss

ACTIVATIONS = {"tanh": Tanh, "relu": ReLU, "sigmoid": Sigmoid, "leaky": LeakyReLU}
CLOSE = 1e-6  # the relative difference up to which two ways to compute one gradient are taken to agree


@dataclass(frozen=True)
class Complaint:
    """What one of the learner's functions did: its name, and what went wrong. `used` says whether its numbers count."""

    function: str
    text: str
    used: bool = False


@dataclass(frozen=True)
class Pass:
    """One way there and back: the loss, the share that is right, and the gradient of each parameter, shaped like it."""

    loss: float
    accuracy: float
    gradients: tuple[np.ndarray, ...]
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Look:
    """What a network does at the places asked about: P(class 1), shape (M,), and each hidden layer, (M, width)."""

    field: np.ndarray
    hidden: tuple[np.ndarray, ...]
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True)
class Functions:
    """The learner's own functions, either of which may be missing.

    forward(params, X) -> logits, or (logits, cache)       params is [W1, b1, W2, b2, …]; in unit 03 the cache holds one
                                                           pair (A, Z) for each layer
    backward(X, labels, W1, b1, …) -> {"dW1": …, "db1": …} as in unit 05; more entries do no harm
    backward(params, X, labels) -> [dW1, db1, …]           the same for any depth, known by its first argument's name
    """

    forward: Callable[..., Any] | None = None
    backward: Callable[..., Any] | None = None

    def logits(self, params: Sequence[np.ndarray], X: np.ndarray) -> tuple[np.ndarray, Any]:
        """What their forward returns for copies of the arguments: (logits, cache), the cache None if there is none."""
        result = self.forward([p.copy() for p in params], X.copy())
        logits, cache = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
        return _array("logits", logits, (len(X), params[-1].size)), cache

    def gradients(self, params: Sequence[np.ndarray], X: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
        """What their backward returns for copies of the arguments, as one array for each parameter."""
        copies = [p.copy() for p in params]
        first = next(iter(inspect.signature(self.backward).parameters), "")
        if first == "params":
            result = self.backward(copies, X.copy(), labels.copy())
        else:
            result = self.backward(X.copy(), labels.copy(), *copies)
        if isinstance(result, tuple) and len(result) == 2 and np.ndim(result[0]) == 0:
            result = result[1]  # (loss, gradients)
        names = [f"d{'Wb'[i % 2]}{i // 2 + 1}" for i in range(len(params))]
        if isinstance(result, Mapping):
            missing = [name for name in names if name not in result]
            if missing:
                raise DataError(f"its dict has no {missing[0]!r}; it has {', '.join(map(repr, result)) or 'nothing'}")
            result = [result[name] for name in names]
        if not isinstance(result, (list, tuple)) or len(result) != len(params):
            seen = f"{len(result)} values" if isinstance(result, (list, tuple)) else type(result).__name__
            raise DataError(f"it should return {len(params)} gradients, {', '.join(names)}, and returned {seen}")
        return [_array(name, g, p.shape) for name, g, p in zip(names, result, params, strict=True)]


OURS = Functions()


def sizes_of(model: Sequential) -> list[int]:
    """The widths of a network of dense layers, the input first.

    Raises DataError for anything but Dense layers with one activation between two of them.
    """
    dense, between = model.layers[::2], model.layers[1::2]
    if not all(isinstance(layer, Dense) for layer in dense) or len(dense) != len(between) + 1:
        raise DataError("This network is shown only as Dense, activation, Dense, …, Dense; this one is\n" + repr(model))
    kinds = {type(layer) for layer in between}
    if len(kinds) > 1 or not kinds <= set(ACTIVATIONS.values()):
        raise DataError(
            f"All activations should be of one kind, out of {', '.join(k.__name__ for k in ACTIVATIONS.values())}; "
            f"this network has {', '.join(sorted(k.__name__ for k in kinds))}."
        )
    return [dense[0].in_features, *(layer.out_features for layer in dense)]


def arrays_of(model: Sequential) -> list[np.ndarray]:
    """The parameters themselves, [W1, b1, W2, b2, …]: what is written into them changes the network."""
    return [p.data for p in model.parameters()]


def trace_pass(model: Sequential, X: np.ndarray, labels: np.ndarray, theirs: Functions = OURS) -> Pass:
    """The loss and its gradient by every parameter, on the whole of X (N, D) and labels (N,) of 0 and 1.

    With one output the loss is that of BCEWithLogitsLoss, with more it is CrossEntropyLoss. Theirs are used wherever
    they have the right shapes, even when the numbers differ from ours: then a complaint says where, and one sees what
    follows from it. The model's own `.grad` is left empty.
    """
    loss, output = loss_of(model), model.forward(X)
    value = loss.forward(output, _target(output, labels))
    model.zero_grad()
    model.backward(loss.backward())
    gradients = tuple(p.grad.copy() for p in model.parameters())
    model.zero_grad()
    complaints: list[Complaint] = []
    if theirs.forward is not None:
        try:
            logits, _ = theirs.logits(arrays_of(model), X)
            if apart := _difference([logits], [output]):
                complaints.append(Complaint("forward", f"logits differ from ours by {apart[1]:.2g}", used=True))
            value = loss.forward(logits, _target(logits, labels))
            output = logits
        except Exception as error:
            complaints.append(Complaint("forward", told(error, theirs.forward)))
    if theirs.backward is not None:
        try:
            own = theirs.gradients(arrays_of(model), X, labels)
            if apart := _difference(own, gradients):
                name = f"d{'Wb'[apart[0] % 2]}{apart[0] // 2 + 1}"
                text = f"{name} differs from ours: by {apart[1]:.2g}, where ours is at most {apart[2]:.2g}"
                complaints.append(Complaint("backward", text, used=True))
            gradients = tuple(own)
        except Exception as error:
            complaints.append(Complaint("backward", told(error, theirs.backward)))
    right = (output[:, 0] > 0 if output.shape[1] == 1 else output.argmax(axis=1)) == labels
    return Pass(value, float(right.mean()), gradients, tuple(complaints))


def trace_look(model: Sequential, places: np.ndarray, theirs: Functions = OURS) -> Look:
    """What the whole network and each hidden unit say at the places, shape (M, D)."""
    hidden, a = [], places
    for layer in model.layers[:-1]:
        a = layer.predict(a)
        if not isinstance(layer, Dense):
            hidden.append(a)
    look = Look(_probability(model.layers[-1].predict(a)), tuple(hidden))
    if theirs.forward is None:
        return look
    try:
        logits, cache = theirs.logits(arrays_of(model), places)
    except Exception as error:
        return replace(look, complaints=(Complaint("forward", told(error, theirs.forward)),))
    return Look(_probability(logits), _cached(cache, look.hidden))


def trace_along(
    model: Sequential,
    X: np.ndarray,
    labels: np.ndarray,
    index: int,
    values: np.ndarray,
    theirs: Functions = OURS,
) -> np.ndarray:
    """The loss for each value that one parameter, counted through all of them in order, could have; shape (K,).

    The parameter has its own value again afterwards. Where the loss is not finite, NaN stands.
    """
    for array in arrays_of(model):
        if index < array.size:
            break
        index -= array.size
    place = np.unravel_index(index, array.shape)
    kept, losses = array[place], []
    run = (lambda: model.predict(X)) if theirs.forward is None else lambda: theirs.logits(arrays_of(model), X)[0]
    loss = loss_of(model)
    try:
        for value in values:
            array[place] = value
            try:
                output = run()
                losses.append(loss.forward(output, _target(output, labels)))
            except DataError:
                losses.append(np.nan)
            except Exception:
                if theirs.forward is None:
                    raise
                # Their function was complained of elsewhere: the curve goes on with ours.
                run = lambda: model.predict(X)  # noqa: E731
                output = run()
                losses.append(loss.forward(output, _target(output, labels)))
    finally:
        array[place] = kept
    return np.array(losses)


def loss_of(model: Sequential) -> BCEWithLogitsLoss | CrossEntropyLoss:
    """The loss that fits the last layer: yes or no for one output, classes for more."""
    return BCEWithLogitsLoss() if model.layers[-1].out_features == 1 else CrossEntropyLoss()


def told(error: Exception, function: Callable[..., Any]) -> str:
    """An exception as its type and text, and the line of the function in which it rose."""
    text = f"{type(error).__name__}: {error}" if not isinstance(error, DataError) else str(error)
    code = getattr(function, "__code__", None)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if code is not None and frame.filename == code.co_filename:
            line = f", `{frame.line}`" if frame.line else ""
            return f"{text} (line {frame.lineno}{line})"
    return text


def _array(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(value)
    if array.shape != shape:
        raise DataError(f"{name} should have the shape {shape}, and has {array.shape}")
    if array.dtype.kind not in "fiub":
        raise DataError(f"{name} should hold numbers, and holds {array.dtype}")
    if not np.isfinite(array).all():
        raise DataError(f"{name} has entries that are NaN or infinite")
    return array.astype(np.float64)


def _target(output: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return labels[:, None].astype(np.float64) if output.shape[1] == 1 else labels


def _probability(logits: np.ndarray) -> np.ndarray:
    return sigmoid(logits[:, 0]) if logits.shape[1] == 1 else softmax(logits)[:, 1]


def _difference(theirs: Sequence[np.ndarray], ours: Sequence[np.ndarray]) -> tuple[int, float, float] | None:
    """The first array that differs: its number, by how much at most, and the largest entry of ours."""
    for number, (a, b) in enumerate(zip(theirs, ours, strict=True)):
        scale, apart = float(np.abs(b).max(initial=0.0)), float(np.abs(a - b).max(initial=0.0))
        if apart > CLOSE * max(scale, 1e-3):
            return number, apart, scale
    return None


def _cached(cache: Any, ours: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """The hidden activations as their cache has them, if it is built like that of unit 03, and else ours."""
    try:
        hidden = tuple(np.asarray(cache[number + 1][0], dtype=np.float64) for number in range(len(ours)))
    except (TypeError, IndexError, KeyError, ValueError):
        return ours
    return hidden if all(a.shape == b.shape for a, b in zip(hidden, ours, strict=True)) else ours
