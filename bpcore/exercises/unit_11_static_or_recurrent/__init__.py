"""The exercises of unit 11: what a static and a recurrent network cost, counted and timed, and where they meet."""

from bpcore.exercises.unit_11_static_or_recurrent.counting import LAYER_WORK, WORK
from bpcore.exercises.unit_11_static_or_recurrent.loops import NEUMANN, TRUNCATED_GRADIENT
from bpcore.exercises.unit_11_static_or_recurrent.timing import BEST_TIME

EXERCISES = (LAYER_WORK, WORK, BEST_TIME, NEUMANN, TRUNCATED_GRADIENT)
