"""Variants of unit 07: the loss without its half, or summed over the patterns; and other forms of momentum."""

from bpcore.exercises.spec import Mistake
from bpcore.exercises.variants import Variant

_HALF = {
    "(output - target)² / 2": "(output - target)²",
}

BY_PATTERN = (
    Variant(
        "whole",
        code={"dw += error * X[n]": "dw += 2 * error * X[n]", "dw = error * X[n]": "dw = 2 * error * X[n]", "dw += error\n": "dw += 2 * error\n",
              "dw += error * w": "dw += 2 * error * w", "dw += error**2 * X[n]": "dw += 2 * error**2 * X[n]", "(dw + error * X[n])": "(dw + 2 * error * X[n])",
              "w -= error * X[n]": "w -= 2 * error * X[n]", **_HALF},
        words={
            "what is the slope of": "what is the slope of the whole square",
            "contributes (output - target) times its inputs": "contributes twice (output - target) times its inputs",
            "`dw += (X[n] @ w - y[n]) * X[n]`": "`dw += 2 * (X[n] @ w - y[n]) * X[n]`",
            "the slope of e²/2 is e": "the slope of e² is 2e",
        },
        without=("factor_two", "half_kept"),
        mistakes=(Mistake("two_left_out", "the factor 2 is missing: there is no ½ in this loss to cancel it.", {"2 * error": "error"}),),
    ),
    Variant(
        "summed",
        code={"dw / len(X)": "dw", "The loss is the mean over the N patterns of": "The loss is the sum over the N patterns of"},
        words={
            "The loss is the **mean** over the N patterns": "The loss is the **sum** over the N patterns",
            "add the N contributions, then divide once": "add the N contributions, and do not divide",
            ", and `dw / len(X)` at the end": "",
            "the mean is over the N patterns": "this loss is a sum",
        },
        without=("not_averaged", "divided_twice", "last_pattern_undivided", "running_mean"),
        mistakes=(
            Mistake("averaged", "the sum is divided by the number of patterns: this loss is a sum, not a mean.", {"return dw": "return dw / len(X)"}),
        ),
    ),
)  # fmt: skip

BY_MATRIX = (
    Variant(
        "whole",
        code={"return X": "return 2 * X", "return np.ones": "return 2 * np.ones", "return error @ error / 2": "return error @ error", **_HALF},
        words={
            "the same gradient of the same loss, the mean": "the gradient of the mean",
            "The sum over the patterns of error times input": "The sum over the patterns of error times input, which the 2 of the square multiplies,",
            "`X.T @ (X @ w - y) / len(X)`": "`2 * X.T @ (X @ w - y) / len(X)`",
        },
        without=("factor_two", "half_kept"),
        mistakes=(Mistake("two_left_out", "the factor 2 is missing: there is no ½ in this loss to cancel it.", {"2 * X.T": "X.T"}),),
    ),
    Variant(
        "summed",
        code={" / len(X)": "", "The loss is the mean over the N patterns of": "The loss is the sum over the N patterns of", " / (2 * len(X))": " / 2"},
        words={
            "the same gradient of the same loss, the mean over the N patterns": "the gradient of the **sum** over the N patterns",
            "`X.T @ (X @ w - y) / len(X)`": "`X.T @ (X @ w - y)`",
            "the mean is over the N patterns alone": "this loss is a sum",
            "the mean is over the N patterns": "this loss is a sum",
            "the error alone is averaged": "the error alone is added up",
            "(N, 1) minus (N,) is N×N, and the mean over that table hid it": "(N, 1) minus (N,) is N×N, and a mean over that table hid it",
        },
        without=("not_averaged", "divided_twice"),
        mistakes=(Mistake("averaged", "it is divided by the number of patterns: this loss is a sum, not a mean.", {"X.T @ error": "X.T @ error / len(X)"}),),
    ),
)  # fmt: skip

_NESTEROV = "p += mu * v - lr * g"

MOMENTUM = (
    Variant(
        "nesterov",
        code={
            "p += v": _NESTEROV,
            "p = p + v": "p = p + mu * v - lr * g",
            "p -= lr * v": "p -= lr * (mu * v + g)",
            "p -= v": "p -= mu * v + lr * g",
            "then p becomes p + v": "then p becomes p + mu v - lr g, with the new v",
        },
        words={
            "Roll on: momentum": "Roll on and look ahead: Nesterov's momentum",
            "then `p ← p + v`": "then, with this new velocity, `p ← p + mu v − lr g`",
            "p ← p − lr v, as in PyTorch": "p ← p − lr (mu v + g), as in PyTorch",
            "p ← p − v": "p ← p − (mu v + lr g)",
            "then `p += …`. The velocity is new before the parameter moves.": "then `p += …` with both. The velocity is new before the parameter moves, and the gradient counts once more.",
        },
        without=("velocity_subtracted", "looked_ahead", "gradient_twice", "rate_left_out", "moved_too_early", "mu_twice", "averaged", "exchanged", "uphill", "gradients_changed", "rate_twice"),
        mistakes=(
            Mistake("plain_momentum", "the parameter is moved by v itself, as in plain momentum: this step looks ahead, p ← p + mu v − lr g.", {_NESTEROV: "p += v"}),
            Mistake("old_gradient_forgotten", "the parameter is moved by mu v alone: the step −lr g is made once more.", {_NESTEROV: "p += mu * v"}),
            Mistake("mu_left_out", "the new velocity is not multiplied by mu before the parameter moves: p ← p + mu v − lr g.", {_NESTEROV: "p += v - lr * g"}),
            Mistake("uphill", "the gradient is added in both lines: that climbs the loss.", {"v -= lr * g": "v += lr * g", _NESTEROV: "p += mu * v + lr * g"}),
        ),
    ),
    Variant(
        "averaged",
        code={
            "v -= lr * g": "v -= (1 - mu) * lr * g",
            "v = mu * v - lr * g": "v = mu * v - (1 - mu) * lr * g",
            "v += g": "v += (1 - mu) * g",
            "v += lr * g": "v += (1 - mu) * lr * g",
            "v -= g": "v -= (1 - mu) * g",
            "p += mu * v - lr * g": "p += mu * v - (1 - mu) * lr * g",
            "p += v - lr * g": "p += v - (1 - mu) * lr * g",
            "mu v - lr g,": "mu v - (1 - mu) lr g,",
        },
        words={
            "Roll on: momentum": "Roll on: momentum as a running mean",
            "`v ← mu v − lr g`": "`v ← mu v − (1 − mu) lr g`, a running mean of the steps",
            "`v -= lr * g`": "`v -= (1 - mu) * lr * g`",
            "v ← mu v + g": "v ← mu v + (1 − mu) g",
            "v ← mu v + lr g": "v ← mu v + (1 − mu) lr g",
            "with v ← mu v − lr g the": "with v ← mu v − (1 − mu) lr g the",
            "the step lr g is made twice": "the new part of the step is made twice",
            "p ← p + mu v − lr g with the new v": "p ← p + mu v − (1 − mu) lr g with the new v",
            ", as in PyTorch": "",
        },
        without=("averaged", "exchanged"),
        mistakes=(
            Mistake("not_a_mean", "the new step enters whole, without (1 - mu): this velocity is a running mean of the steps.", {"(1 - mu) * lr * g": "lr * g"}),
            Mistake("shares_exchanged", "mu and 1 - mu are exchanged: mu belongs to the old velocity.", {"v *= mu": "v *= 1 - mu", "(1 - mu) * lr * g": "mu * lr * g"}),
        ),
    ),
)  # fmt: skip

VARIANTS = {
    "gradient_descent.gradient_by_pattern": BY_PATTERN,
    "gradient_descent.gradient_by_matrix": BY_MATRIX,
    "gradient_descent.momentum_step": MOMENTUM,
}
