"""What the loaders share: reading a file that ships, checking which split was asked for, and dealing out the rows."""

from pathlib import Path

import numpy as np

from bpcore.errors import DataError, require_rng

_FOLDER = Path(__file__).parent


def read(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file that ships beside this one."""
    with np.load(_FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays}


def text_lines(codes: np.ndarray) -> tuple[str, ...]:
    """Names kept in an array as the bytes of lines of text, so that the files hold nothing but numbers."""
    return tuple(codes.tobytes().decode("ascii").split("\n"))


def require_split(split: bool | str, who: str, *named: str) -> None:
    """Raise DataError unless `split` is False, True or one of the named splits."""
    if not (isinstance(split, bool) or (isinstance(split, str) and split in named)):
        choices = ["False", "True", *(f'"{name}"' for name in named)]
        raise DataError(f"{who} was given split={split!r}; it knows {', '.join(choices[:-1])} and {choices[-1]}.")


def dealt(n: int, held_out: int, rng: np.random.Generator | None, who: str) -> tuple[np.ndarray, np.ndarray]:
    """The row numbers 0 … n − 1 shuffled by rng and cut in two: for training, and `held_out` of them for testing."""
    require_rng(rng, who)
    order = rng.permutation(n)
    return order[:-held_out], order[-held_out:]
