"""Layers in a row: forward goes down the list, backward comes up it, and that is backpropagation."""

from collections.abc import Iterable, Iterator
from typing import Self

import numpy as np

from bpcore.errors import DataError, ShapeError
from bpcore.layers.base import Layer, Parameter, lay_side_by_side


class Sequential(Layer):
    """A network of layers, each fed by the one before: Sequential([Dense(64, 32, rng=rng), ReLU(), ...]).

    Raises DataError for an empty list, for something that is not a layer, or for the same layer twice (it remembers one
    pass only); ShapeError when a layer does not fit what the layers before it put out.
    """

    def __init__(self, layers: Iterable[Layer]):
        self.layers = list(layers)
        if not self.layers:
            raise DataError("Sequential was given no layers: pass a list such as [Dense(64, 10, rng=rng)].")
        for position, layer in enumerate(self.layers):
            if not isinstance(layer, Layer):
                hint = f"write {layer.__name__}(...), with brackets" if isinstance(layer, type) else "is it a Layer?"
                raise DataError(f"Layer {position} of Sequential is {layer!r}, which is not a layer: {hint}.")
        everywhere = [id(part) for layer in self.layers for part in _parts(layer)]
        if len(set(everywhere)) < len(everywhere):
            raise DataError(
                "The same layer stands twice in Sequential. A layer remembers one forward pass, so the second use "
                "would spoil the gradient of the first: build a new layer for each place."
            )
        self.output_shape(None)
        lay_side_by_side(self.parameters())

    def _go_there(self, X: np.ndarray) -> np.ndarray:
        for layer in self.layers:
            X = layer.pass_on(X)
        return X

    def _go_back(self, grad_output: np.ndarray) -> np.ndarray:
        for layer in reversed(self.layers):
            grad_output = layer.pass_back(grad_output)
        return grad_output

    def backward_to_parameters(self, grad_output: np.ndarray) -> None:
        if "backward" in vars(self):
            self.backward(grad_output)
            return
        for layer in reversed(self.layers[1:]):
            grad_output = layer.pass_back(grad_output)
        self.layers[0].backward_to_parameters(grad_output)

    def _require_pass(self) -> None:
        self.layers[-1]._require_pass()

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The output for X (for a classifier: its logits), remembering nothing. Raises as forward does."""
        for layer in self.layers:
            X = layer.predict(X)
        return X

    def parameters(self) -> list[Parameter]:
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def astype(self, dtype: str | np.dtype) -> Self:
        for layer in self.layers:
            layer.astype(dtype)
        lay_side_by_side(self.parameters())
        return self

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        return self._shapes(shape)[-1]

    def _shapes(self, shape: tuple[int, ...] | None) -> list[tuple[int, ...] | None]:
        shapes = []
        for position, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except ShapeError as error:
                raise ShapeError(f"Layer {position} does not fit the layers before it: {error}") from None
            shapes.append(shape)
        return shapes

    def __repr__(self) -> str:
        rows = [("", "layer", "output", "parameters")]
        for position, (layer, shape) in enumerate(zip(self.layers, self._shapes(None), strict=True)):
            output = "set by its input" if shape is None else f"({', '.join(map(str, ('N', *shape)))})"
            rows.append((str(position), repr(layer), output, f"{_count(layer):,}"))
        w0, w1, w2, w3 = (max(map(len, column)) for column in zip(*rows, strict=True))
        table = "\n".join(f"  {i:>{w0}}  {layer:<{w1}}  {shape:<{w2}}  {n:>{w3}}" for i, layer, shape, n in rows)
        return f"Sequential of {len(self.layers)} layers, {_count(self):,} parameters, {self.dtype}\n{table}"


def _parts(layer: Layer) -> Iterator[Layer]:
    """The layer and all layers inside it, as Sequential and Add have them."""
    yield layer
    inside = [*getattr(layer, "layers", []), getattr(layer, "inner", None)]
    for part in inside:
        if isinstance(part, Layer):
            yield from _parts(part)


def _count(layer: Layer) -> int:
    return sum(parameter.data.size for parameter in layer.parameters())
