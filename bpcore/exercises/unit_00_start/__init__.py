"""The exercises of unit 00: how a check answers, on small answers of different kinds."""

from bpcore.exercises.unit_00_start.first_steps import CENTRE_ROWS, SLOPE_AT
from bpcore.exercises.unit_00_start.kinds import NUMERICAL_GRADIENT, REFUSE_NAN, ROW_SUMS, VALUE, WALK_DOWN

EXERCISES = (ROW_SUMS, CENTRE_ROWS, SLOPE_AT, NUMERICAL_GRADIENT, WALK_DOWN, REFUSE_NAN, VALUE)
