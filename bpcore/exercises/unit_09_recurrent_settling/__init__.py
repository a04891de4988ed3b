"""The exercises of unit 09: a network that settles, and an error that settles on its way back."""

from bpcore.exercises.unit_09_recurrent_settling.backward import ADJOINT, BACKPROP, GRADIENTS
from bpcore.exercises.unit_09_recurrent_settling.exactly import ADJOINT_EXACTLY
from bpcore.exercises.unit_09_recurrent_settling.forward import REFUSE_UNSETTLED, SETTLE
from bpcore.exercises.unit_09_recurrent_settling.stability import SPECTRAL_RADIUS, WILL_SETTLE
from bpcore.exercises.unit_09_recurrent_settling.step import ONE_STEP

EXERCISES = (
    ONE_STEP,
    SETTLE,
    SPECTRAL_RADIUS,
    WILL_SETTLE,
    REFUSE_UNSETTLED,
    ADJOINT,
    ADJOINT_EXACTLY,
    GRADIENTS,
    BACKPROP,
)
