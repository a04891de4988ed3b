# %% [markdown]
# # 11 · Static or recurrent
#
# You now know three kinds of network. A **static** one runs once through its layers (05). One that **settles**
# runs round a loop until nothing changes (09). One that runs **through time** meets a new input at every step
# (10). People ask which of them is faster. In this unit you count, then you measure, and then you ask a better
# question.
#
# *About 45 minutes for the sections marked Core. The one marked Further is not needed later.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown]
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. A network settles with relaxation 0.2 in 90 steps, and with 0.5 in 40. Which of the two resting points is the
#    better one?
# 2. Which numbers of the way forward does `X.T @ delta` need?
# 3. Through time, the same `W` is used in each of ten steps. What happens to the ten gradients?
#
# <details><summary>Answers</summary>
#
# 1. They are the same. Relaxation changes the way, and not where it ends.
# 2. `X`, all of it: what went into the layer. So it must be kept until the error comes back.
# 3. They are added: one weight, ten paths to the loss.
#
# </details>

# %% [markdown]
# ## A claim
#
# *Core.*
#
# In the handbook of a program for neural networks one can read, of recurrent backpropagation:
#
# > "As with static backpropagation, fixed-point learning maps a static input with a static output. The
# > difference is that the mapping is not instantaneous." (NeuroSolutions, *Recurrent Backpropagation*)
#
# Many introductory texts have made this of it: *static backpropagation is faster than recurrent, since the
# mapping is instant in static, and not in recurrent backpropagation.* Is it so? Take the words apart.
#
# - **Instant**: a static network also needs one layer after the other. A product of matrices takes time.
# - **Faster**: for one pass? Until a task is solved? With as many layers, as many units, or as many weights?
# - **Not instant**: how many steps are needed? That you have seen in 09: it depends on the network.
#
# The handbook goes on, by the way, that such networks "can result in much smaller and more efficient
# implementations". That half of the thought is seldom copied. We shall look at both halves.

# %% [markdown]
# ## Count first
#
# *Core.*
#
# A clock measures your computer, and whatever else it is doing. A count measures the method. What costs most is
# multiplications in matrix products. One product `X @ W`, with `X` of shape (2, 3) and `W` of shape (3, 5), has
# 2 · 5 entries, each a sum of 3 products: 30 multiplications.
#
# **Predict.** The way back through the same layer: `X.T @ delta` and `delta @ W.T`. More multiplications than
# forward, fewer, or as many, each of them?

# %% exercise="static_or_recurrent.layer_work"

# %% [markdown]
# So a way back costs *about twice* the way forward, whatever the sizes. (The first layer saves one of the two
# products: nobody asks for the gradient by the pixels.)
#
# Now all three kinds. To compare them we let them have the same number of **steps**: layers, settling steps, or
# moments. Draw each with three steps before you write, and put the shape at each weight.

# %% exercise="static_or_recurrent.work"

# %% [markdown]
# **Predict.** 32 samples, 64 inputs, 64 units, and 1, 10 or 40 steps. Which kind has the fewest weights? Which
# makes the most multiplications in all? Which has to keep the most?

# %% kind="worked"
my_work = mine_or_ours("static_or_recurrent.work", work)
print("kind           steps   weights   multiplications   numbers kept")
for kind in ("static", "settling", "through time"):
    for steps in (1, 10, 40):
        cost = my_work(kind, 32, 64, 64, steps)
        both = cost["forward"] + cost["backward"]
        print(f"{kind:13} {steps:6} {cost['weights']:9,} {both:17,} {cost['kept']:14,}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# - **Weights**: the static network has more with every layer; the other two use theirs again.
# - **Multiplications**: all grow with the steps. From a few steps on, settling is the *cheapest* of the three: the
#   input enters once, and the gradients of the weights are made once.
# - **Kept**: settling keeps the resting point alone, after 1 step or 40. The other two keep every step.
#
# So with as many steps as layers the claim is not even true. It is true as soon as one static layer does what takes
# forty steps of settling.
#
# </details>

# %% [markdown]
# ## Then measure
#
# *Core.*
#
# A time is easily measured badly. The first run pays for things that come only once. Other programs interrupt.
# They can only make a run longer, so the shortest of several is the least disturbed.

# %% exercise="static_or_recurrent.best_time"

# %% [markdown]
# **Predict.** Ten static layers of 64 units, or ten settling steps. By your count, forward, they make nearly the
# same number of multiplications. Will they take the same time? And with one sample in place of 256: do 256 times
# fewer multiplications take 256 times less time?

# %% kind="worked"
import time

my_best_time = mine_or_ours("static_or_recurrent.best_time", best_time)
my_settle = mine_or_ours("recurrent_settling.settle")
rng = np.random.default_rng(0)
U, W, b = rng.normal(size=(64, 64)) / 8, 0.9 * np.linalg.qr(rng.normal(size=(64, 64)))[0], np.zeros(64)
layers = [U] + [0.9 * np.linalg.qr(rng.normal(size=(64, 64)))[0] for _ in range(9)]


def ten_layers(X):
    for V in layers:
        X = np.tanh(X @ V + b)
    return X


def milliseconds(action):
    return 1e3 * my_best_time(action, time.perf_counter, 20)


print("samples   static: multiplications, time     settling: multiplications, time")
for N in (1, 256):
    X = rng.normal(size=(N, 64))
    counts = [my_work(kind, N, 64, 64, 10)["forward"] for kind in ("static", "settling")]
    took = [milliseconds(lambda X=X: ten_layers(X)), milliseconds(lambda X=X: my_settle(W, U, b, X, 0.0, 10, 1.0))]
    told = [f"{count:12,}  {t:7.3f} ms" for count, t in zip(counts, took, strict=True)]
    print(f"{N:7}   {told[0]:>29}     {told[1]:>31}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Work counted is not work timed. With one sample the products are so small that calling numpy costs more than
# multiplying: 256 times the work takes far less than 256 times as long. And settling takes longer than its count
# says: at each step it also computes the change and looks for its largest entry, to know when to stop. That is
# the true price of not knowing the number of steps beforehand.
#
# Your numbers differ from those of another computer. The counts do not.
#
# </details>
#
# **Predict.** How many steps does settling take? The same network with `W` of the strength 0.2, 0.9 and 0.99, until
# no entry changes by more than 10⁻⁶. And what does your count say of the memory?

# %% kind="worked"
X = rng.normal(size=(32, 64))
turn = np.linalg.qr(np.random.default_rng(1).normal(size=(64, 64)))[0]
for strength in (0.2, 0.9, 0.99):
    seen = my_settle(strength * turn, U, b, X, 1e-6, 5000, 1.0)
    settling, unrolled = (my_work(kind, 32, 64, 64, seen["steps"])["kept"] for kind in ("settling", "through time"))
    print(f"W {strength:4} strong: {seen['steps']:4} steps, {seen['status']}; numbers kept {settling:,}", end="; ")
    print(f"if each step were a moment: {unrolled:,}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# A weak loop is done after a few steps, a strong one takes dozens. (It takes fewer than the bare strength would
# ask for, because the slopes of tanh weaken the loop.) The number of steps belongs to the *network and the
# input*, and not to the method. What must be kept stays the same.
#
# </details>

# %% [markdown]
# ## Where settling wins
#
# *Core.*
#
# Here is a maze. The signal enters at the top left. A free cell lights up when a neighbour is lit; walls stay
# dark. Which cells are reached? Each cell does the same, so the whole network has **one weight** (between
# neighbours), used everywhere and in every step. We set it by hand; nothing is trained here.
#
# A static network with these weights has a fixed number of layers, let us say 20. **Predict.** Two mazes of 9 × 9
# cells, one without walls, one a long snake. In which does the static network find all cells that are reached? How
# many steps does settling take in each?

# %% kind="worked"
MAZES = {
    "field": ["........."] * 9,
    "snake": [".........", "########.", ".........", ".########"] * 2 + ["........."],
}


def light(y, free):
    """One step of all cells: each free one sums up its four neighbours."""
    wide = np.pad(y, 1)
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    source = np.zeros(y.shape)
    source[0, 0] = 1.0
    return free * np.tanh(3.0 * around + 3.0 * source)


pictures, names = [], []
for name, rows in MAZES.items():
    free = np.array([[cell == "." for cell in row] for row in rows], dtype=float)
    y = np.zeros(free.shape)
    for _ in range(20):
        y = light(y, free)
    static, y, steps = y, np.zeros(free.shape), 0
    while np.abs(light(y, free) - y).max() > 1e-6:
        y, steps = light(y, free), steps + 1
    pictures += [free, static, y]
    names += [name, "20 layers", f"{steps} steps"]
    print(f"{name}: {free.sum():.0f} free cells; 20 layers reach {(static > 0.5).sum()}, settling {(y > 0.5).sum()}")
bp.plot_digits(np.array(pictures), names, columns=3)
in_words(bp.describe_digits(np.array(pictures), names))

# %% [markdown]
# <details><summary>What happened</summary>
#
# In the open field every cell is at most 16 steps away, and 20 layers are enough. In the snake the way is longer
# than the network is deep, and no weight can help: the signal goes one cell a layer. Settling simply goes on
# until nothing changes. **It takes as many steps as the input asks for**, with weights that do not grow.
#
# A static network could be made 50 layers deep, and would then waste most of them on the field. And the next maze
# may be longer.
#
# </details>
#
# ## Where static is faster
#
# *Core.*
#
# Now the letters with holes of unit 09, which a settling network learnt to complete: 625 weights and 25 biases.
# Against it one dense layer, `tanh(x @ W + b)`, with *exactly as many*. Both see the same letters in the same order
# and may make 300 steps of gradient descent; the static one also gets a second chance, with ten times as many. Each
# has the learning rate that did best for it among several.
#
# **Predict.** Which completes more new letters? Which is trained in less time, and by how much?

# %% kind="worked"
my_adjoint_exactly = mine_or_ours("recurrent_settling.adjoint_exactly")
my_gradients = mine_or_ours("recurrent_settling.gradients")
my_sgd_step = mine_or_ours("backprop.sgd_step")
SHAPES = ("1111100100001000010000100", "1000010000100001000011111", "1000101010001000101010001")
SHAPES += ("0111010001100011000101110", "1000110001111111000110001")  # T, L, X, O, H
letters = np.array([[1.0 if c == "1" else -1.0 for c in shape] for shape in SHAPES])
U_pixels = 0.5 * np.eye(25)


def with_holes(which, rng):
    """The letters with these numbers, half of their pixels hidden."""
    return letters[which] * (rng.random((len(which), 25)) > 0.5)


def complete(kind, W, b, x):
    """The output of the network of this kind."""
    if kind == "static":
        return np.tanh(x @ W + b)
    return my_settle(W, U_pixels, b, x, 1e-9, 2000, 0.7)["y"]


def learn(kind, lr, steps, seed=0):
    """W and b after so many steps of ten letters each."""
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(25, 25)) * 0.02, np.zeros(25)
    for _ in range(steps):
        which = rng.integers(0, 5, 10)
        x = with_holes(which, rng)
        y = complete(kind, W, b, x)
        e = (y - 0.8 * letters[which]) / len(x)
        if kind == "static":
            delta = e * (1 - y**2)
            gradients = [x.T @ delta, delta.sum(axis=0)]
        else:
            found = my_gradients(x, y, my_adjoint_exactly(W, y, e), U_pixels)
            gradients = [found["dW"], found["db"]]
        my_sgd_step([W, b], gradients, lr)
    return W, b


which = np.repeat(np.arange(5), 40)
for kind, lr, steps in (("static", 0.05, 300), ("static", 0.05, 3000), ("settling", 0.02, 300)):
    shares, took = [], np.inf
    for seed in range(3):
        start = time.perf_counter()
        W, b = learn(kind, lr, steps, seed)
        took = min(took, time.perf_counter() - start)
        y = complete(kind, W, b, with_holes(which, np.random.default_rng(99)))
        shares.append((np.sign(y) == letters[which]).all(axis=1).mean())
    told = ", ".join(f"{share:.1%}" for share in shares)
    print(f"{kind:8} {steps:4} steps: whole letters {told} (three starts); {took:.3f} s for one training")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The static layer reads a few letters in a hundred less well, also with ten times as many steps; and it is trained in
# a small part of the time. What is better? If 97% is enough, nobody will wait for the rest. If it must be the rest, ten
# times the steps did not give it to *this* layer: it looks once, while a loop lets each pixel look again at what its
# neighbours have become. (A second layer might, with more weights. That is another comparison.)
#
# So "faster" was true here, in seconds, and with equally many weights and steps. In the maze it was not even a
# question.
#
# </details>
#
# > **Static does not always win, and neither does recurrent.** Ask: how many steps does the *task* need? Are they
# > known beforehand? What is scarce: time, weights, or memory?

# %% [markdown]
# ## The sum over loops, broken off
#
# *Core.*
#
# One more question of cost. The error of a settling network is a sum over all ways round the loop (09):
#
# $$z = e + e J^{\mathsf T} + e J^{\mathsf T} J^{\mathsf T} + \dots \qquad J_{ij} = W_{ij}\,(1 - y_j^2)$$
#
# In mathematics it is called a **Neumann series**. Must one wait until it has settled? Break it off after `k` terms,
# and each term that is left out saves a product.

# %% exercise="static_or_recurrent.neumann"

# %% [markdown]
# **Predict.** Three networks with the spectral radius 0.5, 0.9 and 0.99. How wrong is the sum after 10 terms, in
# each? How do the three lines look when the error is drawn on a logarithmic axis?

# %% kind="worked"
my_neumann = mine_or_ours("static_or_recurrent.neumann", neumann)
rng = np.random.default_rng(2)
A, e = rng.normal(size=(20, 20)), rng.normal(size=20)
A /= np.abs(np.linalg.eigvals(A)).max()
terms, curves = range(1, 41), {}
for radius in (0.5, 0.9, 0.99):
    z = np.linalg.solve(np.eye(20) - radius * A, e)
    wrong = [np.linalg.norm(my_neumann(radius * A, e, k) - z) / np.linalg.norm(z) for k in terms]
    curves[f"spectral radius {radius}"] = wrong
    print(
        f"spectral radius {radius:4}: after 10 terms {wrong[9]:.1%} of the error is missing, after 40 {wrong[-1]:.1%}"
    )
bp.plot_sizes(curves, title="The sum broken off", xlabel="terms", ylabel="relative error", x=terms)
in_words(bp.describe_sizes(curves, xlabel="term", x=terms))

# %% [markdown]
# <details><summary>What happened</summary>
#
# On the whole the error falls by the factor ρ with each term: straight lines, and the nearer ρ is to 1, the
# flatter. For ρ = 0.5 ten terms are plenty. For 0.99 forty are far too few.
#
# </details>
#
# ### It is truncated backpropagation through time
#
# *Core.*
#
# Look at the settling from the side. Each step is `y ← tanh(y @ W + x @ U + b)`, as in unit 10, with the same input
# at each moment. Carry the error back through the last `k` of these steps. The state has settled, so each step
# begins and ends at the same `y`, and each step back multiplies by the same $J^{\mathsf T}$. What arrives directly
# is `e`, one step earlier $e J^{\mathsf T}$, and so on: **the terms of the sum, one for each moment.** Breaking off
# the sum after `k` terms *is* breaking off backpropagation through time after `k` steps.
#
# Somebody has written it down, and has mixed up two ways of adding.

# %% exercise="static_or_recurrent.truncated_gradient"

# %% [markdown]
# **Predict.** We take your `rnn_backward` of unit 10, give it `k` moments that all stand at the resting point, and
# compare. Do the gradients agree? And how far does each point away from the gradient of the settled network, for
# k = 1, 3, 10 and 30? (A cosine of 1 is the same direction.)

# %% kind="worked"
my_truncated = mine_or_ours("static_or_recurrent.truncated_gradient", truncated_gradient)
my_rnn_backward = mine_or_ours("through_time.rnn_backward")
rng = np.random.default_rng(4)
W, U, b = 0.95 * np.linalg.qr(rng.normal(size=(16, 16)))[0], 0.3 * rng.normal(size=(5, 16)), np.zeros(16)
x = rng.normal(size=(8, 5))
y = my_settle(W, U, b, x, 1e-13, 5000, 0.5)["y"]
e = rng.normal(size=y.shape)
whole = my_gradients(x, y, my_adjoint_exactly(W, y, e), U)["dW"]
for k in (1, 3, 10, 30):
    moments = np.repeat(x[:, None], k, axis=1), np.repeat(y[:, None], k, axis=1)
    dstates = np.zeros(moments[1].shape)
    dstates[:, -1] = e
    through_time = my_rnn_backward(*moments, y, U, W, dstates)["dW"]
    short = my_truncated(W, y, e, k)
    cosine = (short * whole).sum() / np.linalg.norm(short) / np.linalg.norm(whole)
    print(f"k = {k:2}: apart from through time by {np.abs(short - through_time).max():.0e};", end=" ")
    print(
        f"cosine with the whole gradient {cosine:.4f}, its length {np.linalg.norm(short / np.linalg.norm(whole)):.2f}"
    )

# %% [markdown]
# <details><summary>What happened</summary>
#
# They agree to rounding. And even a few terms point roughly the right way. A gradient need not be exact to go
# downhill; that is why breaking off often works. But check it: near ρ = 1 a few terms may be little of the whole.
#
# So recurrent backpropagation and backpropagation through time are not rivals. At a resting point the second is
# the first, broken off; and the first is the second, continued for ever, without keeping any moment.
#
# </details>

# %% [markdown]
# ## Further: how much to carry back
#
# *Further.*
#
# **Predict.** The letters again, settling, but the error is the sum broken off after 1 or 5 terms, in place of the
# exact one. How many terms does *learning* need?


# %% kind="worked"
def learn_broken_off(k, lr=0.02, seed=0):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(25, 25)) * 0.02, np.zeros(25)
    for _ in range(300):
        drawn = rng.integers(0, 5, 10)
        x = with_holes(drawn, rng)
        y = complete("settling", W, b, x)
        e = (y - 0.8 * letters[drawn]) / len(x)
        z = np.array([my_neumann(W * (1 - row**2), error, k) for row, error in zip(y, e, strict=True)])
        found = my_gradients(x, y, z, U_pixels)
        my_sgd_step([W, b], [found["dW"], found["db"]], lr)
    y = complete("settling", W, b, with_holes(which, np.random.default_rng(99)))
    return (np.sign(y) == letters[which]).all(axis=1).mean()


for k in (1, 5):
    print(f"{k:2} terms: {learn_broken_off(k):.1%} of 200 new letters whole")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Here both learn it, even with a single term. Then the error never goes round the loop: each weight learns from what
# it does directly, and the letters need no more than that. Be careful with it: one start, one small task. What can be
# said is that learning can work with a gradient that is broken off, and that *this* task does not tell whether the
# loop in the error is needed.
#
# </details>

# %% [markdown]
# ## Where this breaks
#
# *Core.*
#
# - **Equal what?** As many steps, units, weights, samples seen, or seconds: each gives another winner. A comparison
#   that does not say which is no comparison.
# - **Timing something else.** The first run, a picture that is drawn, another program, a library that uses more
#   cores for large matrices than for small ones.
# - **No resting point.** Then the settling network has no answer, at any speed; and the sum over loops grows.
# - **The sum needs ρ < 1.** With damping the state may settle although the undamped sum has no limit. The cell
#   below shows it.
#
# **Predict.** The unit of 09 with λ = −1.94 settles when damped. Its error is 1 / (1 − λ) = 0.34. Is the sum of 10
# terms near it? Of 40?

# %% kind="worked"
for k in (1, 2, 10, 40):
    print(f"{k:2} terms: {my_neumann(np.array([[-1.9447894]]), np.array([1.0]), k).item():.4g}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# No. It is worse with every term. Here one has to let the error settle with damping, or solve the linear system;
# backpropagation through (undamped) time is of no use either.
#
# </details>

# %% [markdown] written="static_always"
# A friend says: *"Static networks are always faster than recurrent ones, because their mapping is instant."*
# Answer in five to eight sentences, with numbers from your runs. What did you hold equal in each comparison?
#
# <!-- 8 -->
# Whether a static network is faster depends on how many steps the task needs, and on what is held equal. (*claim:
# 2*) A static network has to compute its layers one after the other as well. For ten steps
# settling is even cheaper: by my count the input enters once and the gradients are made once, and only the resting
# point is kept. What it pays for is the number of steps, which the loop and the input decide. (*mechanism: 2*) With
# equally many weights and steps, one dense layer was trained in a small part of the time (9 against 360
# milliseconds), and 97% of the letters came out whole, against 100%. But in the snake of 49 cells 20 static layers
# reached only 20, and settling reached all with the same single weight. (*evidence: 2*) These
# are two small tasks, and in the maze nothing was trained; where the network does not settle there is no answer at
# all. (*limits: 2*)
#
# <!-- 5 -->
# Not always. A static network takes one pass, and a recurrent one many, until it settles; but it has fewer weights.
# (*claim: 1; mechanism: 1, why may fewer weights be enough?*) In my run the maze was solved by settling and not by
# 20 layers. (*evidence: 2*) It depends on the task. (*limits: 1; on what in it?*)
#
# <!-- 2 -->
# It is true that static is faster because recurrent networks need many steps. (*claim: 0*) They go round until
# nothing changes. (*mechanism: 1*) In my table settling took longer. (*evidence: 1; which line of the table?*)
# (*limits: 0*)

# %% [markdown]
# ## Summary
#
# - Count before you time. A way back costs about two ways forward. A count belongs to the method, a time to the
#   computer as well.
# - For as many steps as layers, settling costs least: the input enters once, the gradients are made once, and only the
#   resting point is kept. It pays with the number of steps, which is not known beforehand.
# - Where one look is nearly enough, static is faster. Where the input decides how many steps are needed, settling can
#   do with few weights what no fixed depth can.
# - The settled error is a sum over loops. Broken off after k terms it is backpropagation through time, broken off
#   after k steps. The error of breaking off falls with ρ to the power k.
#
# ### In a week, ask yourself
#
# 1. Twice as many samples in a batch. What happens to the multiplications, and what to the weights?
# 2. Why does a settling network need no memory for its steps, and a network through time does?
# 3. ρ = 0.9. About how many terms leave a hundredth of the error?
#
# <details><summary>Answers</summary>
#
# 1. Twice as many multiplications; the weights stay as many.
# 2. At the resting point all steps are the same, so one state stands for all of them. Through time each moment has
#    its own input and state, and its gradients are made from them.
# 3. 0.9ᵏ = 0.01 for k = ln 100 / −ln 0.9, which is about 44.
#
# </details>
#
# Next: **12 · Noise and failure**, what happens when the data lie, and when training goes wrong.
#
# ## Further reading
#
# - NeuroDimension, *NeuroSolutions: Recurrent Backpropagation*, <http://www.nd.com/definitions/recback.htm>: the
#   sentence quoted above, with the half that is seldom copied.
# - L. B. Almeida, *A learning rule for asynchronous perceptrons with feedback in a combinatorial environment*,
#   Proceedings of the IEEE First International Conference on Neural Networks, volume II, 609–618, 1987.
# - F. J. Pineda, *Generalization of back-propagation to recurrent neural networks*, Physical Review Letters 59(19),
#   2229–2232, 1987.
# - P. J. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the IEEE 78(10),
#   1550–1560, 1990.
# - R. J. Williams, J. Peng, *An efficient gradient-based algorithm for on-line training of recurrent network
#   trajectories*, Neural Computation 2(4), 490–501, 1990: breaking off.
# - R. Liao, Y. Xiong, E. Fetaya, L. Zhang, K. Yoon, X. Pitkow, R. Urtasun, R. Zemel, *Reviving and improving
#   recurrent back-propagation*, ICML 2018: the Neumann series as a method.
# - S. Bai, J. Z. Kolter, V. Koltun, *Deep equilibrium models*, NeurIPS 2019: constant memory, at full size.
