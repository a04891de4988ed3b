"""Noise on the inputs, fresh in every epoch, and a bug that lets it pile up."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_12_noise_and_failure.labels import KNOWN_NOISE


def noisy_copies(X, size, epochs, rng):
    """For each epoch a copy of X with noise of this size: independent numbers, drawn afresh for every entry.

    X: (N, D); it is not changed. size: the standard deviation of the noise. Returns a list of arrays (N, D).
    """
    copies = []
    for _ in range(epochs):
        noise = rng.normal(size=X.shape)
        noisy = X + size * noise
        copies.append(noisy)
    return copies


def drive_noisy_copies(answer, X, size, epochs, seed):
    copies = answer(X, size, epochs, np.random.default_rng(seed))
    return {"copies": [np.array(copy) for copy in copies], "X afterwards": X}


def noisy_copies_cases(rng):
    def case(name, N, D, size, epochs):
        return Case(name, (rng.uniform(size=(N, D)), size, epochs, int(rng.integers(1000))), {"the number of rows N": N, "the number of inputs D": D})

    return [
        case("two rows, two inputs, three epochs", 2, 2, 0.5, 3),
        case("seven rows, five inputs, four epochs", 7, 5, 0.1, 4),
        case("as many rows as inputs", 4, 4, 2.0, 3),
        case("no noise", 3, 2, 0.0, 2),
        case("one epoch", 5, 3, 0.3, 1),
    ]


_NOISY = "noisy = X + size * noise"

NOISY_COPIES = Exercise(
    id="noise.noisy_copies",
    title="Find the bug: noise that grows",
    points=2,
    minutes=6,
    objective=KNOWN_NOISE,
    form="debug",
    statement=(
        "`noisy_copies(X, size, epochs, rng)` should give, for each epoch, the data with **fresh** noise of the standard deviation `size` on every entry. A training with it begins well and gets worse and worse, although the noise is small. Nothing is wrong with the training. "
        "Find the mistake and mend it. Keep the line that draws the noise, and leave the caller's `X` as it was."
    ),
    reference=noisy_copies,
    drive=drive_noisy_copies,
    cases=noisy_copies_cases,
    bug="noise_piles_up",
    hints=(
        "How far is the copy of the first epoch from the data? And that of the tenth? Measure it, or follow `X` through two rounds.",
        "After the first round, what does `X` hold? To what is the noise of the second round added?",
        "Give the noisy data a name of their own: `noisy = X + size * noise`, and append that.",
    ),
    mistakes=(
        Mistake("noise_drawn_once", "the noise is drawn once for all epochs: the network then sees the same spoilt data again and again, and learns the noise too.", {"    for _ in range(epochs):\n        noise = rng.normal(size=X.shape)\n": "    noise = rng.normal(size=X.shape)\n    for _ in range(epochs):\n"}),
        Mistake("noise_squared", "the noise is multiplied by the square of its size: a variance and a standard deviation are mixed up.", {_NOISY: "noisy = X + size**2 * noise"}),
        Mistake("one_number_a_row", "one number is drawn for a whole row: every entry needs noise of its own.", {"rng.normal(size=X.shape)": "rng.normal(size=(len(X), 1))"}),
        Mistake("noise_piles_up", "the name X is given to the noisy data: the noise of the next epoch is added to the noise of all epochs before it.", {_NOISY: "X = X + size * noise", "copies.append(noisy)": "copies.append(X)"}),
        Mistake("caller_changed", "`X += …` changes the caller's own array, and all copies are one and the same: the noise of all epochs is in each of them.", {_NOISY: "X += size * noise", "copies.append(noisy)": "copies.append(X)"}),
        Mistake("size_left_out", "the noise is added without its size.", {_NOISY: "noisy = X + noise"}),
        Mistake("noise_multiplied", "the noise is multiplied with the data: where X is 0 there is none.", {_NOISY: "noisy = X * (1 + size * noise)"}),
        Mistake("noise_alone", "only the noise is returned: it should be added to the data.", {_NOISY: "noisy = size * noise"}),
        Mistake("even_noise", "the noise is drawn evenly from -1 to 1: keep the line with `rng.normal`.", {"rng.normal(size=X.shape)": "rng.uniform(-1, 1, size=X.shape)"}),
    ),
)  # fmt: skip
