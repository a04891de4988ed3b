"""The exercises of unit 02: losses and their slopes, first for numbers, then for classes, and how to compute them without overflow."""

from bpcore.exercises.unit_02_losses.binary import BINARY_CROSS_ENTROPY, LOG_SIGMOID
from bpcore.exercises.unit_02_losses.bug import FIND_THE_BUG
from bpcore.exercises.unit_02_losses.classes import CROSS_ENTROPY, SOFTMAX
from bpcore.exercises.unit_02_losses.jacobian import SOFTMAX_JACOBIAN, SOFTMAX_VJP
from bpcore.exercises.unit_02_losses.squared import MSE, MSE_GRAD, SLOPE
from bpcore.exercises.unit_02_losses.variants import VARIANTS

__all__ = ["EXERCISES", "VARIANTS"]

EXERCISES = (
    MSE,
    SLOPE,
    MSE_GRAD,
    SOFTMAX,
    CROSS_ENTROPY,
    FIND_THE_BUG,
    LOG_SIGMOID,
    BINARY_CROSS_ENTROPY,
    SOFTMAX_JACOBIAN,
    SOFTMAX_VJP,
)
