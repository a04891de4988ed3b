"""Letters as a network takes them in: windows over a word, rows picked from a table, and their gradient."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH

HIDDEN, WIDTH = "the hidden size H", "the width of the window"
TABLE_OBJECTIVE = "Write one step of training of a network whose input picks rows of a table."

# -- windows ---------------------------------------------------------------------------------------------------------------------------------------


def windows(word, width=7):
    """The windows of a word, one for each of its letters.

    word: text of small letters from a to z. width: how many letters a window shows, an odd number.
    Returns a (len(word), width) array of whole numbers: 0 where the window looks past the word, 1 for a, … 26 for z.
    """
    names = "_abcdefghijklmnopqrstuvwxyz"
    half = width // 2
    padded = "_" * half + word + "_" * half
    rows = np.zeros((len(word), width), dtype=int)
    for i in range(len(word)):
        for j in range(width):
            rows[i, j] = names.index(padded[i + j])
    return rows


def windows_cases(rng):
    """Words by hand, one letter, a window wider than the word and one of a single letter, and a word by chance."""
    drawn = "".join(chr(ord("a") + k) for k in rng.permutation(26)[: int(rng.integers(8, 12))])
    cases = [
        ("bank", ()),
        ("cab", (3,)),
        ("abandoned", (5,)),
        ("i", (7,)),
        ("dig", (9,)),
        ("zebra", (1,)),
        (drawn, (7,)),
    ]
    return [
        Case(
            f"{word!r}, width {width[0] if width else 'left out'}", (word, *width), {"the number of letters": len(word)}
        )
        for word, width in cases
    ]


_PADDED = 'padded = "_" * half + word + "_" * half'
_ENTRY = "names.index(padded[i + j])"

WINDOWS = Exercise(
    id="reading_aloud.windows",
    title="A window over a word",
    points=2,
    minutes=10,
    objective="Turn a word into windows of letters, one for each sound.",
    form="blank",
    statement=(
        "Write `windows(word, width=7)`. Row `i` of the result is what a window of `width` letters shows when its **middle** stands on letter `i`. Each letter is a number: "
        "`a` is 1, `b` is 2, … `z` is 26, and 0 stands where the window looks past the beginning or the end of the word. `word` holds small letters only, and `width` is odd. "
        "Return whole numbers of shape `(len(word), width)`. For example `windows('cab', 3)` is `[[0, 3, 1], [3, 1, 2], [1, 2, 0]]`."
    ),
    reference=windows,
    cases=windows_cases,
    exact_shape=True,
    hints=(
        "How many places does the window look past the word when its middle stands on the first letter?",
        "Put `width // 2` marks before the word and as many behind it. Then window `i` is simply the `width` characters from place `i` on.",
        "`padded = '_' * half + word + '_' * half`, and entry `[i, j]` is the number of the character `padded[i + j]`",
    ),
    mistakes=(
        Mistake("letter_first", "the letter stands at the left end of its window: it belongs in the middle, with letters before it.", {_PADDED: 'padded = word + "_" * (2 * half)'}),
        Mistake("letter_last", "the letter stands at the right end of its window: it belongs in the middle, with letters behind it.", {_PADDED: 'padded = "_" * (2 * half) + word'}),
        Mistake("edges_wrapped", "a window that looks past the word begins again at its other end: `word[-1]` is the last letter, and Python does not complain. Nothing stands there, which is 0.", {_ENTRY: "names.index(word[(i + j - half) % len(word)])"}),
        Mistake("edges_repeated", "the first and the last letter are repeated past the word: nothing stands there, which is 0.", {_PADDED: "padded = word[0] * half + word + word[-1] * half"}),
        Mistake("counted_from_zero", "the letters are counted from 0, so that a is 0, like nothing: a is 1.", {_ENTRY: "max(0, names.index(padded[i + j]) - 1)"}),
        Mistake("no_letter_at_all", "nothing is counted as 26 and a as 0: nothing is 0, a is 1.", {_ENTRY: "(names.index(padded[i + j]) - 1) % 27"}),
        Mistake("read_backwards", "the window is read from right to left.", {"padded[i + j]": "padded[i + width - 1 - j]"}),
        Mistake("word_backwards", "the rows come in the order of the word read backwards.", {"padded[i + j]": "padded[len(word) - 1 - i + j]"}),
        Mistake("width_fixed", "the window always shows 7 letters: use `width`.", {"half = width // 2": "width = 7\n    half = 3"}),
        Mistake("half_too_small", "the window looks one letter less far to the left than it should.", {_PADDED: 'padded = "_" * max(half - 1, 0) + word + "_" * (half + 1)'}),
        Mistake("middle_hidden", "the letter in the middle is hidden (0): the window shows it too.", {_ENTRY: "names.index(padded[i + j]) * (j != half)"}),
        Mistake("middle_only", "only the letter in the middle is shown: its neighbours are what the window is for.", {_ENTRY: "names.index(padded[i + j]) * (j == half)"}),
        Mistake("transposed", "the result is transposed: one row for each letter of the word.", {"return rows": "return rows.T"}),
        Mistake("whole_windows_only", "only windows that lie inside the word are returned: each letter has one, those at the edges too.", {"return rows": "return rows[half : len(word) - half]"}),
    ),
)  # fmt: skip

# -- the hidden layer ----------------------------------------------------------------------------------------------------------------------------------


def hidden_layer(windows, W1, b1):
    """What the hidden units make of each window.

    windows: (N, width) whole numbers. W1: (width, letters, H): W1[p, c] is what letter c at place p adds. b1: (H,).
    Returns A1: (N, H), the sigmoid of the weighted sums.
    """
    N, width = windows.shape
    Z1 = np.zeros((N, len(b1))) + b1
    for p in range(width):
        Z1 = Z1 + W1[p, windows[:, p]]
    return 1 / (1 + np.exp(-Z1))


def window_numbers(rng, N, width, letters):
    """Windows in which letters come back at the same place, as they do in any text."""
    numbers = rng.integers(0, letters, (N, width))
    numbers[1::2] = numbers[: N // 2]
    return numbers if N == 1 else rng.permutation(numbers)


def hidden_layer_cases(rng):
    def case(name, N, width, letters, H):
        args = (window_numbers(rng, N, width, letters), rng.normal(size=(width, letters, H)), rng.normal(size=H))
        return Case(name, args, {BATCH: N, WIDTH: width, HIDDEN: H})

    return [
        case("two windows of three places, four letters", 2, 3, 4, 2),
        case("eleven windows of seven places", 11, 7, 27, 5),
        case("all sizes equal", 4, 4, 4, 4),
        case("one window", 1, 5, 6, 3),
        case("one place only", 6, 1, 3, 2),
    ]


_PICKED = "W1[p, windows[:, p]]"
_SIGMOID = "1 / (1 + np.exp(-Z1))"

HIDDEN_LAYER = Exercise(
    id="reading_aloud.hidden_layer",
    title="A letter picks a row",
    points=2,
    minutes=8,
    objective=TABLE_OBJECTIVE,
    form="faded",
    statement=(
        "Fill in the two places marked `...`. `W1[p, c]` holds the weights by which letter `c` at place `p` of the window reaches the H hidden units. The weighted sums of a window are `b1` "
        "plus, for each place, the weights of the letter that stands there. The activation is the **sigmoid**, as in NETtalk."
    ),
    reference=hidden_layer,
    blanks=(_PICKED, _SIGMOID),
    cases=hidden_layer_cases,
    hints=(
        "`windows[:, p]` are N whole numbers. Which rows of `W1[p]` do they ask for?",
        "numpy takes a list of row numbers: `table[[2, 0, 2]]` is three rows of the table, one of them twice.",
        "`W1[p, windows[:, p]]` and `1 / (1 + np.exp(-Z1))`",
    ),
    mistakes=(
        Mistake("place_ignored", "the weights of the first place serve all places: each place has its own, `W1[p]`.", {_PICKED: "W1[0, windows[:, p]]"}),
        Mistake("first_letter_only", "the letter at the first place is asked for at every place: `windows[:, p]`.", {_PICKED: "W1[p, windows[:, 0]]"}),
        Mistake("mirrored", "the letters are taken from right to left.", {_PICKED: "W1[p, windows[:, width - 1 - p]]"}),
        Mistake("overwritten", "each place overwrites the one before it: the places add up.", {"Z1 = Z1 + W1": "Z1 = W1"}),
        Mistake("number_for_letter", "the letter's number is multiplied with weights: a letter is a name, not an amount. It picks a row.", {_PICKED: "windows[:, [p]] * W1[p, 0]"}),
        Mistake("averaged", "the places are averaged: they add up.", {_PICKED: "W1[p, windows[:, p]] / width"}),
        Mistake("bias_each_place", "the bias is added once for every place: it is added once.", {_PICKED: "W1[p, windows[:, p]] + b1 * (p > 0)"}),
        Mistake("bias_forgotten", "the bias is left out.", {"np.zeros((N, len(b1))) + b1": "np.zeros((N, len(b1)))"}),
        Mistake("sum_for_activation", "the weighted sums are handed on: the sigmoid is missing.", {_SIGMOID: "Z1"}),
        Mistake("tanh_for_sigmoid", "the activation is tanh: here it is the sigmoid, from 0 to 1.", {_SIGMOID: "np.tanh(Z1)"}),
        Mistake("sign_turned_sigmoid", "the sign in the exponential is turned round: that is 1 minus the sigmoid.", {_SIGMOID: "1 / (1 + np.exp(Z1))"}),
        Mistake("activated_twice", "the sigmoid is applied twice.", {_SIGMOID: "1 / (1 + np.exp(-1 / (1 + np.exp(-Z1))))"}),
    ),
)  # fmt: skip

# -- the gradient of the table ---------------------------------------------------------------------------------------------------------------------------


def letter_gradient(windows, delta1, letters):
    """The gradient of the loss by W1 of hidden_layer.

    windows: (N, width) whole numbers below letters. delta1: (N, H), the gradient by the weighted sums.
    Returns dW1: (width, letters, H).
    """
    width = windows.shape[1]
    dW1 = np.zeros((width, letters, delta1.shape[1]))
    for p in range(width):
        np.add.at(dW1[p], windows[:, p], delta1)
    return dW1


def letter_gradient_cases(rng):
    def case(name, N, width, letters, H):
        args = (window_numbers(rng, N, width, letters), rng.normal(size=(N, H)), letters)
        return Case(name, args, {BATCH: N, WIDTH: width, HIDDEN: H})

    return [
        case("four windows of two places, three letters", 4, 2, 3, 2),
        case("eleven windows of seven places", 11, 7, 27, 5),
        case("all sizes equal", 4, 4, 4, 4),
        case("one window", 1, 5, 6, 3),
        case("one letter in every window", 5, 3, 1, 2),
    ]


_ADDED = "np.add.at(dW1[p], windows[:, p], delta1)"

LETTER_GRADIENT = Exercise(
    id="reading_aloud.letter_gradient",
    title="Find the bug: letters that forget",
    points=2,
    minutes=8,
    objective=TABLE_OBJECTIVE,
    form="debug",
    statement=(
        "`letter_gradient(windows, delta1, letters)` should return the gradient by `W1` of `hidden_layer`. In every window the row of `delta1` goes to the weights that this window "
        "has picked, at each of its places. The version below runs, has the right shape, and a network even learns with it, only badly. Find the mistake and mend it."
    ),
    reference=letter_gradient,
    cases=letter_gradient_cases,
    bug="overwritten_letters",
    hints=(
        "Take two windows with the same letter at the same place. By how many paths does its row of `W1` reach the loss?",
        "You met this in unit 08: `table[[0, 0, 1]] += 1` adds once at place 0. Which function of numpy really adds for each?",
        "`np.add.at(dW1[p], windows[:, p], delta1)`",
    ),
    mistakes=(
        Mistake("averaged_again_dW1", "the gradient is divided by N once more: the mean is already in delta1.", {_ADDED: "np.add.at(dW1[p], windows[:, p], delta1 / len(windows))"}),
        Mistake("mirrored", "the places are taken from right to left: place p has the table `dW1[p]`.", {_ADDED: "np.add.at(dW1[p], windows[:, width - 1 - p], delta1)"}),
        Mistake("one_table", "the gradients of all places go to the table of the first: each place has its own, `dW1[p]`.", {_ADDED: "np.add.at(dW1[0], windows[:, p], delta1)"}),
        Mistake("overwritten_letters", "a letter that stands in several windows keeps only what the last of them gives: `dW1[p, windows[:, p]] += delta1` writes each place once. Paths add, and `np.add.at` adds each of them.", {_ADDED: "dW1[p, windows[:, p]] += delta1"}),
        Mistake("first_window_only", "a letter that stands in several windows keeps only what the first of them gives: all of them add up.", {_ADDED: "dW1[p, windows[::-1, p]] = delta1[::-1]"}),
        Mistake("averaged_over_letters", "each letter's gradients are averaged over the windows in which it stands: they add up.", {
            _ADDED: "np.add.at(dW1[p], windows[:, p], delta1)\n        dW1[p] /= np.maximum(np.bincount(windows[:, p], minlength=letters), 1)[:, None]",
        }),
        Mistake("bias_gradient_everywhere", "the sum over all windows goes to every letter: a letter that does not stand in a window gets nothing from it.", {_ADDED: "dW1[p] += delta1.sum(axis=0)"}),
        Mistake("empty_left_out", "what stands past the word's end (0) gets no gradient: that it is the end is worth knowing, too.", {_ADDED: "np.add.at(dW1[p], windows[:, p], delta1 * (windows[:, [p]] > 0))"}),
        Mistake("sign_turned", "the sign is turned round.", {_ADDED: "np.add.at(dW1[p], windows[:, p], -delta1)"}),
        Mistake("number_for_letter", "the gradient is multiplied by the letter's number: a letter is a name, not an amount.", {_ADDED: "np.add.at(dW1[p], windows[:, p], delta1 * windows[:, [p]])"}),
    ),
)  # fmt: skip
