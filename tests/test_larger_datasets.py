"""The larger images, the utterances and the words: what each set says of itself, and what each split holds out."""

from itertools import pairwise

import numpy as np
import pytest

from bpcore.datasets import (
    load_digits,
    load_japanese_vowels,
    load_mnist5k,
    load_pronunciations,
    load_spoken_digits,
)
from bpcore.errors import DataError


def rng(seed=0):
    return np.random.default_rng(seed)


def nearest_mean(features, labels, unseen):
    """The label whose mean is nearest: the least that a model could do."""
    means = np.stack([features[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    return np.argmin(((unseen[:, None] - means) ** 2).sum(axis=2), axis=1)


def in_eight_parts(utterances):
    """Each utterance as the means of eight equal parts of it, so that all of them have the same length."""
    parts = []
    for X, length in zip(utterances.X, utterances.lengths, strict=True):
        edges = np.linspace(0, length, 9)
        parts.append([X[int(a) : int(np.ceil(b))].mean(axis=0) for a, b in pairwise(edges)])
    return np.reshape(parts, (len(parts), -1))


# MNIST


def test_mnist_is_five_hundred_of_each():
    X, y = load_mnist5k()
    assert X.shape == (5000, 784)
    assert X.dtype == np.float64
    assert (X.min(), X.max()) == (0, 1)
    np.testing.assert_array_equal(X * 255, np.round(X * 255))
    np.testing.assert_array_equal(y, np.repeat(np.arange(10), 500))
    # MNIST puts every digit in a box of 20 x 20, inside the 28 x 28 by its centre of mass.
    images = X.reshape(-1, 28, 28)
    rows = (images.sum(axis=2) @ np.arange(28)) / images.sum(axis=(1, 2))
    np.testing.assert_allclose(rows, 14, atol=0.8)
    assert images[:, 0].mean() < 0.001


def test_mnist_splits_every_row_once_and_a_nearest_mean_reads_most_of_it():
    X, y = load_mnist5k()
    X_train, y_train, X_test, y_test = load_mnist5k(split=True, rng=rng())
    assert (len(X_train), len(X_test), len(y_train), len(y_test)) == (4000, 1000, 4000, 1000)
    order = rng().permutation(5000)
    np.testing.assert_array_equal(X_test, X[order[4000:]])
    np.testing.assert_array_equal(y_train, y[order[:4000]])
    assert round((nearest_mean(X_train, y_train, X_test) == y_test).mean(), 1) == 0.8


# Utterances


@pytest.mark.parametrize("utterances", [load_spoken_digits(), load_japanese_vowels()], ids=["digits", "vowels"])
def test_lengths_mask_and_zeros_agree(utterances):
    n, T = utterances.X.shape[:2]
    assert len(utterances) == n
    assert utterances.X.dtype == np.float64
    assert np.isfinite(utterances.X).all()
    assert utterances.mask.shape == (n, T)
    assert utterances.mask.dtype == bool
    np.testing.assert_array_equal(utterances.mask.sum(axis=1), utterances.lengths)
    assert utterances.lengths.max() == T
    # The frames come first, the last of them is heard, and nothing but zeros comes after it.
    assert (np.diff(utterances.mask.astype(int), axis=1) <= 0).all()
    assert not utterances.X[~utterances.mask].any()
    assert utterances.X[np.arange(n), utterances.lengths - 1].any(axis=1).all()
    assert utterances.y.shape == utterances.speakers.shape == (n,)
    assert utterances.speakers.max() == len(utterances.names) - 1


def test_every_voice_says_every_digit_at_three_speeds():
    spoken = load_spoken_digits()
    assert spoken.X.shape[::2] == (480, 16)
    assert (spoken.X.min(), spoken.X.max()) == (0, 1)
    np.testing.assert_array_equal(spoken.X.max(axis=(1, 2)), 1)  # the loudest band of each utterance
    table = np.zeros((16, 10), dtype=int)
    np.add.at(table, (spoken.speakers, spoken.y), 1)
    np.testing.assert_array_equal(table, 3)
    assert len(set(spoken.names)) == 16
    slow, middle, fast = spoken.lengths.reshape(-1, 3).T
    assert (slow > fast).all()
    # The stop before the t of "eight" and inside the x of "six" is silence: a frame of zeros need not be the end.
    silent = spoken.mask & ~spoken.X.any(axis=2)
    assert set(spoken.y[silent.any(axis=1)]) == {6, 8}
    assert (slow >= middle).all()


def test_held_out_voices_are_never_heard_in_training():
    train, test = load_spoken_digits(split="voices", rng=rng())
    assert (len(train), len(test)) == (360, 120)
    assert set(train.speakers) | set(test.speakers) == set(range(16))
    assert not set(train.speakers) & set(test.speakers)
    assert set(test.speakers) != set(load_spoken_digits(split="voices", rng=rng(1))[1].speakers)
    again = load_spoken_digits(split="voices", rng=rng())[1]
    np.testing.assert_array_equal(test.X, again.X)


@pytest.mark.parametrize("seed", range(5))
def test_nearest_means_understand_a_new_voice_as_well_as_the_docstring_says(seed):
    train, test = load_spoken_digits(split="voices", rng=rng(seed))
    assert (nearest_mean(in_eight_parts(train), train.y, in_eight_parts(test)) == test.y).mean() > 0.9


def test_the_random_split_of_the_spoken_digits_mixes_the_voices():
    spoken = load_spoken_digits()
    train, test = load_spoken_digits(split=True, rng=rng())
    assert (len(train), len(test)) == (360, 120)
    assert set(train.speakers) == set(range(16))
    order = rng().permutation(480)
    np.testing.assert_array_equal(np.concatenate([train.X, test.X]), spoken.X[order])
    np.testing.assert_array_equal(np.concatenate([train.y, test.y]), spoken.y[order])


def test_the_vowels_are_the_ones_that_their_makers_describe():
    train, test = load_japanese_vowels(split=True)
    np.testing.assert_array_equal(np.bincount(train.y), [30] * 9)
    # The numbers of test utterances of each speaker, from the page of the data set.
    np.testing.assert_array_equal(np.bincount(test.y), [31, 35, 88, 44, 29, 24, 40, 50, 29])
    assert (min(train.lengths.min(), test.lengths.min()), test.lengths.max()) == (7, 29)
    # The first and the second coefficient of the first frame, as the file has them.
    np.testing.assert_array_equal(train.X[0, 0, :2], [1.860936, -0.207383])
    assert train.lengths[0] == 20
    np.testing.assert_array_equal(train.y, train.speakers)
    whole = load_japanese_vowels()
    np.testing.assert_array_equal(whole.X, np.concatenate([train.X, test.X]))
    np.testing.assert_array_equal(whole.y, np.concatenate([train.y, test.y]))
    assert len(np.unique(whole.X.reshape(640, -1), axis=0)) == 640  # so no utterance is on both sides


def test_a_mean_over_time_knows_most_speakers():
    train, test = load_japanese_vowels(split=True)
    means = [part.X.sum(axis=1) / part.lengths[:, None] for part in (train, test)]
    # The commonest speaker alone would be 0.24.
    assert round((nearest_mean(means[0], train.y, means[1]) == test.y).mean(), 2) == 0.91


def test_a_selection_keeps_what_belongs_together():
    spoken = load_spoken_digits()
    sevens = spoken.select(spoken.y == 7)
    assert len(sevens) == 48
    assert set(sevens.y) == {7}
    np.testing.assert_array_equal(sevens.mask, spoken.mask[spoken.y == 7])
    np.testing.assert_array_equal(spoken.select(np.array([5, 2])).X, spoken.X[[5, 2]])


# Words


def spelt(pronunciations, word):
    (row,) = np.flatnonzero(pronunciations.words == word)
    return " ".join(pronunciations.phone_names[i] for i in pronunciations.phones[row] if i)


def test_words_are_said_as_the_dictionary_says():
    words = load_pronunciations()
    assert spelt(words, "bank") == "B AE NG K"
    assert spelt(words, "exiled") == "EH G Z AY L D"
    assert spelt(words, "axed") == "AE K S T"
    assert len(words.phone_names) == 40
    assert words.letter_names[0] == words.phone_names[0] == "_"


def test_a_phone_beside_each_letter():
    words = load_pronunciations()
    assert len(words) == len(set(words.words)) > 3000
    assert words.letters.shape == words.phones.shape == (len(words), 10)
    np.testing.assert_array_equal(words.letters > 0, words.mask)
    np.testing.assert_array_equal(words.phones > 0, words.mask)
    np.testing.assert_array_equal(np.char.str_len(words.words), words.lengths)
    assert (words.lengths.min(), words.lengths.max()) == (3, 10)
    assert words.letters.max() == 26
    assert words.phones.max() < 40
    assert not any(name[-1].isdigit() for name in words.phone_names)  # no marks of stress
    assert words.words[0] == "".join(words.letter_names[i] for i in words.letters[0, : words.lengths[0]])


def test_what_a_network_must_beat_is_what_the_docstring_says():
    words = load_pronunciations()
    counts = np.bincount(words.phones[words.mask], minlength=40)
    assert words.phone_names[counts.argmax()] == "T"
    assert round(counts.max() / counts.sum(), 2) == 0.09
    assert {name for name, count in zip(words.phone_names, counts, strict=True) if count == 0} == {"_", "DH", "TH"}
    right = []
    for seed in range(5):
        train, test = load_pronunciations(split=True, rng=rng(seed))
        table = np.zeros((27, 40))
        np.add.at(table, (train.letters[train.mask], train.phones[train.mask]), 1)
        right.append((table.argmax(axis=1)[test.letters] == test.phones)[test.mask].mean())
    assert round(np.mean(right), 2) == 0.69


def test_the_split_of_the_words_holds_out_a_fifth():
    words = load_pronunciations()
    train, test = load_pronunciations(split=True, rng=rng())
    assert len(test) == len(words) // 5
    assert len(train) + len(test) == len(words)
    assert not set(train.words) & set(test.words)
    np.testing.assert_array_equal(test.words, load_pronunciations(split=True, rng=rng())[1].words)
    assert (test.words != load_pronunciations(split=True, rng=rng(1))[1].words).any()


def test_a_split_by_stems_parts_no_family():
    train, test = load_pronunciations(split="stems", rng=rng())
    assert sorted([*train.words, *test.words]) == sorted(load_pronunciations().words)
    assert not {word[:3] for word in train.words} & {word[:3] for word in test.words}
    assert {word[:3] for word in load_pronunciations(split=True, rng=rng())[0].words} & {
        word[:3] for word in test.words
    }
    shares = [len(load_pronunciations(split="stems", rng=rng(seed))[1]) for seed in range(5)]
    assert np.mean(shares) == pytest.approx(3432 / 5, rel=0.05)
    assert len(set(shares)) > 1


@pytest.mark.parametrize("load", [load_mnist5k, load_spoken_digits, load_pronunciations])
def test_a_random_split_without_a_generator(load):
    with pytest.raises(DataError, match="no rng"):
        load(split=True)
    with pytest.raises(DataError, match=r"default_rng\(3\)"):
        load(split=True, rng=3)


@pytest.mark.parametrize(("load", "split"), [(load_spoken_digits, "voices"), (load_pronunciations, "stems")])
def test_what_is_held_out_by_name_is_drawn_by_a_generator_too(load, split):
    with pytest.raises(DataError, match=rf"{load.__name__}\(split='{split}'\) draws random numbers"):
        load(split=split)


@pytest.mark.parametrize(
    "load", [load_digits, load_mnist5k, load_spoken_digits, load_pronunciations, load_japanese_vowels]
)
@pytest.mark.parametrize("split", ["pages", 1, None, [True]])
def test_an_unknown_split_is_answered_with_the_known_ones(load, split):
    with pytest.raises(
        DataError,
        match=rf"{load.__name__} was given split=.*knows False.* (True|\"contiguous\"|\"voices\"|\"stems\")\.",
    ):
        load(split=split)
