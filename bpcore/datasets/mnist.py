"""5,000 handwritten digits of 28 × 28 pixels: the larger step after the small digits, and enough for a convolution."""

import numpy as np

from bpcore.datasets.files import dealt, read, require_split

_HELD_OUT = 1000


def load_mnist5k(
    *, split: bool = False, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray] | tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Five hundred of each digit from MNIST (LeCun, Cortes & Burges, 1998; CC BY-SA 3.0).

    split=False  -> X (5000, 784), y (5000,), sorted by digit as the file is: shuffle before training on a part of it.
    split=True   -> X_train, y_train, X_test, y_test: 4000 and 1000 rows, shuffled by rng, which is required.

    X is float64 in [0, 1] (grey / 255, 0 is paper), y is integer 0 … 9. Reshape a row to (28, 28) to see it, or X to
    (n, 1, 28, 28) for a convolution.

    These are one twelfth of MNIST's training images and the writers are not named, so the same hand may be on both
    sides of the split: an accuracy here is not comparable with the published ones, which are on MNIST's own test set.
    What a network must beat: giving an image to the digit with the nearest mean image is right for about 80%.

    Raises DataError for another split, or for split=True without a Generator.
    """
    require_split(split, "load_mnist5k")
    arrays = read("mnist5k")
    X, y = arrays["images"] / 255.0, arrays["labels"].astype(np.int64)
    if not split:
        return X, y
    train, test = dealt(len(X), _HELD_OUT, rng, "load_mnist5k(split=True)")
    return X[train], y[train], X[test], y[test]
