# %% [markdown]
# # 07 · Gradient descent
#
# You have the slope of the loss by every weight. What now? You move the weights, a little, downhill, and
# begin again. That sounds like one decision, and it is four: how the gradient is *computed*, how many
# patterns it is made from, how far to move, and when to stop. Most confusion about training comes from mixing
# these up. In this unit you take them apart and measure each.
#
# *About 75 minutes for the sections marked Core, and about an hour and a half for those marked Further.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

X_train, y_train, X_test, y_test = bp.load_digits(split=True, rng=np.random.default_rng(0))

# %% [markdown]
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. A network is trained with the line `p = p - lr * g` in its loop. Its loss never changes. Why?
# 2. A network gives the probabilities (0.5, 0.25, 0.25), and the label is 0. What is its cross-entropy? Which
#    of the three scores does a step of gradient descent raise?
# 3. A gradient check with the step `h = 10⁻¹²` says that your gradient is wrong in the fourth digit. Should
#    you look for a mistake in your gradient?
#
# <details><summary>Answers</summary>
#
# 1. The line makes a new array and gives it the name `p`. The layer still holds the old one. `p -= lr * g`
#    writes into it.
# 2. −ln 0.5 = 0.69. The score of class 0: its slope is P − Y = −0.5, and the step goes against the slope.
# 3. Not yet. With so small a step, rounding alone spoils the fourth digit of the *measured* slope. Take `h`
#    near 10⁻⁵.
#
# </details>

# %% [markdown]
# ## The gradient is not the optimizer
#
# *Core.*
#
# Begin with the smallest problem there is: one weight `w`, and the loss `L = 5w²`. Its slope is `10w`. We
# know the gradient exactly, everywhere. **Gradient descent** repeats one line:
#
# $$w \leftarrow w - \text{lr} \cdot \frac{\partial L}{\partial w} = w - \text{lr} \cdot 10\,w$$
#
# `lr` is the **learning rate**: how far we move for a given slope.
#
# **Predict.** Start at `w = 1`. Which of the rates 0.02, 0.1, 0.19 and 0.21 gets to 0? How does `w` move in
# each case?
#
# The widget asks for one of them. It shows a loss of two weights from above, and here only the first one
# matters. Try the other rates too; the other losses and optimizers are for later in this unit.

# %% kind="worked"
from bpcore.widgets import LossLandscape

LossLandscape("steep", learning_rate=0.21, start=(1, 0), steps=0, optimizers=["sgd"], predict="too_fast")

# %% [markdown]
# All four rates in one picture:

# %% kind="worked"
runs = {}
for lr in (0.02, 0.1, 0.19, 0.21):
    w, way = 1.0, []
    for _ in range(13):
        way.append(w)
        w -= lr * 10 * w
    runs[f"rate {lr}"] = way
bp.plot_curves(runs, title="One weight on L = 5w²", ylabel="w")
in_words(bp.describe_curves(runs))
for name, way in runs.items():
    print(f"{name}: first steps", np.round(way[:5], 3), f" each is {way[1] / way[0]:+.1f} times the one before")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Put the two terms together: `w ← (1 − 10 lr) · w`. Every step multiplies `w` by the same factor.
#
# | rate | factor | what it does |
# |---|---|---|
# | 0.02 | 0.8 | creeps down, always on the same side |
# | 0.1 | 0 | is there after one step |
# | 0.19 | −0.9 | jumps across the valley each time, and a little nearer |
# | 0.21 | −1.1 | jumps across, and each time *farther away* |
#
# So the rate must stay below 0.2, where the factor is −1. In general the limit is 2 divided by the
# **curvature**, which is the slope of the slope; here that is 10.
#
# </details>
#
# In all four runs the gradient was right to the last digit, and one of them still ran away. Keep the two
# apart. The **gradient** says which way is down, *here*, and for an endlessly small step. The **optimizer**
# decides what to do with that. Backpropagation gives the gradient; it has no learning rate.

# %% [markdown]
# ## One rate for all weights
#
# *Core.*
#
# A network has many weights, and they are not equally important. Take two, with
#
# $$L = \tfrac{1}{2} (w_1^2 + 20\, w_2^2)$$
#
# This is a long, narrow valley: flat along the first weight (curvature 1), steep along the second (curvature
# 20). The slopes are `w₁` and `20 w₂`. There is one learning rate for both.
#
# **Predict.** We try 0.01, 0.09 and 0.104. What is the largest rate that does not run away? At that rate, is
# the flat direction fast or slow?


# %% kind="worked"
def valley(w1, w2):
    return (w1**2 + 20 * w2**2) / 2


def slopes_of_valley(w):
    return np.array([w[0], 20 * w[1]])


def descend(lr, steps=30):
    w = np.array([-0.9, 0.5])
    path = [w]
    for _ in range(steps):
        w = w - lr * slopes_of_valley(w)
        path.append(w)
    return path


paths = {f"rate {lr}": descend(lr) for lr in (0.01, 0.09, 0.104)}
bp.plot_descent(valley, paths, title="30 steps in a narrow valley")
in_words(bp.describe_descent(valley, paths))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The ring is the start, the star the end. The limit is 2 / 20 = 0.1: the *steepest* direction sets it. At
# 0.09 the second weight jumps from side to side, while the first creeps: each step leaves it 1 − 0.09 = 0.91
# of its distance. At 0.01 nothing jumps, and after 30 steps the first weight is still far away.
#
# **The steepest direction sets the limit, the flattest one sets the time.** No single rate suits both.
# Momentum and Adam, at the end of this unit, are two answers to that.
#
# </details>

# %% [markdown]
# ## First axis: loop or matrix
#
# *Core.*
#
# Now the data. A **pattern** is one input with its target. Our model is as small as can be, one **linear
# unit**: for the pattern `x` its output is `x @ w`. For a single pattern with target `t` the loss is
# `(output − t)² / 2`. Its slope by the output is `output − t`, the **error**. The slope of the output by `wᵢ`
# is `xᵢ`. Along a path slopes are multiplied:
#
# $$\frac{\partial L}{\partial w_i} = (\text{output} - t)\; x_i$$
#
# For many patterns the loss is the *mean*, and so is the gradient. By hand, for two patterns:

# %% kind="worked"
X = np.array([[1.0, 0.0], [1.0, 2.0]])
t = np.array([2.0, 1.0])
w = np.array([1.0, 1.0])
for n in range(2):
    error = X[n] @ w - t[n]
    print(f"pattern {n}: output {X[n] @ w:.0f}, target {t[n]:.0f}, error {error:+.0f}, its gradient {error * X[n]}")
print("the mean of the two:", (np.array([-1.0, 0.0]) + np.array([2.0, 4.0])) / 2)

# %% exercise="gradient_descent.gradient_by_pattern"

# %% [markdown]
# Look at what your loop adds up. Entry `i` of the result is a sum over all patterns:
#
# $$\frac{1}{N} \sum_n \text{error}_n \, X_{ni}$$
#
# A sum over a shared index is a matrix product. Which matrix must be turned, so that `n` is the index that
# disappears?

# %% exercise="gradient_descent.gradient_by_matrix"

# %% [markdown]
# **Predict.** Our unit shall learn to say 1 for the image of a zero, and 0 for all other digits. There are
# 1,198 training images. Do loop and matrix give the same gradient? How much faster is the matrix: 2 times, 10
# times, more than 50 times? And for the four-layer network of unit 05, whose `backward` does much more work
# for each pattern?

# %% kind="worked"
import time

by_pattern = mine_or_ours("gradient_descent.gradient_by_pattern", gradient_by_pattern)
by_matrix = mine_or_ours("gradient_descent.gradient_by_matrix", gradient_by_matrix)
my_backward = mine_or_ours("backprop.backward")

GRADIENTS = ("dW1", "db1", "dW2", "db2", "dW3", "db3")


def make_parameters(rng, scale=1.0):
    """The network 64-64-32-10 of unit 05, with random weights."""
    params = []
    for a, b in ((64, 64), (64, 32), (32, 10)):
        params += [rng.normal(size=(a, b)) * np.sqrt(2 / a) * scale, np.zeros(b)]
    return params


def flat_gradient(X, y, params):
    """All gradients of the network in one long row."""
    stages = my_backward(X, y, *params)
    return np.concatenate([stages[name].ravel() for name in GRADIENTS])


def network_by_pattern(X, y, params):
    return sum(flat_gradient(X[n : n + 1], y[n : n + 1], params) for n in range(len(X))) / len(X)


def seconds(action, repeats=3):
    """The best of several runs: the least disturbed one."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


is_zero, w = (y_train == 0) * 1.0, np.full(64, 0.01)
params = make_parameters(np.random.default_rng(4))
pairs = {
    "linear unit": (lambda: by_pattern(X_train, is_zero, w), lambda: by_matrix(X_train, is_zero, w)),
    "four-layer network": (
        lambda: network_by_pattern(X_train, y_train, params),
        lambda: flat_gradient(X_train, y_train, params),
    ),
}
for name, (loop, matrix) in pairs.items():
    slow, fast = seconds(loop), seconds(matrix)
    print(f"{name}: largest difference {np.abs(loop() - matrix()).max():.0e};", end=" ")
    print(f"loop {1e3 * slow:.2f} ms, matrix {1e3 * fast:.3f} ms, {slow / fast:.0f} times as fast")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The gradients agree to about the sixteenth digit; only the order of the additions differs. The matrix is
# faster by a factor that you can read above. A Python loop calls the interpreter for every pattern; a matrix
# product is one loop inside compiled code. The network gains less, because each of its patterns already is
# a good piece of compiled work.
#
# *Loop or matrix is a question about your computer. It changes nothing about learning.*
#
# </details>

# %% [markdown]
# ## Second axis: how many patterns before a step
#
# *Core.*
#
# This is another question, although it is often asked in the same breath. How many patterns do you look at
# before you move the weights?
#
# | patterns a step | it is called | steps in one **epoch** (one pass over all N) |
# |---|---|---|
# | one | online, or stochastic gradient descent | N |
# | some, such as 32 | mini-batch | N / 32 |
# | all | full batch | 1 |
#
# The gradient that we would like is that of the mean loss over *all* patterns. A batch drawn at random gives
# an **estimate** of it. On average the estimate is right; a single one is off. Its **noise** is the typical
# distance between the two.
#
# **Predict.** Take 64 patterns in a batch and not one. Does the noise fall to 1/64, to 1/8, or hardly at all?
# With one pattern, is the noise smaller or larger than the gradient itself?

# %% kind="worked"
sizes = [1, 4, 16, 64, 256]
rng = np.random.default_rng(1)
whole = flat_gradient(X_train, y_train, params)
noise = []
for size in sizes:
    off = []
    for _ in range(150):
        rows = rng.choice(len(X_train), size, replace=False)
        off.append(np.sum((flat_gradient(X_train[rows], y_train[rows], params) - whole) ** 2))
    noise.append(np.sqrt(np.mean(off)) / np.linalg.norm(whole))
    print(f"batches of {size:3}: noise is {noise[-1]:.2f} times the length of the gradient")
shown = {"measured": noise, "1/√size": [noise[0] / np.sqrt(size) for size in sizes]}
ax = bp.plot_curves(shown, title="How noisy is a batch?", xlabel="patterns in a batch", ylabel="noise", x=sizes)
ax.set(xscale="log", yscale="log")
ax.minorticks_off()
ax.set_xticks(sizes, sizes)
ax.set_yticks([0.25, 0.5, 1, 2, 4], ["0.25", "0.5", "1", "2", "4"])
in_words(bp.describe_curves(shown, xlabel="batch of", x=sizes))

# %% [markdown]
# <details><summary>What happened</summary>
#
# To 1/8. The noise of a mean falls with the *square root* of the number: to halve the noise you need four
# times as many patterns. (The last point lies a little lower: 256 of 1,198 patterns without repeats are
# already a good part of all of them.) Both axes of the picture are logarithmic, so a power of the size is a
# straight line.
#
# With one pattern the noise is several times as long as the gradient. A single step goes almost anywhere. It
# learns all the same, as you will see: wrong turns cancel over many steps, and the small common part adds up.
#
# </details>
#
# First one step on one batch. Most of the code is there.

# %% exercise="gradient_descent.sgd_step"

# %% [markdown]
# Where do the batches come from? Draw an order, cut it into pieces, and begin again with a new order in the
# next epoch. Two things go wrong in practice: a row loses its own target, or the last rows never come,
# because they do not fill a batch.
#
# An order is a list of row numbers, shuffled: `rng.permutation(5)` gives 0 to 4, each once.
#
# **Predict.** Below, `rows` is such an order, cut after three. What do the two lines print?

# %% kind="worked"
X = np.array([[10.0], [20.0], [30.0], [40.0], [50.0]])
rows = np.array([3, 0, 4])
print(X[rows].ravel())
print(rows[2:4])

# %% [markdown]
# <details><summary>What happened</summary>
#
# `[40. 10. 50.]`: a list of row numbers picks those rows, in that order. `[4]`: a slice that reaches past the
# end is simply shorter, and nothing complains.
#
# </details>
#
# A function that contains `yield` is a **generator**: each `yield` hands out one value to a `for` loop, and
# the function goes on from there when the next one is asked for.

# %% exercise="gradient_descent.batches"

# %% [markdown]
# ## When to stop
#
# *Core.*
#
# The simplest rule: stop when the loss is at most a **threshold** that you chose. The rule needs a second
# one. A training that goes badly never gets there, so there must be a largest number of steps as well.
#
# **Predict.** With a rate that is too large the loss becomes `nan`, "not a number". What do `nan <= 0.1` and
# `nan > 0.1` say? Which of the two loops below would never end: `while loss > 0.1` or `while not loss <=
# 0.1`?

# %% kind="worked"
print("nan <= 0.1:", np.nan <= 0.1)
print("nan >  0.1:", np.nan > 0.1)

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both are False: every comparison with nan is. So `while loss > 0.1` ends, and looks as if it had succeeded;
# `while not loss <= 0.1` goes on for ever. A cap on the number of steps saves you in the second case, and a
# look at the loss in the first.
#
# </details>

# %% exercise="gradient_descent.train_until"

# %% [markdown]
# ## Is a bigger batch better?
#
# *Core.*
#
# Now everything together, on the network of unit 05: your batches, your `backward`, your update, your rule
# for stopping. Training ends when the loss over all training images is at most 0.1. For each batch size we
# tried several rates and kept one that does well. (The noisier the gradient, the smaller the rate has to be.)
#
# **Predict.** Batches of 1, of 32, or all 1,198 images at once, whose gradient is exact. Which needs the
# fewest *steps*? The fewest *passes* over the data? The least *time*? Which reads unseen images best?

# %% kind="worked"
my_batches = mine_or_ours("gradient_descent.batches", batches)
my_train_until = mine_or_ours("gradient_descent.train_until", train_until)
my_sgd_step = mine_or_ours("backprop.sgd_step")


def an_epoch(params, size, lr, rng, X=X_train, y=y_train):
    """One pass over the data in batches; returns the loss over all of it afterwards."""
    for X_batch, y_batch in my_batches(X, y, size, rng):
        stages = my_backward(X_batch, y_batch, *params)
        my_sgd_step(params, [stages[name] for name in GRADIENTS], lr)
    return float(my_backward(X, y, *params)["loss"])


def right(params, X, y):
    return float((my_backward(X, y, *params)["P"].argmax(axis=1) == y).mean())


print("batch    rate   passes    steps   seconds   unseen images right")
for size, lr in ((1, 0.01), (32, 0.2), (len(X_train), 0.5)):
    params, rng = make_parameters(np.random.default_rng(4)), np.random.default_rng(5)
    start = time.perf_counter()
    passes = my_train_until(lambda p=params, s=size, r=lr, g=rng: an_epoch(p, s, r, g), 0.1, 200)
    took = time.perf_counter() - start
    steps = passes * -(-len(X_train) // size)
    print(f"{size:5} {lr:7} {passes:8} {steps:8} {took:9.2f}   {right(params, X_test, y_test):.1%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The bigger the batch, the fewer the steps: thousands, hundreds, about a hundred. And the more passes over
# the data: with all images in one batch every step costs a whole pass, and it takes about ten times as many
# passes as the batches of 32. The exact gradient is a better *direction*, but not 37 times better, and 37
# times as many images are looked at for it.
#
# In time the batch of 32 usually wins. The batch of 1 makes as few passes, but it makes them in a Python
# loop. There the *first* axis comes in again: 32 is enough for the matrix product to pay.
#
# On unseen images all three are alike, within a percent or two. (Another seed changes as much.) So it
# is also not true that small batches, because of their noise, must end up better.
#
# </details>
#
# > **A bigger batch is not better. It is a better estimate, at a price.** The noise falls with the square
# > root, the cost grows in proportion. Take the smallest batch that keeps your computer busy, choose the rate
# > for it, and measure.

# %% [markdown]
# ## The learning rate, in a real network
#
# *Core.*
#
# **Predict.** The same network, batches of 32, ten epochs, with the rates 0.002, 0.1 and 2. What does each
# curve look like? Does the largest rate give `nan`?

# %% kind="worked"
curves = {}
for lr in (0.002, 0.1, 2.0):
    params, rng = make_parameters(np.random.default_rng(4)), np.random.default_rng(5)
    curves[f"rate {lr:g}"] = [an_epoch(params, 32, lr, rng) for _ in range(10)]
bp.plot_curves(curves, title="Too small, right, too large", xlabel="epoch", ylabel="loss", x=range(1, 11))
in_words(bp.describe_curves(curves, xlabel="epoch", x=range(1, 11)))
never_on = (my_backward(X_train, y_train, *params)["A2"] == 0).all(axis=0).sum()
print(f"ln 10 = {np.log(10):.3f}. With rate 2, {never_on} of 32 units in the second hidden layer are never on.")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Too small: it goes down, and would take hundreds of epochs. Right: down quickly, not without bumps. Too
# large: no `nan` and no explosion. The loss stands still near 2.3. That is ln 10, the loss of a network that
# gives every digit the same probability. The first large steps have pushed the units of a hidden layer so
# far that they are off for *every* image; no gradient comes through them any more, and they never come back.
#
# A loss that stands at ln K, with K classes, is a network that says nothing. Look at the rate first.
#
# </details>
#
# How do you find a good rate? Try a few that differ by a factor of three to ten, for a few epochs each. Take
# the largest that goes down steadily, or one a little smaller.

# %% [markdown]
# ## The best weights on the way
#
# *Core.*
#
# The loss on the training images is not what you care about. So people keep some images aside, the
# **validation** data, and measure the loss on them as well.
#
# **Predict.** We train on 100 images only, for 60 epochs, and keep 398 others aside. The training loss ends
# near 0.05. Is the validation loss about the same, or many times larger? Is it lowest at the very end?

# %% kind="worked"
few, aside = (X_train[:100], y_train[:100]), (X_train[800:], y_train[800:])
params, rng = make_parameters(np.random.default_rng(4)), np.random.default_rng(5)
curves = {"training": [], "validation": []}
for _ in range(60):
    curves["training"].append(an_epoch(params, 32, 0.1, rng, *few))
    curves["validation"].append(float(my_backward(*aside, *params)["loss"]))
bp.plot_curves(curves, title="100 images to learn from", xlabel="epoch", ylabel="loss", x=range(1, 61))
in_words(bp.describe_curves(curves, xlabel="epoch", x=range(1, 61)))
print(f"the validation loss is lowest after epoch {np.argmin(curves['validation']) + 1}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Many times larger: what the network has learnt of these 100 images is only partly true of others. It comes
# down in bumps, and the lowest point need not be the last one. (Unit 12 shows cases in which it is long
# past.)
#
# </details>
#
# So one returns the weights with which the validation loss was lowest. Here is someone's code for that,
# measured after every step. It runs, and it returns the wrong weights.

# %% exercise="gradient_descent.keep_best"

# %% [markdown]
# ## Where this breaks
#
# *Core.*
#
# - **A sum in place of a mean.** If the loss of a batch is summed, the gradient grows with the batch size. A
#   rate that is right for 32 then runs away for 320, and the batch size gets the blame.
# - **The last batch.** With 1,198 images and batches of 32 it holds 14. Divide by the number of images that
#   are *in it*.
# - **A threshold on the wrong loss.** A low training loss promises nothing for new images.
# - **Rows in order.** Files are often sorted. If they are not shuffled, each batch holds one class.
#
# **Predict.** The training images sorted by their digit, batches of 32 in that order, 5 epochs. How many
# training images are read rightly at the end, compared with shuffled ones?

# %% kind="worked"
in_order = np.argsort(y_train, kind="stable")
for name, shuffle in (("shuffled", True), ("sorted", False)):
    params, rng = make_parameters(np.random.default_rng(4)), np.random.default_rng(5)
    for _ in range(5):
        order = rng.permutation(len(X_train)) if shuffle else in_order
        for start in range(0, len(X_train), 32):
            rows = order[start : start + 32]
            stages = my_backward(X_train[rows], y_train[rows], *params)
            my_sgd_step(params, [stages[name] for name in GRADIENTS], 0.1)
    read = my_backward(X_train, y_train, *params)["P"].argmax(axis=1)
    print(f"{name:8}: {(read == y_train).mean():.1%} right; it answers 9 for {(read == 9).mean():.0%} of the images")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Sorted, the network learns each digit, and forgets it while it learns the next. What it saw last were nines.
# The estimate from such a batch is not only noisy, it is wrong *on average*, and no number of steps cancels
# that.
#
# </details>

# %% [markdown]
# ## Say it yourself
#
# *Core.*

# %% [markdown] written="bigger_batch"
# A friend says: *"I have a fast machine now. So I put all the images into one batch. Then the gradient is
# exact, and training must be better."* Answer in five to eight sentences. How do noise and cost grow with the
# batch? Use numbers from your own runs, and say what was compared. When would the friend be right?
#
# <!-- 8 -->
#
# "The gradient is exact then, but training is not better for it. The noise of a batch falls only with the
# square root of its size: from 1 to 64 images it fell from about 4 times the gradient's length to 0.5. The
# cost of a step grows in proportion. In my run, with the same start, the same threshold of 0.1 and a rate
# chosen for each, all 1,198 images at once needed about 100 passes over the data, and batches of 32 needed
# about 10. Unseen images were read equally well. You would be right if a step with 1,198 images took no
# longer than one with 32, as it may on a machine that works on them side by side; then only the number of
# steps would count, and that was lower. And I have looked at one small network, and one seed."
#
# (claim 2, mechanism 2, evidence 2, limits 2)
#
# <!-- 5 -->
#
# "No, a bigger batch is not better. The gradient of a small batch is noisy, but noise falls with the square
# root of the size while the work grows in proportion, so you pay too much. In the table above the full batch
# needed many more passes. It depends on the machine."
#
# (claim 2, mechanism 2, evidence 0: no number; limits 1: it depends, but how?)
#
# <!-- 2 -->
#
# "It is not better, because small batches are noisy, and noise helps the network to find better weights."
#
# (claim 1, mechanism 1: it names the noise, but what it says of it was not measured here; evidence 0, limits 0)

# %% [markdown]
# ---
#
# **A good place to stop.** The Core of this unit ends here; read the summary at the very end. What follows is
# Further.
#
# ---

# %% [markdown]
# # Further: better steps, better starts
#
# ## A whole training loop
#
# *Further.*
#
# Batches, gradients, updates and the bookkeeping, in the right order, from a blank page. One habit of real
# libraries is in it: gradients are **added** to arrays that live on, as in your engine of unit 04. Somebody
# must clear them.

# %% exercise="gradient_descent.train"

# %% [markdown]
# ## Momentum
#
# *Further.*
#
# In the narrow valley, the steps across cancel each other, and the steps along it all agree. So remember the
# steps. A **velocity** `v` collects them, and forgets slowly:
#
# $$v \leftarrow \mu v - \text{lr} \cdot g, \qquad w \leftarrow w + v$$
#
# With μ = 0 this is plain gradient descent. If the gradient stays the same, `v` grows towards `lr · g / (1 −
# μ)`: with μ = 0.9 that is ten steps in one. What changes its sign at every step cancels. Polyak described
# this in 1964; Rumelhart, Hinton and Williams used it in 1986.

# %% exercise="gradient_descent.momentum_step"

# %% [markdown]
# **Predict.** The valley again, 30 steps at the rate 0.04. Plain descent, μ = 0.7, and μ = 0.95. Which one
# ends nearest to the middle?

# %% kind="worked"
my_momentum_step = mine_or_ours("gradient_descent.momentum_step", momentum_step)


def descend_with_momentum(lr, mu, steps=30):
    w, v = np.array([-0.9, 0.5]), np.zeros(2)
    path = [w.copy()]
    for _ in range(steps):
        my_momentum_step([w], [slopes_of_valley(w)], [v], lr, mu)
        path.append(w.copy())
    return path


paths = {f"momentum {mu}": descend_with_momentum(0.04, mu) for mu in (0.0, 0.7, 0.95)}
bp.plot_descent(valley, paths, title="30 steps at the rate 0.04")
in_words(bp.describe_descent(valley, paths))
for name, path in paths.items():
    print(f"{name}: loss at the end {valley(*path[-1]):.5f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# μ = 0.7 is nearest by far. Plain descent is still on its way along the valley. With μ = 0.95 the weights
# rush through the middle and up the other side, like a ball with too little friction. Momentum is one more
# number to choose.
#
# </details>
#
# **Two ways to write it.** The library's `bp.SGD(…, momentum=0.7)` keeps the learning rate *out* of the
# velocity: `v ← μv + g`, then `w ← w − lr · v`, as PyTorch does. The check accepts both. Do they move the
# weights alike? **Predict**: while the rate stays the same? And when the rate is changed on the way?


# %% kind="worked"
def two_ways(rates, mu=0.7):
    """The largest distance between the two ways, after these steps in the valley."""
    inside, v_inside = np.array([-0.9, 0.5]), np.zeros(2)
    outside, v_outside = inside.copy(), np.zeros(2)
    for lr in rates:
        v_inside = mu * v_inside - lr * slopes_of_valley(inside)
        inside = inside + v_inside
        v_outside = mu * v_outside + slopes_of_valley(outside)
        outside = outside - lr * v_outside
    return np.abs(inside - outside).max()


print(f"rate 0.04 throughout:         apart by {two_ways([0.04] * 8):.0e}")
print(f"0.04, then a tenth of it:     apart by {two_ways([0.04] * 4 + [0.004] * 4):.0e}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# With one rate they are the same. After a change they are not: with the rate *inside*, the velocity still
# holds the old, longer steps; with the rate *outside*, the old steps shrink at once. If you lower the rate
# during training, know which of the two your library has.
#
# </details>

# %% [markdown]
# ## Each weight at its own pace: Adam
#
# *Further.*
#
# Another answer to the narrow valley: give every weight a rate of its own. **Adam** keeps two running means
# for each weight, of the gradient and of its square:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
#
# and divides the one by the root of the other. A gradient that is always 1000 and one that is always 0.001
# then make steps of the same length, about `lr`.
#
# Both means start at 0, and so they are too small at first. **Predict.** The gradient is 4 at every step, β₁
# = 0.9, β₂ = 0.999. The step should be `m / √v` = 4 / 4 = 1 times `lr`. What is it in the first step without
# a correction?

# %% kind="worked"
m = v = 0.0
for t in range(1, 5):
    m = 0.9 * m + 0.1 * 4
    v = 0.999 * v + 0.001 * 4**2
    corrected = (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))
    print(f"step {t}: m = {m:.3f}, v = {v:.4f}; uncorrected {m / np.sqrt(v):.2f}, corrected {corrected:.2f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# More than three times too long, and it gets worse before it gets better: `v` is even farther from its mean
# than `m`. In step `t`, `m` has collected only the share `1 − β₁ᵗ` of a full mean. Dividing by that share
# makes the steps right from the first one on.
#
# </details>

# %% exercise="gradient_descent.adam_step"

# %% [markdown]
# **Predict.** All pixels are divided by 100, as if somebody had used another unit. The rates stay: 0.1 for
# plain descent, 0.003 for Adam. What happens to each within 10 epochs?

# %% kind="worked"
my_adam_step = mine_or_ours("gradient_descent.adam_step", adam_step)
curves = {}
for unit_of_pixels in (1, 100):
    for name in ("plain", "Adam"):
        params, rng = make_parameters(np.random.default_rng(4)), np.random.default_rng(5)
        state = {"t": 0, "m": [np.zeros(p.shape) for p in params], "v": [np.zeros(p.shape) for p in params]}
        X, losses = X_train / unit_of_pixels, []
        for _ in range(10):
            for X_batch, y_batch in my_batches(X, y_train, 32, rng):
                stages = my_backward(X_batch, y_batch, *params)
                grads = [stages[g] for g in GRADIENTS]
                if name == "Adam":
                    my_adam_step(params, grads, state, 0.003, 0.9, 0.999, 1e-8)
                else:
                    my_sgd_step(params, grads, 0.1)
            losses.append(float(my_backward(X, y_train, *params)["loss"]))
        curves[name if unit_of_pixels == 1 else f"{name}, pixels / 100"] = losses
bp.plot_curves(curves, title="Another unit for the pixels", xlabel="epoch", ylabel="loss", x=range(1, 11))
in_words(bp.describe_curves(curves, xlabel="epoch", x=range(1, 11)))

# %% [markdown]
# <details><summary>What happened</summary>
#
# With ordinary pixels both learn. With the small ones plain descent stands still: the gradient by `W1` is a
# hundred times smaller, and its rate would have to be larger. Adam goes on learning, only later. That is why
# it is a good first choice: it forgives. It does not always end best, and a rate has to be chosen all the
# same.
#
# </details>

# %% [markdown]
# ## Weights that decay
#
# *Further.*
#
# A network with large weights can fit anything, noise too. So put a price on large weights into the loss: the
# mean loss, plus `lam / 2` times the sum of all squared weights. A part of the loss is a part of the
# gradient. Forget it there, and the price is charged but changes nothing.

# %% exercise="gradient_descent.l2_loss_and_gradient"

# %% [markdown]
# ## Where the weights begin
#
# *Further.*
#
# We begin with random weights of the size √(2 / inputs). Why? **Predict.** Multiply all of them by 0, 0.1, 1
# and 5, and train five epochs at the rate 0.1. Which of them learn? Look also at how widely the activations
# of the second layer are spread before training.

# %% kind="worked"
print("scale   spread of A2   loss before   loss after   training images right")
for scale in (0.0, 0.1, 1.0, 5.0):
    params, rng = make_parameters(np.random.default_rng(0), scale), np.random.default_rng(5)
    before = my_backward(X_train, y_train, *params)
    for _ in range(5):
        after = an_epoch(params, 32, 0.1, rng)
    rate = right(params, X_train, y_train)
    print(f"{scale:5} {before['A2'].std():14.3f} {float(before['loss']):13.2f} {after:12.2f}   {rate:.0%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# **0**: nothing comes through, and all units of a layer would be alike for ever. **0.1**: each layer makes
# the signal ten times smaller, forward and backward, and the gradient is far too small for this rate. **5**:
# the first loss is enormous, the first steps as well, and units die. **1** keeps the spread of the signal
# about the same from layer to layer: a ReLU lets half of it through, and the 2 in √(2 / inputs) makes up for
# that (He and others, 2015).
#
# </details>

# %% [markdown]
# ## Summary
#
# - The **gradient** says which way is down. The **optimizer** decides how far to go. A right gradient with a
#   wrong rate still runs away: on a curvature `c` the rate must stay below `2 / c`.
# - The steepest direction sets the limit, the flattest one the time.
# - **Loop or matrix**: the same gradient at another speed.
# - **Batch of 1, 32 or all**: another noise. It falls with the square root of the size, and the cost grows in
#   proportion. A bigger batch is a better estimate, not a better training.
# - Shuffle rows and targets together, and lose none. Stop at a threshold, and in any case.
# - `best = w` is a second name, not a copy.
# - Momentum adds up what agrees; Adam gives each weight its own pace; weights begin at random, at a size that
#   keeps the signal alive.
#
# ### In a week, ask yourself
#
# 1. `L = 2w²`. For which rates does gradient descent settle? With which does it arrive in one step?
# 2. A colleague goes from batches of 50 to batches of 200, and keeps everything else. What happens to the
#    noise, and to the number of steps in an epoch?
# 3. "I use matrices, so I do full-batch training." What has been mixed up?
#
# <details><summary>Answers</summary>
#
# 1. The slope is 4w, the factor 1 − 4 lr. It settles below 0.5, and arrives in one step at 0.25.
# 2. The noise is halved, and there are a quarter as many steps.
# 3. The two axes. A batch of 32 is also computed with matrices; and the gradient over all patterns can be
#    added up in a loop.
#
# </details>
#
# Next: **08 · Static OCR**, where everything so far learns to read.
#
# ## Further reading
#
# - A.-L. Cauchy, *Méthode générale pour la résolution des systèmes d'équations simultanées*, Comptes rendus de
#   l'Académie des sciences 25, 536–538, 1847: gradient descent.
# - H. Robbins, S. Monro, *A stochastic approximation method*, Annals of Mathematical Statistics 22(3),
#   400–407, 1951: steps along noisy estimates.
# - B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, USSR Computational
#   Mathematics and Mathematical Physics 4(5), 1–17, 1964: momentum.
# - Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, *Efficient BackProp*, in *Neural Networks: Tricks of the Trade*,
#   Springer, 1998: still the best practical chapter.
# - D. R. Wilson, T. R. Martinez, *The general inefficiency of batch training for gradient descent learning*,
#   Neural Networks 16(10), 1429–1451, 2003.
# - D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015.
# - K. He, X. Zhang, S. Ren, J. Sun, *Delving deep into rectifiers*, ICCV 2015.
# - L. Bottou, F. E. Curtis, J. Nocedal, *Optimization methods for large-scale machine learning*, SIAM Review
#   60(2), 223–311, 2018.
# - C. J. Shallue and others, *Measuring the effects of data parallelism on neural network training*, Journal of
#   Machine Learning Research 20(112), 1–49, 2019: when a bigger batch helps, measured.
