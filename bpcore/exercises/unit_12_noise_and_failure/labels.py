"""Wrong labels, as many as asked for, drawn fairly."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

KNOWN_NOISE = "Put a known amount of noise into labels or inputs, and leave the original as it is."


def corrupt_labels(labels, fraction, classes, rng):
    """A copy of the labels in which round(fraction * N) of them are wrong.

    labels: (N,), whole numbers from 0 to classes - 1; they are not changed. rng: draws which labels become wrong, and
    for each of them which other class it gets, all of them equally likely. Returns (N,).
    """
    noisy = labels.copy()
    rows = rng.permutation(len(labels))[: round(fraction * len(labels))]
    noisy[rows] = (labels[rows] + rng.integers(1, classes, len(rows))) % classes
    return noisy


def drive_corrupt_labels(answer, labels, fraction, classes, seed):
    # Two right answers may draw other labels, so what is reported holds for every fair draw.
    before, N = labels.copy(), len(labels)
    many = N >= 200  # with fewer labels, a fair draw may look unfair

    def draw(number):
        return np.asarray(answer(labels, fraction, classes, np.random.default_rng([seed, number])))

    drawn = [draw(k) for k in range(40 if many else 10)]
    if any(noisy.shape != (N,) for noisy in drawn):
        return {"labels": "an array of another shape"}
    if not all(np.isin(noisy, np.arange(classes)).all() for noisy in drawn):
        return {"labels": "some are no class", "labels of the caller": "as they were" if (labels == before).all() else "changed"}
    wrong = [noisy != before for noisy in drawn]
    counts = [int(w.sum()) for w in wrong]
    told = {
        "labels": "each is a class",
        "wrong labels": counts[0] if len(set(counts)) == 1 else "not always as many",
        "labels of the caller": "as they were" if np.array_equal(labels, before) else "changed",
    }
    if many and fraction > 0:
        share = sum(counts) / len(counts) / (fraction * N)
        few = "as many as asked" if share > 0.97 else "too few" if share > 0.8 else "far too few"
        told["on average"] = few if share < 1.03 else "too many"
    if many and 0 < fraction < 1:
        half = sum(int(w[: N // 2].sum()) for w in wrong) / max(1, sum(counts))
        told["where"] = "all over the data" if 0.4 < half < 0.6 else "more in one part of the data"
        alike = all((w == wrong[0]).all() for w in wrong)
        told["draw"] = "always the same labels" if alike else "other labels for another seed"
        told["chance"] = "the same seed gives the same" if (draw(0) == drawn[0]).all() else "the same seed gives something else"
    if many and fraction > 0:
        # How far each wrong label is from the right one, round the circle of the classes.
        shifts = np.concatenate([(noisy - before)[w] % classes for noisy, w in zip(drawn, wrong, strict=True)]).astype(int)
        seen = np.bincount(shifts, minlength=classes)[1:]
        told["other classes that occur"] = int((seen > 0).sum())
        even = seen.min() > 0.75 * seen.mean() and seen.max() < 1.25 * seen.mean()
        told["other classes"] = "each equally often" if even else "some more often than others"
    return told


def corrupt_labels_cases(rng):
    def case(name, N, fraction, classes):
        args = (rng.permutation(np.arange(N) % classes), fraction, classes, int(rng.integers(1000)))
        return Case(name, args, {"the number of labels N": N, "the number of classes": classes})

    return [
        case("ten labels, three of them wrong", 10, 0.3, 5),
        case("600 labels of ten classes, two fifths wrong", 600, 0.4, 10),
        case("all 300 labels wrong", 300, 1.0, 10),
        case("no label wrong", 50, 0.0, 10),
        case("two classes, 7.7 of 11 labels", 11, 0.7, 2),
        case("three classes, a quarter wrong", 401, 0.25, 3),
    ]


_ROWS = "rng.permutation(len(labels))[: round(fraction * len(labels))]"
_OTHER = "(labels[rows] + rng.integers(1, classes, len(rows))) % classes"

CORRUPT_LABELS = Exercise(
    id="noise.corrupt_labels",
    title="Wrong labels, on purpose",
    points=2,
    minutes=9,
    objective=KNOWN_NOISE,
    form="blank",
    statement=(
        "Write `corrupt_labels(labels, fraction, classes, rng)`. Return a **copy** of `labels` in which exactly `round(fraction * N)` of the `N` labels are **wrong**: each of these holds *another* class than before, and every other class is equally likely. Which labels "
        "become wrong is drawn as well, and no label is drawn twice. Draw with `rng` only. Any fair way of drawing passes: the check looks at many draws, and at what must be true of all of them."
    ),
    reference=corrupt_labels,
    drive=drive_corrupt_labels,
    cases=corrupt_labels_cases,
    hints=(
        "Two things are drawn: which rows, and then a new class for each. How do you draw rows so that none comes twice? How do you make sure that the new class is not the old one?",
        "`rng.permutation(N)[:n]` gives `n` different rows. For the class: go 1 to `classes - 1` places on in the circle of the classes.",
        "`noisy[rows] = (labels[rows] + rng.integers(1, classes, n)) % classes`. `rng.integers(1, classes, n)` draws from 1 to `classes - 1`.",
    ),
    mistakes=(
        Mistake("any_class", "the new class is drawn from all classes: now and then it is the old one, and the label is not wrong after all. With ten classes a tenth of them stay right.", {_OTHER: "rng.integers(0, classes, len(rows))"}),
        Mistake("drawn_with_repeats", "the rows are drawn with repeats, so that some are drawn twice and too few become wrong. Use `permutation`, or `choice` with `replace=False`.", {_ROWS: "rng.integers(0, len(labels), round(fraction * len(labels)))"}),
        Mistake("each_by_chance", "each label becomes wrong with this probability: that gives the number on average only. Exactly so many are asked for.", {_ROWS: "np.flatnonzero(rng.random(len(labels)) < fraction)"}),
        Mistake("first_rows", "the first rows become wrong: which ones has to be drawn.", {_ROWS: "np.arange(round(fraction * len(labels)))"}),
        Mistake("always_the_next", "every wrong label is the next class: that is no noise, it is a rule, which a network can learn.", {"rng.integers(1, classes, len(rows))": "1"}),
        Mistake("one_shift", "one number is drawn for all wrong labels: in a single draw every 3 turns into the same class. Draw one for each.", {"rng.integers(1, classes, len(rows))": "rng.integers(1, min(classes, 3))"}),
        Mistake("last_class_missed", "one of the other classes never occurs: the end of `rng.integers(1, classes)` is already left out, so it draws from 1 to classes - 1.", {"rng.integers(1, classes, len(rows))": "rng.integers(1, max(2, classes - 1), len(rows))"}),
        Mistake("not_round_the_circle", "some labels are no class: after the last class the count must begin again at 0, with `% classes`.", {_OTHER: "labels[rows] + rng.integers(1, classes, len(rows))"}),
        Mistake("cut_off", "the number of wrong labels is cut off and not rounded: 7.7 is nearer to 8.", {"round(fraction * len": "int(fraction * len"}),
        Mistake("caller_changed", "the caller's own labels are changed, and with them every later experiment: work on a copy.", {"labels.copy()": "labels"}),
        Mistake("own_generator", "it makes a generator of its own with a fixed seed: then every draw is the same. Use the `rng` that is handed in.", {"rng.permutation(len(labels))": "np.random.default_rng(0).permutation(len(labels))"}),
        Mistake("rest_corrupted", "the labels that should stay right become wrong, and the others stay.", {_ROWS: "rng.permutation(len(labels))[round(fraction * len(labels)) :]"}),
    ),
)  # fmt: skip
