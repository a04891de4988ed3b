"""The data of the course, shipped with it: nothing is ever downloaded. Sources and licences are in NOTICES.md."""

from bpcore.datasets.digits import load_digits
from bpcore.datasets.toys import make_blobs, make_circles, make_moons, make_spirals, make_xor

__all__ = ["load_digits", "make_blobs", "make_circles", "make_moons", "make_spirals", "make_xor"]
