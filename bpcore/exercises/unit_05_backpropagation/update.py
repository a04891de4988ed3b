"""What the gradients are for: moving the weights, and a step that moves them too early."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, CLASSES, INPUTS

# -- the update ---------------------------------------------------------------------------------------------------------------------------------------


def sgd_step(params, grads, lr):
    """Move every parameter a step against its gradient, in place.

    params, grads: lists of arrays, pairwise of one shape. lr: the learning rate. Returns
    nothing.
    """
    for p, g in zip(params, grads):
        p -= lr * g


def drive_sgd_step(answer, params, grads, lr):
    same = list(params)
    answer(params, grads, lr)
    return {"params": same, "grads": grads}


def sgd_step_cases(rng):
    def case(name, shapes, lr):
        return Case(name, ([rng.normal(size=s) for s in shapes], [rng.normal(size=s) for s in shapes], lr))

    return [
        Case("one weight, one bias", ([np.array([[1.0, 2.0]]), np.array([0.5])], [np.array([[10.0, -10.0]]), np.array([1.0])], 0.1)),
        case("a layer", [(3, 2), (2,)], 0.05),
        case("three layers", [(5, 3), (3,), (3, 3), (3,), (3, 2), (2,)], 0.5),
    ]


SGD_STEP = Exercise(
    id="backprop.sgd_step",
    title="Move the weights",
    points=1,
    minutes=6,
    objective="Update parameters against their gradients, in place, and only once all gradients are known.",
    form="blank",
    statement=(
        "Write `sgd_step(params, grads, lr)`. `params` is a list of arrays, `grads` a list of arrays of the same shapes. Move each parameter by `-lr` times its "
        "gradient. Change the arrays themselves, since the layers hold on to them: the function returns nothing. Leave `grads` as they are."
    ),
    reference=sgd_step,
    drive=drive_sgd_step,
    cases=sgd_step_cases,
    hints=(
        "Downhill is against the gradient. And which of `p = p - …` and `p -= …` changes the array that the layer holds?",
        "`p = p - lr * g` makes a new array and forgets it at the end of the loop. `p -= lr * g` writes into the old one.",
        "`for p, g in zip(params, grads): p -= lr * g`",
    ),
    mistakes=(
        Mistake("rebound", "no parameter has moved. `p = p - lr * g` does that, for one: it makes a new array, and the layer keeps its old one. Write into it: `p -= lr * g`.", {"p -= lr * g": "p = p - lr * g"}),
        Mistake("uphill", "the gradient is added: that climbs the loss.", {"p -= lr * g": "p += lr * g"}),
        Mistake("rate_left_out", "the learning rate is left out.", {"p -= lr * g": "p -= g"}),
        Mistake("rate_divides", "the gradient is divided by the learning rate.", {"lr * g": "g / lr"}),
        Mistake("biases_left", "only the matrices move: biases learn too.", {"        p -= lr * g": "        if p.ndim == 2:\n            p -= lr * g"}),
        Mistake("sign_only", "only the sign of the gradient is used.", {"lr * g": "lr * np.sign(g)"}),
        Mistake("replaced", "the parameter is replaced by the step: it should move by it.", {"p -= lr * g": "p[...] = -lr * g"}),
        Mistake("gradients_scaled", "the gradients are multiplied by the learning rate where they stand: the statement asks to leave `grads` as they are.", {"p -= lr * g": "g *= lr\n        p -= g"}),
        Mistake("first_only", "only the first parameter moves: the loop ends too early.", {"        p -= lr * g": "        p -= lr * g\n        break"}),
    ),
)  # fmt: skip

# -- a bug to find --------------------------------------------------------------------------------------------------------------------------------------


def train_step(X, labels, W1, b1, W2, b2, lr):
    """One step of gradient descent for a network with one hidden ReLU layer.

    Returns a dict with delta2, delta1 and the new parameters new_W1, new_b1, new_W2,
    new_b2.
    """
    N = len(labels)
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    delta2 = E / E.sum(axis=1, keepdims=True)
    delta2[np.arange(N), labels] -= 1
    delta2 = delta2 / N
    delta1 = (delta2 @ W2.T) * (Z1 > 0)
    new_W2 = W2 - lr * A1.T @ delta2
    new_b2 = b2 - lr * delta2.sum(axis=0)
    new_W1 = W1 - lr * X.T @ delta1
    new_b1 = b1 - lr * delta1.sum(axis=0)
    step = dict(new_W2=new_W2, new_b2=new_b2, new_W1=new_W1, new_b1=new_b1)
    return dict(delta2=delta2, delta1=delta1) | step


def train_step_cases(rng):
    cases = []
    for name, N, (D, H, K) in (("two samples, 2-3-2", 2, (2, 3, 2)), ("seven samples, 3-5-2", 7, (3, 5, 2)), ("all sizes equal", 4, (4, 4, 4))):
        X, W1, b1 = rng.normal(size=(N, D)), rng.normal(size=(D, H)), rng.normal(size=H)
        args = (X, rng.integers(0, K, N), W1, b1, rng.normal(size=(H, K)), rng.normal(size=K), 0.5)
        cases.append(Case(name, args, {BATCH: N, INPUTS: D, "the hidden size H": H, CLASSES: K}))
    return cases


_DELTA1 = "    delta1 = (delta2 @ W2.T) * (Z1 > 0)\n"
_NEW_B2 = "    new_b2 = b2 - lr * delta2.sum(axis=0)\n"

TRAIN_STEP = Exercise(
    id="backprop.train_step",
    title="Find the bug: it learns, but worse than it should",
    points=2,
    minutes=12,
    objective="Update parameters against their gradients, in place, and only once all gradients are known.",
    form="debug",
    statement=(
        "This training step runs, its loss falls, and it is wrong: it reaches a worse accuracy than it should. Compare it with your own `backward`, line by line: "
        "all gradients must belong to the *old* weights. Find the line that is in the wrong place, and mend it."
    ),
    reference=train_step,
    cases=train_step_cases,
    stages=("delta2", "delta1", "new_W2", "new_b2", "new_W1", "new_b1"),
    bug="updated_too_early",
    hints=(
        "Ask of every line: which weights does it read, and have they been moved already?",
        "`delta1` is sent back through layer 2's weights. Through which ones: those that made the error, or the new ones?",
        "Compute `delta1` from `W2`, before (or regardless of) the update.",
    ),
    mistakes=(
        Mistake(
            "updated_too_early",
            "W2 is moved before delta1 is computed from it: the error goes back through weights that did not make it. Compute all gradients first, then apply.",
            {_DELTA1: "", _NEW_B2: _NEW_B2 + _DELTA1.replace("W2.T", "new_W2.T")},
        ),
        Mistake("uphill", "the gradient is added to W2: that climbs the loss.", {"W2 - lr *": "W2 + lr *"}),
        Mistake("slope_left_out", "the slope of the hidden ReLU is missing in delta1.", {"(delta2 @ W2.T) * (Z1 > 0)": "delta2 @ W2.T"}),
        Mistake("bias_rate_left_out", "the bias b2 is moved without the learning rate.", {"b2 - lr * delta2": "b2 - delta2"}),
        Mistake("bias_left", "the bias b1 is never moved.", {"b1 - lr * delta1.sum(axis=0)": "b1"}),
        Mistake("divided_twice", "the mean is taken twice: once in delta2 and once more in the update of W1.", {"W1 - lr * X.T @ delta1": "W1 - lr * X.T @ delta1 / N"}),
    ),
)  # fmt: skip
