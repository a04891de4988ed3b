"""The errors that bpcore raises: each says what was seen, what was expected, and what to try."""


class BpcoreError(Exception):
    """The parent of every error that bpcore raises on purpose."""


class ShapeError(BpcoreError, ValueError):
    """An array has another shape than the formula needs."""


class DataError(BpcoreError, ValueError):
    """An array holds what the formula cannot use: the wrong dtype, NaN, a label out of range, no rows at all."""


class OrderError(BpcoreError, RuntimeError):
    """Something was called before what it rests on, such as backward before forward."""
