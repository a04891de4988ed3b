"""What to do with a gradient: momentum, Adam, and weight decay in the loss itself."""

import numpy as np

from bpcore.exercises.spec import Case, Convention, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import layer_sizes

# -- momentum -----------------------------------------------------------------------------------------------------------------------------------


def momentum_step(params, grads, velocities, lr, mu):
    """Move every parameter by its velocity, in place: v becomes mu v - lr g, then p becomes p + v.

    params, grads, velocities: lists of arrays, threes of one shape. The caller keeps the velocities from step to step
    (zeros at first), so they are changed in place as well; the gradients are not. Returns nothing.
    """
    for p, g, v in zip(params, grads, velocities):
        v *= mu
        v -= lr * g
        p += v


def drive_momentum_step(answer, params, grads_of_steps, lr, mu):
    velocities = [np.zeros(p.shape) for p in params]
    held_params, held_velocities = list(params), list(velocities)
    kept = True
    for grads in grads_of_steps:
        before = [g.copy() for g in grads]
        answer(params, list(grads), velocities, lr, mu)
        kept = kept and all(np.array_equal(g, g_before) for g, g_before in zip(grads, before))
    return {"velocities": held_velocities, "params": held_params, "grads": "as they were" if kept else "changed"}


def momentum_step_cases(rng):
    def case(name, shapes, steps, lr, mu):
        gradients = [[rng.normal(size=s) for s in shapes] for _ in range(steps)]
        return Case(name, ([rng.normal(size=s) for s in shapes], gradients, lr, mu), {"the number of steps": steps})

    first, second = [np.array([10.0, -10.0]), np.array([1.0])], [np.array([10.0, 20.0]), np.array([-3.0])]
    whole = [np.array([1, -2, 3]), np.array([2, 0, -1])]
    return [
        Case("three numbers, two steps", ([np.array([1.0, 2.0]), np.array([0.5])], [first, second], 0.1, 0.5), {"the number of steps": 2}),
        case("a layer, three steps", [(3, 2), (2,)], 3, 0.05, 0.9),
        case("a square layer, five steps", [(5, 5), (5,)], 5, 0.3, 0.7),
        case("two parameters of one shape", [(2, 2), (2, 2)], 3, 0.2, 0.6),
        Case("whole-number gradients", ([np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, 1.0])], [whole, whole[::-1]], 0.1, 0.8), {"the number of steps": 2}),
    ]


MOMENTUM_STEP = Exercise(
    id="gradient_descent.momentum_step",
    title="Roll on: momentum",
    points=2,
    minutes=10,
    objective="Update parameters with a velocity that is remembered from step to step.",
    form="blank",
    statement=(
        "Write `momentum_step(params, grads, velocities, lr, mu)`. The three lists hold arrays of the same shapes. For each parameter first `v ← mu v − lr g`, "
        "then `p ← p + v`. Change `params` and `velocities` **in place**, since the caller keeps both and calls you again for the next step. Leave `grads` as they are. "
        "Return nothing. (Here the learning rate is inside the velocity.)"
    ),
    reference=momentum_step,
    drive=drive_momentum_step,
    cases=momentum_step_cases,
    stages=("velocities", "params", "grads"),
    hints=(
        "Two arrays must be different after the call. Which of `v = …` and `v *= …` changes the array that the caller holds?",
        "Write into the arrays: `v *= mu`, then `v -= …`, then `p += …`. The velocity is new before the parameter moves.",
        "`v *= mu`, `v -= lr * g`, `p += v`",
    ),
    conventions=(
        Convention(
            "rate_outside",
            "your velocity leaves the learning rate out and the sign turned: v ← mu v + g, p ← p − lr v, as in PyTorch. While lr stays the same the parameters move alike.",
            {"v -= lr * g": "v += g", "p += v": "p -= lr * v"},
        ),
        Convention("minus_outside", "your velocity has the other sign: v ← mu v + lr g, p ← p − v. The parameters move alike.", {"v -= lr * g": "v += lr * g", "p += v": "p -= v"}),
    ),
    mistakes=(
        Mistake("velocity_rebound", "`v = mu * v - lr * g` makes a new array, and the caller keeps the old zeros: every step begins without velocity. Write into it: `v *= mu`.", {
            "        v *= mu\n        v -= lr * g": "        v = mu * v - lr * g",
        }),
        Mistake("params_rebound", "`p = p + v` makes a new array, and the layer keeps its old one: no parameter has moved. Write into it: `p += v`.", {"p += v": "p = p + v"}),
        Mistake("both_rebound", "new arrays are made for parameter and velocity (`p = p + v`): the caller's stay as they were. Write into them: `v *= mu`, `p += v`.", {
            "        v *= mu\n        v -= lr * g\n        p += v": "        v = mu * v - lr * g\n        p = p + v",
        }),
        Mistake("uphill", "the gradient is added to the velocity: that climbs the loss.", {"v -= lr * g": "v += lr * g"}),
        Mistake("velocity_subtracted", "the velocity, which already points downhill, is subtracted: with v ← mu v − lr g the parameter is moved by +v.", {"p += v": "p -= v"}),
        Mistake("no_friction", "the old velocity is kept whole: it is multiplied by mu, or it never fades.", {"        v *= mu\n": ""}),
        Mistake("no_memory", "the old velocity is thrown away: that is plain gradient descent.", {"v *= mu": "v *= 0"}),
        Mistake("rate_left_out", "the learning rate is left out.", {"lr * g": "g"}),
        Mistake("rate_twice", "the learning rate is applied twice: it is already inside the velocity.", {"p += v": "p += lr * v"}),
        Mistake("averaged", "the gradient is multiplied by (1 - mu), as in a running mean: this velocity adds the whole step lr g.", {"lr * g": "(1 - mu) * lr * g"}),
        Mistake("mu_twice", "the new gradient is multiplied by mu as well: only the old velocity fades.", {"        v *= mu\n        v -= lr * g": "        v -= lr * g\n        v *= mu"}),
        Mistake("exchanged", "lr and mu are exchanged.", {"v *= mu": "v *= lr", "lr * g": "mu * g"}),
        Mistake("moved_too_early", "the parameter is moved by the old velocity: make the new one first.", {"        v *= mu\n        v -= lr * g\n        p += v": "        p += v\n        v *= mu\n        v -= lr * g"}),
        Mistake("gradient_twice", "the step lr g is made twice: it is already inside the velocity.", {"p += v": "p += v - lr * g"}),
        Mistake("looked_ahead", "it is Nesterov's step, p ← p + mu v − lr g with the new v: here the parameter is moved by v itself.", {"p += v": "p += mu * v - lr * g"}),
        Mistake("biases_left", "only the matrices move: biases learn too.", {"    for p, g, v in zip(params, grads, velocities):\n": "    for p, g, v in zip(params, grads, velocities):\n        if p.ndim < 2:\n            continue\n"}),
        Mistake("shared_velocity", "all parameters share the velocity of the first: each has its own.", {"zip(params, grads, velocities)": "zip(params, grads, velocities[:1] * len(params))"}),
        Mistake("gradients_changed", "the gradients are changed too (`g *= lr` works in place): use `lr * g`.", {"v -= lr * g": "g *= lr\n        v -= g"}),
    ),
)  # fmt: skip

# -- Adam ---------------------------------------------------------------------------------------------------------------------------------------


def adam_step(params, grads, state, lr, beta1, beta2, eps):
    """One step of Adam, in place.

    params, grads: lists of arrays, pairwise of one shape. state: a dict that the caller keeps from step to step:
    state["t"] counts the steps (0 at first), state["m"] and state["v"] are lists of arrays (zeros at first), one for
    each parameter. Changes params and state; returns nothing.
    """
    state["t"] += 1
    t = state["t"]
    for p, g, m, v in zip(params, grads, state["m"], state["v"]):
        m[...] = beta1 * m + (1 - beta1) * g
        v[...] = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        p -= lr * m_hat / (np.sqrt(v_hat) + eps)


def drive_adam_step(answer, params, grads_of_steps, lr, beta1, beta2, eps):
    state = {"t": 0, "m": [np.zeros(p.shape) for p in params], "v": [np.zeros(p.shape) for p in params]}
    held = list(params)
    for grads in grads_of_steps:
        answer(params, [g.copy() for g in grads], state, lr, beta1, beta2, eps)
    return {"t": state["t"], "m": list(state["m"]), "v": list(state["v"]), "params": held}


def adam_step_cases(rng):
    def case(name, shapes, steps, lr, beta1, beta2, eps):
        gradients = [[rng.normal(size=s) for s in shapes] for _ in range(steps)]
        args = ([rng.normal(size=s) for s in shapes], gradients, lr, beta1, beta2, eps)
        return Case(name, args, {"the number of steps": steps, "the number of parameters": len(shapes)})

    first = ([np.array([1.0, 2.0, 3.0]), np.array([0.5])], [[np.array([4.0, -0.5, 0.0]), np.array([2.0])]], 0.1, 0.9, 0.99, 1e-8)
    return [
        Case("one step, one slope of zero", first, {"the number of parameters": 2}),
        case("a layer, three steps", [(3, 2), (2,)], 3, 0.05, 0.9, 0.999, 1e-8),
        case("two parameters of one shape", [(2, 2), (2, 2)], 4, 0.1, 0.6, 0.8, 1e-8),
        case("a large eps", [(3,), (3,)], 2, 0.2, 0.7, 0.9, 0.1),
    ]


_M_HAT = "        m_hat = m / (1 - beta1**t)\n"
_V_HAT = "        v_hat = v / (1 - beta2**t)\n"

ADAM_STEP = Exercise(
    id="gradient_descent.adam_step",
    title="Each weight at its own pace: Adam",
    points=3,
    minutes=18,
    objective="Implement an optimizer that keeps state, and correct its cold start.",
    form="blank",
    statement=(
        "Write `adam_step(params, grads, state, lr, beta1, beta2, eps)`. `params` and `grads` are lists of arrays. `state` is a dict that the caller keeps: the number `state[\"t\"]` "
        "(0 before the first step) and two lists of arrays `state[\"m\"]` and `state[\"v\"]` (zeros before the first step), one array for each parameter. One step, with β₁ for `beta1` and β₂ for `beta2`: `t ← t + 1`; "
        "for each parameter `m ← β₁ m + (1 − β₁) g` and `v ← β₂ v + (1 − β₂) g²`; then `m̂ = m / (1 − β₁ᵗ)`, `v̂ = v / (1 − β₂ᵗ)` and "
        "`p ← p − lr m̂ / (√v̂ + eps)`. Change the parameters in place and keep the new t, m and v in `state` (m̂ and v̂ are not kept). Return nothing."
    ),
    reference=adam_step,
    drive=drive_adam_step,
    cases=adam_step_cases,
    stages=("t", "m", "v", "params"),
    hints=(
        "What must be remembered between two calls, and what only within one? Only the first kind belongs in `state`.",
        "`state[\"t\"] += 1` once a call, before the loop. `m = …` gives a new array a name and forgets it: write into the list or into the array, `m[...] = …`.",
        "`m[...] = beta1 * m + (1 - beta1) * g`, `v[...] = beta2 * v + (1 - beta2) * g**2`, `p -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)`",
    ),
    conventions=(
        Convention("eps_inside", "your eps stands inside the root, √(v̂ + eps): the same purpose, and other numbers where eps is large. The statement's form is that of the paper and of most libraries.", {
            "np.sqrt(v_hat) + eps": "np.sqrt(v_hat + eps)",
        }),
        Convention("eps_before_correction", "your eps is added to √v before the correction, the short form in the paper and in TensorFlow: other numbers only where eps is large.", {
            "lr * m_hat / (np.sqrt(v_hat) + eps)": "lr * np.sqrt(1 - beta2**t) * m_hat / (np.sqrt(v) + eps)",
        }),
    ),
    mistakes=(
        Mistake("no_correction", "the bias correction is missing: m and v start at zero and are too small in the first steps.", {_M_HAT: "        m_hat = m\n", _V_HAT: "        v_hat = v\n"}),
        Mistake("first_moment_uncorrected", "m is not corrected: divide by 1 - beta1ᵗ too.", {_M_HAT: "        m_hat = m\n"}),
        Mistake("second_moment_uncorrected", "v is not corrected: divide by 1 - beta2ᵗ too.", {_V_HAT: "        v_hat = v\n"}),
        Mistake("corrected_with_beta", "the correction divides by 1 - β and not by 1 - βᵗ: it should fade as t grows.", {"beta1**t": "beta1", "beta2**t": "beta2"}),
        Mistake("correction_multiplied", "the correction uses β·t where βᵗ belongs: in Python a power is `**`.", {"beta1**t": "beta1 * t", "beta2**t": "beta2 * t"}),
        Mistake("correction_kept", "the corrected m̂ and v̂ are written back into the state: the next step corrects them again.", {
            _M_HAT: _M_HAT + "        m[...] = m_hat\n", _V_HAT: _V_HAT + "        v[...] = v_hat\n",
        }),
        Mistake("t_not_counted", "t is not written back into the state: every step takes itself for the first.", {'    state["t"] += 1\n    t = state["t"]\n': '    t = state["t"] + 1\n'}),
        Mistake("t_for_each_parameter", "t is raised once for each parameter: it counts steps.", {
            '    state["t"] += 1\n    t = state["t"]\n': "", "        m[...] = beta1": '        state["t"] += 1\n        t = state["t"]\n        m[...] = beta1',
        }),
        Mistake("t_too_late", "the correction uses t before it is raised: at t = 0 it divides by zero.", {'    state["t"] += 1\n    t = state["t"]\n': '    t = state["t"]\n    state["t"] += 1\n'}),
        Mistake("moments_rebound", "`m = …` and `v = …` make new arrays, and the state keeps its zeros: nothing is remembered. Write into the arrays.", {"m[...] =": "m =", "v[...] =": "v ="}),
        Mistake("root_left_out", "the root is missing: v is a mean of squares, so m̂ is divided by √v̂.", {"np.sqrt(v_hat)": "v_hat"}),
        Mistake("square_left_out", "the gradient is not squared in v: a mean of g, whose root is nan where it is negative.", {"g**2": "g"}),
        Mistake("absolute_for_square", "v collects |g| and not g².", {"g**2": "np.abs(g)"}),
        Mistake("mean_squared", "v collects the square of m and not that of g: v is a mean of squares, not the square of a mean.", {"g**2": "m**2"}),
        Mistake("squared_in_m", "the gradient is squared in m as well: m keeps its sign.", {"(1 - beta1) * g": "(1 - beta1) * g**2"}),
        Mistake("betas_exchanged", "beta1 and beta2 are exchanged in the two means: beta1 belongs to m.", {
            "beta1 * m + (1 - beta1)": "beta2 * m + (1 - beta2)", "beta2 * v + (1 - beta2)": "beta1 * v + (1 - beta1)",
        }),
        Mistake("not_a_mean", "the new gradient enters whole, without (1 - β): m and v are running means.", {"(1 - beta1) * g": "g", "(1 - beta2) * g**2": "g**2"}),
        Mistake("m_not_a_mean", "the new gradient enters m whole, without (1 - β₁): m is a running mean.", {"(1 - beta1) * g": "g"}),
        Mistake("no_memory", "the step uses the gradient g and not the mean m̂: that is RMSProp's.", {"lr * m_hat": "lr * g"}),
        Mistake("eps_left_out", "eps is left out: where every gradient was zero, 0 is divided by 0.", {"np.sqrt(v_hat) + eps": "np.sqrt(v_hat)"}),
        Mistake("eps_bracket", "the bracket is missing: `/ np.sqrt(v_hat) + eps` divides first and adds eps to the step.", {"(np.sqrt(v_hat) + eps)": "np.sqrt(v_hat) + eps"}),
        Mistake("uphill", "the step is added: that climbs the loss.", {"p -= lr": "p += lr"}),
        Mistake("params_rebound", "`p = p - …` makes a new array, and the layer keeps its old one. Write into it: `p -= …`.", {"p -= lr * m_hat": "p = p - lr * m_hat"}),
        Mistake("state_shared", "all parameters share one m and one v (those of the first): each parameter has its own.", {
            'zip(params, grads, state["m"], state["v"])': 'zip(params, grads, state["m"][:1] * len(params), state["v"][:1] * len(params))',
        }),
    ),
)  # fmt: skip

# -- weight decay ---------------------------------------------------------------------------------------------------------------------------------


def l2_loss_and_gradient(X, Y, W, b, lam):
    """The loss of a linear layer with weight decay, and its gradient.

    X: (N, D). Y: (N, K), the targets. W: (D, K). b: (K,). lam: the strength of the decay.
    The loss is the mean over the N samples of half the squared error, summed over the K outputs, plus lam / 2 times
    the sum of all squared weights. Biases do not decay. Returns loss, dW: (D, K), db: (K,).
    """
    error = X @ W + b - Y
    loss = (error**2).sum() / (2 * len(X)) + lam / 2 * (W**2).sum()
    dW = X.T @ error / len(X) + lam * W
    db = error.sum(axis=0) / len(X)
    return loss, dW, db


def l2_loss_and_gradient_cases(rng):
    by_hand = (np.array([[1.0, 2.0]]), np.array([[1.0]]), np.array([[3.0], [-1.0]]), np.array([2.0]), 0.1)
    cases = [Case("one sample, two weights", by_hand, layer_sizes(1, 2, 1))]
    for name, (N, D, K), lam in (("seven samples, 3 to 5", (7, 3, 5), 0.3), ("all sizes equal", (4, 4, 4), 0.05), ("no decay", (5, 2, 3), 0.0)):
        cases.append(Case(name, (rng.normal(size=(N, D)), rng.normal(size=(N, K)), rng.normal(size=(D, K)), rng.normal(size=K), lam), layer_sizes(N, D, K)))
    whole = (rng.integers(-3, 4, (5, 2)), rng.integers(-3, 4, (5, 3)), np.array([[1, -2, 3], [0, 4, -1]]), np.array([1, -2, 3]), 2)
    return [*cases, Case("whole numbers", whole, layer_sizes(5, 2, 3))]


_DECAY, _DATA = "lam / 2 * (W**2).sum()", "(error**2).sum() / (2 * len(X))"

L2_LOSS_AND_GRADIENT = Exercise(
    id="gradient_descent.l2_loss_and_gradient",
    title="Weights that decay",
    points=2,
    minutes=10,
    objective="Put a penalty on large weights into the loss, and the same penalty into its gradient.",
    form="blank",
    statement=(
        "Write `l2_loss_and_gradient(X, Y, W, b, lam)` for the linear layer `X @ W + b`. The loss is `1/(2 N)` times the sum of all squared errors, plus `lam/2` times the sum of "
        "all squared weights `W`. Biases do not decay, and the second part has no `1/N`. Return `loss, dW, db`: the loss and its gradient by `W` and by `b`."
    ),
    reference=l2_loss_and_gradient,
    cases=l2_loss_and_gradient_cases,
    stages=("loss", "dW", "db"),
    hints=(
        "A loss that is a sum of two parts has a gradient that is a sum of two parts. Which parameters appear in the second one?",
        "The slope of `lam / 2 * w²` is `lam * w`. The first part gives what you know from a linear layer, with `1/N` in it.",
        "`dW = X.T @ error / len(X) + lam * W`, `db = error.sum(axis=0) / len(X)`",
    ),
    mistakes=(
        Mistake("decay_not_in_loss", "the penalty is missing in the loss.", {" + lam / 2 * (W**2).sum()": ""}),
        Mistake("decay_not_halved", "the half of the penalty is missing in the loss: it is lam/2 times the squares.", {"lam / 2 * (W": "lam * (W"}),
        Mistake("decay_subtracted", "the penalty is subtracted from the loss: large weights would be rewarded.", {" + lam / 2": " - lam / 2"}),
        Mistake("biases_in_loss", "the biases are in the penalty as well: only the weights W decay.", {"(W**2).sum()": "((W**2).sum() + (b**2).sum())"}),
        Mistake("weights_averaged", "the squared weights are averaged: they are summed.", {"(W**2).sum()": "(W**2).mean()"}),
        Mistake("decay_over_batch", "the penalty is divided by N: in this loss only the errors are.", {"lam / 2 * (W": "lam / (2 * len(X)) * (W"}),
        Mistake("root_taken", "the length of W is taken, with the root: the penalty is its square.", {_DECAY: "lam / 2 * np.sqrt((W**2).sum())"}),
        Mistake("absolute_values", "the penalty sums absolute values (that is L1, which makes weights exactly zero): L2 sums squares.", {_DECAY: "lam / 2 * np.abs(W).sum()"}),
        Mistake("sum_squared", "the weights are summed first and squared then: square each one.", {"(W**2).sum()": "W.sum() ** 2"}),
        Mistake("errors_summed", "the errors are summed over the batch: the loss is a mean over the N samples.", {_DATA: "(error**2).sum() / 2"}),
        Mistake("errors_averaged_over_all", "the squared errors are averaged over samples and outputs: sum over the outputs, divide by N.", {_DATA: "(error**2).mean() / 2"}),
        Mistake("errors_not_halved", "the half of the squared error is missing.", {_DATA: "(error**2).sum() / len(X)"}),
        Mistake("decay_not_in_gradient", "the penalty is in the loss and not in its gradient: nothing decays.", {" + lam * W": ""}),
        Mistake("gradient_factor_two", "the decay is 2 lam W in the gradient: the ½ in the loss cancels that 2.", {"lam * W": "2 * lam * W"}),
        Mistake("gradient_half", "the ½ of the penalty is still in the gradient: the slope of lam/2 w² is lam w.", {"lam * W": "lam / 2 * W"}),
        Mistake("gradient_sign", "the decay has the wrong sign in the gradient: the weights would grow.", {" + lam * W": " - lam * W"}),
        Mistake("gradient_decay_over_batch", "the decay in the gradient is divided by N: in this loss it is not.", {"X.T @ error / len(X) + lam * W": "(X.T @ error + lam * W) / len(X)"}),
        Mistake("gradient_of_absolute", "the sign of the weights stands in the gradient (that is L1's): the slope of a square is proportional to the weight.", {"lam * W": "lam * np.sign(W)"}),
        Mistake("gradient_squares", "the squared weights stand in the gradient: the slope of lam/2 w² is lam w.", {"lam * W": "lam * W**2"}),
        Mistake("gradient_one_number", "the penalty itself, one number, is added to every entry of the gradient: add its slope, lam W.", {"lam * W": "lam / 2 * (W**2).sum()"}),
        Mistake("gradient_not_averaged", "the errors are summed over the batch in dW: the loss is a mean over N.", {"X.T @ error / len(X)": "X.T @ error"}),
        Mistake("biases_decayed", "the biases decay as well: only the weights do here.", {"error.sum(axis=0) / len(X)": "error.sum(axis=0) / len(X) + lam * b"}),
        Mistake("bias_not_averaged", "db is summed over the batch: the loss is a mean over N.", {"error.sum(axis=0) / len(X)": "error.sum(axis=0)"}),
        Mistake("bias_averaged_over_all", "db is averaged over all entries, one number: name the axis of the samples.", {"error.sum(axis=0) / len(X)": "error.mean()"}),
        Mistake("bias_wrong_axis", "db is summed over the outputs (axis 1): it has one entry for each output.", {"error.sum(axis=0)": "error.sum(axis=1)"}),
    ),
)  # fmt: skip
