"""Cutting the data into batches: every row once, in an order that is drawn afresh."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, INPUTS


def batches(X, y, batch_size, rng):
    """Yield pairs (X_batch, y_batch) until every row has been seen once, in an order drawn by rng.

    X: (N, D). y: (N,), y[n] belongs to X[n]. batch_size: rows in a batch; the last batch may be smaller.
    rng: from np.random.default_rng. X and y are not changed.
    """
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


def drive_batches(answer, X, y, batch_size, seed):
    # Two right answers may shuffle differently, so what is reported holds for every order in which rows can come.
    X_before, y_before = X.copy(), y.copy()

    def run(epochs):
        rng = np.random.default_rng(seed)
        for _ in range(epochs):
            pairs = []
            for pair in answer(X, y, batch_size, rng):
                pairs.append((np.array(pair[0]), np.array(pair[1])))
                if len(pairs) > 2 * len(X):
                    break
            yield pairs

    def numbers_of(pairs):
        """For each row that came, which row of X it is; -1 for a stranger."""
        found = []
        for X_batch, _ in pairs:
            if X_batch.ndim == 2 and X_batch.shape[1] == X_before.shape[1]:
                same = (X_batch[:, None, :] == X_before).all(axis=2)
                found += np.where(same.any(axis=1), same.argmax(axis=1), -1).tolist() if len(X_batch) else []
            else:
                found += [-1] * len(np.atleast_1d(X_batch))
        return found

    epochs = list(run(3))
    orders = [numbers_of(pairs) for pairs in epochs]
    targets = [[t for _, y_batch in pairs for t in np.ravel(y_batch).tolist()] for pairs in epochs]
    everyone = list(range(len(X_before)))
    told = {
        "sizes of the X batches": np.array([len(np.atleast_1d(X_batch)) for X_batch, _ in epochs[0]]),
        "sizes of the y batches": np.array([len(np.atleast_1d(y_batch)) for _, y_batch in epochs[0]]),
    }
    if any(-1 in order for order in orders):
        told["rows"] = "some rows are not rows of X"
    elif all(sorted(order) == everyone for order in orders):
        told["rows"] = "each row once in an epoch"
    elif any(len(set(order)) < len(order) for order in orders):
        told["rows"] = "some rows more than once in an epoch"
    else:
        told["rows"] = "some rows never in an epoch"
    if all(targets[e] == y_before[orders[e]].tolist() for e in range(3)):
        told["pairs"] = "each X with its own y"
    elif all(target == y_before.tolist() for target in targets):
        told["pairs"] = "the rows of X change places, y does not"
    else:
        told["pairs"] = "an X with the y of another row"
    if any(order != orders[0] for order in orders):
        told["order"] = "a fresh order in each epoch"
    else:
        told["order"] = "the order of X, every time" if orders[0] == sorted(orders[0]) else "the same order in every epoch"
    if len(X) > 10:  # with fewer rows, the same company may come together by chance
        groups = [{frozenset(order[s : s + batch_size]) for s in range(0, len(order), batch_size)} for order in orders]
        same = all(group == groups[0] for group in groups)
        told["company"] = "always the same rows in a batch" if same else "other rows together in each epoch"
    kept = np.array_equal(X, X_before) and np.array_equal(y, y_before)
    repeats = not kept or [numbers_of(pairs) for pairs in run(1)] == orders[:1]
    told["chance"] = "the same seed gives the same order" if repeats else "the same seed gives another order"
    told["X and y afterwards"] = "as they were" if kept else "changed"
    return told


def batches_cases(rng):
    def case(name, N, D, batch_size):
        # The first column is different in every row, so that a row can be recognised.
        X = np.column_stack([rng.permutation(N) + rng.normal(size=N) * 0.1, rng.normal(size=(N, D - 1))])
        return Case(name, (X, rng.permutation(N) * 1.0, batch_size, int(rng.integers(1000))), {BATCH: batch_size, INPUTS: D, "the number of rows N": N})

    cases = [
        case("seven rows in batches of three", 7, 2, 3),
        case("thirteen rows in batches of five", 13, 3, 5),
        case("rows that fill the batches exactly", 12, 2, 4),
        case("fewer rows than a batch holds", 8, 3, 11),
        case("batches of one row", 9, 1, 1),
    ]
    X = rng.permutation(22).reshape(2, 11).T
    return [*cases, Case("whole numbers, not contiguous", (X, rng.permutation(22)[::2], 3, 5), {BATCH: 3, INPUTS: 2, "the number of rows N": 11})]


_ORDER = "    order = rng.permutation(len(X))\n"

BATCHES = Exercise(
    id="gradient_descent.batches",
    title="Shuffle and cut",
    points=3,
    minutes=15,
    objective="Write a generator that shuffles rows and targets together and loses none.",
    form="blank",
    statement=(
        "Write the generator `batches(X, y, batch_size, rng)`. It yields pairs `(X_batch, y_batch)` of `batch_size` rows until every row of `X` has come exactly once. "
        "Where N is not a multiple of `batch_size`, the last batch is smaller. Each call is one epoch: draw its order with `rng`, and with nothing else. "
        "Each row keeps its own target. Do not change `X` and `y`."
    ),
    reference=batches,
    drive=drive_batches,
    cases=batches_cases,
    keep_inputs=True,
    hints=(
        "Do not shuffle the data: shuffle the row numbers. How do you take the rows of `X` and of `y` that one list of row numbers names?",
        "`rng.permutation(len(X))` gives all row numbers in a random order. Cut it into pieces of `batch_size`: a slice that reaches past the end is simply shorter.",
        "`for start in range(0, len(X), batch_size): rows = order[start : start + batch_size]`, then `yield X[rows], y[rows]`",
    ),
    mistakes=(
        Mistake("never_shuffled", "the rows come in the order of X in every epoch: draw an order first, with `rng.permutation(len(X))`.", {"rng.permutation(len(X))": "np.arange(len(X))"}),
        Mistake("same_order_always", "every epoch has the same order: it is not drawn at all, or by a new generator with a fixed seed in each call. Draw it each time, with the `rng` that you are given.", {
            "order = rng.permutation": "order = np.random.default_rng(0).permutation",
        }),
        Mistake("other_chance", "the order is not drawn by `rng` but by numpy's global generator, by `random`, or by a generator without a seed: then no run can be repeated.", {
            "rng.permutation(len(X))": "np.random.default_rng().permutation(len(X))",
        }),
        Mistake("shuffled_apart", "X and y are shuffled apart, each in an order of its own: a row then learns the target of another. Draw one order and use it for both.", {
            _ORDER: _ORDER + "    order_y = rng.permutation(len(X))\n", "y[rows]": "y[order_y[start : start + batch_size]]",
        }),
        Mistake("y_not_shuffled", "only X is shuffled, and y is cut as it was: a row then learns the target of another.", {"y[rows]": "y[start : start + batch_size]"}),
        Mistake("rows_drawn_again", "some rows come more than once and others never: each batch is drawn anew, or `random.shuffle` was used on an array, which copies rows over others. Cut one permutation into pieces.", {
            "order[start : start + batch_size]": "rng.choice(order, size=min(batch_size, len(X) - start))",
        }),
        Mistake("drawn_and_padded", "every batch is drawn anew and full: some rows come more than once and others never. Cut one permutation into pieces, the last of which may be shorter.", {
            "order[start : start + batch_size]": "rng.integers(0, len(X), batch_size)",
        }),
        Mistake("last_batch_lost", "the last, smaller batch is lost: N // batch_size counts only the full ones.", {"range(0, len(X), batch_size)": "range(0, len(X) // batch_size * batch_size, batch_size)"}),
        Mistake("stopped_early", "the loop ends one batch too early, even where the last batch is full: the starts run up to N, not to N - batch_size.", {"range(0, len(X), batch_size)": "range(0, len(X) - batch_size, batch_size)"}),
        Mistake("last_batch_filled_up", "the last batch is filled up with rows from the beginning: they come twice in an epoch. The last batch may be smaller.", {
            "order[start : start + batch_size]": "np.take(order, range(start, start + batch_size), mode='wrap')",
        }),
        Mistake("batches_overlap", "the batches overlap: the start moves on by 1 and not by `batch_size`.", {"range(0, len(X), batch_size)": "range(0, len(X))"}),
        Mistake("first_batch_again", "every batch is cut from the beginning: add `start` to the slice.", {"order[start : start + batch_size]": "order[:batch_size]"}),
        Mistake("slice_to_size", "the slice ends at `batch_size` and not at `start + batch_size`: only the first batch has rows.", {"order[start : start + batch_size]": "order[start:batch_size]"}),
        Mistake("shuffled_inside_batches", "rows are shuffled inside each batch, but always the same rows share a batch: shuffle first, then cut.", {
            "rng.permutation(len(X))": "np.arange(len(X))", "order[start : start + batch_size]": "rng.permutation(order[start : start + batch_size])",
        }),
        Mistake("shuffled_in_place", "X and y themselves are shuffled, in place: the caller's data must stay as it is. Index with a permutation instead.", {
            _ORDER: _ORDER + "    X[:], y[:] = X[order], y[order]\n", "yield X[rows], y[rows]": "yield X[start : start + batch_size], y[start : start + batch_size]",
        }),
        Mistake("whole_data", "the whole data is yielded each time: take the rows of this batch.", {"X[rows], y[rows]": "X[order], y[order]"}),
        Mistake("one_batch_only", "only the first batch comes: `return` ends a generator (or a loop) where `yield` goes on.", {"        yield X[rows], y[rows]": "        yield X[rows], y[rows]\n        return"}),
    ),
)  # fmt: skip
