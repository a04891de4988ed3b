"""The exercises of unit 03: one unit, its activation and that activation's slope, then a whole network forward."""

from bpcore.exercises.unit_03_feedforward.network import FIND_THE_BUG, FORWARD
from bpcore.exercises.unit_03_feedforward.units import NEURON, SLOPES, SLOPES_FROM_OUTPUTS
from bpcore.exercises.unit_03_feedforward.variants import VARIANTS

__all__ = ["EXERCISES", "VARIANTS"]

EXERCISES = (NEURON, SLOPES, SLOPES_FROM_OUTPUTS, FORWARD, FIND_THE_BUG)
