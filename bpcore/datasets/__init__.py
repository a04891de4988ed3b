"""The data of the course, shipped with it: nothing is ever downloaded. Sources and licences are in NOTICES.md."""

from bpcore.datasets.digits import load_digits
from bpcore.datasets.mnist import load_mnist5k
from bpcore.datasets.sequences import Sequences
from bpcore.datasets.sounds import load_phoneme_sounds
from bpcore.datasets.spoken import load_spoken_digits
from bpcore.datasets.toys import make_blobs, make_circles, make_moons, make_spirals, make_xor
from bpcore.datasets.vowels import load_japanese_vowels
from bpcore.datasets.words import Pronunciations, load_pronunciations

__all__ = [
    "Pronunciations",
    "Sequences",
    "load_digits",
    "load_japanese_vowels",
    "load_mnist5k",
    "load_phoneme_sounds",
    "load_pronunciations",
    "load_spoken_digits",
    "make_blobs",
    "make_circles",
    "make_moons",
    "make_spirals",
    "make_xor",
]
