"""Automatic differentiation: record what is computed, then replay functional's derivatives backward.

`scalar` has Value, one number on a graph: read it first. `primitives` is the table of what a Tensor records, `tensor`
the array itself, `tape` the way back, `transforms` the functions of functions (grad, vjp, jacobian).
"""

from bpcore.autodiff.checking import gradcheck
from bpcore.autodiff.operations import concatenate, softmax_cross_entropy, where
from bpcore.autodiff.scalar import Value
from bpcore.autodiff.tape import SecondDerivativeError
from bpcore.autodiff.tensor import Tensor
from bpcore.autodiff.transforms import grad, jacobian, value_and_grad, vjp

__all__ = [
    "SecondDerivativeError",
    "Tensor",
    "Value",
    "concatenate",
    "grad",
    "gradcheck",
    "jacobian",
    "softmax_cross_entropy",
    "value_and_grad",
    "vjp",
    "where",
]
