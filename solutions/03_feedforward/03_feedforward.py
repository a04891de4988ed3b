# %% [markdown] slide=true
# # 03 · Forward
#
# Before an error can be sent back through a network, something must have gone forward through it. In this unit
# you build the way forward: one unit, a layer of units, a batch of samples, a network of any depth.
#
# It is the easier direction. But the way back, in unit 05, will need numbers that exist only while you go
# forward. So at every step we ask: *what must be kept, and which number was it exactly?*
#
# *The parts marked Core take about 50 minutes, the part marked Further about 10 more.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

X_train, y_train, X_test, y_test = bp.load_digits(split=True, rng=np.random.default_rng(0))

# %% [markdown] slide=true
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. What shape has a column `(4, 1)` minus a list `(4,)`?
# 2. A network for ten classes knows nothing. What is its cross-entropy?
# 3. You have a function of one number, and can only call it. How do you measure its slope?
#
# <details><summary>Answers</summary>
#
# 1. `(4, 4)`: each of the four is paired with each of the other four.
# 2. log 10, about 2.30: every class gets the probability 1/10.
# 3. Rise over run: `(f(x + h) - f(x - h)) / (2 * h)`.
#
# </details>

# %% [markdown] slide=true
# ## One unit
#
# *Core.*
#
# A **unit** does two things, one after the other:
#
# 1. It makes a **weighted sum** of its inputs and adds a number of its own, the **bias**:
#    $z = \sum_i x_i w_i + b$.
# 2. It puts that sum through a curve, its **activation function**: $a = f(z)$.
#
# Here is the sum. The number on each edge is the weight of that input.

# %% kind="worked" slide=true
x = np.array([1.0, -2.0, 0.5])
w = np.array([2.0, 1.0, 4.0])
b = -1.0
z = x @ w + b
picture = {"inputs": x, "outputs": [z], "highlight": ("output", 0), "direction": "forward"}
bp.plot_layer(w[:, None], **picture)
in_words(bp.describe_layer(w[:, None], **picture))
print("products:", x * w, " their sum:", x @ w, " with the bias:", z)

# %% [markdown]
# $$z = 1 \cdot 2 + (-2) \cdot 1 + 0.5 \cdot 4 + (-1) = 1$$
#
# `x @ w` multiplies entry by entry and adds up. The bias comes in once, at the end.
#
# The oldest smooth activation is the **sigmoid**, $a = 1 / (1 + e^{-z})$.
#
# **Predict.** What is `a` for `z = 0`? For `z = 1`? For `z = −1000`, where `np.exp(1000)` overflows to `inf`?

# %% kind="worked"
with np.errstate(over="ignore"):
    for z in (0.0, 1.0, 10.0, -1000.0):
        print(f"z = {z:7}: a = {1 / (1 + np.exp(-z)):.6f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# 0.5, then 0.731, then nearly 1. At −1000 the overflow does no harm here: 1 divided by `inf` is 0, which is
# right. Only where `inf` is divided by `inf`, as in $e^z / (1 + e^z)$ for a large `z`, is the result `nan`.
#
# </details>
#
# From here on the two names are fixed: **`z` goes into the activation, `a` comes out of it.** Half of this
# unit is about not mixing them up.

# %% exercise="feedforward.neuron" slide=true

# %% [markdown] slide=true
# ## How steep is an activation?
#
# *Core.*
#
# On the way back each unit will have to say: *if my `z` changes a little, how much does my `a` change?* That
# is the slope of its activation. Here are four activations that are in use.

# %% kind="worked" slide=true
z = np.linspace(-4, 4, 161)
curves = {
    "sigmoid": 1 / (1 + np.exp(-z)),
    "tanh": np.tanh(z),
    "ReLU, max(z, 0)": np.maximum(z, 0),
    "leaky ReLU": np.where(z > 0, z, 0.01 * z),
}
axis = {"x": z, "xlabel": "z"}
bp.plot_curves(curves, title="Four activations", ylabel="a", **axis)
in_words(bp.describe_curves(curves, **axis))

# %% [markdown]
# The two ReLUs lie on each other in this picture: the leaky one has, below 0, the slope 0.01 in place of 0.
#
# **Predict.** Where is the sigmoid steepest, and how steep is it there? And where is it flat?


# %% kind="worked"
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def measured_slope(f, z, h=1e-5):
    return (f(z + h) - f(z - h)) / (2 * h)


for at in (-6.0, -2.0, 0.0, 2.0, 6.0):
    s, t = measured_slope(sigmoid, at), measured_slope(np.tanh, at)
    print(f"z = {at:4}: slope of sigmoid {s:.4f}, of tanh {t:.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# It is steepest at 0, and there the slope is only 0.25; tanh reaches 1. Far from 0 both are nearly flat: such
# a unit is **saturated**, and a small change of its `z` changes almost nothing.
#
# </details>
#
# ### Where the formula comes from
#
# Turn the sigmoid's definition over: $1/a = 1 + e^{-z}$. Now let `z` change a little, and write $a'$ for the
# slope of `a`. The slope of $1/a$ by $a$ is $-1/a^2$ (one more rule; measure it if you doubt it), so the left
# side changes by $-a'/a^2$. The right side changes by $-e^{-z}$, which is $-(1/a - 1)$. Both are equal:
#
# $$\frac{a'}{a^2} = \frac{1}{a} - 1 \qquad\text{so}\qquad a' = a - a^2 = a\,(1 - a)$$
#
# For tanh the same kind of work gives $a' = 1 - a^2$. Both formulas contain the *activation* `a`. If what you
# have is `z`, compute `a` first.
#
# ReLU needs no formula. Above 0 it is `z` itself: slope 1. Below 0 it is constant: slope 0.
#
# **Predict.** The sigmoid at `z = 2`. Three people compute its slope: one with `a (1 − a)`, one with `z (1 −
# z)`, one squashes `a` once more before using the formula. Who agrees with the measured slope?

# %% kind="worked"
z = 2.0
a = sigmoid(z)
print(f"measured:                    {measured_slope(sigmoid, z):8.4f}")
print(f"a (1 - a):                   {a * (1 - a):8.4f}")
print(f"z (1 - z):                   {z * (1 - z):8.4f}")
print(f"sigmoid(a) (1 - sigmoid(a)): {sigmoid(a) * (1 - sigmoid(a)):8.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The first. The second is −2, which is no slope of a rising curve. The third is 0.2072 where 0.1050 is right:
# the slope at the *wrong place*, at `a` in place of `z`. It is positive and below 0.25, so it looks quite
# reasonable. We come back to it.
#
# </details>
#
# Now all four, for an array of any shape, from `z`. For the last two, `np.where(z > 0, this, that)` chooses
# entry by entry.

# %% exercise="feedforward.slopes" slide=true

# %% [markdown]
# Your four slopes, as curves over `z`.

# %% kind="worked" slide=true
my_slopes = mine_or_ours("feedforward.slopes", slopes)
z = np.linspace(-4, 4, 160)
found = my_slopes(z)
curves = {name: found[name] for name in ("sigmoid", "tanh", "relu", "leaky_relu")}
axis = {"x": z, "xlabel": "z"}
bp.plot_curves(curves, title="Their slopes", ylabel="slope", **axis)
in_words(bp.describe_curves(curves, **axis))
measured = {"sigmoid": measured_slope(sigmoid, z), "tanh": measured_slope(np.tanh, z)}
for name, values in measured.items():
    distance = np.abs(values - found[name]).max()
    print(f"{name}: largest distance from the measured slope {distance:.1e}")

# %% [markdown] slide=true
# ## Is it enough to keep what came out?
#
# *Core.*
#
# To save memory you may want to keep only `a` and forget `z`. For sigmoid and tanh that works: their slopes
# can be read off `a` alone, *if* the formula is given `a` as it is. Write these two formulas down.

# %% exercise="feedforward.slopes_from_outputs" slide=true

# %% [markdown]
# You now have two kinds of slope function. One takes `z`, one takes `a`, and both take any array without
# complaint. So this mistake is easily made: **only `a` was kept, and it is handed to the function
# that wants `z`.**
#
# **Predict.** For which `z` is the result nearly right, and for which is it worst?

# %% kind="worked" slide=true
z = np.linspace(-6, 6, 121)
a = sigmoid(z)
right, wrong = my_slopes(z)["sigmoid"], my_slopes(a)["sigmoid"]
curves = {"slopes(z), right": right, "slopes(a), wrong": wrong}
axis = {"x": z, "xlabel": "z"}
bp.plot_curves(curves, title="The slope of the sigmoid, at z and at a", ylabel="slope", **axis)
in_words(bp.describe_curves(curves, **axis))
for k in (10, 60, 80, 110):
    both = f"right {right[k]:.4f}, wrong {wrong[k]:.4f}"
    print(f"z = {z[k]:2.0f}: {both}, {wrong[k] / right[k]:4.1f} times as much")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Near 0 the two are almost equal. A network that has just been started has small sums, so it seems to learn as
# it should. The saturated units are wrong: `a` never leaves the range from 0 to 1, so the wrong slope never
# comes near 0. At `z = 5` it is about thirty times too large, at `z = −5` even more.
#
# </details>
#
# **Predict.** Does the same slip do harm with ReLU, where the slope is 1 if the number is above 0?

# %% kind="worked"
z = np.array([-2.0, -0.3, 0.4, 3.0])
a = np.maximum(z, 0)
print("slope at z:", np.where(z > 0, 1.0, 0.0))
print("slope at a:", np.where(a > 0, 1.0, 0.0))

# %% [markdown] slide=true
# <details><summary>What happened</summary>
#
# It does none: `a` is positive exactly where `z` is. (Written with `>=` it would: `a` is exactly 0 for every
# unit that is off.) A program with this mistake passes every test as long as its
# activation is ReLU, and breaks on the day when somebody puts in a tanh.
#
# </details>
#
# And there are activations whose slope cannot be read off `a` at all. The sine has the value 0.5 at two
# places, once rising and once falling: from 0.5 alone the slope cannot be known.
#
# So in this course we keep **both**, under their names: `z` for the slope of the activation, `a` for whoever
# comes next.
#
# ## A layer, and a batch
#
# *Core.*
#
# Many units that look at the same inputs are a **layer**. Each has its own column of weights, so all of them
# together are a table `W`: *row for the input, column for the unit*. Follow one sample through a layer of
# three units and one of two.
#
# **Predict.** Compute the three sums by hand before you run the cell. Which of the three units is off after
# ReLU?

# %% kind="worked" slide=true
x = np.array([1.0, 1.0])
W1, b1 = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), np.array([-1.0, 0.5, 0.0])
z1 = x @ W1 + b1
picture = {"inputs": x, "outputs": z1, "highlight": ("output", 1), "direction": "forward"}
bp.plot_layer(W1, **picture)
in_words(bp.describe_layer(W1, **picture))
print("z1 =", z1)

# %% kind="worked" slide=true
a1 = np.maximum(z1, 0)
W2, b2 = np.array([[1.0, -1.0], [2.0, 0.0], [0.0, 3.0]]), np.array([0.0, 1.0])
z2 = a1 @ W2 + b2
picture = {"inputs": a1, "outputs": z2, "names": ("a", "z"), "direction": "forward"}
bp.plot_layer(W2, **picture)
in_words(bp.describe_layer(W2, **picture))
print("a1 =", a1, " z2 =", z2)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The sums are 2, 1.5 and −0.5, so the third unit is off: it hands on 0, and its weights to the next layer do
# nothing for this sample. The last layer has no activation. Its sums are the **logits**, the scores for which
# you wrote the loss in unit 02, and scores may be negative.
#
# </details>
#
# ### Many samples at once
#
# In a **batch** each row of `X` is one sample. The same `W` serves every row:
#
# | | shape | |
# |---|---|---|
# | `X` | (N, D) | N samples of D numbers |
# | `W` | (D, H) | D inputs, H units |
# | `b` | (H,) | one for each unit; numpy adds it to every row |
# | `Z = X @ W + b` | (N, H) | row n belongs to sample n |
#
# Read a product of shapes like dominoes: `(N, D) @ (D, H)` gives `(N, H)`. What touches must be equal, and
# disappears.
#
# **Predict.** 32 images of 64 pixels go into a layer of 16 units. What shapes have `W`, `b` and `Z`? And a
# single image: what is the difference between `X[0]` and `X[:1]`?

# %% kind="worked"
rng = np.random.default_rng(1)
X32 = X_train[:32]
W, b = rng.normal(size=(64, 16)), rng.normal(size=16)
print("W", W.shape, " b", b.shape, " Z", (X32 @ W + b).shape)
print("X[0] ", X32[0].shape, "gives", (X32[0] @ W + b).shape)
print("X[:1]", X32[:1].shape, "gives", (X32[:1] @ W + b).shape)
one_by_one = np.stack([x @ W + b for x in X32])
print("one image after the other gives the same:", np.allclose(one_by_one, X32 @ W + b))

# %% [markdown]
# <details><summary>What happened</summary>
#
# `(64, 16)`, `(16,)` and `(32, 16)`. `X[0]` is a list of 64 numbers, and `X[:1]` a batch of one. The functions
# of this course take batches, so a single image is handed over as `X[:1]`. Samples of a batch do not meet: row
# `n` of `Z` depends on row `n` of `X` alone.
#
# </details>
#
# ### Why the activation in between?
#
# **Predict.** Two layers of 64 and 10 units *without* an activation in between. Can one layer do the same?

# %% kind="worked"
rng = np.random.default_rng(2)
W1, b1 = rng.normal(size=(64, 64)) / 8, rng.normal(size=64)
W2, b2 = rng.normal(size=(64, 10)) / 8, rng.normal(size=10)
two = (X32 @ W1 + b1) @ W2 + b2
one = X32 @ (W1 @ W2) + (b1 @ W2 + b2)
print("two layers and one layer agree:", np.allclose(two, one))
bent = np.maximum(X32 @ W1 + b1, 0) @ W2 + b2
print("and with ReLU in between:      ", np.allclose(bent, one))

# %% [markdown] slide=true
# <details><summary>What happened</summary>
#
# It can, as your `collapse` of unit 01 did. The bug is silent: a network whose ReLU was forgotten runs, and
# learns, as well as one layer can.
#
# </details>
#
# ## What the way back will need
#
# *Core.*
#
# You do not know the way back yet. But two things about it you can say already.
#
# - How does a sum $z_j = \sum_i x_i W_{ij} + b_j$ change with the weight $W_{ij}$? By $x_i$, whatever that
#   input was. So for the slopes of its weights each layer needs **what went into it**: `A`.
# - How does the activation change with the sum? By its slope at `z`. So each layer needs **its sums before the
#   activation**: `Z`.
#
# Therefore the forward pass keeps one pair `(A, Z)` for each layer. This store is called the **cache**.
#
# **Predict.** For 32 images and layers of 64, 32 and 10 units, are there more numbers in the weights, or in
# the cache?

# %% kind="worked"
sizes, N = [64, 64, 32, 10], 32
layers = list(zip(sizes, sizes[1:], strict=False))
parameters = sum(fan_in * units + units for fan_in, units in layers)
kept = sum(N * fan_in + N * units for fan_in, units in layers)
print(f"weights and biases: {parameters:,}    kept for the way back: {kept:,}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The cache is larger, and it grows with the batch. This is why training takes much more memory than using a
# finished network, which may forget each layer as soon as the next one is done.
#
# </details>
#
# ### Kept, and spoiled
#
# **Predict.** `np.maximum(Z, 0, out=Z)` saves an array: it writes the result into `Z` itself. What does the
# cache hold afterwards?

# %% kind="worked"
Z = np.array([2.0, -0.5, 1.0])
cache = [Z]
A = np.maximum(Z, 0)
print("a new array:      the cache holds", cache[0])
A = np.maximum(Z, 0, out=Z)
print("written in place: the cache holds", cache[0])

# %% [markdown]
# <details><summary>What happened</summary>
#
# The cache does not hold a copy. It holds the same array under another name, and the −0.5 in it is gone. Make
# a new array for `A`.
#
# </details>
#
# Now write it for any number of layers. The parameters come in one flat list `[W1, b1, W2, b2, …]`, so layer
# number `k`, counted from 0, has `params[2 * k]` and `params[2 * k + 1]`. In each round of the loop: take what
# goes in, make the sums, keep the pair, and prepare what goes into the next layer.

# %% exercise="feedforward.forward" slide=true

# %% [markdown] slide=true
# ## Your network looks at digits
#
# *Core.*
#
# First with random weights.
#
# **Predict.** What share of the images will it read rightly, and roughly what is its loss?

# %% kind="worked"
my_forward = mine_or_ours("feedforward.forward", forward)
rng = np.random.default_rng(3)
params = []
for fan_in, units in layers:
    params += [rng.normal(size=(fan_in, units)) * np.sqrt(2 / fan_in), np.zeros(units)]
logits, cache = my_forward(params, X_test)
print("shapes in the cache:", [(A.shape, Z.shape) for A, Z in cache])
loss = bp.CrossEntropyLoss()
right = (logits.argmax(axis=1) == y_test).mean()
print(f"loss {loss.forward(logits, y_test):.2f}, {right:.1%} of {len(y_test)} images right")

# %% [markdown]
# <details><summary>What happened</summary>
#
# About one in ten, as by guessing, and a loss not far from log 10. Nothing has been learnt.
#
# </details>
#
# Now let bpcore train a network of the same sizes, and put *its* weights through *your* function. You will
# write the training yourself in unit 05.

# %% kind="worked"
rng = np.random.default_rng(4)
first, second = bp.Dense(64, 64, rng=rng), bp.Dense(64, 32, rng=rng)
network = bp.Sequential([first, bp.ReLU(), second, bp.ReLU(), bp.Dense(32, 10, rng=rng)])
optimizer = bp.Adam(network.parameters(), lr=3e-3)
how_long = {"epochs": 20, "batch_size": 32, "rng": rng, "progress": False}
bp.train(network, loss, optimizer, X_train, y_train, **how_long)

learnt = [p.data for p in network.parameters()]
logits, cache = my_forward(learnt, X_test)
predictions = logits.argmax(axis=1)
print("the same scores as bpcore's:", np.allclose(logits, network.predict(X_test)))
print(f"loss {loss.forward(logits, y_test):.2f}, {(predictions == y_test).mean():.1%} right")

# %% kind="worked" slide=true
titles = [f"read as {digit}" for digit in predictions[:10]]
bp.plot_digits(X_test[:10], titles)
in_words(bp.describe_digits(X_test[:10], titles))

# %% [markdown]
# The whole difference between the two runs lies in 6,570 numbers. The function is the same.
#
# **Predict.** In the trained network, for an image it has never seen: how many of the 64 units of the first
# layer are on?

# %% kind="worked"
for number, (_, Z) in enumerate(cache[:2], start=1):
    on = (Z > 0).mean(axis=1)
    dead = int((Z <= 0).all(axis=0).sum())
    print(f"layer {number}: {on.mean():.0%} of {Z.shape[1]} units on, on average; never on: {dead}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Most of them, and not the same ones for every image. A unit that is off hands on 0 for this image, and
# in unit 05 you will see that nothing comes back through it either. A few are off for every image of the test:
# they do nothing here.
#
# </details>
#
# ## Further: a line that runs and is wrong
#
# *Further.*
#
# When all hidden layers have one size, numpy cannot see when a name is mistaken for another: every shape fits.
# Then a question helps that needs no knowledge of the code: **does every parameter matter?** Replace one by
# other numbers, and look whether anything changes.
#
# **Predict.** The function below has one wrong name. Which of the four parameters will not matter?


# %% kind="worked"
def careless(X, W1, b1, W2, b2):
    A1 = np.maximum(X @ W1 + b1, 0)
    return A1 @ W1 + b2


def do_they_matter(network, X, *params):
    """For each parameter: does the output change when it is replaced by other numbers?"""
    rng = np.random.default_rng(5)
    before = network(X, *params)
    answers = []
    for k, p in enumerate(params):
        others = [*params[:k], rng.normal(size=p.shape), *params[k + 1 :]]
        answers.append(not np.array_equal(before, network(X, *others)))
    return answers


rng = np.random.default_rng(6)
square = [rng.normal(size=shape) for shape in ((4, 4), (4,), (4, 4), (4,))]
answers = do_they_matter(careless, X32[:, 20:24], *square)
for name, answer in zip(("W1", "b1", "W2", "b2"), answers, strict=True):
    print(name, "matters" if answer else "does NOT matter")

# %% [markdown]
# <details><summary>What happened</summary>
#
# `W2`: its place was taken by `W1`, and the shapes agree.
#
# </details>
#
# Run the answer cell below as it is, and then the last cell of this part, which asks the same question about
# `three_layers`. Only then look for the line.

# %% exercise="feedforward.find_the_bug"

# %% [markdown]
# The question, asked of your `three_layers` as it stands. Run this before you mend it, and again after.


# %% kind="worked"
def logits_only(X, *params):
    return three_layers(X, *params)["logits"]


shapes = {"W1": (4, 4), "b1": (4,), "W2": (4, 4), "b2": (4,), "W3": (4, 4), "b3": (4,)}
square = [rng.normal(size=shape) for shape in shapes.values()]
answers = do_they_matter(logits_only, X32[:, 20:24], *square)
for name, answer in zip(shapes, answers, strict=True):
    print(name, "matters" if answer else "does NOT matter")

# %% [markdown] slide=true
# ## Where this breaks
#
# *Core.*
#
# - **The activation is forgotten**, or `Z` is handed on in place of `A`. All layers are worth one.
# - **The last layer is activated too.** With ReLU behind it, no score can be negative, and a class whose
#   score is pushed to 0 gets no slope any more.
# - **Sums that are too large.** Sigmoid and tanh units are then all saturated: flat, with slopes near 0. The
#   size of the starting weights decides it.
# - **The cache is written to**, by `out=` or by `Z[Z < 0] = 0`. The forward pass is still right, so no test of
#   the scores shows it.
#
# **Predict.** 64 inputs of random sign and size 1, weights drawn with a spread of 1. How many of the tanh
# units have a slope below 0.01? And with weights that are eight times smaller?

# %% kind="worked"
rng = np.random.default_rng(7)
X = rng.normal(size=(200, 64))
W = rng.normal(size=(64, 100))
for name, weights in (("spread 1:  ", W), ("spread 1/8:", W / 8)):
    flat = my_slopes(X @ weights)["tanh"] < 0.01
    print(f"{name} {flat.mean():.0%} have a slope below 0.01")

# %% [markdown]
# <details><summary>What happened</summary>
#
# With a spread of 1 the sum of 64 products has a spread of 8, far out where tanh is flat, and most units are
# saturated before anything has been learnt. Dividing by $\sqrt{64} = 8$ brings the sums back to size 1.
#
# </details>

# %% [markdown] written="feedforward"
# To save memory, a library keeps only the activation `a` of each layer, and forgets `z`. When is that enough,
# and what goes wrong when it is not? Five to eight sentences, with a number from your runs.
#
# <!-- 8 -->
# It is enough when the slope of the activation can be read off `a`, and when the formula used is the one that
# takes `a`. (*claim: 2*) For sigmoid and tanh the slopes are a(1 − a) and 1 − a², for ReLU the sign of a
# equals that of z. If `a` is handed to a function that expects `z`, it squashes once more and gives the slope
# at the wrong place. (*mechanism: 2*) At z = 2 the sigmoid's slope is 0.105, and the slip gives 0.207; at z =
# 5 it is about thirty times too large. (*evidence: 2*) Near z = 0 and for ReLU the slip cannot be seen, so a
# test there proves nothing; and for an activation like the sine `a` is never enough. (*limits: 2*)
#
# <!-- 5 -->
# For sigmoid and tanh it is enough, because their slopes contain a. (*claim: 2, mechanism: 1; what if the
# other formula is used?*) If you put a into the wrong formula the slope is too large. (*evidence: 1; how
# large?*) For ReLU it does not matter. (*limits: 1*)
#
# <!-- 2 -->
# You should keep z, because you need it for backpropagation. (*claim: 1; when is it not needed?*) Otherwise
# the slopes are wrong. (*mechanism: 1*) (*evidence and limits: 0*)

# %% [markdown]
# ## Summary
#
# - A unit makes a weighted sum `z` and puts it through its activation: `a = f(z)`. `z` goes in, `a` comes out.
# - Slopes: sigmoid `a (1 − a)`, tanh `1 − a²`, ReLU 1 or 0. Know of every formula which of the two it takes.
# - A slope at the wrong argument is nearly right for small sums, and harmless for ReLU. That is why it hides.
# - A batch is a table with a sample in each row: `(N, D) @ (D, H) + (H,)` gives `(N, H)`.
# - Without a bend in between, many layers are one.
# - Keep for each layer what went in, `A`, and its sums before the activation, `Z`, and do not write to them.
#
# ### In a week, ask yourself
#
# 1. A friend's network keeps only the activations. With which activation functions is that enough?
# 2. Why does a layer need its *input* for the slopes of its weights, and not its output?
# 3. You double the batch. Which of these doubles: the number of weights, the number of kept values, the time?
#
# Next: **04 · The chain rule**, and then **05 · Backpropagation**, where the cache is used.
#
# ## Further reading
#
# - W. S. McCulloch, W. Pitts, *A logical calculus of the ideas immanent in nervous activity*, Bulletin of
#   Mathematical Biophysics 5, 115–133, 1943: the first unit with a sum and a threshold.
# - F. Rosenblatt, *The perceptron*, Psychological Review 65, 386–408, 1958.
# - X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, AISTATS
#   2010: saturation, and the size of the starting weights.
# - V. Nair, G. E. Hinton, *Rectified linear units improve restricted Boltzmann machines*, ICML 2010: ReLU.
# - A. Griewank, A. Walther, *Evaluating Derivatives*, SIAM, second edition 2008: what to keep on the way
#   forward, and what to compute again.
