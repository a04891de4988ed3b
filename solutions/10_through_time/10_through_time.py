# %% [markdown]
# # 10 · Through time
#
# A word is not a picture. It comes bit by bit, and what a sound means depends on what was said before. In
# this unit a network reads a sequence one step at a time and carries a state along. You send the error back
# through all the steps, see it die or explode on the way, and let your own code tell digits apart by their
# sound, and speakers by their voice.
#
# *About 75 minutes for the sections marked Core, and a blank page of a quarter of an hour. Those marked
# Further are not needed later.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown]
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. `c = a·b + a`. The number `a` is used twice. What is done with the two slopes that come back to it?
# 2. In a batch the same `W` serves every row. Which sum does that put into `dW`?
# 3. A network of unit 09 also works on its own output, in many steps. What did these steps stand for?
#
# <details><summary>Answers</summary>
#
# 1. They are added: over paths slopes add up.
# 2. The sum over the samples, `X.T @ delta`. Each sample is a path from `W` to the loss.
# 3. For nothing but the search for a resting point. The input stood still, and a step was not a moment.
#
# </details>

# %% [markdown]
# ## One layer, many times
#
# *Core.*
#
# At each step `t` something new comes in, and the layer makes its next state from it and from its last
# state:
#
# $$h_t = \tanh(h_{t-1}\,W + x_t\,U + b)$$
#
# Jeffrey Elman used such networks in 1990 to find structure in sentences. The weights are the same at every
# step. Take one unit with `w = 0.5`, `u = 1`, no bias, and begin with `h = 0`.
#
# **Predict.** The inputs are 1, 0, 0, 0. What is left of the 1 at the end? And what if they are 0, 0, 0, 1?

# %% kind="worked"
def states_of(inputs, w):
    """The states of one unit, with u = 1 and no bias."""
    h, states = 0.0, []
    for x in inputs:
        h = np.tanh(w * h + x)
        states.append(float(h))
    return states


for inputs in ([1, 0, 0, 0], [0, 0, 0, 1]):
    print(inputs, "gives", np.round(states_of(inputs, 0.5), 3))

# %% [markdown]
# <details><summary>What happened</summary>
#
# In the first row an echo is left, about half as strong after each step. In the second the 1 has just
# arrived. The same inputs in another order end in another state: this network knows about time.
#
# </details>
#
# Write the steps side by side, and the circle is gone. The network is **unrolled** into an ordinary graph,
# as deep as the sequence is long. Here are three steps; in the dictionary the empty text stands for a whole
# step, tanh(w·h + x). Look at `w`: it is *one* number, and it is used in each of them.

# %% kind="worked"
w, h0 = 0.5, 0.2
inputs = {"x1": 1.0, "x2": -0.5, "x3": 0.5}
unrolled = {
    "h0": ["input"],
    "x1": ["input"],
    "w": ["input"],
    "h1": ["", "w", "h0", "x1"],
    "x2": ["input"],
    "h2": ["", "w", "h1", "x2"],
    "x3": ["input"],
    "h3": ["", "w", "h2", "x3"],
}
h1 = np.tanh(w * h0 + inputs["x1"])
h2 = np.tanh(w * h1 + inputs["x2"])
h3 = np.tanh(w * h2 + inputs["x3"])
values = {"w": w, "h0": h0, **inputs, "h1": h1, "h2": h2, "h3": h3}
bp.plot_graph(unrolled, values, highlight="w")
in_words(bp.describe_graph(unrolled, values, highlight="w"))

# %% [markdown]
# For a whole layer and a batch the arrays have three axes:
#
# | | shape | |
# |---|---|---|
# | `X` | (N, T, D) | N sequences, T steps, D numbers at each step |
# | `X[:, t]` | (N, D) | what comes in at step t, one sequence a row |
# | `states` | (N, T, H) | the state *after* each step |
# | `h0` | (N, H) | the state before the first step |

# %% exercise="through_time.rnn_forward"

# %% [markdown]
# ## The way back, by hand
#
# *Core.*
#
# Take the three steps above, and let the loss be `h3` itself. Go back as in unit 04. Each step has the
# slope $s_t = 1 - h_t^2$ of its tanh. The slope of $h_t$ by $h_{t-1}$ is $s_t\,w$, and by `w`, *in this
# step alone*, it is $s_t\,h_{t-1}$.
#
# **Predict.** How many paths lead from `w` to `h3`? Which of them is the longest?

# %% kind="worked"
s1, s2, s3 = (1 - h**2 for h in (h1, h2, h3))
slopes = {name: [] for name in ("h0", "x1", "w", "x2", "x3")}
slopes |= {"h1": [s1 * h0, s1 * w, s1], "h2": [s2 * h1, s2 * w, s2], "h3": [s3 * h2, s3 * w, s3]}

carry = 1.0  # the slope of the loss by h3
gradients = {"w": 0.0}
for t, before, slope in ((3, h2, s3), (2, h1, s2), (1, h0, s1)):
    dz = carry * slope  # back through tanh
    print(f"at h{t}: {carry:.4f} arrives, and this step gives w the share {dz * before:+.4f}")
    gradients[f"h{t}"], gradients[f"x{t}"] = carry, dz
    gradients["w"] += dz * before  # w is used in every step: add
    carry = dz * w  # back to the state before
gradients["h0"] = carry
print(f"together: {gradients['w']:.4f}")


def last_state(w):
    h = h0
    for x in inputs.values():
        h = np.tanh(w * h + x)
    return h


print(f"measured: {(last_state(w + 1e-6) - last_state(w - 1e-6)) / 2e-6:.4f}")
bp.plot_graph(unrolled, values, gradients, slopes, highlight="w")
in_words(bp.describe_graph(unrolled, values, gradients, slopes, highlight="w"))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Three paths, one for each step in which `w` is used. The longest begins at the first step and passes all
# states. Each step gives its share, and the shares are added. That is the whole of **backpropagation
# through time**: unroll, walk back, and add up what the steps give to the shared weights. Rumelhart, Hinton
# and Williams describe it in 1986, Werbos in detail in 1990. (Elman himself did less: he copied the state
# to the input, and sent the error back by one step only.)
#
# What travels from a step to the one before is called the **carry**.
#
# </details>
#
# ### Two things arrive
#
# *Core.*
#
# In most networks there is an output at every step, or at some of them. Then a state reaches the loss in
# two ways: directly, through its own output, and through the next state. Over paths gradients add.
# Everything else is the layer of unit 05.

# %% exercise="through_time.step_back"

# %% [markdown]
# Now all steps, for a batch. Go from the last step to the first, `for t in reversed(range(T))`, and begin
# with a carry of zero: nothing comes from behind the end.
#
# | stage | from | shape |
# |---|---|---|
# | `dZ[:, t]` | `dstates[:, t]`, the carry, `states[:, t]` | (N, H) |
# | the next carry | `dZ[:, t]`, `W` | (N, H) |
# | `dU`, added up over t | `X[:, t]`, `dZ[:, t]` | (D, H) |
# | `dW`, added up over t | the state *before* step t, `dZ[:, t]` | (H, H) |
# | `db`, added up over t | `dZ[:, t]` | (H,) |
# | `dX[:, t]` | `dZ[:, t]`, `U` | (N, D) |
# | `dh0` | `dZ[:, 0]`, `W` | (N, H) |
#
# The state before the first step is `h0`. Careful: `states[:, t - 1]` at `t = 0` is `states[:, -1]`, and
# numpy hands out the *last* state without a word.

# %% exercise="through_time.rnn_backward"

# %% [markdown]
# The referee, on everything at once: `U`, `W`, `b` and `h0`.

# %% kind="worked"
my_forward = mine_or_ours("through_time.rnn_forward", rnn_forward)
my_backward = mine_or_ours("through_time.rnn_backward", rnn_backward)
rng = np.random.default_rng(0)
X, h0_batch = rng.normal(size=(3, 6, 2)), rng.normal(size=(3, 4)) * 0.5
arrays = [rng.normal(size=(2, 4)), rng.normal(size=(4, 4)) * 0.5, rng.normal(size=4) * 0.3, h0_batch]
dstates = rng.normal(size=(3, 6, 4))


def weighted_states(U, W, b, h0):
    """A number made from all the states; dstates is then its gradient by them."""
    return float((my_forward(X, U, W, b, h0) * dstates).sum())


U, W, b, _ = arrays
found = my_backward(X, my_forward(X, *arrays), h0_batch, U, W, dstates)
derived = np.concatenate([found[name].ravel() for name in ("dU", "dW", "db", "dh0")])
slopes_measured = [
    bp.numerical_gradient(lambda p, k=k: weighted_states(*arrays[:k], p, *arrays[k + 1 :]), arrays[k]) for k in range(4)
]
measured = np.concatenate([slope.ravel() for slope in slopes_measured])
bp.plot_agreement(derived, measured)
in_words(bp.describe_agreement(derived, measured))

# %% [markdown]
# ### It runs, and it is wrong
#
# *Core.*
#
# `W` is square, as many rows as columns. So a missing transpose makes no complaint. The next exercise shows
# a network that reads a text letter by letter and predicts the next one. At each step there is an output,
# `states @ V`, then softmax. In a tutorial that was copied for years one line of it was wrong, and it
# learnt all the same, only worse.

# %% exercise="through_time.letter_gradients"

# %% [markdown]
# ## Errors that fade, errors that grow
#
# *Core.*
#
# From a step to the one before, the error is multiplied by `W.T` and by the slopes of tanh. After fifty
# steps: fifty such factors.
#
# **Predict.** What is 0.8 to the power of 40? And 1.2?
#
# In the experiment `W` turns the state and stretches it by a **gain**: 0.8, 1 or 1.2. Only the last state
# has an error. How large is it when it reaches the earlier steps? In the first three runs the inputs are
# tiny, so that all slopes of tanh are nearly 1. In the fourth they are ordinary numbers.

# %% kind="worked"
def turn(units, gain, rng):
    """A matrix that turns every vector and stretches it by the gain."""
    return gain * np.linalg.qr(rng.normal(size=(units, units)))[0]


def sizes_back(gain, size_of_inputs, T=41, units=16):
    """The length of the error at the last step, one step back, two steps back, …"""
    rng = np.random.default_rng(1)
    X, h0 = size_of_inputs * rng.normal(size=(8, T, 3)), np.zeros((8, units))
    U, W = rng.normal(size=(3, units)), turn(units, gain, rng)
    states = my_forward(X, U, W, np.zeros(units), h0)
    dstates = np.zeros(states.shape)
    dstates[:, -1] = rng.normal(size=(8, units))
    dZ = my_backward(X, states, h0, U, W, dstates)["dZ"]
    return np.linalg.norm(dZ, axis=(0, 2))[::-1]


print(f"0.8 ** 40 = {0.8**40:.1e}, 1.2 ** 40 = {1.2**40:.0f}")
curves = {f"gain {gain:g}": sizes_back(gain, 1e-4) for gain in (0.8, 1.0, 1.2)}
curves["gain 1, ordinary inputs"] = sizes_back(1.0, 1.0)
bp.plot_sizes(curves, title="The error on its way back", xlabel="steps back from the last", ylabel="length of dZ")
in_words(bp.describe_sizes(curves, xlabel="step back"))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Straight lines on a logarithmic axis: each step multiplies by one factor. Below 1 the error **vanishes**,
# above 1 it **explodes**. It is the same question as in unit 09: what does a matrix make of a vector when
# it is applied again and again?
#
# The fourth curve is the sad one. The gain is exactly 1, and still the error dies, because the slope of
# tanh is below 1 wherever the state is not 0. Hochreiter (1991) and Bengio, Simard and Frasconi (1994)
# showed that this is no accident: a state that holds information firmly is one that small changes do not
# move, and then gradients do not pass through it either.
#
# </details>
#
# ## Clipping
#
# *Core.*
#
# Against explosions there is a simple remedy. If the gradient of all weights together is longer than some
# limit, make it shorter, and keep its direction.
#
# **Predict.** Two gradients, (3) and (0, −4), limit 2. A friend cuts off each entry at ±2. Does the step
# still point the same way?

# %% kind="worked"
together = np.array([3.0, 0.0, -4.0])
by_entry, by_length = np.clip(together, -2, 2), together * 2 / np.linalg.norm(together)
for name, short in (("each entry cut off", by_entry), ("made shorter", by_length)):
    cosine = short @ together / np.linalg.norm(short) / np.linalg.norm(together)
    angle = np.degrees(np.arccos(min(1.0, cosine)))
    print(f"{name:18}: {np.round(short, 2)}, length {np.linalg.norm(short):.2f}, turned by {angle:.1f} degrees")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Cutting off each entry turns the gradient, and leaves it too long. Multiplying everything by one number
# does neither.
#
# </details>

# %% exercise="through_time.clip"

# %% [markdown]
# ## Does clipping cure vanishing?
#
# *Core.*
#
# Now an experiment that asks for memory. In the first step the network sees +1 or −1. Then it sees nothing
# but noise. At the last step it must say which one it was. The gap is 15 or 40 steps. `W` begins with the
# gain 0.7.
#
# **Predict.** Training with and without clipping, for both gaps: in which of the four cases does it learn?

# %% kind="worked"
my_clip = mine_or_ours("through_time.clip", clip)


def remember_first(n, T, rng):
    """n sequences of T steps: noise in the first input; in the second ±1 at the first step, and then 0."""
    y = rng.integers(0, 2, n)
    X = np.stack([0.3 * rng.normal(size=(n, T)), np.zeros((n, T))], axis=2)
    X[:, 0, 1] = 2 * y - 1
    return X, y


def learn_to_remember(T, gain, max_norm=None, carry_over=None, steps=200, seed=0, units=16):
    """Accuracy on new sequences, the losses, and the lengths of the gradients before clipping."""
    rng = np.random.default_rng(seed)
    U, W = rng.normal(size=(2, units)) / np.sqrt(2), turn(units, gain, rng)
    b, v = np.zeros(units), rng.normal(size=units) / np.sqrt(units)
    losses, lengths = [], []
    k = carry_over or T
    for _ in range(steps):
        X, y = remember_first(64, T, rng)
        states = my_forward(X, U, W, b, np.zeros((64, units)))
        score, sign = states[:, -1] @ v, 2 * y - 1
        losses.append(float(np.logaddexp(0, -sign * score).mean()))  # the binary cross-entropy of unit 02
        dscore = (1 / (1 + np.exp(-score)) - y) / 64
        dstates = np.zeros(states.shape)
        dstates[:, -1] = dscore[:, None] * v
        start = states[:, -k - 1] if k < T else np.zeros((64, units))
        found = my_backward(X[:, -k:], states[:, -k:], start, U, W, dstates[:, -k:])  # the last k steps alone
        grads = [found["dU"], found["dW"], found["db"], states[:, -1].T @ dscore]
        lengths.append(float(np.sqrt(sum((g**2).sum() for g in grads))))
        if max_norm is not None:
            grads = my_clip(grads, max_norm)
        U, W, b, v = (p - 0.5 * g for p, g in zip((U, W, b, v), grads, strict=True))
    X, y = remember_first(500, T, rng)
    right = ((my_forward(X, U, W, b, np.zeros((500, units)))[:, -1] @ v > 0) == y).mean()
    return right, losses, lengths


runs = {}
for gap in (15, 40):
    for max_norm in (None, 1.0):
        right, losses, lengths = runs[gap, max_norm] = learn_to_remember(gap, 0.7, max_norm)
        name = "clipped at 1" if max_norm else "not clipped "
        print(f"gap {gap}, {name}: {right:4.0%} right; largest loss {max(losses):.2f}, ", end="")
        print(f"longest gradient (before clipping) {max(lengths):.3f}")
print("gap 40: the same losses with and without clipping:", runs[40, None][1] == runs[40, 1.0][1])

# %% [markdown]
# <details><summary>What happened</summary>
#
# With the gap of 15 it learns. There the gradient is sometimes long, and clipping keeps the largest loss
# lower: that is what it is for. With the gap of 40 it does no better than guessing, and *clipping changes
# nothing at all, not one digit*: no gradient was ever longer than 1. What vanishes is too short, and
# clipping only shortens.
#
# </details>
#
# **Predict.** What helps instead? Here the gap of 40 again, with clipping, and with starting weights of the
# gain 0.9 and 1. Which of them learn?

# %% kind="worked"
for gain in (0.9, 1.0):
    shares = [learn_to_remember(40, gain, 1.0, seed=seed)[0] for seed in range(2)]
    print(f"gain {gain:g}: {', '.join(f'{share:.0%}' for share in shares)} right, from two starts")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Weights that begin by neither shrinking nor stretching let the error through, at first. Nothing keeps them
# so during training, but here it is enough. Another remedy is a layer built so that a state is kept unless
# something is decided: see LSTM, below.
#
# </details>
#
# ### Truncation
#
# *Core.*
#
# A text of a million letters cannot be unrolled as a whole. So one carries the error back over the last `k`
# steps only. The state is still carried *forward* all the way.
#
# **Predict.** The gap of 15, and the error is carried over 15, 4 or 1 steps. The sign that must be
# remembered is 14 steps back. Which of them learn?

# %% kind="worked"
for carry_over in (15, 4, 1):
    shares = [learn_to_remember(15, 0.7, 1.0, carry_over, seed=seed)[0] for seed in range(2)]
    print(f"over {carry_over:2} steps: {', '.join(f'{share:.0%}' for share in shares)} right, from two starts")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Over one step nothing is learnt. But over four it *is*, although no error ever reaches the step with the
# sign. A trace of the sign is still in the state four steps before the end; the error can strengthen what
# keeps it, and the same weights then keep it over the other steps too. Truncation cuts the gradient, and
# not the memory. Had no trace been left, four steps would not have helped.
#
# </details>

# %% [markdown]
# ## Sequences of different length
#
# *Core.*
#
# Utterances are of different length. To put them into one array they are padded with zeros at the end;
# `lengths` says how many steps are real.
#
# **Predict.** A zero is no input. So after the end of the sequence the state stays as it was. True?

# %% kind="worked"
print(np.round(states_of([0.5, 1.0, -0.2, 0, 0, 0, 0, 0], 0.9), 3))

# %% [markdown]
# <details><summary>What happened</summary>
#
# False. The state goes on changing (and with a bias it would go elsewhere). So take the state after the
# last *real* step. And if the loss looks at that state alone, nothing comes back from the padding: its
# `dstates` are zero, and no later step leads to the loss.
#
# </details>
#
# Which step that is differs from sequence to sequence. A loop over the sequences will do. Or give numpy two
# lists: it takes them in pairs, so `states[[0, 1], [4, 2]]` holds step 4 of the first sequence and step 2
# of the second.
#
# <details><summary>How many is “the last”?</summary>
#
# Steps count from 0. A sequence of three steps has the steps 0, 1 and 2.
#
# </details>

# %% exercise="through_time.masked_last"

# %% [markdown]
# ## Who is speaking?
#
# *Core.*
#
# Real speech. Nine men say the same two vowels, /ae/, one right after the other: each of them 30 times for
# training, and on other occasions for the test. Each step of a sequence is 12 numbers that describe the
# sound of a few milliseconds. The data set is called "Japanese Vowels" (Kudo, Toyama and Shimbo, 1999), but
# what is said is always the same: the question is **who**.

# %% kind="worked"
voices, voices_test = bp.load_japanese_vowels(split=True)
print("training:", voices.X.shape, "test:", voices_test.X.shape)
print("steps:", voices.lengths.min(), "to", voices.lengths.max())
first = voices.X[0, : voices.lengths[0]]
bp.plot_curves(
    {f"number {k}": first[:, k] for k in range(4)}, title="One utterance: the first four of its twelve numbers"
)
in_words(bp.describe_curves({f"number {k}": first[:, k] for k in range(4)}))

# %% [markdown]
# Before a network, a simple rule to beat: the mean of an utterance over time, and the speaker whose mean is
# nearest.
#
# The training loop below is made of your functions: `rnn_forward`, `masked_last`, `rnn_backward` and `clip`
# of this unit, the output error of unit 05, and Adam of unit 07.
#
# **Predict.** 32 units, 30 epochs. Will the network beat the rule? By much?

# %% kind="worked"
my_last = mine_or_ours("through_time.masked_last", masked_last)
my_delta = mine_or_ours("backprop.softmax_ce_delta")
my_adam = mine_or_ours("gradient_descent.adam_step")


def scores(sequences, params):
    """The scores of every class for every sequence."""
    U, W, b, V, c = params
    states = my_forward(sequences.X, U, W, b, np.zeros((len(sequences), len(b))))
    return my_last(states, sequences.lengths) @ V + c


def accuracy(sequences, params):
    return (scores(sequences, params).argmax(axis=1) == sequences.y).mean()


def fit(sequences, classes, units, epochs, lr, noise=0.0, max_norm=5.0, seed=0):
    """A trained network, and the length of every gradient before clipping."""
    rng = np.random.default_rng(seed)
    D = sequences.X.shape[2]
    params = [rng.normal(size=(D, units)) / np.sqrt(D), turn(units, 1.0, rng), np.zeros(units)]
    params += [rng.normal(size=(units, classes)) / np.sqrt(units), np.zeros(classes)]
    memory = {"t": 0, "m": [np.zeros(p.shape) for p in params], "v": [np.zeros(p.shape) for p in params]}
    lengths = []
    for _ in range(epochs):
        order = rng.permutation(len(sequences))
        for rows in np.split(order, range(32, len(order), 32)):
            batch = sequences.select(rows)
            X = batch.X[:, : batch.lengths.max()]
            X = X + noise * rng.normal(size=X.shape)
            U, W, b, V, c = params
            h0 = np.zeros((len(X), units))
            states = my_forward(X, U, W, b, h0)
            last = my_last(states, batch.lengths)
            delta = my_delta(last @ V + c, batch.y)
            dstates = np.zeros(states.shape)
            dstates[np.arange(len(X)), batch.lengths - 1] = delta @ V.T  # the last real step alone
            found = my_backward(X, states, h0, U, W, dstates)
            grads = [found["dU"], found["dW"], found["db"], last.T @ delta, delta.sum(axis=0)]
            lengths.append(float(np.sqrt(sum((g**2).sum() for g in grads))))
            my_adam(params, my_clip(grads, max_norm), memory, lr, 0.9, 0.999, 1e-8)
    return params, lengths


def parts_of(sequences, parts):
    """Each sequence cut into equal parts, the mean of each part."""
    rows = [np.array_split(x[:n], parts) for x, n in zip(sequences.X, sequences.lengths, strict=True)]
    return np.array([np.concatenate([part.mean(axis=0) for part in row]) for row in rows])


def simple_rule(train, test, parts):
    """The share that the class with the nearest mean gets right."""
    known, asked = parts_of(train, parts), parts_of(test, parts)
    means = np.array([known[train.y == k].mean(axis=0) for k in range(train.y.max() + 1)])
    return (((asked[:, None] - means) ** 2).sum(axis=2).argmin(axis=1) == test.y).mean()


reached = []
for seed in range(3):
    params, lengths = fit(voices, 9, units=32, epochs=30, lr=5e-3, noise=0.2, seed=seed)
    reached.append(accuracy(voices_test, params))
    print(f"start {seed}: {reached[-1]:.1%} of the test utterances (training: {accuracy(voices, params):.1%})")
print(f"Milestone: 90%, the mean of three starts. Reached: {np.mean(reached):.1%}.")
print(f"The simple rule: {simple_rule(voices, voices_test, 1):.1%}.")
who = scores(voices_test, params).argmax(axis=1)
print("each speaker, last run:", ", ".join(f"{(who[voices_test.y == k] == k).mean():.0%}" for k in range(9)))

# %% [markdown]
# <details><summary>What happened</summary>
#
# On the whole a little above the rule, which knows nothing of order; and one start differs from the next by
# a few percent. So time helps here, but not much. The nine men were all heard in training: this network
# cannot say "a stranger". And the accuracies of single speakers differ. The test set holds far more of some
# than of others, and one number hides that.
#
# </details>
#
# Here is the length of every gradient of the last run, before clipping. **Predict.** The limit was 5. How
# many in a hundred were clipped?

# %% kind="worked"
clipped = np.mean(np.array(lengths) > 5)
print(f"{clipped:.0%} of the {len(lengths)} gradients were clipped; the median length is {np.median(lengths):.2f}")
bp.plot_sizes({"length of the gradient": lengths}, title="The gradient, batch by batch", ylabel="length")
in_words(bp.describe_sizes({"length of the gradient": lengths}))

# %% [markdown]
# ## Spoken digits
#
# *Core.*
#
# "Zero" to "nine". Be clear about the data: **no human being spoke here.** The program espeak-ng said each
# word in 16 voices at 3 speeds. One program, the same rules, no accents, no noise. Each step is the
# loudness in 16 bands of pitch, every 20 milliseconds. The test voices were never heard in training.

# %% kind="worked"
digits, digits_test = bp.load_spoken_digits(split="voices", rng=np.random.default_rng(0))
print("training:", digits.X.shape, "test:", digits_test.X.shape)
print("unheard voices:", ", ".join(digits_test.names[k] for k in np.unique(digits_test.speakers)))
six = int(np.flatnonzero(digits.y == 6)[0])
sound = digits.X[six, : digits.lengths[six]]
bands = {"4 low bands": sound[:, :4], "4 in the middle": sound[:, 6:10], "4 high bands": sound[:, 12:]}
curves = {name: values.mean(axis=1) for name, values in bands.items()}
bp.plot_curves(curves, title="“six”: hiss, vowel, silence, hiss", xlabel="step of 20 ms", ylabel="loudness")
in_words(bp.describe_curves(curves, xlabel="step"))

# %% [markdown]
# **Predict.** The same loop, 64 units. The simple rule now cuts each word into eight equal parts and takes
# the nearest mean of the ten digits. Which of the two is better on voices that were not heard?

# %% kind="worked"
reached = []
for split in range(3):
    digits, digits_test = bp.load_spoken_digits(split="voices", rng=np.random.default_rng(split))
    params, _ = fit(digits, 10, units=64, epochs=15, lr=3e-3, noise=0.1, seed=split)
    reached.append(accuracy(digits_test, params))
    rule = simple_rule(digits, digits_test, 8)
    trained = accuracy(digits, params)
    print(f"voices, draw {split}: network {reached[-1]:.1%} (training {trained:.1%}), simple rule {rule:.1%}")
print(f"Milestone: 80% of the words in unheard voices, as a mean. Reached: {np.mean(reached):.1%}.")

# %% [markdown]
# <details><summary>What happened</summary>
#
# How well the network does depends much on which voices are held out: the voices of espeak-ng have near
# relatives, and a voice whose sister was in training is easy. And in all three draws *the simple rule does
# better*. It has an advantage built in: cutting a word into eight equal parts makes fast and slow alike,
# which the network must learn from 36 utterances of each digit. It is worth knowing what a simple rule
# reaches before one praises a network.
#
# </details>

# %% [markdown]
# ## A layer that keeps: LSTM
#
# *Further.*
#
# Hochreiter and Schmidhuber (1997) built a layer around a sum. Beside its state `h` it carries a **cell**
# `c`:
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot u_t, \qquad h_t = o_t \odot \tanh(c_t)$$
#
# The gates $f, i, o$ lie between 0 and 1 and are made from $x_t$ and $h_{t-1}$, like the proposal $u$. From
# $c_t$ back to $c_{t-1}$ the slope is just $f$: no matrix, no tanh. Where $f$ is near 1, the error passes.
# (The gate $f$ was added by Gers, Schmidhuber and Cummins in 2000; in the paper of 1997 it is always 1.)
#
# **Predict.** A new LSTM and a plain layer with gain 0.7: how much of the error reaches an input 40 steps
# back?

# %% kind="worked"
def reach(layer, X):
    """The length of the gradient by the input, at the last step, one step back, …"""
    last = layer.forward(X)
    grad = layer.backward(np.ones(last.shape))
    return np.linalg.norm(grad, axis=(0, 2))[::-1]


X, _ = remember_first(32, 41, np.random.default_rng(0))
plain = bp.RNN(2, 16, rng=np.random.default_rng(1), returns="last")
plain.W.data *= 0.7
curves = {"plain, gain 0.7": reach(plain, X)}
for bias in (1.0, 4.0):
    gated = bp.LSTM(2, 16, rng=np.random.default_rng(1), returns="last")
    gated.b.data[16:32] = bias
    curves[f"LSTM, bias of f {bias:g}"] = reach(gated, X)
bp.plot_sizes(curves, title="What reaches an input", xlabel="steps back from the last", ylabel="length of the gradient")
in_words(bp.describe_sizes(curves, xlabel="step back"))

# %% [markdown]
# <details><summary>What happened</summary>
#
# In the plain layer almost nothing is left: the curve falls by six powers of ten. In a new LSTM about a
# tenth arrives, although its gate begins at 0.73 = sigmoid(1), and 0.73 to the power of 40 is tiny: what
# arrives comes through the weights of the gates, too. With a bias of 4 the gate is at 0.98, and the sum
# passes the error on; here it even grows, so an LSTM can explode as well. The layer is not magic: it *can*
# keep, and it has to learn when.
#
# </details>
#
# **Predict.** The gap of 40 with an LSTM as it comes (bias 1), and Adam. Does it learn?

# %% kind="worked"
rng = np.random.default_rng(0)
gated, top = bp.LSTM(2, 16, rng=rng, returns="last"), bp.Dense(16, 2, rng=rng)
network, loss = bp.Sequential([gated, top]), bp.CrossEntropyLoss()
optimizer = bp.Adam(network.parameters(), lr=1e-2)
losses = []
for _ in range(50):
    X, y = remember_first(32, 40, rng)
    losses.append(loss.forward(network.forward(X), y))
    network.zero_grad()
    network.backward(loss.backward())
    bp.clip_gradients(network.parameters(), 1.0)
    optimizer.step()
X, y = remember_first(500, 40, rng)
print(f"LSTM, gap 40: {bp.accuracy(network, X, y):.0%} right")
curves = {"LSTM, Adam": losses, "plain, gain 0.7": runs[40, 1.0][1][:50], "guessing, ln 2": [float(np.log(2))] * 50}
bp.plot_curves(curves, title="Remembering one sign over 40 steps", ylabel="cross-entropy")
in_words(bp.describe_curves(curves))

# %% [markdown]
# <details><summary>What happened</summary>
#
# It learns, and the plain layer goes on guessing. But read the comparison with care: optimizer and layer
# differ both, and the plain layer with gain 1 learnt this task too.
#
# </details>

# %% [markdown]
# ## The blank page: one matrix, two places
#
# *Core.*
#
# Through time a matrix is used again and again, and its gradients add up. Time is not what matters in this:
# any matrix that is used twice behaves so. Rebuild the whole of backpropagation once more, without help,
# for another structure: an **autoencoder** squeezes an image into a few numbers, and makes it again with
# the *same* matrix, transposed.

# %% exercise="through_time.backward_tied"

# %% [markdown]
# Your function squeezes 64 pixels into 16 numbers.
#
# **Predict.** Will the images still be readable?

# %% kind="worked"
my_tied = mine_or_ours("through_time.backward_tied", backward_tied)
images, image_labels, new_images, new_labels = bp.load_digits(split=True, rng=np.random.default_rng(0))
rng = np.random.default_rng(0)
params = [rng.normal(size=(64, 16)) / 8, np.zeros(16), np.zeros(64)]
memory = {"t": 0, "m": [np.zeros(p.shape) for p in params], "v": [np.zeros(p.shape) for p in params]}
errors = []
for _ in range(15):
    for batch, _ in bp.batches(images, image_labels, 32, rng):
        stages = my_tied(batch, *params)
        errors.append(0.5 * ((stages["R"] - batch) ** 2).sum() / len(batch))
        my_adam(params, [stages[name] for name in ("dW", "db", "dc")], memory, 5e-3, 0.9, 0.999, 1e-8)
again = my_tied(new_images, *params)["R"]
print(f"half the squared error: {np.mean(errors[:10]):.2f} at first, {np.mean(errors[-38:]):.2f} at the end")
for name, made in (("new images", again), ("the mean image in place of each", images.mean(axis=0))):
    print(f"{name}: {0.5 * ((made - new_images) ** 2).sum() / len(new_images):.2f}")
one_of_each = [int(np.flatnonzero(new_labels == digit)[0]) for digit in range(10)]
sheet = np.clip(np.concatenate([new_images[one_of_each], again[one_of_each]]), 0, 1)
names = [*(str(digit) for digit in range(10)), *(f"{digit} again" for digit in range(10))]
bp.plot_digits(sheet, names)
in_words(bp.describe_digits(sheet, names))

# %% [markdown]
# <details><summary>What happened</summary>
#
# They are: the error falls to a fifth of that of the mean image, with a quarter of the numbers. Two paths
# lead to `W`, one through the encoder and one, transposed, through the decoder, and both are added.
#
# </details>

# %% [markdown]
# ## Where this breaks
#
# *Core.*
#
# - **Vanishing.** What lies too far back teaches nothing, and no error message says so. Clipping does not
#   help.
# - **Exploding.** One long gradient can undo an hour of training. Clip the common length.
# - **Memory.** All states must be kept for the way back: N × T × H numbers. A network that settles (unit
#   09) keeps one state.
# - **Padding read as sound.** The last column of a padded batch is not the end of the sequence.
# - **A state that begins anew for every batch** cannot remember across batches. If a text is cut into
#   pieces, hand the last state on as `h0` of the next piece.
#
# **Predict.** The trained network for digits, read once at the last real step and once at the last column
# of the array. How much is lost?

# %% kind="worked"
params, _ = fit(digits, 10, units=32, epochs=15, lr=5e-3, noise=0.1)
U, W, b, V, c = params
states = my_forward(digits_test.X, U, W, b, np.zeros((len(digits_test), 32)))
at_the_end = ((states[:, -1] @ V + c).argmax(axis=1) == digits_test.y).mean()
print(f"at the last real step: {accuracy(digits_test, params):.1%}; at the last column: {at_the_end:.1%}")
print(f"numbers kept for the way back: {states.size:,}; at one resting point it would be {states[:, 0].size:,}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Nearly everything: at the last column it does little better than guessing, one in ten. Nothing complained,
# since every shape is right.
#
# </details>

# %% [markdown] written="through_time"
# *"With gradient clipping, recurrent networks can learn long dependencies."* Say in five to eight sentences
# what clipping does and does not do, with a number from your runs.
#
# <!-- 8 -->
# Clipping helps against exploding gradients and does nothing against vanishing ones. (*claim: 2*) From step
# to step the error is multiplied by W.T and by the slopes of tanh: a factor of 0.8 leaves about 0.0001 of
# it after 40 steps. Clipping multiplies the gradient by a number of at most 1, so it can only shorten it.
# (*mechanism: 2*) With a gap of 15, clipping lowered the largest loss in my run from 2.83 to 1.64. With a
# gap of 40 and gain 0.7 the network guessed, and the losses with and without clipping were equal to the
# last digit: no gradient was longer than 1. (*evidence: 2*) A start with gain 1 helped. But nothing keeps
# the gain at 1 during training, and with ordinary inputs the error died at gain 1 too, since the slopes of
# tanh are below 1. (*limits: 2*)
#
# <!-- 5 -->
# Clipping is for gradients that explode and not for gradients that vanish. (*claim: 2*) On the way back in
# time they are multiplied again and again. (*mechanism: 1; by what?*) With a gap of 40 I got about half
# right, with clipping and without. (*evidence: 1; what does half mean here?*) It depends on the weights.
# (*limits: 1; how?*)
#
# <!-- 2 -->
# Clipping makes the gradient smaller, so that training is stable. (*claim: 1*) Recurrent networks have
# vanishing gradients because of the many layers, and LSTM is better. (*mechanism: 1*) (*evidence and
# limits: 0*)

# %% [markdown]
# ## Summary
#
# - A recurrent layer is one layer used at every step; unrolled, it is an ordinary deep graph with shared
#   weights.
# - At each state two gradients arrive and are added: its own, and the carry from the next step. Then the
#   slope of tanh, then `W.T`.
# - What each step gives to a shared weight is added. The same holds for any matrix that is used twice.
# - On the way back the error is multiplied again and again: it vanishes or explodes. Clipping the common
#   length helps against the second only. Against the first help weights that start near gain 1, and gates.
# - Truncation cuts the gradient, not the state. Padding is not sound: read the last real state.
#
# ### In a week, ask yourself
#
# 1. Where in `dW` does `h0` appear, and what goes wrong if `states[:, t - 1]` is used for all t?
# 2. A friend clips at 0.1 because her network forgets what is far back. What do you tell her?
# 3. Why does a network that settles need no memory of its steps, while this one does?
#
# <details><summary>Answers</summary>
#
# 1. In the first step: `h0` is what went into `W` there. `states[:, -1]` is the last state, and numpy does
#    not complain.
# 2. That her gradients are too short already. Clipping never makes one longer.
# 3. At a resting point all slopes are those of one state. Through time each step has its own input and
#    state, so its own slopes.
#
# </details>
#
# Next: **11 · Static or recurrent**, which measures what the two kinds of recurrence cost.
#
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams, *Learning internal representations by error propagation*,
#   in: Parallel Distributed Processing, volume 1, 318–362, MIT Press, 1986: recurrent networks, unrolled.
# - J. L. Elman, *Finding structure in time*, Cognitive Science 14(2), 179–211, 1990.
# - P. J. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the IEEE
#   78(10), 1550–1560, 1990.
# - S. Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen*, diploma thesis, Technische Universität
#   München, 1991.
# - Y. Bengio, P. Simard, P. Frasconi, *Learning long-term dependencies with gradient descent is difficult*,
#   IEEE Transactions on Neural Networks 5(2), 157–166, 1994.
# - S. Hochreiter, J. Schmidhuber, *Long short-term memory*, Neural Computation 9(8), 1735–1780, 1997.
# - M. Kudo, J. Toyama, M. Shimbo, *Multidimensional curve classification using passing-through regions*,
#   Pattern Recognition Letters 20(11–13), 1103–1111, 1999: the voices.
# - F. A. Gers, J. Schmidhuber, F. Cummins, *Learning to forget: continual prediction with LSTM*, Neural
#   Computation 12(10), 2451–2471, 2000.
# - R. Pascanu, T. Mikolov, Y. Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013:
#   clipping by the common length.
