"""The exercises of unit 12: noise that is put in on purpose, and runs that fail in ways one can learn to read."""

from bpcore.exercises.unit_12_noise_and_failure.health import DEAD_UNITS, SATURATION
from bpcore.exercises.unit_12_noise_and_failure.labels import CORRUPT_LABELS
from bpcore.exercises.unit_12_noise_and_failure.noise import NOISY_COPIES
from bpcore.exercises.unit_12_noise_and_failure.runs import DIAGNOSE_RUN, EARLY_STOPPING

EXERCISES = (CORRUPT_LABELS, EARLY_STOPPING, NOISY_COPIES, DEAD_UNITS, SATURATION, DIAGNOSE_RUN)
