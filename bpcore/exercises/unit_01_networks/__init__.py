"""The exercises of unit 01: a unit, a layer, a network; counting them; and why layers need something bent between them."""

from bpcore.exercises.unit_01_networks.counting import COUNT_LAYERS, COUNT_PARAMETERS
from bpcore.exercises.unit_01_networks.depth import COLLAPSE, FIND_THE_BUG, XOR
from bpcore.exercises.unit_01_networks.units import LAYER, NEURON

EXERCISES = (NEURON, LAYER, COUNT_LAYERS, COUNT_PARAMETERS, COLLAPSE, XOR, FIND_THE_BUG)
