"""Two small things that every recurrent network needs: the last real state, and gradients that do not explode."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- the last valid state --------------------------------------------------------------------------------------------------------------------------


def masked_last(states, lengths):
    """The state after the last real step of each sequence.

    states: (N, T, H), of padded sequences. lengths: (N,) whole numbers from 1 to T. Returns (N, H).
    """
    return states[np.arange(len(states)), lengths - 1]


def masked_last_cases(rng):
    def case(name, lengths, T, H):
        N = len(lengths)
        states = rng.uniform(-1, 1, size=(N, T, H))
        return Case(name, (states, np.array(lengths)), {"the batch size N": N, "the number of steps T": T, "the number of units H": H})

    small = np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]], [[5.0, 50.0], [6.0, 60.0], [7.0, 70.0], [8.0, 80.0]]])
    return [
        Case("two sequences, of 2 and 3 steps of 4", (small, np.array([2, 3])), {"the batch size N": 2, "the number of steps T": 4, "the number of units H": 2}),
        case("five sequences, 7 steps, 3 units", [3, 1, 6, 4, 3], 7, 3),
        case("all sizes equal", [1, 3, 2, 2], 4, 4),
        case("one sequence is full", [5, 2, 4], 5, 2),
        case("one sequence", [2], 5, 3),
    ]


PICK = "states[np.arange(len(states)), lengths - 1]"

MASKED_LAST = Exercise(
    id="through_time.masked_last",
    title="The last state that counts",
    points=1,
    minutes=4,
    objective="Pick one step for each sequence of a padded batch.",
    form="blank",
    statement=(
        "Sequences of different lengths are padded at the end, so that they fit into one array. Write `masked_last(states, lengths)`: `states` is (N, T, H), after all steps, also those of the padding; `lengths` is (N,), how many steps of each "
        "sequence are real (at least 1). Return, for each sequence, the state after its last real step: shape `(N, H)`. A sequence of length 3 ends at step 2, since steps count from 0."
    ),
    reference=masked_last,
    cases=masked_last_cases,
    hints=(
        "One index for each sequence: which step of it? A loop is fine; numpy can do it in one line.",
        "`states[rows, steps]` with two lists of the same length takes them in pairs. The rows are 0 … N-1.",
        "`states[np.arange(len(states)), lengths - 1]`",
    ),
    mistakes=(
        Mistake("off_by_one", "it takes the step *after* the last real one: steps count from 0, so a sequence of length 3 ends at step 2.", {"lengths - 1": "lengths"}),
        Mistake("one_too_early", "it takes the step before the last real one.", {"lengths - 1": "np.maximum(lengths - 2, 0)"}),
        Mistake("last_column", "it takes the last step of the array for every sequence: for the shorter ones that is padding.", {PICK: "states[:, -1]"}),
        Mistake("first_column", "it takes the first step of every sequence.", {PICK: "states[:, 0]"}),
        Mistake("from_the_end", "it counts from the end of the array: `states[n, -length]`. The padding is at the end, the sequence begins at 0.", {"lengths - 1": "-lengths"}),
        Mistake("longest_for_all", "it takes the last step of the longest sequence for all of them.", {PICK: "states[:, lengths.max() - 1]"}),
        Mistake("first_length_for_all", "it takes the length of the first sequence for all of them.", {PICK: "states[:, lengths[0] - 1]"}),
        Mistake("mean_of_valid", "it averages the real steps: the last one is asked for.", {PICK: "np.stack([states[n, : lengths[n]].mean(axis=0) for n in range(len(states))])"}),
        Mistake("sum_of_valid", "it adds up the real steps: the last one is asked for.", {PICK: "np.stack([states[n, : lengths[n]].sum(axis=0) for n in range(len(states))])"}),
        Mistake("mean_of_all", "it averages all steps, the padding too.", {PICK: "states.mean(axis=1)"}),
        Mistake("every_pair", "`states[:, lengths - 1]` takes the steps of *all* lengths from every sequence, (N, N, H): pair each row with its own step.", {"np.arange(len(states))": ":"}),
        Mistake("zeroed_then_last", "the padding is set to zero and then the last step of the array is taken, which is padding.", {PICK: "np.where((np.arange(states.shape[1]) < lengths[:, None])[:, :, None], states, 0.0)[:, -1]"}),
    ),
)  # fmt: skip

# -- clip ------------------------------------------------------------------------------------------------------------------------------------------------


def clip(grads, max_norm):
    """Scale all gradients down together if their common length is larger than max_norm.

    grads: a list of arrays. max_norm: a number. Returns a list of new arrays; grads stay as they are.
    """
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    scale = max_norm / norm if norm > max_norm else 1.0
    return [g * scale for g in grads]


def clip_cases(rng):
    def case(name, shapes, max_norm, length):
        grads = [rng.normal(size=s) for s in shapes]
        now = np.sqrt(sum((g**2).sum() for g in grads))
        return Case(name, ([g * length / now for g in grads], max_norm), {"the number of arrays": len(shapes), "the number of all entries": int(sum(np.prod(s) for s in shapes))})

    return [
        Case("length 5, at most 2", ([np.array([3.0]), np.array([[0.0, -4.0]])], 2.0), {"the number of arrays": 2, "the number of all entries": 3}),
        Case("length 5, at most 10", ([np.array([3.0]), np.array([[0.0, -4.0]])], 10.0), {"the number of arrays": 2, "the number of all entries": 3}),
        case("three arrays, far too long", [(5, 3), (3, 3), (3,)], 1.5, 40.0),
        case("three arrays, a little too long", [(3, 2), (2, 2), (2,)], 0.5, 0.6),
        case("three arrays, short enough", [(3, 2), (2, 2), (2,)], 5.0, 2.0),
        case("one array", [(4,)], 1.0, 7.0),
        case("each is short enough, together they are not", [(4,), (2, 2), (5,), (3,)], 1.0, 1.6),
        Case("all zero", ([np.zeros(3), np.zeros((2, 2))], 1.0), {"the number of arrays": 2, "the number of all entries": 7}),
    ]


CLIP = Exercise(
    id="through_time.clip",
    title="Gradients that explode",
    points=2,
    minutes=7,
    objective="Shorten a gradient without turning it.",
    form="blank",
    statement=(
        "Write `clip(grads, max_norm)`. `grads` is a list of arrays. Their common length is the root of the sum of the squares of **all** entries of all arrays. If it is larger than `max_norm`, multiply every array by the same number, so that "
        "the common length becomes `max_norm`; otherwise change nothing. Return a list of new arrays and leave `grads` as they are. (All gradients may be zero.)"
    ),
    reference=clip,
    cases=clip_cases,
    keep_inputs=True,
    hints=(
        "To keep the direction, everything has to be multiplied by one number. Which one makes a length of 40 a length of 1.5?",
        "Add up the squares of all arrays, take one root, and multiply each array by `max_norm / norm`, but only if the norm is too large.",
        "`norm = np.sqrt(sum((g**2).sum() for g in grads))`, `scale = max_norm / norm if norm > max_norm else 1.0`",
    ),
    mistakes=(
        Mistake("each_by_itself", "each array is clipped by its own length: then the arrays keep their own directions, but the whole turns.", {"[g * scale for g in grads]": "[g * min(1.0, max_norm / max(np.linalg.norm(g), 1e-300)) for g in grads]"}),
        Mistake("entries_clipped", "each entry is cut off at ±max_norm: that turns the gradient. Multiply all by one number.", {"[g * scale for g in grads]": "[np.clip(g, -max_norm, max_norm) for g in grads]"}),
        Mistake("always_scaled", "short gradients are made longer: scale only when the length is larger than `max_norm`.", {"max_norm / norm if norm > max_norm else 1.0": "max_norm / max(norm, 1e-300)"}),
        Mistake("always_divided", "the gradients are scaled to `max_norm` always: short ones grow, and where all are zero, 0/0 is nan.", {"max_norm / norm if norm > max_norm else 1.0": "max_norm / norm"}),
        Mistake("turned_round", "the comparison is turned round: long gradients pass, and short ones are stretched.", {"norm > max_norm": "0 < norm < max_norm"}),
        Mistake("scale_turned", "the scale is upside down: `max_norm / norm` is below 1, `norm / max_norm` above.", {"max_norm / norm if": "norm / max_norm if"}),
        Mistake("scaled_to_one", "the length becomes 1 and not `max_norm`.", {"max_norm / norm if": "1 / norm if"}),
        Mistake("root_left_out", "the root is left out of the length.", {"np.sqrt(sum((g**2).sum() for g in grads))": "sum((g**2).sum() for g in grads)"}),
        Mistake("lengths_added", "the lengths of the arrays are added: add the squares, and take one root of all.", {"np.sqrt(sum((g**2).sum() for g in grads))": "sum(np.sqrt((g**2).sum()) for g in grads)"}),
        Mistake("absolute_values", "the absolute values are added: the length is the root of the sum of squares.", {"np.sqrt(sum((g**2).sum() for g in grads))": "sum(np.abs(g).sum() for g in grads)"}),
        Mistake("largest_entry", "the largest entry is taken for the length.", {"np.sqrt(sum((g**2).sum() for g in grads))": "max(np.abs(g).max() for g in grads)"}),
        Mistake("longest_array", "the length of the longest array is taken for that of all.", {"np.sqrt(sum((g**2).sum() for g in grads))": "max(np.sqrt((g**2).sum()) for g in grads)"}),
        Mistake("mean_square", "the squares are averaged over the entries and not added.", {"np.sqrt(sum((g**2).sum() for g in grads))": "np.sqrt(sum((g**2).sum() for g in grads) / sum(g.size for g in grads))"}),
        Mistake("never", "nothing is clipped.", {"g * scale for": "g * 1.0 for"}),
    ),
)  # fmt: skip
