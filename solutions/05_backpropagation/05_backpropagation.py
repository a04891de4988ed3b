# %% [markdown] slide=true
# # 05 · Backpropagation
#
# A network that reads 8×8 images of digits has thousands of weights. To improve it you need to know, for each
# of them, how the error changes when that weight changes. In this unit you find out how to get *all* of these
# slopes with one walk back through the network.
#
# You start with a layer small enough to follow with a finger, and end with a four-layer network of your own
# that reads handwriting.
#
# *Two sittings of about an hour. There is a marked place to stop in the middle.*

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
# 1. `X` has shape `(5, 3)`. What shape has `X.sum(axis=0)`?
# 2. How do you measure the slope of a function by one of its inputs, if you can only call it?
# 3. `c = a·a + a`. Why is the slope of `c` by `a` a sum of three terms?
#
# <details><summary>Answers</summary>
#
# 1. `(3,)`: axis 0 disappears.
# 2. Move that input up by h and down by h, take the difference of the results, divide by 2h.
# 3. There are three paths from `a` to `c`. Along a path slopes are multiplied; over paths they are added.
#
# </details>

# %% [markdown] slide=true
# ## Why not simply measure?
#
# *Core.*
#
# The network of this unit takes 64 pixels through two hidden layers, of 64 and 32 units, to 10 outputs, one
# for each digit. It has four layers of units, and three sets of weights between them.

# %% kind="worked"
rng = np.random.default_rng(1)
first, second, last = bp.Dense(64, 64, rng=rng), bp.Dense(64, 32, rng=rng), bp.Dense(32, 10, rng=rng)
network = bp.Sequential([first, bp.ReLU(), second, bp.ReLU(), last])
print(network)

# %% [markdown]
# You can already get every slope: move one weight, run the network, move it back, run again. That is two runs
# for each weight.
#
# **Predict.** One run over a batch of 32 images and one walk back take the time `t`. How long does measuring
# all 6,570 slopes take: about 10 t, 100 t, or more than 1,000 t?

# %% kind="worked"
import time

loss = bp.CrossEntropyLoss()
X32, y32 = X_train[:32], y_train[:32]


def seconds(action, repeats):
    """The best of several runs: the least disturbed one."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def forward():
    return loss.forward(network.forward(X32), y32)


def forward_and_back():
    forward()
    network.zero_grad()
    network.backward(loss.backward())


weights = sum(p.data.size for p in network.parameters())
once, back = seconds(forward, 20), seconds(forward_and_back, 20)
print(f"{weights} weights and biases")
print(f"one run:                        {1e3 * once:8.2f} ms")
print(f"one run and one walk back:      {1e3 * back:8.2f} ms")
print(f"measuring, two runs a weight:   {1e3 * once * 2 * weights:8.0f} ms")
print(f"measuring takes {2 * weights * once / back:,.0f} times as long as walking back")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Thousands of times. Measuring costs two runs *for each weight*; the walk back costs about two runs *for all
# of them together*, however many there are. That is what made networks of many layers trainable. The idea was
# found several times: Linnainmaa described it for any computation in 1970, Werbos for networks in 1974, and
# Rumelhart, Hinton and Williams made it known in 1986.
#
# </details>
#
# Measuring is not useless: it is the referee. Every gradient that you derive today is checked against it.

# %% [markdown] slide=true
# # Part one: a single layer
#
# ## Forward: weighted sums
#
# *Core.*
#
# A layer takes inputs `x` and makes weighted sums `z`. Here is one with two inputs and three outputs. The
# number on the edge from `xᵢ` to `zⱼ` is the weight `W[i, j]`: *row for the input, column for the output*.

# %% kind="worked" slide=true
x = np.array([1.0, 2.0])
W = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]])
b = np.array([0.5, -1.0, 0.0])
z = x @ W + b
picture = {"inputs": x, "outputs": z, "highlight": ("output", 0), "direction": "forward"}
bp.plot_layer(W, **picture)
in_words(bp.describe_layer(W, **picture))

# %% [markdown]
# Output 0 collects what arrives along its two edges, and adds its bias:
#
# $$z_0 = x_0 W_{00} + x_1 W_{10} + b_0 = 1 \cdot 1 + 2 \cdot 2 + 0.5 = 5.5$$
#
# In general $z_j = \sum_i x_i W_{ij} + b_j$. That sum over the shared index is what `x @ W` computes. For a
# batch, one sample in each row of `X`, it is `X @ W + b`, and the same weights serve every row.

# %% exercise="backprop.dense_forward" slide=true

# %% [markdown] slide=true
# ## Backward: one path
#
# *Core.*
#
# Now the other direction. Suppose the rest of the network has told us how the loss changes when each `z`
# changes:
#
# $$g_j = \frac{\partial L}{\partial z_j}, \qquad g = (0.5,\ -1,\ 3)$$
#
# How does the loss change when the weight `W[0, 2]` changes? Follow it with a finger. That weight touches one
# edge, and through it only `z₂`, and from there the loss. One path, two slopes:
#
# - the **local slope** of `z₂` by `W[0, 2]`: it is whatever multiplies the weight, so `x₀`;
# - what arrives from **upstream**: `g₂`.
#
# Along a path slopes are multiplied: $\partial L / \partial W_{02} = x_0 \, g_2 = 1 \cdot 3 = 3$.

# %% kind="worked" slide=true
g = np.array([0.5, -1.0, 3.0])
picture = {"inputs": x, "outputs": g, "names": ("x", "g"), "direction": "backward"}
picture["highlight"] = ("weight", 0, 2)
bp.plot_layer(W, **picture)
in_words(bp.describe_layer(W, **picture))

# %% [markdown]
# The same for every weight, and you have a table of the shape of `W`.

# %% exercise="backprop.weight_gradient" slide=true

# %% [markdown] slide=true
# ## Backward: many paths
#
# *Core.*
#
# And the inputs? Input `x₀` is not at the end of the story: in a deep network it is the output of the layer
# below, and that layer waits for *its* gradient.
#
# **Predict.** How many paths lead from `x₀` to the loss? Which slopes lie along each? What is done with the
# results?

# %% kind="worked" slide=true
picture["highlight"] = ("input", 0)
bp.plot_layer(W, **picture)
in_words(bp.describe_layer(W, **picture))
print("products along the paths of x0:", W[0] * g)
print("their sum:", (W[0] * g).sum())

# %% [markdown]
# <details><summary>What happened</summary>
#
# Three paths, one to each output. Along the path through `z_j` the local slope is `W[0, j]` and upstream is
# `g_j`. The paths add up:
#
# $$\frac{\partial L}{\partial x_0} = \sum_j W_{0j}\, g_j = 1 \cdot 0.5 + 0 \cdot (-1) + (-1) \cdot 3 = -2.5$$
#
# </details>

# %% exercise="backprop.input_gradient" slide=true

# %% [markdown] slide=true
# ## Where the transpose comes from
#
# *Core.*
#
# Put the two sums side by side:
#
# $$\text{forward: } z_j = \sum_{i} x_i\, W_{ij}
# \qquad\qquad \text{backward: } \frac{\partial L}{\partial x_i} = \sum_{j} g_j\, W_{ij}$$
#
# Forward sums over the *first* index of `W`, backward over the *second*. A matrix product `a @ M` always sums
# over the first index of `M`. To sum over the second, turn the table so that the second comes first: `g @
# W.T`. The transpose is no rule to memorise. It says: *the same edges, walked the other way*.

# %% kind="worked"
by_paths = np.array([sum(W[i, j] * g[j] for j in range(3)) for i in range(2)])
print("sums over paths:", by_paths)
print("g @ W.T:        ", g @ W.T)

# %% [markdown]
# **Predict.** For a batch, `X` has shape `(5, 3)` and the gradient `g` by the outputs has shape `(5, 2)`.
# Which product gives `dW`, of shape `(3, 2)`? There is only one that fits. Now let all sizes be 2. How many
# fit then?
#
# The widget asks both. Afterwards turn and swap the two, until they click together: an arc joins each column
# of the left one to a row of the right one. Change the sizes, and look for `dX` too.

# %% kind="worked"
from bpcore.widgets import TransposePuzzle

TransposePuzzle(predict="which_product")

# %% [markdown]
# All four at once:

# %% kind="worked"
A, B = np.ones((5, 3)), np.ones((5, 2))
candidates = {"X @ g": (A, B), "X.T @ g": (A.T, B), "g.T @ X": (B.T, A), "X @ g.T": (A, B.T)}
for name, (left, right) in candidates.items():
    fits = left.shape[1] == right.shape[0]
    print(f"{name:8}", f"gives {(left @ right).shape}" if fits else "does not fit")

# %% [markdown]
# <details><summary>What happened</summary>
#
# With shapes `(5, 3)` and `(5, 2)` only `X.T @ g` gives `(3, 2)`. When all sizes are 2, *every* candidate
# fits and three of them are wrong. Shapes are a good test and no proof. A much-copied tutorial on recurrent
# networks multiplies by a matrix where its transpose belongs, and runs without complaint, because that matrix
# is square. Our checks therefore try rectangular *and* square shapes.
#
# </details>

# %% [markdown] slide=true
# ## A batch: the weights are shared
#
# *Core.*
#
# In a batch, row `n` of `X` is one sample, and the same `W` serves them all. So `W[i, j]` now touches the
# loss along `N` paths, one for each sample, and paths add:
#
# $$\frac{\partial L}{\partial W_{ij}} = \sum_n X_{ni}\, g_{nj} \quad\text{which is}\quad dW = X^{\mathsf T} g
# \qquad\qquad \frac{\partial L}{\partial b_j} = \sum_n 1 \cdot g_{nj}$$
#
# The bias behaves like a weight whose input is always 1. Each sample has its own row of inputs, so `dX` has
# no sum over samples: $dX = g\,W^{\mathsf T}$.
#
# ### We never build the Jacobian
#
# In textbooks the chain rule multiplies *Jacobians*, tables of the slope of every output by every input.
# **Predict.** For one layer of 64 inputs and 64 outputs and a batch of 32, how many numbers would that table
# hold, and how many of them are not zero?

# %% kind="worked"
N, D, H = 32, 64, 64
everything = (N * H) * (N * D)
needed = N * H * D
print(f"the Jacobian of Z by X has {N * H} × {N * D} = {everything:,} entries, {8 * everything / 1e6:.0f} MB")
print(f"not zero: {needed:,}, or {needed / everything:.0%}")
print(f"those are the {D * H:,} weights, {N} times over")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Four million entries, and 97% of them zero, because a sample's outputs do not depend on another sample's inputs.
# The rest are the same 4,096 weights, written down once for every sample. `g @ W.T` uses them where they stand.
#
# </details>
#
# ### The card
#
# For every step back, ask five questions in this order. They are all you need today.
#
# | | question | for `dW` of a dense layer |
# |---|---|---|
# | **shape** | what shape must it have? | that of `W`: `(D, H)` |
# | **local slope** | how does the result change with it? | by the input, `X[n, i]` |
# | **upstream** | what arrives from above? | `g[n, j]` |
# | **sum over paths** | which index counts the paths? | the samples, `n` |
# | **check** | does the referee agree? | finite differences |
#
# The check is dear and the walk is cheap: n numbers cost `2n` runs by differences, and one walk back, about two
# runs, gives all n. So check on a small network, and walk on the large one.

# %% exercise="backprop.dense_backward" slide=true

# %% [markdown]
# Your three lines against the referee: each entry is compared with a measured slope.

# %% kind="worked"
my_dense_vjp = mine_or_ours("backprop.dense_backward", dense_vjp)
rng = np.random.default_rng(2)
inputs = [rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)]
direction = rng.normal(size=(5, 2))


def weighted_output(X, W, b):
    """A number made from the layer's outputs, and its gradient: g is simply the direction."""
    Z = X @ W + b
    return float((Z * direction).sum()), my_dense_vjp(X, W, direction)


print(bp.gradcheck(weighted_output, inputs))

# %% [markdown]
# ---
#
# **A good place to stop.** You have derived the backward step of a layer, and checked it. Part two puts layers
# on top of each other.
#
# ---

# %% [markdown] slide=true
# # Part two: the whole network
#
# ## Where the error starts
#
# *Core.*
#
# The last layer gives ten scores, the **logits**. Softmax turns them into probabilities, and the
# cross-entropy says how surprised the network is by the right answer:
#
# $$P_k = \frac{e^{z_k}}{\sum_m e^{z_m}}, \qquad L = -\ln P_{\text{label}}$$
#
# Take the two together. Since $\ln P_k = z_k - \ln\sum_m e^{z_m}$, the loss is $L = \ln\sum_m e^{z_m} -
# z_{\text{label}}$. Its slope by $z_k$ is
#
# $$\frac{\partial L}{\partial z_k} = \frac{e^{z_k}}{\sum_m e^{z_m}} - [k = \text{label}] = P_k - Y_k$$
#
# Probability minus target: a score that is too likely is pushed down, the right one is pushed up, and the
# pushes of a row add up to zero. The slopes of softmax have cancelled against the logarithm; they must not be
# multiplied in again. For a batch the loss is the *mean*, so everything is divided by `N`, here, once.
#
# **Predict.** The probabilities are (0.7, 0.2, 0.1). What is the gradient by the three scores if the label is
# 0? If it is 2? Which is the larger push?

# %% kind="worked"
P = np.array([0.7, 0.2, 0.1])
for label in (0, 2):
    Y = np.eye(3)[label]
    push = np.round(P - Y, 2)
    print(f"label {label}: P - Y = {push}, length {np.linalg.norm(push):.2f}, loss {-np.log(P[label]):.2f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Label 0 gives (−0.3, 0.2, 0.1), label 2 gives (0.7, 0.2, −0.9). The second is larger: the network was
# confident and wrong.
#
# </details>
#
# **Where this breaks.** `np.exp(900)` is infinite and `inf / inf` is `nan`. Subtracting one number from all
# scores of a row changes no probability, so subtract the row's own maximum: then the largest exponent is 0.

# %% kind="worked"
scores = np.array([900.0, 0.0, -900.0])
with np.errstate(all="ignore"):
    print("without the maximum:", np.exp(scores) / np.exp(scores).sum())
shifted = np.exp(scores - scores.max())
print("with it:            ", shifted / shifted.sum())

# %% exercise="backprop.softmax_ce_delta" slide=true

# %% [markdown] slide=true
# ## Through a hidden layer
#
# *Core.*
#
# We write `δ` (delta) for the gradient by the weighted sums `Z` of a layer. The output's you have. To reach
# the layer below, take two steps back:
#
# 1. **through the weights**: what arrives at the activations `A` is `δ_next @ W_next.T`, the sum over paths
#    you know;
# 2. **through the activation**: each unit by itself. `A = relu(Z)` has slope 1 where `Z > 0` and 0 elsewhere.
#
# The second step is an entry-by-entry product: a unit's activation depends on its own `Z` and on no other.
#
# **Predict.** A hidden unit has `Z = −0.4`, so it put out 0. The gradient that arrives at it is 5. What is
# its `δ`?

# %% kind="worked"
Z = np.array([2.0, -0.4, 0.5])
arriving = np.array([1.0, 5.0, -2.0])
print("forward:  relu(Z) =", np.maximum(Z, 0))
print("slope:             ", 1.0 * (Z > 0))
print("backward: delta  = ", arriving * (Z > 0))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Zero. The unit was off: a small change of its `Z` changes nothing above it, however much is asked for. Note
# that the *sign of Z* decides, not the sign of the gradient: the −2 passes. Taking `relu` of the gradient
# instead is a common slip.
#
# </details>

# %% exercise="backprop.hidden_delta" slide=true

# %% [markdown] slide=true
# ## The whole walk
#
# *Core.*
#
# Everything is on the table. Forward, keeping what the walk back will need; then back, layer by layer, and in
# each layer the same three lines:
#
# | stage | from | shape |
# |---|---|---|
# | `Z1`, `A1` | `X`, `W1`, `b1` | (N, H1) |
# | `Z2`, `A2` | `A1`, `W2`, `b2` | (N, H2) |
# | `Z3`, `P`, `loss` | `A2`, `W3`, `b3`, `labels` | (N, K), (N, K), one number |
# | `delta3` | `P`, `labels` | (N, K) |
# | `dW3`, `db3` | `A2`, `delta3` | (H2, K), (K,) |
# | `delta2` | `delta3`, `W3`, `Z2` | (N, H2) |
# | `dW2`, `db2` | `A1`, `delta2` | (H1, H2), (H2,) |
# | `delta1` | `delta2`, `W2`, `Z1` | (N, H1) |
# | `dW1`, `db1` | `X`, `delta1` | (D, H1), (H1,) |
#
# Write it from a blank page. You may call functions that you wrote above. If a stage is wrong, the check
# names it, and goes on judging the later ones by what you made of it.

# %% exercise="backprop.backward" slide=true

# %% [markdown]
# The referee again, on all weights of a small network at once.

# %% kind="worked"
my_backward = mine_or_ours("backprop.backward", backward)
rng = np.random.default_rng(3)
small = [5, 6, 4, 3]
params = []
for a, c in zip(small, small[1:], strict=False):
    params += [rng.normal(size=(a, c)) * np.sqrt(2 / a), rng.normal(size=c) * 0.1]
X_small, y_small = rng.normal(size=(7, 5)), rng.integers(0, 3, 7)


GRADIENTS = ("dW1", "db1", "dW2", "db2", "dW3", "db3")


def loss_and_gradients(*params):
    stages = my_backward(X_small, y_small, *params)
    return float(stages["loss"]), [stages[name] for name in GRADIENTS]


report = bp.gradcheck(loss_and_gradients, params)
print(report)

# %% kind="worked" slide=true
def loss_with(k, p):
    """The loss with the k-th parameter replaced by p."""
    return loss_and_gradients(*params[:k], p, *params[k + 1 :])[0]


derived = np.concatenate([grad.ravel() for grad in loss_and_gradients(*params)[1]])
slopes = [bp.numerical_gradient(lambda p, k=k: loss_with(k, p), params[k]) for k in range(len(params))]
measured = np.concatenate([slope.ravel() for slope in slopes])
bp.plot_agreement(derived, measured)
in_words(bp.describe_agreement(derived, measured))

# %% [markdown] slide=true
# ## Move the weights
#
# *Core.*
#
# The gradient points uphill. To lower the loss, move each parameter a small step against its gradient. How
# small is the **learning rate**.
#
# **Predict.** `w` is an array that a layer holds. After `p = w` and then `p = p - 1`, has `w` changed? And
# after `p = w` and then `p -= 1`?

# %% kind="worked"
w = np.zeros(3)
p = w
p = p - 1
print("after p = p - 1:", w)
p = w
p -= 1
print("after p -= 1:   ", w)

# %% [markdown]
# <details><summary>What happened</summary>
#
# `p = p - 1` makes a new array and moves the *name* `p` to it; the layer keeps the old one. `p -= 1` writes
# into the array that both names stand for.
#
# </details>

# %% exercise="backprop.sgd_step" slide=true

# %% [markdown] slide=true
# ## The order matters
#
# *Core.*
#
# All gradients belong to one and the same set of weights: those that made the error. The next exercise is
# someone else's code. It runs, and it even learns.

# %% exercise="backprop.train_step" slide=true

# %% [markdown] slide=true
# ## Your functions read handwriting
#
# *Core.*
#
# The images are 8×8 grey pixels, written by 13 people.

# %% kind="worked" slide=true
one_of_each = [np.flatnonzero(y_train == digit)[0] for digit in range(10)]
bp.plot_digits(X_train[one_of_each], y_train[one_of_each])
in_words(bp.describe_digits(X_train[one_of_each], y_train[one_of_each]))

# %% [markdown]
# Here is the training loop. It uses *your* `backward` and *your* `sgd_step` where they pass their checks, and
# says so. Each epoch goes once through the training images, in a new order, 32 at a time.
#
# **Predict.** After 20 epochs, about 760 steps: how many of 100 images that it has never seen will it read
# rightly?

# %% kind="worked"
my_backward = mine_or_ours("backprop.backward", backward)
my_sgd_step = mine_or_ours("backprop.sgd_step", sgd_step)


def make_parameters(sizes, rng):
    """Weights of a size that keeps the signal alive through ReLU layers; biases of zero."""
    params = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        params += [rng.normal(size=(fan_in, fan_out)) * np.sqrt(2 / fan_in), np.zeros(fan_out)]
    return params


def read_digits(X, W1, b1, W2, b2, W3, b3):
    """The forward pass alone: the digit with the highest score."""
    A1 = np.maximum(X @ W1 + b1, 0)
    A2 = np.maximum(A1 @ W2 + b2, 0)
    return (A2 @ W3 + b3).argmax(axis=1)


rng = np.random.default_rng(4)
params = make_parameters([64, 64, 32, 10], rng)
losses = []
for epoch in range(20):
    for X_batch, y_batch in bp.batches(X_train, y_train, 32, rng):
        stages = my_backward(X_batch, y_batch, *params)
        grads = [stages[name] for name in GRADIENTS]
        my_sgd_step(params, grads, 0.2)
        losses.append(float(stages["loss"]))
    if epoch % 5 == 4:
        right = (read_digits(X_test, *params) == y_test).mean()
        print(f"epoch {epoch + 1:2}: loss {np.mean(losses[-38:]):.3f}, {right:.1%} of unseen images right")

# %% kind="worked" slide=true
smooth = [np.mean(losses[max(0, step - 37) : step + 1]) for step in range(len(losses))]
curves = {"each batch": losses, "mean of the last 38 batches": smooth}
bp.plot_curves(curves, title="The loss, step by step", ylabel="cross-entropy")
in_words(bp.describe_curves(curves))

# %% kind="worked" slide=true
predictions = read_digits(X_test, *params)
accuracy = (predictions == y_test).mean()
bp.plot_mistakes(X_test, y_test, predictions)
in_words(bp.describe_mistakes(y_test, predictions))
print(f"\nMilestone: 95% of unseen images. Reached: {accuracy:.1%}.")

# %% [markdown]
# Look at the ones it got wrong. Would you have read them all?
#
# ### Is the test honest?
#
# The split was random, so images of one writer stand on both sides. The file keeps its writers one after the
# other; cutting it in order keeps them (nearly) apart, and asks a harder question: *can it read somebody
# new?* **Predict** the accuracy on new writers: higher, the same, or lower?

# %% kind="worked"
A_train, c_train, A_test, c_test = bp.load_digits(split="contiguous")
rng = np.random.default_rng(4)
params = make_parameters([64, 64, 32, 10], rng)
for _ in range(20):
    for X_batch, y_batch in bp.batches(A_train, c_train, 32, rng):
        stages = my_backward(X_batch, y_batch, *params)
        my_sgd_step(params, [stages[name] for name in GRADIENTS], 0.2)
new_writers = (read_digits(A_test, *params) == c_test).mean()
print(f"random split: {accuracy:.1%}    new writers: {new_writers:.1%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Lower, by several points. A random split lets the network learn the very hands it is tested on. Which number
# is right depends on what you want to know; say which one you report.
#
# </details>

# %% [markdown]
# ## Further: your functions under your hands
#
# *Further.*
#
# The same functions drive a network that you can take hold of. Below, `backward` is yours as soon as it has passed:
# it computes the gradients that the small triangles show, and every step of *Play*. If it fails on something, the
# widget says where and how, and goes on with ours.

# %% kind="worked"
from bpcore.widgets import Playground

Playground(data="moons", hidden=(6, 6), backward=mine_or_ours("backprop.backward", backward))

# %% [markdown]
# **Predict.** This one begins with every weight and bias at zero, and asks you first.

# %% kind="worked"
Playground(weights=0, predict="zero_weights")

# %% [markdown] slide=true
# ## Where this breaks
#
# *Core.*
#
# - **All weights start at zero.** Then all hidden units of a layer compute the same, get the same gradient,
#   and stay the same for ever. Start them at random.
# - **The learning rate is too large.** The step overshoots the valley, and the loss grows until it is `nan`.
# - **A gradient that is nearly right.** Wrong by a factor, or in one layer only, a network often still
#   learns, only worse. Nothing but a check against finite differences tells you.
# - **A unit that is off for every image** gets no gradient and never comes back. It is called dead.

# %% kind="worked"
zero = [np.zeros_like(p) for p in make_parameters([64, 64, 32, 10], np.random.default_rng(0))]
stages = my_backward(X_train[:32], y_train[:32], *zero)
for name in ("dW1", "dW2", "dW3", "db3"):
    print(f"all weights zero: the largest entry of {name} is {np.abs(stages[name]).max():.3f}")

# %% [markdown] written="backprop"
# *"Backpropagation is a learning method that was copied from the brain."* Say in five to eight sentences what
# backpropagation is and is not, with a number from your runs.
#
# <!-- 8 -->
# Backpropagation is a way to compute the slope of one number, the loss, by all weights at once; learning is
# what somebody does with these slopes afterwards. (*claim: 2*) It walks back through the computation once,
# multiplies local slopes along each path and adds over paths, with the same weights used the other way round;
# the update, a step against the gradient, is another function. (*mechanism: 2*) In my run measuring all 6,570
# slopes one by one took thousands of times as long as one walk back, and the two agreed entry by entry in the
# check. (*evidence: 2*) That the brain does this has not been shown; it would have to send errors back
# through the weights of the way forward. And the gradient says nothing about new writers: on these, accuracy
# fell from 98% to 92% in my run. (*limits: 2*)
#
# <!-- 5 -->
# It is not from the brain, it computes gradients with the chain rule. (*claim: 2*) It goes from the output to
# the input and multiplies slopes. (*mechanism: 1; and where paths meet?*) It is much faster than measuring.
# (*evidence: 1; how much?*) With it my network learnt digits, other data may differ. (*limits: 1*)
#
# <!-- 2 -->
# Backpropagation sends the error back through the network, so that it learns. (*claim: 1; mechanism: 1*)
# (*evidence and limits: 0*)

# %% [markdown]
# ## Summary
#
# - Along a path slopes are **multiplied**; over paths they are **added**.
# - A dense layer sends back three things: `dX = g @ W.T`, `dW = X.T @ g`, `db = g.sum(axis=0)`. The transpose
#   says: the same edges, walked the other way.
# - Softmax with cross-entropy starts the walk with `(P - Y) / N`. Its slope has already cancelled.
# - A hidden layer's `δ` is what comes back through the weights, times the slope of its activation *at Z*.
# - First all gradients, then all updates.
# - Measured slopes are the referee. Shapes alone prove nothing when they are square.
#
# ### In a week, ask yourself
#
# 1. Why does `db` sum over axis 0, and why is there no such sum in `dX`?
# 2. A friend writes `delta2 = (delta3 @ W3) * (Z2 > 0)`. When does this run, and what would show that it is
#    wrong?
# 3. Why does one walk back cost about as much as two runs forward, and not 6,570?
#
# Next: **06 · Gradient checking**, which makes an honest referee of the measured slope.
#
# ## Further reading
#
# - S. Linnainmaa, *The representation of the cumulative rounding error of an algorithm as a Taylor expansion
#   of the local rounding errors*, master's thesis, University of Helsinki, 1970.
# - P. Werbos, *Beyond Regression*, PhD thesis, Harvard University, 1974.
# - D. Rumelhart, G. Hinton, R. Williams, *Learning representations by back-propagating errors*, Nature 323,
#   533–536, 1986.
# - K. He, X. Zhang, S. Ren, J. Sun, *Delving deep into rectifiers*, ICCV 2015: why the starting weights have
#   the size they have.
# - E. Alpaydin, C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository,
#   1998: the images.
