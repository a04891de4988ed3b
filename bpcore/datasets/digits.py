"""1,797 handwritten digits of 8 × 8 pixels: small enough to train on in a second, real enough to be misread."""

import numpy as np

from bpcore.datasets.files import read, require_split
from bpcore.errors import require_rng


def load_digits(
    *, split: bool | str = False, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray] | tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The UCI "Optical Recognition of Handwritten Digits" test set (Alpaydin & Kaynak, 1998; CC BY 4.0).

    split=False         -> X (1797, 64), y (1797,), in the order of the file.
    split=True          -> X_train, y_train, X_test, y_test: 1198 and 599 rows, shuffled by rng, which is required.
    split="contiguous"  -> the same sizes in the order of the file, the last third held out; rng is not used.

    X is float64 in [0, 1] (sixteenths), y is integer 0 … 9. Reshape a row to (8, 8) to see it.

    The two splits ask different questions. The file holds the digits of one writer after another, about 130 rows each.
    A random split has every writer on both sides: "can it read more from the hands it has seen?" The contiguous one
    holds out later writers: "can it read a stranger?", which is harder, and nearer to use. The file does not name
    its writers; their pages, which begin 0 1 2 … 9 three times, put row 1198 inside the one that starts at row 1157, so
    41 rows of training come from the first writer of the held-out third.

    Raises DataError for another split, or for split=True without a Generator.
    """
    require_split(split, "load_digits", "contiguous")
    if split is True:
        require_rng(rng, "load_digits(split=True)")
    arrays = read("digits")
    X, y = arrays["images"] / 16.0, arrays["labels"].astype(np.int64)
    if split is False:
        return X, y
    held_out = len(X) // 3
    order = rng.permutation(len(X)) if split is True else np.arange(len(X))
    train, test = order[:-held_out], order[-held_out:]
    return X[train], y[train], X[test], y[test]
