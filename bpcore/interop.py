"""The way onward: a network from here as a network of PyTorch, with the same weights, outputs and gradients.

torch is needed only when `to_torch` is called, and is loaded there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bpcore.errors import DataError
from bpcore.layers import (
    LSTM,
    RNN,
    Add,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    MaxPool2d,
    Parameter,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)

if TYPE_CHECKING:
    import torch


def to_torch(model: Layer) -> torch.nn.Module:
    """The model as a torch.nn.Module of its own: the weights are copied, and keep their dtype.

    Sequential becomes nn.Sequential, Dense nn.Linear (whose weight is W transposed), Conv2d, MaxPool2d, Flatten,
    Dropout and the activations what torch has of that name. Add, RNN and LSTM become small modules, which are called
    as the layers here are: module(X, h0, mask) -> (outputs, last). Of torch's two recurrent biases the second is 0 and
    not learnt: there is one here.

    The module is in evaluation mode, where Dropout drops nothing, as in model.predict: call .train() to go on training.

    Raises DataError for a layer that torch does not have, such as FixedPoint, and for an RNN or LSTM with truncate;
    ImportError when torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("to_torch needs PyTorch, which is not installed: pip install torch.") from error
    if not isinstance(model, Layer):
        raise DataError(
            f"to_torch turns a layer or a Sequential of layers into a torch module, and was given {model!r}."
        )
    # torch draws first weights by chance, from one generator for everybody: it shall not notice.
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        return _module(model).eval()


def _module(layer: Layer) -> torch.nn.Module:
    kinds = _kinds()
    # By the very class: what inherits from a layer may compute something else.
    if type(layer) not in kinds:
        known = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(
            f"{layer!r} has no counterpart in torch: to_torch knows {known}. Leave the layer out and write its step in "
            "torch yourself; a state that settles, as in FixedPoint, takes a loop there, and a torch.autograd.Function."
        )
    return kinds[type(layer)](layer)


def _fill(target: torch.Tensor, parameter: Parameter, turned: bool = False) -> None:
    import torch

    target.copy_(torch.from_numpy(np.array(parameter.data.T if turned else parameter.data)))


def _dtype(layer: Layer) -> torch.dtype:
    import torch

    return torch.float32 if layer.dtype == np.float32 else torch.float64


def _linear(layer: Dense) -> torch.nn.Module:
    from torch import nn

    linear = nn.Linear(layer.in_features, layer.out_features, dtype=_dtype(layer))
    _fill(linear.weight, layer.W, turned=True)
    _fill(linear.bias, layer.b)
    return linear


def _convolution(layer: Conv2d) -> torch.nn.Module:
    from torch import nn

    sizes = (layer.c_in, layer.c_out, layer.kernel, layer.stride, layer.padding)
    convolution = nn.Conv2d(*sizes, dtype=_dtype(layer))
    _fill(convolution.weight, layer.W)
    _fill(convolution.bias, layer.b)
    return convolution


@cache
def _kinds() -> dict[type[Layer], Callable[[Any], torch.nn.Module]]:
    """How to make a module of each kind of layer."""
    import torch
    from torch import nn

    class Residual(nn.Module):
        """x + inner(x)."""

        def __init__(self, layer: Add):
            super().__init__()
            self.inner = _module(layer.inner)

        def forward(self, X: torch.Tensor) -> torch.Tensor:
            return X + self.inner(X)

    class Recurrent(nn.Module):
        """nn.RNN or nn.LSTM with a mask: beyond its end a sequence holds its last real state, as in bpcore."""

        def __init__(self, layer: RNN | LSTM):
            super().__init__()
            if layer.truncate is not None:
                raise DataError(
                    f"{layer!r} was built with truncate={layer.truncate}, and torch's recurrent layers carry errors "
                    "back to the beginning. Build it without truncate, or detach the state every few steps in torch."
                )
            kind = nn.LSTM if isinstance(layer, LSTM) else nn.RNN
            self.steps = kind(layer.in_features, layer.units, batch_first=True, dtype=_dtype(layer))
            _fill(self.steps.weight_ih_l0, layer.U, turned=True)
            _fill(self.steps.weight_hh_l0, layer.W, turned=True)
            _fill(self.steps.bias_ih_l0, layer.b)
            self.steps.bias_hh_l0.zero_().requires_grad_(False)
            self.returns, self.padding = layer.returns, layer.padding

        def forward(self, X: torch.Tensor, h0: Any = None, mask: torch.Tensor | None = None) -> Any:
            if mask is None and self.padding is not None:
                mask = (self.padding != X).any(dim=2)
            if mask is not None:
                # What stands beyond the end is not read; 0 keeps it from spoiling a sum, were it NaN.
                X = torch.where(mask[..., None], X, torch.zeros_like(X))
            outputs = self.steps(X, self._start(h0))[0]
            if mask is not None:
                steps = torch.arange(X.shape[1], device=X.device)
                real = torch.minimum(steps, mask.sum(dim=1, keepdim=True) - 1)
                outputs = outputs.gather(1, real[..., None].expand_as(outputs))
            return {"both": (outputs, outputs[:, -1]), "all": outputs, "last": outputs[:, -1]}[self.returns]

        def _start(self, h0: Any) -> Any:
            if h0 is None:
                return None
            if isinstance(self.steps, nn.RNN):
                return h0[None]
            h, c = h0 if isinstance(h0, tuple) else (h0, torch.zeros_like(h0))
            return h[None], c[None]

    return {
        Add: Residual,
        Conv2d: _convolution,
        Dense: _linear,
        Dropout: lambda layer: nn.Dropout(layer.p),
        Flatten: lambda layer: nn.Flatten(),
        LSTM: Recurrent,
        LeakyReLU: lambda layer: nn.LeakyReLU(layer.slope),
        MaxPool2d: lambda layer: nn.MaxPool2d(layer.size, layer.stride),
        RNN: Recurrent,
        ReLU: lambda layer: nn.ReLU(),
        Sequential: lambda layer: nn.Sequential(*map(_module, layer.layers)),
        Sigmoid: lambda layer: nn.Sigmoid(),
        Softmax: lambda layer: nn.Softmax(dim=-1),
        Tanh: lambda layer: nn.Tanh(),
    }
