"""Which rows are kept for the test: a split by writers, and a bug that lets every writer stand on both sides."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake


def split_by_writer(writers, held_out, rng):
    """Split the rows of a data set so that no writer stands on both sides.

    writers: (N,), writers[n] wrote row n. held_out: how many writers are kept for the test. rng: draws which ones.
    Returns train_rows, test_rows: the row numbers of each side.
    """
    names = rng.permutation(np.unique(writers))
    test = np.isin(writers, names[:held_out])
    return np.flatnonzero(~test), np.flatnonzero(test)


def drive_split_by_writer(answer, writers, held_out, seed):
    # Two right answers may draw other writers, so what is reported holds for every draw.
    N, everyone = len(writers), set(writers.tolist())

    def sides(seed):
        found = []
        for rows in answer(writers.copy(), held_out, np.random.default_rng(seed)):
            rows = np.asarray(rows)
            found.append((np.flatnonzero(rows) if rows.dtype == bool else np.ravel(rows)).tolist())
        return found

    train, test = sides(seed)
    together = train + test
    if any(row not in range(N) for row in together):
        return {"rows": "some are no row numbers"}
    if sorted(together) == list(range(N)):
        rows = "each row once, on one side"
    elif len(set(together)) < len(together):
        rows = "some rows more than once"
    else:
        rows = "some rows on neither side"

    def names_of(side):
        return sorted({writers[row].item() for row in side})

    def draws():
        return [[names_of(side) for side in sides(seed + k)] for k in range(13)]

    drawn, again = draws(), draws()
    counts = [sorted({len(pair[k]) for pair in drawn}) for k in (0, 1)]
    told = {
        "rows": rows,
        "writers": "some on both sides" if any(set(a) & set(b) for a, b in drawn) else "each on one side",
        "writers in the training rows": counts[0][0] if len(counts[0]) == 1 else "not always as many",
        "writers in the test rows": counts[1][0] if len(counts[1]) == 1 else "not always as many",
    }
    # With five or more ways to draw, thirteen draws are all alike about once in a billion times.
    if len(everyone) >= 5 and 0 < held_out < len(everyone):
        alike = all(pair == drawn[0] for pair in drawn)
        told["draw"] = "always the same writers" if alike else "other writers for another seed"
        told["chance"] = "the same seed gives the same writers" if drawn == again else "the same seed gives other writers"
    return told


def split_by_writer_cases(rng):
    def case(name, names, held_out, most, shuffled=True):
        writers = np.repeat(names, rng.integers(2, most, len(names)))
        writers = rng.permutation(writers) if shuffled else writers
        return Case(name, (writers, held_out, int(rng.integers(1000))), {"the number of rows N": len(writers), "the number of writers": len(names)})

    cases = [
        case("five writers, in order", np.arange(5), 2, 5, shuffled=False),
        case("thirteen writers, four held out", np.arange(13), 4, 9),
        case("names that are no places", np.array([103, 57, 211, 19, 340, 88, 76]), 3, 6),
        case("one writer held out", np.arange(6), 1, 7),
        case("nobody held out", np.arange(4) + 20, 0, 4),
    ]
    return [*cases, Case("rows of one writer far apart", (np.array([8, 3, 5, 8, 3, 9, 7, 5, 8, 7]), 2, 4), {"the number of rows N": 10, "the number of writers": 5})]


_NAMES = "    names = rng.permutation(np.unique(writers))\n"
_TEST = "    test = np.isin(writers, names[:held_out])\n"
_RETURN = "    return np.flatnonzero(~test), np.flatnonzero(test)\n"
_SHARE = "    size = round(len(writers) * held_out / len(np.unique(writers)))\n"

SPLIT_BY_WRITER = Exercise(
    id="static_ocr.split_by_writer",
    title="Find the bug: a test with nobody new in it",
    points=2,
    minutes=8,
    objective="Measure how well a network reads: on whose hand, and by which mistakes.",
    form="debug",
    statement=(
        "`split_by_writer(writers, held_out, rng)` should keep `held_out` writers for the test, drawn with `rng`, so that **no writer stands on both sides**. `writers[n]` says who wrote row `n`; "
        "the rows may come in any order. It returns the row numbers of the two sides, training first; every row is on one of them. The version below runs, its sides have about the right sizes, and it "
        "reports an accuracy that nobody reaches on a stranger's handwriting. Find the mistake and mend it."
    ),
    reference=split_by_writer,
    drive=drive_split_by_writer,
    cases=split_by_writer_cases,
    bug="rows_drawn",
    hints=(
        "What is it that is drawn at random here: a row, or a writer?",
        "Draw among the writers, `np.unique(writers)`, each of whom is there once. Then a row goes where its writer goes: `np.isin(writers, chosen)` says for every row whether its writer was chosen.",
        "`names = rng.permutation(np.unique(writers))`, `test = np.isin(writers, names[:held_out])`, and `np.flatnonzero` of `~test` and of `test`",
    ),
    mistakes=(
        Mistake("rows_drawn", "single rows are drawn, and not writers: nearly every writer then stands on both sides. Draw among `np.unique(writers)`.", {
            _NAMES: "    rows = rng.permutation(len(writers))\n", _TEST: _SHARE, _RETURN: "    return rows[size:], rows[:size]\n",
        }),
        Mistake("sides_exchanged", "the two sides are exchanged: the training rows come first.", {_RETURN: "    return np.flatnonzero(test), np.flatnonzero(~test)\n"}),
        Mistake("same_writers_always", "the same writers are held out every time: draw them, with the `rng` that you are given.", {"rng.permutation(np.unique(writers))": "np.unique(writers)"}),
        Mistake("cut_in_order", "the rows are cut in the order in which they come: a writer's rows may lie on both sides of the cut, or anywhere. Ask for each row who wrote it.", {
            _NAMES: "    rows = np.arange(len(writers))\n", _TEST: _SHARE, _RETURN: "    return rows[: len(rows) - size], rows[len(rows) - size :]\n",
        }),
        Mistake("other_chance", "the writers are not drawn by `rng` but by another generator: then no run can be repeated.", {"rng.permutation": "np.random.default_rng().permutation"}),
        Mistake("writers_repeated", "names are drawn from all rows, so that one writer may be drawn twice: then too few are held out. Draw from `np.unique(writers)`.", {"rng.permutation(np.unique(writers))": "rng.permutation(writers)"}),
        Mistake("places_for_names", "places are drawn, 0, 1, 2 and so on, and compared with names: the names may be any numbers. Draw among `np.unique(writers)`.", {"np.unique(writers)": "len(np.unique(writers))"}),
        Mistake("one_too_many", "one writer too many is held out.", {"names[:held_out]": "names[: held_out + 1]"}),
        Mistake("rows_on_both", "the training rows are all rows: those of the test must be taken out of them.", {"np.flatnonzero(~test)": "np.arange(len(writers))"}),
        Mistake("writers_returned", "names of writers are returned: the numbers of their rows are asked for.", {_RETURN: "    return names[held_out:], names[:held_out]\n"}),
    ),
)  # fmt: skip
