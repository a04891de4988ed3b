"""The exercises of unit 05: from the sums over paths of one small layer to the backward pass of the four-layer network."""

from bpcore.exercises.unit_05_backpropagation.layer import DENSE_FORWARD, DENSE_VJP, INPUT_GRADIENT, WEIGHT_GRADIENT
from bpcore.exercises.unit_05_backpropagation.network import BACKWARD, HIDDEN_DELTA
from bpcore.exercises.unit_05_backpropagation.output import SOFTMAX_CE_DELTA
from bpcore.exercises.unit_05_backpropagation.update import SGD_STEP, TRAIN_STEP
from bpcore.exercises.unit_05_backpropagation.variants import VARIANTS

__all__ = ["EXERCISES", "VARIANTS"]

EXERCISES = (
    DENSE_FORWARD,
    WEIGHT_GRADIENT,
    INPUT_GRADIENT,
    DENSE_VJP,
    SOFTMAX_CE_DELTA,
    HIDDEN_DELTA,
    BACKWARD,
    SGD_STEP,
    TRAIN_STEP,
)
