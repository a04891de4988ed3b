"""The exercises of unit 06: measuring a gradient, comparing it with a derived one, and telling what is wrong with it."""

from bpcore.exercises.unit_06_gradient_checking.comparing import DIAGNOSE, RELATIVE_ERROR
from bpcore.exercises.unit_06_gradient_checking.hunts import NUMERICAL_GRADIENT, TANH_BUG, TRANSPOSE_BUG
from bpcore.exercises.unit_06_gradient_checking.measuring import COMPLEX_STEP, FIND_THE_BUG, WORST_ENTRY

EXERCISES = (
    RELATIVE_ERROR,
    NUMERICAL_GRADIENT,
    WORST_ENTRY,
    DIAGNOSE,
    COMPLEX_STEP,
    FIND_THE_BUG,
    TANH_BUG,
    TRANSPOSE_BUG,
)
