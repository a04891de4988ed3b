"""The slopes of softmax: every probability depends on every score."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_02_losses.sizes import CLASSES, SAMPLES


def _probabilities(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# -- one row -----------------------------------------------------------------------------------------------------------------------------------------------


def softmax_jacobian(p):
    """The slopes of one row of probabilities by its scores.

    p: (K,), the probabilities that softmax made.
    Returns J: (K, K), with J[i, j] the slope of p[i] by score j.
    """
    return np.diag(p) - np.outer(p, p)


def softmax_jacobian_cases(rng):
    def case(name, p):
        return Case(name, (p,), {CLASSES: len(p)})

    return [
        case("a quarter, a quarter, a half", np.array([0.25, 0.25, 0.5])),
        case("two classes", np.array([0.1, 0.9])),
        case("five classes", _probabilities(rng.normal(size=5))),
        case("seven classes", _probabilities(rng.normal(size=7) * 2)),
        case("exactly 0 and 1", np.array([0.0, 1.0, 0.0])),
        case("one of them exactly 0", np.array([0.3, 0.0, 0.7])),
        case("a single class", np.array([1.0])),
        case("a view that is not contiguous", _probabilities(rng.normal(size=(4, 3)))[2].repeat(2)[::2]),
    ]


_JACOBIAN = "np.diag(p) - np.outer(p, p)"

SOFTMAX_JACOBIAN = Exercise(
    id="losses.softmax_jacobian",
    title="Every probability moves with every score",
    points=2,
    minutes=12,
    objective="Derive the full table of slopes of softmax, and not only its diagonal.",
    form="blank",
    statement=(
        "Write `softmax_jacobian(p)`. `p` is one row of probabilities, shape `(K,)`: softmax has been applied already, do not apply it again. Return the table of slopes by "
        "the scores, shape `(K, K)`: entry `[i, j]` is the slope of probability `i` by score `j`. When one score rises, its own probability rises and all others fall."
    ),
    reference=softmax_jacobian,
    cases=softmax_jacobian_cases,
    hints=(
        "`p[i] = exp(z[i]) / s`, and `s` holds every score. Take the slope by `z[i]` itself, then by another `z[j]`: two cases.",
        "On the diagonal `p[i] (1 - p[i])`, elsewhere `-p[i] p[j]`. Both are `p[i] · (1 if i = j else 0) - p[i] p[j]`.",
        "`np.diag(p) - np.outer(p, p)`",
    ),
    mistakes=(
        Mistake("diagonal_only", "only the diagonal is filled: every probability depends on every score, since all scores are in the sum.", {_JACOBIAN: "np.diag(p * (1 - p))"}),
        Mistake("diagonal_as_list", "only the slopes by a probability's own score are returned, as a list: every probability depends on every score.", {_JACOBIAN: "p * (1 - p)"}),
        Mistake("products_left_out", "the products `p[i] p[j]` are missing: the diagonal of `p` alone is returned.", {" - np.outer(p, p)": ""}),
        Mistake("diagonal_left_out", "the diagonal `np.diag(p)` is missing: only the products `-p[i] p[j]` are there.", {"np.diag(p) - ": "-"}),
        Mistake("products_added", "the products are added: a rising score lowers the probabilities of the others, so they are subtracted.", {"np.diag(p) - ": "np.diag(p) + "}),
        Mistake("sign_turned", "every sign is turned round: a probability rises with its own score.", {_JACOBIAN: "np.outer(p, p) - np.diag(p)"}),
        Mistake("softmax_again", "softmax is applied to `p` once more: it holds probabilities already.", {"    return": "    p = np.exp(p) / np.exp(p).sum()\n    return"}),
        Mistake("dot_for_outer", "`p @ p` is one number, and it is subtracted from every entry: the outer product has one entry for each pair.", {"np.outer(p, p)": "p @ p"}),
        Mistake("one_for_p", "the diagonal has 1 where `p[i]` belongs: the identity stands in place of `np.diag(p)`.", {"np.diag(p) -": "np.eye(len(p)) -"}),
        Mistake("own_square", "`p[i]²` is subtracted in row i, where `p[i] p[j]` belongs: the other probability must be in it.", {"np.outer(p, p)": "(p**2)[:, None]"}),
        Mistake("other_square", "`p[j]²` is subtracted in column j, where `p[i] p[j]` belongs: the other probability must be in it.", {"np.outer(p, p)": "(p**2)[None, :]"}),
        Mistake("p_left_out", "the factor `p[i]` is missing: the entry is `p[i]` times `(1 if i = j else 0) - p[j]`.", {_JACOBIAN: "np.eye(len(p)) - p[None, :]"}),
        Mistake("diagonal_without_square", "the diagonal holds `p[i]` and its square is not subtracted: there the slope is `p[i] (1 - p[i])`.", {_JACOBIAN: "np.where(np.eye(len(p)), p, -np.outer(p, p))"}),
        Mistake("positive_beside_the_diagonal", "the entries beside the diagonal are `+p[i] p[j]`: when another score rises, this probability falls.", {_JACOBIAN: "np.where(np.eye(len(p)), p * (1 - p), np.outer(p, p))"}),
    ),
)  # fmt: skip

# -- a batch, without the table ----------------------------------------------------------------------------------------------------------------------------


def softmax_vjp(P, g):
    """Send a gradient back through softmax, row by row.

    P: (N, K), the probabilities that softmax made, one sample a row.
    g: (N, K), the gradient of the loss by P.
    Returns the gradient of the loss by the scores: (N, K).
    """
    dot = (P * g).sum(axis=1, keepdims=True)
    return P * (g - dot)


def softmax_vjp_cases(rng):
    def case(name, P, g):
        return Case(name, (P, g), {SAMPLES: len(P), CLASSES: P.shape[1]})

    return [
        case("one sample, three classes", np.array([[0.25, 0.25, 0.5]]), np.array([[4.0, 0.0, 2.0]])),
        case("two samples, three classes", np.array([[0.25, 0.25, 0.5], [0.1, 0.6, 0.3]]), np.array([[1.0, 0.0, -2.0], [0.5, 1.0, 3.0]])),
        case("five samples, seven classes", _probabilities(rng.normal(size=(5, 7))), rng.normal(size=(5, 7))),
        case("as many classes as samples", _probabilities(rng.normal(size=(4, 4))), rng.normal(size=(4, 4))),
        case("exactly 0 and 1", np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]), rng.normal(size=(2, 3))),
        case("a single class", np.ones((3, 1)), rng.normal(size=(3, 1))),
        case("a gradient of whole numbers", _probabilities(rng.normal(size=(3, 2))), np.array([[1, -2], [0, 3], [2, 2]])),
        case("views that are not contiguous", _probabilities(rng.normal(size=(5, 3))).repeat(2, axis=1)[:, ::2], rng.normal(size=(3, 5)).T),
    ]


_DOT = "(P * g).sum(axis=1, keepdims=True)"

SOFTMAX_VJP = Exercise(
    id="losses.softmax_vjp",
    title="Back through softmax, without the table",
    points=2,
    minutes=12,
    objective="Multiply a gradient by a Jacobian without building it.",
    form="blank",
    statement=(
        "Write `softmax_vjp(P, g)` for a batch. Row `n` of `P` holds the probabilities of sample `n` (softmax has been applied already), row `n` of `g` the gradient of the loss by "
        "them. Return the gradient by the scores, shape `(N, K)`: row `n` is `g[n]` times the table `np.diag(P[n]) - np.outer(P[n], P[n])`. The mean over the batch is already in "
        "`g`. You need no loop and no table."
    ),
    reference=softmax_vjp,
    cases=softmax_vjp_cases,
    hints=(
        "Multiply out for one row: `g @ (diag(p) - outer(p, p))`. What is `g @ diag(p)`? And what is `g @ outer(p, p)`?",
        "The first is `g * p`. The second is one number, `g @ p`, times `p`. For a batch that number is a sum along each row, kept as a column `(N, 1)`.",
        "`P * (g - (P * g).sum(axis=1, keepdims=True))`",
    ),
    mistakes=(
        Mistake("dot_left_out", "the row's sum of `P * g` is not subtracted: only the diagonal part `P * g` is there.", {"(g - dot)": "g"}),
        Mistake("diagonal_only", "only the diagonal of the table is used, `P (1 - P)`: that is the slope of a sigmoid. Every probability depends on every score.", {"P * (g - dot)": "P * (1 - P) * g"}),
        Mistake("dot_added", "the row's sum of `P * g` is added: it is subtracted.", {"(g - dot)": "(g + dot)"}),
        Mistake("sign_turned", "the sign is turned round: it is `g` minus the row's sum.", {"(g - dot)": "(dot - g)"}),
        Mistake("p_left_out", "the factor `P` in front is missing.", {"P * (g - dot)": "g - dot"}),
        Mistake("dot_without_p", "the plain sum of `g` is subtracted: each entry is weighed by its probability first.", {"(P * g).sum": "g.sum"}),
        Mistake("mean_for_sum", "the mean of `P * g` along the row is subtracted: it is the sum.", {".sum(axis=1": ".mean(axis=1"}),
        Mistake("plain_mean", "the mean of `g` along the row is subtracted: its entries are weighed by their probabilities.", {_DOT: "g.mean(axis=1, keepdims=True)"}),
        Mistake("wrong_axis", "the sum runs over the samples: each row has its own.", {"axis=1": "axis=0"}),
        Mistake("one_sum", "one sum for the whole batch is subtracted: each row has its own.", {_DOT: "(P * g).sum()"}),
        Mistake("keepdims_forgotten", "`keepdims=True` is missing: the sums, `(N,)`, line up with the columns and not with the rows. It runs only where N = K, or where one of them is 1.", {"axis=1, keepdims=True": "axis=1"}),
        Mistake("upstream_dropped", "the slopes `P (1 - P)` are returned alone: what arrives from above, `g`, is dropped.", {"P * (g - dot)": "P * (1 - P)"}),
        Mistake("softmax_again", "softmax is applied to `P` once more: it holds probabilities already.", {"    dot": "    P = np.exp(P) / np.exp(P).sum(axis=1, keepdims=True)\n    dot"}),
        Mistake("averaged_again", "the result is divided by the batch size: the mean is already in `g`.", {"P * (g - dot)": "P * (g - dot) / len(P)"}),
        Mistake("p_minus_g", "`P - g` is returned: with one-hot targets that is the gradient of softmax and cross-entropy together. Here `g` is any gradient.", {"P * (g - dot)": "P - g"}),
    ),
)  # fmt: skip
