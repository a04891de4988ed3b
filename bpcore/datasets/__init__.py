"""The data of the course, shipped with it: nothing is ever downloaded. Sources and licences are in NOTICES.md."""

from bpcore.datasets.digits import load_digits

__all__ = ["load_digits"]
