"""The exercises of unit 10: one set of weights used many times, through time or in two places."""

from bpcore.exercises.unit_10_through_time.helpers import CLIP, MASKED_LAST
from bpcore.exercises.unit_10_through_time.letters import LETTER_GRADIENTS
from bpcore.exercises.unit_10_through_time.rnn import RNN_BACKWARD, RNN_FORWARD
from bpcore.exercises.unit_10_through_time.step_back import STEP_BACK
from bpcore.exercises.unit_10_through_time.tied import BACKWARD_TIED

EXERCISES = (RNN_FORWARD, STEP_BACK, RNN_BACKWARD, LETTER_GRADIENTS, MASKED_LAST, CLIP, BACKWARD_TIED)
