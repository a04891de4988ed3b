"""Loops that learn: when to stop, a whole training, and weights that are to be remembered."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_05_backpropagation.sizes import BATCH, INPUTS, OUTPUTS

# -- when to stop --------------------------------------------------------------------------------------------------------------------------------


def train_until(step, threshold, max_steps):
    """Call step() until the loss that it returns is at most threshold, and never more than max_steps times.

    step: takes no argument, makes one step of training, returns the loss. Returns the number of calls.
    """
    for calls in range(1, max_steps + 1):
        if step() <= threshold:
            return calls
    return max_steps


def drive_train_until(answer, losses, threshold, max_steps):
    class TooMany(BaseException):
        pass

    calls = 0

    def step():
        nonlocal calls
        calls += 1
        if calls > max_steps + 50:
            raise TooMany
        return losses[min(calls, len(losses)) - 1]

    try:
        returned = answer(step, threshold, max_steps)
    except TooMany:
        return {"calls of step": "more and more, without end", "returned": "nothing: it never stopped"}
    return {"calls of step": calls, "returned": returned}


def train_until_cases(rng):
    steps = int(rng.integers(5, 9))
    falling = [float(x) for x in np.sort(rng.uniform(1, 3, size=steps))[::-1]]
    return [
        Case("below the threshold at the third step", ([0.9, 0.5, 0.1, 0.05, 0.01], 0.2, 10)),
        Case("exactly at the threshold", ([1.0, 0.75, 0.5, 0.25, 0.125], 0.25, 10)),
        Case("good enough at once", ([0.1, 0.05], 0.2, 10)),
        Case("never good enough", (falling, 0.5, 5)),
        Case("good enough at the last step allowed", ([*falling, 0.4, 0.3], 0.5, steps + 1)),
        Case("up before it goes down", ([0.8, 1.5, 0.9, 0.3, 0.2], 0.4, 20)),
        Case("below, and then above again", ([0.8, 0.3, 0.9, 0.1], 0.4, 4)),
        Case("no step allowed", ([*falling, *falling, 0.1], 0.2, 0)),
    ]


_LOOP = "    for calls in range(1, max_steps + 1):\n        if step() <= threshold:\n            return calls\n    return max_steps\n"


def _loop(text):
    return {_LOOP: text}


TRAIN_UNTIL = Exercise(
    id="gradient_descent.train_until",
    title="Know when to stop",
    points=1,
    minutes=8,
    objective="End a training loop when it is good enough, and in any case, and keep the best that it found.",
    form="blank",
    statement=(
        "Write `train_until(step, threshold, max_steps)`. `step` is a function: each call `step()` makes one step of training and returns the loss. Call it until the loss is "
        "**at most** `threshold`, and never more than `max_steps` times (with `max_steps` 0, never). Return how many times you called it."
    ),
    reference=train_until,
    drive=drive_train_until,
    cases=train_until_cases,
    hints=(
        "Training that goes badly never gets to the threshold. What ends your loop then?",
        "Call `step()` once in each turn and keep what it returns: a second call would be a second step.",
        "`for calls in range(1, max_steps + 1):` with `if step() <= threshold: return calls`, and `return max_steps` after the loop",
    ),
    mistakes=(
        Mistake("never_stops", "`max_steps` is never looked at: where the loss does not get to the threshold, the loop has no end.", _loop("    calls = 1\n    while step() > threshold:\n        calls += 1\n    return calls\n")),
        Mistake("first_call_not_asked", "the first call is made before anything asks whether one is allowed: with `max_steps` 0 there is none.", _loop("    loss, calls = step(), 1\n    while loss > threshold and calls < max_steps:\n        loss, calls = step(), calls + 1\n    return calls\n")),
        Mistake("counted_before_the_first", "the number is one too large: it begins at 1 although nothing has been called yet, and goes up with each call.", _loop("    calls = 1\n    while calls <= max_steps:\n        loss, calls = step(), calls + 1\n        if loss <= threshold:\n            break\n    return calls\n")),
        Mistake("off_by_one_limit", "one step too few is allowed: `range(1, max_steps)` ends before `max_steps`.", {"max_steps + 1": "max_steps"}),
        Mistake("one_too_many", "one step more than `max_steps` is allowed.", {"max_steps + 1)": "max_steps + 2)", "    return max_steps\n": "    return max_steps + 1\n"}),
        Mistake("at_threshold_goes_on", "the loop goes on where the loss is exactly at the threshold: at most means `<=`.", {"step() <= threshold": "step() < threshold"}),
        Mistake("comparison_turned", "the comparison is turned round: it stops while the loss is still too large.", {"step() <= threshold": "step() >= threshold"}),
        Mistake("never_looks", "the loss is never looked at: all `max_steps` steps are made.", _loop("    for calls in range(max_steps):\n        step()\n    return max_steps\n")),
        Mistake("called_twice", "`step()` is called twice in each turn, once to look and once to move: each call is a step. Keep the loss in a variable.", _loop("    calls = 0\n    while calls < max_steps and step() > threshold:\n        step()\n        calls += 1\n    return calls\n")),
        Mistake("one_step_after", "one more step is made after the loss was good enough.", {"            return calls\n": "            step()\n            return calls + 1\n"}),
        Mistake("last_not_counted", "the call that reached the threshold is not counted, and the number is one too small: the first call is number 1.", _loop("    calls = 0\n    while calls < max_steps:\n        if step() <= threshold:\n            break\n        calls += 1\n    return calls\n")),
        Mistake("looked_once", "only the first loss is looked at: call `step()` and compare in every turn.", _loop("    if max_steps == 0:\n        return 0\n    loss, calls = step(), 1\n    while loss > threshold and calls < max_steps:\n        step()\n        calls += 1\n    return calls\n")),
        Mistake("stops_when_rising", "it stops when the loss rises: a loss may rise on its way down.", _loop("    before = float('inf')\n    for calls in range(1, max_steps + 1):\n        loss = step()\n        if loss <= threshold or loss > before:\n            return calls\n        before = loss\n    return max_steps\n")),
        Mistake("loss_returned", "the last loss is returned: asked for is the number of calls.", _loop("    for calls in range(1, max_steps + 1):\n        loss = step()\n        if loss <= threshold:\n            return loss\n    return max_steps and loss\n")),
        Mistake("nothing_at_the_end", "nothing is returned when the threshold is never reached: a function that runs off its end gives back None.", {"    return max_steps\n": ""}),
    ),
)  # fmt: skip

# -- a whole training ------------------------------------------------------------------------------------------------------------------------------


def train(X, Y, W, b, add_gradient, lr, epochs, batch_size):
    """Train a linear layer by gradient descent, changing W and b in place.

    X: (N, D). Y: (N, K). W: (D, K). b: (K,). add_gradient(X_batch, Y_batch, W, b, dW, db) ADDS the gradient of the
    batch's mean loss to the arrays dW and db, and returns that loss. Batches are taken in the order of the rows; the
    last may be smaller. Returns a list with the mean loss over all samples for each epoch.
    """
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch_size):
            X_batch, Y_batch = X[start : start + batch_size], Y[start : start + batch_size]
            dW[...] = 0
            db[...] = 0
            loss = add_gradient(X_batch, Y_batch, W, b, dW, db)
            W -= lr * dW
            b -= lr * db
            total += loss * len(X_batch)
        losses.append(total / len(X))
    return losses


def drive_train(answer, X, Y, W, b, lr, epochs, batch_size):
    sizes = []

    def add_gradient(X_batch, Y_batch, W, b, dW, db):
        sizes.append(len(X_batch))
        error = X_batch @ W + b - Y_batch
        dW += X_batch.T @ error / len(X_batch)
        db += error.sum(axis=0) / len(X_batch)
        return float((error**2).sum() / (2 * len(X_batch)))

    losses = answer(X, Y, W, b, add_gradient, lr, epochs, batch_size)
    return {"batch sizes": np.array(sizes), "W": W, "b": b, "losses": np.array(losses) if isinstance(losses, list) else losses}


def train_cases(rng):
    def case(name, N, D, K, lr, epochs, batch_size):
        args = (rng.normal(size=(N, D)), rng.normal(size=(N, K)), rng.normal(size=(D, K)), rng.normal(size=K), lr, epochs, batch_size)
        return Case(name, args, {BATCH: batch_size, INPUTS: D, OUTPUTS: K, "the number of samples": N, "the number of epochs": epochs})

    by_hand = (np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [3.0], [5.0]]), np.array([[0.5]]), np.array([1.0]), 0.1, 1, 2)
    return [
        Case("three samples in batches of two", by_hand, {BATCH: 2, "the number of samples": 3}),
        case("seven samples, 3 to 2, batches of three", 7, 3, 2, 0.1, 2, 3),
        case("full batches, square weights", 8, 3, 3, 0.05, 3, 4),
        case("all samples in one batch", 5, 2, 1, 0.2, 4, 8),
    ]


_CLEAR = "            dW[...] = 0\n            db[...] = 0\n"
_MOVE = "            W -= lr * dW\n            b -= lr * db\n"
_EPOCH = "        total = 0.0\n"
_APPEND = "        losses.append(total / len(X))\n"

TRAIN = Exercise(
    id="gradient_descent.train",
    title="A whole training loop",
    points=4,
    minutes=20,
    objective="Put batches, gradients and updates together in the right order.",
    form="blank",
    statement=(
        "Write `train(X, Y, W, b, add_gradient, lr, epochs, batch_size)`. In each epoch go once through the rows, in their order, in batches of `batch_size` (the last may be smaller). "
        "`add_gradient(X_batch, Y_batch, W, b, dW, db)` **adds** the gradient of the batch's mean loss to your arrays `dW` and `db`, and returns that loss. "
        "After each batch move `W` and `b`, in place, by `-lr` times their gradients for this batch. Return a list with one number for each epoch: the mean loss over all "
        "samples, each batch measured before its step. The last batch may hold fewer samples, and then counts for fewer."
    ),
    reference=train,
    drive=drive_train,
    cases=train_cases,
    stages=("batch sizes", "W", "b", "losses"),
    hints=(
        "What is in `dW` when the second batch begins? `add_gradient` adds to it.",
        "For each batch: clear `dW` and `db`, call `add_gradient`, move `W` and `b`. `dW[...] = 0` clears an array in place.",
        "`total += loss * len(X_batch)` for each batch, and `losses.append(total / len(X))` for each epoch",
    ),
    mistakes=(
        Mistake("never_cleared", "`dW` and `db` are never cleared: each step also repeats all gradients before it.", {_CLEAR: ""}),
        Mistake("cleared_once_an_epoch", "`dW` and `db` are cleared once an epoch: each step also repeats the gradients of the epoch's earlier batches. Clear them for each batch.", {
            _CLEAR: "", _EPOCH: _EPOCH + "        dW[...] = 0\n        db[...] = 0\n",
        }),
        Mistake("only_weights_cleared", "only `dW` is cleared: `db` still holds the gradients of all earlier batches.", {"            db[...] = 0\n": ""}),
        Mistake("cleared_before_the_step", "the gradients are cleared between `add_gradient` and the step: nothing moves.", {_CLEAR: "", _MOVE: _CLEAR + _MOVE}),
        Mistake("bias_never_moved", "the bias is never moved.", {"            b -= lr * db\n": ""}),
        Mistake("bias_rate_left_out", "the bias is moved without the learning rate.", {"b -= lr * db": "b -= db"}),
        Mistake("uphill", "the gradients are added: that climbs the loss.", {"W -= lr": "W += lr", "b -= lr": "b += lr"}),
        Mistake("rebound", "`W = W - lr * dW` makes a new array inside your function, and the caller's stays as it was: write `W -= lr * dW`.", {"W -= lr * dW": "W = W - lr * dW", "b -= lr * db": "b = b - lr * db"}),
        Mistake("divided_again", "the gradients are divided by the batch size once more: the mean is already in them.", {"lr * dW": "lr * dW / len(X_batch)", "lr * db": "lr * db / len(X_batch)"}),
        Mistake("moved_once_an_epoch", "the step is made once an epoch, after the last batch, with the gradient of that batch alone: move after every batch.", {_MOVE: "", _APPEND: "        W -= lr * dW\n        b -= lr * db\n" + _APPEND}),
        Mistake("added_up_then_moved", "the gradients of all batches are added up and one step is made an epoch: move after every batch.", {
            _CLEAR: "", _EPOCH: _EPOCH + "        dW[...] = 0\n        db[...] = 0\n", _MOVE: "", _APPEND: "        W -= lr * dW\n        b -= lr * db\n" + _APPEND,
        }),
        Mistake("last_batch_lost", "the last, smaller batch is left out.", {"range(0, len(X), batch_size)": "range(0, len(X) - batch_size + 1, batch_size)"}),
        Mistake("whole_data", "the gradient is that of all samples each time: hand over the rows of this batch.", {"loss = add_gradient(X_batch, Y_batch": "loss = add_gradient(X, Y"}),
        Mistake("first_batch_again", "every batch is the first one: add `start` to the slices.", {"X[start : start + batch_size], Y[start : start + batch_size]": "X[:batch_size], Y[:batch_size]"}),
        Mistake("one_epoch_less", "one epoch is missing: `range(1, epochs)` has epochs - 1 turns.", {"range(epochs)": "range(1, epochs)"}),
        Mistake("one_epoch_only", "only one epoch is made: `return` stands inside the loop.", {"    return losses": "        return losses"}),
        Mistake("batches_weigh_alike", "the losses of the batches are averaged as if all were of one size: a smaller last batch counts for fewer samples.", {
            "total += loss * len(X_batch)": "total += loss", "total / len(X)": "total / len(range(0, len(X), batch_size))",
        }),
        Mistake("losses_summed", "the losses of the batches are added up and not averaged.", {"loss * len(X_batch)": "loss", "total / len(X)": "total"}),
        Mistake("losses_not_divided", "the total is not divided by the number of samples.", {"total / len(X)": "total"}),
        Mistake("sum_over_samples", "the mean losses of the batches are added up and divided by the number of samples: multiply each by the number of its samples first.", {"loss * len(X_batch)": "loss"}),
        Mistake("last_loss_only", "the loss of the last batch stands for the whole epoch.", {"losses.append(total / len(X))": "losses.append(loss)"}),
        Mistake("total_never_cleared", "the total is never set back to zero: each epoch's loss holds all earlier ones.", {_EPOCH: "", "    losses = []\n": "    losses = []\n    total = 0.0\n"}),
        Mistake("loss_of_every_batch", "there is one loss for each batch: asked for is one for each epoch.", {"            total += loss * len(X_batch)\n": "            losses.append(loss)\n", _APPEND: ""}),
    ),
)  # fmt: skip

# -- a bug to find ---------------------------------------------------------------------------------------------------------------------------------


def keep_best(w, gradient, validation_loss, lr, steps):
    """Descend for some steps, and return the weights that did best on the validation data, with their loss.

    w: (D,), where to start; it is not changed. gradient(w): the gradient on the training data.
    validation_loss(w): the loss on the validation data. Returns best_w, best_loss.
    """
    w = w.copy()
    best_w, best_loss = w.copy(), validation_loss(w)
    for _ in range(steps):
        w -= lr * gradient(w)
        loss = validation_loss(w)
        if loss < best_loss:
            best_w = w.copy()
            best_loss = loss
    return best_w, best_loss


def drive_keep_best(answer, w, w_training, w_validation, lr, steps):
    best = answer(w, lambda v: v - w_training, lambda v: float(((v - w_validation) ** 2).sum() / 2), lr, steps)
    best_w, best_loss = best
    return {"best_w": best_w, "best_loss": best_loss, "w afterwards": w}


def keep_best_cases(rng):
    def case(name, D, lr, steps):
        start, goal = rng.normal(size=D), rng.normal(size=D) + 3
        return Case(name, (start, goal, start + 0.6 * (goal - start) + 0.05 * rng.normal(size=D), lr, steps), {INPUTS: D, "the number of steps": steps})

    return [
        Case("one weight that goes past its best", (np.array([0.0]), np.array([4.0]), np.array([2.5]), 0.5, 3), {"the number of steps": 3}),
        case("five weights", 5, 0.2, 12),
        case("three weights, larger steps", 3, 0.45, 7),
        Case("best at the end", (np.array([1.0, 2.0]), np.array([3.0, -2.0]), np.array([3.0, -2.0]), 0.3, 5), {"the number of steps": 5}),
        Case("best at the start", (np.array([1.0, 2.0]), np.array([3.0, -2.0]), np.array([0.5, 2.5]), 0.3, 5), {"the number of steps": 5}),
        Case("no step", (np.array([1.0, 2.0]), np.array([3.0, -2.0]), np.array([0.5, 2.5]), 0.3, 0)),
    ]


KEEP_BEST = Exercise(
    id="gradient_descent.keep_best",
    title="Find the bug: the best weights are never the best",
    points=2,
    minutes=10,
    objective="End a training loop when it is good enough, and in any case, and keep the best that it found.",
    form="debug",
    statement=(
        "`keep_best(w, gradient, validation_loss, lr, steps)` should return the weights with the lowest validation loss that it met on its way, the start included, and that loss. "
        "It runs, the loss it returns is right, and yet the weights that it returns do not have that loss. Find the mistake and mend it. The caller's `w` must stay as it was."
    ),
    reference=keep_best,
    drive=drive_keep_best,
    cases=keep_best_cases,
    stages=("best_w", "best_loss", "w afterwards"),
    bug="alias_kept",
    hints=(
        "Compute the validation loss of what it returns, and compare it with the loss it returns. When was that loss true of these weights?",
        "`w -= …` changes the array in place. How many names does that array have at that moment?",
        "`best_w = w.copy()`, in both places",
    ),
    mistakes=(
        Mistake("alias_kept", "`best_w = w` gives the array a second name, and the next `w -= …` changes it under both: what is returned are the last weights. Keep a copy: `w.copy()`.", {
            "best_w, best_loss = w.copy()": "best_w, best_loss = w", "            best_w = w.copy()": "            best_w = w",
        }),
        Mistake("worst_kept", "the comparison is turned round: it keeps the worst.", {"loss < best_loss": "loss > best_loss"}),
        Mistake("best_loss_not_updated", "`best_loss` is never updated: every step that beats the start counts as the best.", {"            best_loss = loss\n": ""}),
        Mistake("measured_before_the_step", "the loss is measured before the step and kept with the weights after it.", {
            "        w -= lr * gradient(w)\n        loss = validation_loss(w)\n": "        loss = validation_loss(w)\n        w -= lr * gradient(w)\n",
        }),
        Mistake("alias_in_the_loop", "in the loop `best_w = w` still gives the array a second name, and the next `w -= …` changes it under both. Copy there as well.", {"            best_w = w.copy()": "            best_w = w"}),
        Mistake("alias_at_the_start", "at the start `best_w = w` still gives the array a second name: where no step is better, the last weights are returned. Copy there as well.", {"best_w, best_loss = w.copy()": "best_w, best_loss = w"}),
        Mistake("caller_changed", "the caller's own w is moved: work on a copy of it.", {"    w = w.copy()\n": ""}),
        Mistake("caller_changed_and_alias", "the caller's own w is moved, and best_w is another name for it: nothing is copied.", {
            "    w = w.copy()\n": "", "best_w, best_loss = w.copy()": "best_w, best_loss = w", "            best_w = w.copy()": "            best_w = w",
        }),
        Mistake("start_left_out", "the start is not taken into account: it may be the best.", {"w.copy(), validation_loss(w)\n": "w.copy(), float('inf')\n"}),
        Mistake("uphill", "the gradient is added: that climbs the loss.", {"w -= lr": "w += lr"}),
    ),
)  # fmt: skip
