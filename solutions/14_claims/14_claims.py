# %% [markdown]
# # 14 · Claims about backpropagation
#
# Texts that introduce backpropagation like to list its advantages. The same sentences are copied from page to
# page, and most come without a number. This page takes them one by one: the claim, a measurement *with your own
# functions*, and a verdict. It has no exercises. Read a claim, decide for yourself, then run the cell below it.
#
# *About 30 minutes. Each claim stands alone: come here from the unit that it belongs to, or at the end.*

# %% kind="setup"
import time

import numpy as np

import bpcore as bp
from bpcore import mine_or_ours

X_train, y_train, X_test, y_test = bp.load_digits(split=True, rng=np.random.default_rng(0))

# %% [markdown]
# The functions with which all this is measured, from `my_network.py`. What you have not passed yet is ours.

# %% kind="worked"
my_backward = mine_or_ours("backprop.backward")
my_sgd_step = mine_or_ours("backprop.sgd_step")
my_hidden_delta = mine_or_ours("backprop.hidden_delta")
my_relative_error = mine_or_ours("gradient_checking.relative_error")
my_batches = mine_or_ours("gradient_descent.batches")
by_pattern = mine_or_ours("gradient_descent.gradient_by_pattern")
by_matrix = mine_or_ours("gradient_descent.gradient_by_matrix")
my_settle = mine_or_ours("recurrent_settling.settle")

GRADIENTS = ("dW1", "db1", "dW2", "db2", "dW3", "db3")


def start(sizes, seed=0):
    """Weights for ReLU layers, and biases of zero."""
    rng = np.random.default_rng(seed)
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return [p for m, n in pairs for p in (rng.normal(size=(m, n)) * np.sqrt(2 / m), np.zeros(n))]


def share_right(params, X, y):
    """How many of the samples are read rightly, from 0 to 1."""
    W1, b1, W2, b2, W3, b3 = params
    A1 = np.maximum(X @ W1 + b1, 0)
    A2 = np.maximum(A1 @ W2 + b2, 0)
    return float(((A2 @ W3 + b3).argmax(axis=1) == y).mean())


def train(X, y, lr=0.2, epochs=10, batch_size=32, sizes=(64, 64, 32, 10), seed=0):
    """Train the four-layer network with the functions above, and return its parameters."""
    params, rng = start(sizes, seed), np.random.default_rng(seed + 1)
    with np.errstate(all="ignore"):  # some of these runs are meant to go wrong
        for _ in range(epochs):
            for X_batch, y_batch in my_batches(X, y, batch_size, rng):
                stages = my_backward(X_batch, y_batch, *params)
                my_sgd_step(params, [stages[name] for name in GRADIENTS], lr)
    return params


def seconds(action, repeats=5):
    """The best of several runs: the least disturbed one."""
    best = np.inf
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - began)
    return best


# %% [markdown]
# ## "It is fast and easy"
#
# **Decide**, then measure: one walk back against two runs for each of the 6,570 numbers.

# %% kind="worked"
params = start((64, 64, 32, 10))
X32, y32 = X_train[:32], y_train[:32]
walk = seconds(lambda: my_backward(X32, y32, *params), 20)
run = seconds(lambda: share_right(params, X32, y32), 20)
numbers = sum(p.size for p in params)
print(f"one run and one walk back, for all {numbers} slopes: {1e3 * walk:.2f} ms")
print(f"measured one by one, {2 * numbers} runs: {2 * numbers * run / walk:,.0f} times as long")

# %% [markdown]
# **Fast: true**, compared with measuring: the price of a few runs, however many numbers there are. **Easy:
# false.** It is short, and it is easy to get wrong in ways that nothing but a check notices. Your own
# `progress.txt` knows how often you tried. → [05](../05_backpropagation/05_backpropagation.ipynb),
# [06](../06_gradient_checking/06_gradient_checking.ipynb)
#
# ## "There are no parameters to tune"

# %% kind="worked"
for lr in (0.0002, 0.02, 0.2, 20.0):
    params = train(X_train, y_train, lr=lr, epochs=5)
    print(f"learning rate {lr:6}: {share_right(params, X_test, y_test):.1%} of unseen images right")

# %% [markdown]
# **False.** The gradient has nothing to tune. Whatever uses it has: the learning rate, the batch size, the
# number of epochs, the sizes of the layers, the first weights. The first of these alone decides between
# reading and guessing. → [07](../07_gradient_descent/07_gradient_descent.ipynb)
#
# ## "It needs no prior knowledge of the network"
#
# Here the same backward step, written for ReLU, is used for a layer with ReLU and for one with tanh.

# %% kind="worked"
rng = np.random.default_rng(2)
Z, W_next, delta_next = rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
derived = my_hidden_delta(delta_next, W_next, Z)
for name, activation in (("ReLU", lambda Z: np.maximum(Z, 0)), ("tanh", np.tanh)):
    measured = bp.numerical_gradient(lambda Z, f=activation: float((f(Z) @ W_next * delta_next).sum()), Z)
    print(f"a layer with {name}: relative error of the slopes {my_relative_error(derived, measured):.1e}")

# %% [markdown]
# **False, as it is said.** The walk back must know every operation that stood on the way forward, and the
# slope of each. What it need not know is the *answer*: nobody tells a hidden unit what to look for. Libraries
# seem to need no knowledge because they take notes on the way forward, as your engine did. →
# [04](../04_chain_rule/04_chain_rule.ipynb)
#
# ## "The features need not be known"
#
# Nobody tells the network what a stroke or a loop is: it gets 64 grey numbers. Does it even know which pixels
# are neighbours? And what if the numbers come in another unit, 100 times as large?

# %% kind="worked"
shuffle = np.random.default_rng(3).permutation(64)
versions = {
    "as they are": (X_train, X_test),
    "pixels shuffled, in all alike": (X_train[:, shuffle], X_test[:, shuffle]),
    "100 times as large": (100 * X_train, 100 * X_test),
}
for name, (A, B) in versions.items():
    print(f"{name:30} {share_right(train(A, y_train), B, y_test):.1%}")

# %% [markdown]
# **Mostly true**, and that is its strength: hidden layers find features of their own. But the scale of the
# numbers matters. And the second line shows what is *not* used: for this network the image is a list, so it
# must learn anew what everyone knows of images. Networks that are told about neighbours need less data. →
# [08](../08_static_ocr/08_static_ocr.ipynb)
#
# ## "It works in most cases"
#
# Four points, XOR, and a network with two hidden units, which can do it (you chose the weights by hand). Only
# the first weights differ.

# %% kind="worked"
corners, xor = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


def solves_xor(hidden, seed):
    """Whether training from these first weights reads all four points rightly."""
    rng = np.random.default_rng(seed)
    network = bp.Sequential([bp.Dense(2, hidden, rng=rng), bp.Tanh(), bp.Dense(hidden, 2, rng=rng)])
    optimizer = bp.SGD(network.parameters(), lr=0.5)
    how_long = {"epochs": 400, "batch_size": 4, "rng": rng, "progress": False}
    bp.train(network, bp.CrossEntropyLoss(), optimizer, corners, xor, **how_long)
    return bp.accuracy(network, corners, xor) == 1


for hidden in (2, 3, 8):
    print(f"{hidden} hidden units: {sum(solves_xor(hidden, seed) for seed in range(12))} of 12 starts succeed")

# %% [markdown]
# **It depends**, and "most" is a word without a number. What is certain: a small network that *can* do a task
# need not *find* how, and more units than needed make it likelier. → [01](../01_networks/01_networks.ipynb),
# [12](../12_noise_and_failure/12_noise_and_failure.ipynb)
#
# ## "It works like the nervous system"
#
# A run on a computer says nothing about a brain. But it can say what would be *needed* there: the error has to
# come back through the very weights of the way forward. Here it comes back through others, drawn at random.

# %% kind="worked"
def cosine(a, b):
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


rng = np.random.default_rng(4)
Z, W_next, delta_next = rng.normal(size=(200, 64)), rng.normal(size=(64, 10)), rng.normal(size=(200, 10))
true = my_hidden_delta(delta_next, W_next, Z)
for name, B in (("its own weights", W_next), ("others, drawn at random", rng.normal(size=W_next.shape))):
    sent_back = my_hidden_delta(delta_next, B, Z)
    print(f"the error sent back through {name}: cosine with the gradient {cosine(sent_back, true):+.2f}")

# %% [markdown]
# **Not shown.** 1 is the same direction, 0 is unrelated. No connections are known that carry signals one way and
# errors the other with the same strengths (Crick 1989). Strangely, networks can still learn with fixed random
# weights on the way back: the forward weights slowly turn towards them (Lillicrap and others 2016). That is
# research, and no reason to say "like". → [01](../01_networks/01_networks.ipynb)
#
# ## "Feedforward is the simplest"; "static is as fast as, or faster than, recurrent"
#
# A layer of 64 units, once run forward, and once with connections among themselves, until it settles.

# %% kind="worked"
rng = np.random.default_rng(5)
U, b = rng.normal(size=(64, 64)) / 8, np.zeros(64)
forward_only = seconds(lambda: np.tanh(X32 @ U + b), 20)
print(f"feedforward:        1 step,  {1e6 * forward_only:7.0f} µs")
for strength in (0.2, 0.5, 0.8):
    W = strength * np.linalg.qr(rng.normal(size=(64, 64)))[0]
    settled = my_settle(W, U, b, X32, 1e-8, 500, 1.0)
    took = seconds(lambda W=W: my_settle(W, U, b, X32, 1e-8, 500, 1.0))
    print(f"settling, W {strength} strong: {settled['steps']:2} steps, {1e6 * took:5.0f} µs, {settled['status']}")

# %% [markdown]
# **True for one pass of equal width**, and by the number of steps: a feedforward layer needs one, and nobody
# has to ask whether it will settle. **Too simple as a law:** the recurrent network uses the same weights again in
# each step, so with the same number of *weights* it can do what a static one needs many layers for; and what
# is to be compared is the time until the task is solved. →
# [09](../09_recurrent_settling/09_recurrent_settling.ipynb),
# [11](../11_static_or_recurrent/11_static_or_recurrent.ipynb)
#
# ## "The matrix is to be preferred to the mini-batch"
#
# Two questions are mixed here. How is a gradient *computed*, in a loop over patterns or as a product of
# matrices? And *over how many* patterns, before a step is made?

# %% kind="worked"
targets, w = (y_train == 3).astype(float), np.full(64, 0.01)
loop, matrix = (seconds(lambda f=f: f(X_train, targets, w), 3) for f in (by_pattern, by_matrix))
apart = my_relative_error(by_pattern(X_train, targets, w), by_matrix(X_train, targets, w))
print(f"loop or matrix: {loop / matrix:.0f} times as long, relative difference of the gradients {apart:.0e}")
for size in (8, 32, len(X_train)):
    params = train(X_train, y_train, lr=0.1, epochs=10, batch_size=size)
    print(f"batches of {size:4}: {share_right(params, X_test, y_test):.1%} after 10 epochs")

# %% [markdown]
# **Wrong as a comparison.** Matrix against *loop* is a matter of speed alone: same gradient, other time. Batch
# against *all* is a matter of how often a step is made and how noisy it is: after equally many epochs the
# smaller batches are far ahead here, because they have made more steps. And a mini-batch is computed as a
# matrix, too. → [07](../07_gradient_descent/07_gradient_descent.ipynb),
# [12](../12_noise_and_failure/12_noise_and_failure.ipynb)
#
# ## "It is sensitive to noise and to the input"

# %% kind="worked"
rng = np.random.default_rng(6)
for share in (0.0, 0.2, 0.4):
    noisy = y_train.copy()
    wrong = rng.random(len(noisy)) < share
    noisy[wrong] = rng.integers(0, 10, wrong.sum())
    few, many = (share_right(train(X_train, noisy, epochs=e), X_test, y_test) for e in (5, 60))
    print(f"{share:.0%} of the labels drawn at random: {few:.1%} after 5 epochs, {many:.1%} after 60")
params = train(X_train, y_train)
for size in (0.0, 0.1, 0.3):
    blurred = X_test + size * rng.normal(size=X_test.shape)
    print(f"noise of {size} on the test images: {share_right(params, blurred, y_test):.1%}")

# %% [markdown]
# **True, and not a property of the gradient.** With wrong labels the gradient is right for the wrong task. The
# network first learns what most samples agree on, and later learns the wrong labels by heart: how long one
# trains matters as much as the noise. → [12](../12_noise_and_failure/12_noise_and_failure.ipynb)
#
# ## "It is good for deep networks, on speech and images"
#
# Images of digits, split at random and by writers; and spoken digits (a synthetic voice, which is easier than
# people), split by voices. Beside it a method that learns nothing: the nearest mean of each class.

# %% kind="worked"
def nearest_mean(X, y, X_new, y_new):
    means = np.stack([X[y == k].mean(axis=0) for k in range(10)])
    return float((((X_new[:, None] - means) ** 2).sum(axis=2).argmin(axis=1) == y_new).mean())


def eighths(sound):
    """Each utterance as the means of its eight equal parts, one row of 128 numbers."""
    parts = [np.array_split(x[m > 0], 8) for x, m in zip(sound.X, sound.mask, strict=True)]
    return np.array([np.concatenate([part.mean(axis=0) for part in row]) for row in parts])


heard, unheard = bp.load_spoken_digits(split="voices", rng=np.random.default_rng(7))
tasks = {
    "images, random split": (X_train, y_train, X_test, y_test),
    "images, new writers": bp.load_digits(split="contiguous"),
    "speech, new voices": (eighths(heard), heard.y, eighths(unheard), unheard.y),
}
for name, (A, a, B, c) in tasks.items():
    params = train(A, a, lr=0.1, epochs=30, sizes=(A.shape[1], 64, 32, 10))
    print(f"{name:22} network {share_right(params, B, c):.1%}   nearest mean {nearest_mean(A, a, B, c):.1%}")

# %% [markdown]
# **True today, with two conditions that the sentence hides.** What is used on images and speech is
# backpropagation *and* a structure that fits (shared weights over places or times) *and* many examples. And a
# number without a comparison says little: look at the second column, above all for the speech, and at who is in
# the test. →
# [08](../08_static_ocr/08_static_ocr.ipynb), [10](../10_through_time/10_through_time.ipynb),
# [13](../13_reading_aloud/13_reading_aloud.ipynb)
#
# ## All verdicts
#
# | claim | verdict | unit |
# |---|---|---|
# | it is fast | true, against measuring | 05, 06 |
# | it is easy | false: short, and easy to get wrong | 05, 06 |
# | no parameters to tune | false: the gradient has none, its use has many | 07 |
# | no prior knowledge of the network needed | false: every operation's slope is needed | 04 |
# | features need not be known | mostly true; scale and structure matter | 08 |
# | works in most cases | it depends; ask for the number | 01, 12 |
# | works like the nervous system | not shown | 01 |
# | feedforward is the simplest | true for one pass | 09, 11 |
# | static is as fast as, or faster than, recurrent | true for one pass of equal width, no law | 11 |
# | matrix is preferred to mini-batch | wrong as a comparison: two questions in one | 07, 12 |
# | sensitive to noise and input | true, and no property of the gradient | 12 |
# | good for deep networks on speech and images | true, with structure and data | 08, 10, 13 |
#
# ### The course once more
#
# If a verdict surprised you, go to its unit. The short path of about eight hours is marked.

# %% kind="worked"
print(bp.course_map())

# %% [markdown]
# ## Further reading
#
# - F. Crick, *The recent excitement about neural networks*, Nature 337, 129–132, 1989.
# - T. P. Lillicrap, D. Cownden, D. B. Tweed, C. J. Akerman, *Random synaptic feedback weights support error
#   backpropagation for deep learning*, Nature Communications 7, 13276, 2016.
# - D. Rumelhart, G. Hinton, R. Williams, *Learning representations by back-propagating errors*, Nature 323,
#   533–536, 1986.
# - Y. LeCun and others, *Backpropagation applied to handwritten zip code recognition*, Neural Computation 1(4),
#   541–551, 1989: structure that fits.
