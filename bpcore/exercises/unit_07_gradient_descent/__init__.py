"""The exercises of unit 07: from the gradient of one pattern to a training loop that knows when to stop."""

from bpcore.exercises.unit_07_gradient_descent.batching import BATCHES
from bpcore.exercises.unit_07_gradient_descent.gradients import GRADIENT_BY_MATRIX, GRADIENT_BY_PATTERN
from bpcore.exercises.unit_07_gradient_descent.loops import KEEP_BEST, TRAIN, TRAIN_UNTIL
from bpcore.exercises.unit_07_gradient_descent.rules import ADAM_STEP, L2_LOSS_AND_GRADIENT, MOMENTUM_STEP
from bpcore.exercises.unit_07_gradient_descent.stepping import SGD_STEP
from bpcore.exercises.unit_07_gradient_descent.variants import VARIANTS

__all__ = ["EXERCISES", "VARIANTS"]

EXERCISES = (
    GRADIENT_BY_PATTERN,
    GRADIENT_BY_MATRIX,
    SGD_STEP,
    BATCHES,
    TRAIN_UNTIL,
    KEEP_BEST,
    TRAIN,
    MOMENTUM_STEP,
    ADAM_STEP,
    L2_LOSS_AND_GRADIENT,
)
