"""The digits are the ones they claim to be, and each split holds out what it says."""

import re
from pathlib import Path

import numpy as np
import pytest

import bpcore.datasets
from bpcore.datasets import load_digits
from bpcore.errors import DataError

FOLDER = Path(bpcore.datasets.__file__).parent


def test_the_whole_set():
    X, y = load_digits()
    assert X.shape == (1797, 64)
    assert X.dtype == np.float64
    assert y.dtype.kind == "i"
    assert (X.min(), X.max()) == (0, 1)
    np.testing.assert_array_equal(X * 16, np.round(X * 16))
    # The counts that UCI states for each class of its testing set.
    np.testing.assert_array_equal(np.bincount(y), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])


def test_the_random_split_is_a_permutation_with_labels_kept_beside_their_images():
    X, y = load_digits()
    X_train, y_train, X_test, y_test = load_digits(split=True, rng=np.random.default_rng(0))
    assert (len(X_train), len(X_test)) == (1198, 599)
    together = np.c_[np.r_[X_train, X_test], np.r_[y_train, y_test]]
    assert sorted(map(bytes, together)) == sorted(map(bytes, np.c_[X, y]))
    order = np.random.default_rng(0).permutation(1797)
    np.testing.assert_array_equal(y_test, y[order[-599:]])


def test_the_rng_decides_the_split():
    first, again, other = (load_digits(split=True, rng=np.random.default_rng(s))[3] for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_contiguous_split_keeps_the_order():
    X, y = load_digits()
    X_train, y_train, X_test, y_test = load_digits(split="contiguous")
    np.testing.assert_array_equal(np.r_[X_train, X_test], X)
    np.testing.assert_array_equal(np.r_[y_train, y_test], y)
    assert len(y_test) == 599


def test_a_page_of_one_writer_straddles_the_contiguous_split_as_documented():
    digits = "".join(map(str, load_digits()[1]))
    assert digits.rfind("0123456789" * 3, 0, 1198 + 29) == 1157


@pytest.mark.parametrize(
    ("split", "rng", "message"), [(True, None, "no rng"), (True, 3, "3"), ("random", None, "random")]
)
def test_bad_requests(split, rng, message):
    with pytest.raises(DataError, match=message):
        load_digits(split=split, rng=rng)


def test_only_plain_arrays_ship_each_with_its_notice():
    notices = (FOLDER / "NOTICES.md").read_text(encoding="utf-8")
    files = sorted(FOLDER.glob("*.npz"))
    assert files
    for file in files:
        assert f"## {file.name}\n" in notices
        with np.load(file, allow_pickle=False) as arrays:
            assert {arrays[name].dtype for name in arrays} <= {np.dtype(kind) for kind in ("u1", "u2", "i2", "i4")}
    assert set(re.findall(r"## (\S+\.npz)\n", notices)) == {file.name for file in files}
    assert sum(file.stat().st_size for file in files) <= 6_000_000
