"""The exercises of unit 13: a network that reads words aloud, and a backward pass of a network drawn by lot."""

from bpcore.exercises.unit_13_reading_aloud.letters import HIDDEN_LAYER, LETTER_GRADIENT, WINDOWS
from bpcore.exercises.unit_13_reading_aloud.lot import BACKWARD_BY_LOT
from bpcore.exercises.unit_13_reading_aloud.step import TRAIN_STEP

EXERCISES = (WINDOWS, HIDDEN_LAYER, LETTER_GRADIENT, TRAIN_STEP, BACKWARD_BY_LOT)
