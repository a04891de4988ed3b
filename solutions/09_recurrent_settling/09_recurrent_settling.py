# %% [markdown]
# # 09 · Networks that settle
#
# Until now every network ran in one direction: from the inputs, layer by layer, to the outputs. In this
# unit the arrows may go round in a circle. A unit then works on what it has made itself. Such a network
# cannot be computed in one pass. It is computed again and again, until nothing changes any more: it
# **settles**.
#
# The surprise of 1987 was that the error can be sent back through such a network too, and that it is found
# in the same way: it settles.
#
# *About 75 minutes for the sections marked Core. Those marked Further are not needed later.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown]
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. `a = tanh(z)`. What is the slope of `a` by `z`, written with `a` alone?
# 2. To walk back through a graph you need an order in which each node comes after everything it was made
#    from. What kind of graph has no such order?
# 3. `Z = X @ W + b`, and `delta` arrives at `Z`. What is the gradient by `W`? What goes on to `X`?
#
# <details><summary>Answers</summary>
#
# 1. $1 - a^2$.
# 2. A graph with a circle in it: then each node on the circle would have to come after itself.
# 3. `X.T @ delta`, and `delta @ W.T`.
#
# </details>

# %% [markdown]
# ## A unit that hears itself
#
# *Core.*
#
# Take one unit. It has an input `x` with weight `u`, and a weight `w` from its own output back to itself:
#
# $$y = \tanh(w\,y + u\,x)$$
#
# The number $y$ stands on both sides. This is not a recipe for computing $y$. It is a question: *which $y$
# is sent to itself?* A way to look for it is to begin with $y = 0$, put it in on the right, take what comes
# out, and put that in again.
#
# **Predict.** Let `w = 0.5` and `u·x = 1`. The first step gives tanh(1) = 0.76. Will the next number be
# larger or smaller? Will the numbers grow for ever?

# %% kind="worked"
y = 0.0
for step in range(1, 31):
    target = np.tanh(0.5 * y + 1.0)
    change = target - y
    y = target
    if step <= 6:
        print(f"step {step}: y = {y:.6f}, it changed by {change:+.6f}")
    if abs(change) < 1e-6:
        print(f"step {step}: y = {y:.6f}, the change is below the threshold of 0.000001")
        break

# %% [markdown]
# <details><summary>What happened</summary>
#
# The numbers grow, by less and less. `tanh` is never larger than 1, so they cannot grow for ever. Here each
# change is only a small part of the one before, and soon the threshold is reached. The network has
# **settled**; the state in which it rests is a **fixed point** (or **resting point**).
#
# </details>
#
# A picture shows why. The curve says, for each state, which state comes next. Where it crosses the dashed
# diagonal, the next state is the same. From a state go up (or down) to the curve, then across to the
# diagonal: that is one step.

# %% kind="worked"
def follow(step, y, n):
    """The states from y on, n steps long."""
    states = [y]
    for _ in range(n):
        states.append(float(step(states[-1])))
    return states


def quiet(y):
    return np.tanh(0.5 * y + 1.0)


states = follow(quiet, 0.0, 12)
bp.plot_cobweb(quiet, states, title="w = 0.5: it settles")
in_words(bp.describe_cobweb(quiet, states))

# %% [markdown]
# ## Many units
#
# *Core.*
#
# With `H` units there is a weight from each unit to each unit: a square matrix `W`. As always the row is
# for the unit that *sends*, the column for the one that *receives*: unit i reaches unit j through
# `W[i, j]`. Here are two units that push each other round, drawn twice: as senders on the left, as
# receivers on the right.

# %% kind="worked"
W_turning = np.array([[0.0, -1.5], [1.5, 0.0]])
picture = {"names": ("y", "y"), "direction": "forward", "highlight": ("weight", 1, 0)}
bp.plot_layer(W_turning, **picture)
in_words(bp.describe_layer(W_turning, **picture))

# %% [markdown]
# A batch has one sample in each row, and each sample settles by itself:
#
# $$y = \tanh(y\,W + x\,U + b)$$
#
# Shapes: `y` is `(N, H)`, `W` is `(H, H)`, `x` is `(N, D)`, `U` is `(D, H)`, `b` is `(H,)`.
#
# One step computes the **target**, the right side of this equation. Then it moves. It need not go all the
# way: `relaxation` says which share of the way it goes. You will see in a moment what that is good for.

# %% exercise="recurrent_settling.one_step"

# %% [markdown]
# ## It overshoots
#
# *Core.*
#
# Now a unit that works against itself: `w = −2`, `u·x = 0.5`. When `y` is high, it sends itself down; when
# it is low, up.
#
# **Predict.** It begins at 0 and goes all the way in every step. Where does it end?

# %% kind="worked"
def stubborn(y):
    return np.tanh(-2.0 * y + 0.5)


states = follow(stubborn, 0.0, 40)
print("the last four states:", np.round(states[-4:], 3))
bp.plot_cobweb(stubborn, states, title="w = −2, all the way: it jumps")
in_words(bp.describe_cobweb(stubborn, states))

# %% [markdown]
# <details><summary>What happened</summary>
#
# It ends nowhere. It jumps between 0.980 and −0.898 for ever: a **cycle** of two states. There *is* a
# resting point, where the curve crosses the diagonal. But each step overshoots it, by more and more.
#
# </details>
#
# **Predict.** Now each step goes only half of the way to the target, `relaxation = 0.5`. The resting point
# stays where it is (why?). Is it reached?

# %% kind="worked"
def half_way(y):
    return y + 0.5 * (stubborn(y) - y)


states = follow(half_way, 0.0, 40)
print(f"the last state: {states[-1]:.10f}; one full step would change it by {stubborn(states[-1]) - states[-1]:.0e}")
bp.plot_cobweb(half_way, states, title="w = −2, half of the way: it settles")
in_words(bp.describe_cobweb(half_way, states))

# %% [markdown]
# <details><summary>What happened</summary>
#
# It settles, at 0.1661484359. Where the full step changes nothing, half of it changes nothing either, so
# the resting point is the same. Only the way there is another. This is called **damping**.
#
# </details>
#
# Now write the loop. It must also be honest: if the steps run out before the threshold is reached, it has
# to say so. Test the *whole* change, target minus state. With a small relaxation every move is small,
# whether it has settled or not.

# %% exercise="recurrent_settling.settle"

# %% [markdown]
# ## Recurrent does not mean through time
#
# *Core.*
#
# The word "recurrent" makes many people think of sequences: words, sounds, one after the other. There is no
# sequence here. The input `x` stands still, and the steps are only *our way of solving an equation*.
#
# **Predict.** Below, three relaxations, and a fourth method that hardly makes any steps: Newton's, which
# solves a linear system each time. How many different answers come out?

# %% kind="worked"
my_settle = mine_or_ours("recurrent_settling.settle", settle)
one_unit = np.array([[-2.0]]), np.array([[1.0]]), np.array([0.0]), np.array([[0.5]])  # W, U, b, x
for relaxation in (0.2, 0.5, 0.65):
    seen = my_settle(*one_unit, 1e-12, 1000, relaxation)
    print(f"relaxation {relaxation}: y = {seen['y'].item():.10f} after {seen['steps']} steps, {seen['status']}")

layer = bp.FixedPoint(1, 1, rng=np.random.default_rng(0), solver="direct")
for parameter, value in zip(layer.parameters(), (one_unit[1], one_unit[0], one_unit[2]), strict=True):
    parameter.data[...] = value
print(f"Newton:         y = {layer.forward(one_unit[3]).item():.10f} after {layer.report.iterations} steps")

# %% [markdown]
# <details><summary>What happened</summary>
#
# One answer. The resting point belongs to the network and to its input, and not to the way on which we
# came. A step is not a moment. In unit 10 you will meet the other kind of recurrent network, in which a
# step *is* a moment, with an input of its own. There the order of the inputs is the whole point.
#
# </details>

# %% [markdown]
# ## Will it settle?
#
# *Core.*
#
# Stand at the resting point and push the state away by a tiny δ. It goes through the weight, then through
# tanh, whose slope there is $1 - y^2$. So one full step makes of it
#
# $$\delta \;\to\; \lambda\,\delta, \qquad \lambda = w\,(1 - y^2)$$
#
# If $|\lambda| < 1$ the disturbance dies out, if $|\lambda| > 1$ it grows. And with relaxation α? The share
# 1 − α of the old disturbance stays, and the share α is multiplied by λ:
#
# $$\delta \;\to\; (1 - \alpha + \alpha\lambda)\,\delta = \bigl(1 - \alpha(1 - \lambda)\bigr)\,\delta$$
#
# **Predict**, in the widget: for our unit λ is about −1.94. What is the largest relaxation that settles? (When
# does $1 - \alpha(1 - \lambda)$ reach −1?) It also asks about the *error* on the way back, the second curve. That
# comes later in this unit; guess all the same. Then turn the weight, the input and the relaxation yourself, by
# pointer or by key, and watch the staircase.

# %% kind="worked"
from bpcore.widgets import SettlingCobweb

SettlingCobweb(weight=-2.0, x=0.5, predict="largest_relaxation")

# %% [markdown]
# The same in numbers:

# %% kind="worked"
y_rest = my_settle(*one_unit, 1e-13, 1000, 0.5)["y"].item()
slope_there = -2.0 * (1 - y_rest**2)
print(f"λ = {slope_there:.7f}, so the limit is 2 / (1 - λ) = {2 / (1 - slope_there):.4f}")
for relaxation in (0.67, 0.68):
    seen = my_settle(*one_unit, 1e-9, 5000, relaxation)
    print(f"relaxation {relaxation}: {seen['status']} after {seen['steps']} steps")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The factor reaches −1 at $\alpha = 2/(1-\lambda)$, which is just above 0.679. With 0.67 it settles, with
# 0.68 it never does.
#
# </details>
#
# With many units a disturbance is a row, and one full step multiplies it by a matrix:
#
# $$\delta \;\to\; \delta J, \qquad J_{ij} = W_{ij}\,(1 - y_j^2)$$
#
# the weight from i to j, times the slope of the unit j that is reached. Each sample has its own resting
# point, so its own slopes and its own $J$.
#
# What plays the part of λ now? There are directions in which a matrix only multiplies by a number. These
# numbers are its **eigenvalues**, and `np.linalg.eigvals(J)` gives them, one for each unit. They may be
# complex, in pairs `a + bi` and `a − bi`: then the disturbance turns while it grows or shrinks. `np.abs` of
# a complex number is its distance from 0 and says how much it grows; `.real` is its real part. The largest
# $|\lambda|$ is the **spectral radius** of $J$. Below 1, the undamped network settles, if it begins near
# enough.
#
# **Predict.** Our two units push each other round, with weights ±1.5. Does the undamped network settle? Can
# damping rescue what turns?

# %% kind="worked"
turning = W_turning, np.eye(2), np.zeros(2), np.array([[0.1, 0.0]])
rest = my_settle(*turning, 1e-12, 5000, 0.3)["y"]
J = W_turning * (1 - rest[0] ** 2)
print("eigenvalues:", np.round(np.linalg.eigvals(J), 3))
for relaxation in (1.0, 0.3):
    title = f"Relaxation {relaxation:g}: the disc in which λ shrinks"
    bp.plot_spectrum(np.linalg.eigvals(J), relaxation, title=title)
    in_words(bp.describe_spectrum(np.linalg.eigvals(J), relaxation))
    print(f"relaxation {relaxation}: {my_settle(*turning, 1e-9, 300, relaxation)['status']}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both eigenvalues are purely imaginary and lie outside the circle of radius 1, so the undamped network
# never comes to rest. With relaxation α, what must be shorter than 1 is $1 - \alpha(1 - \lambda)$. The λ
# for which it is fill a disc of radius 1/α that touches the number 1 from the left. The smaller α, the
# larger the disc: it reaches everything to the left of the dotted line, turning or not. But it never
# reaches past it. An eigenvalue whose real part is 1 or more cannot be rescued.
#
# Worked out for α:
# $|1 - \alpha(1 - \lambda)|^2 = 1 - 2\alpha\,(1 - \operatorname{Re}\lambda) + \alpha^2\,|1 - \lambda|^2$
# must be below 1. Take the 1 away and divide by α:
#
# $$\alpha < \frac{2\,(1 - \operatorname{Re}\lambda)}{|1 - \lambda|^2}$$
#
# This must hold for *every* λ: one that grows is enough to spoil everything.
#
# </details>

# %% exercise="recurrent_settling.will_settle"

# %% [markdown]
# ### How near to the border?
#
# *Further.*
#
# The spectral radius ρ says more than yes or no. After many steps each step multiplies what is left by
# about ρ.
#
# **Predict.** How many steps gain three digits when ρ is 0.5? And when it is 0.99?

# %% kind="worked"
for radius in (0.5, 0.9, 0.99):
    print(f"ρ = {radius:4}: {np.log(1000) / -np.log(radius):5.0f} steps until a thousandth is left")

# %% exercise="recurrent_settling.spectral_radius"

# %% [markdown]
# ## More than one resting point
#
# *Core.*
#
# **Predict.** `w = 2` and no input at all. The state 0 is sent to itself. What happens from 0.1? From −0.1?

# %% kind="worked"
def decided(y):
    return np.tanh(2.0 * y)


for start in (0.1, -0.1, 0.0):
    print(f"from {start:+.1f}: {follow(decided, start, 60)[-1]:+.4f}")
states = follow(decided, 0.1, 20)
bp.plot_cobweb(decided, states, title="w = 2: away from 0, to one of two others")
in_words(bp.describe_cobweb(decided, states))

# %% [markdown]
# <details><summary>What happened</summary>
#
# There are three resting points. At 0 the slope is λ = 2, so the smallest push grows: nobody stays there.
# The other two, ±0.9575, draw their neighbours in. **Where it begins is part of the answer.** A unit like
# this remembers which side it came from; a network of many can hold many patterns.
#
# </details>
#
# ## Do not go on from a state that still moves
#
# *Core.*
#
# Everything that follows holds at a resting point, and nowhere else. In the middle of a cycle the formulas
# of the way back still give numbers. They are the gradients of nothing.
#
# **Predict.** A friend wants to save time. He looks whether the state is the same *two* steps later. Which
# of the cases above does he take for settled?

# %% kind="worked"
y = 0.0
for _ in range(100):
    y = stubborn(y)
print(f"the jumping unit: changed by {stubborn(y) - y:+.3f} in one step, by {stubborn(stubborn(y)) - y:+.1e} in two")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The cycle. One full step is the test, without relaxation, and the largest entry counts. There is a second
# trap: every comparison with `nan` is False, so `if change > tol: raise …` lets a `nan` pass. Ask whether
# it *has* settled, and stop when it has not.
#
# To stop, a function raises an error: `raise ValueError("what is wrong, and what to try")`. Whoever called
# it cannot overlook that.
#
# </details>

# %% exercise="recurrent_settling.refuse_unsettled"

# %% [markdown]
# ## The way back, for one unit
#
# *Core.*
#
# The loss tells us `e`, its slope by the output `y`. How does the loss change with the bias `b`? Raise `b`
# by a little β and let the unit settle again. Let $s = 1 - y^2$ be the slope of its tanh. The new `y`
# differs by $\delta$, and since `y` also comes back through `w`,
#
# $$\delta = s\,(w\,\delta + \beta) \quad\Longrightarrow\quad
# \delta = \frac{s\,\beta}{1 - w s} = \frac{s\,\beta}{1 - \lambda}$$
#
# So the loss changes by $e\,\delta = z\,s\,\beta$ with
#
# $$z = \frac{e}{1 - \lambda}, \qquad\text{or, written as a question again,}\qquad z = \lambda z + e$$
#
# Read the last line: *the error at the output is what the loss says, plus what comes back round the loop*.
# For `w` the little push is $y$ times as large as for the bias, so its gradient is $z\,s\,y$.
#
# **Predict.** Our unit has λ = −1.94 and e = 1. Is z larger or smaller than e? Then compare with the
# referee.

# %% kind="worked"
z = 1 / (1 - slope_there)
s = 1 - y_rest**2
print(f"z = {z:.10f}")
print(f"slope of y by w, by the formula: {z * s * y_rest:.10f}")


def y_with(w):
    return my_settle(np.array([[w]]), *one_unit[1:], 1e-13, 2000, 0.5)["y"].item()


print(f"the same, measured:              {(y_with(-2 + 1e-5) - y_with(-2 - 1e-5)) / 2e-5:.10f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Smaller: 0.34. The unit works against every push, so a push has less effect than it would have without the
# loop.
#
# The referee needs care here. Both of its runs must start from the same state and settle far more exactly
# than the step of the measurement; otherwise it measures how the settling was broken off.
#
# </details>
#
# ### Infinitely many paths
#
# *Core.*
#
# Unit 04 said: a gradient is a sum over paths. In a graph with a loop there are infinitely many: directly,
# once round, twice round, … Each time round multiplies by λ:
#
# $$z = e + \lambda e + \lambda^2 e + \lambda^3 e + \dots$$
#
# **Predict.** For λ = 0.5 what is the sum? And for λ = −1.94, where z = 0.34 is right?

# %% kind="worked"
for loop in (0.5, slope_there):
    total, term = 0.0, 1.0
    sums = []
    for _ in range(50):
        total += term
        term *= loop
        sums.append(total)
    told = ", ".join(f"{value:.4g}" for value in sums[:4])
    print(f"λ = {loop:+.3f}: {told}, …, after 50 terms {sums[-1]:.4g}; 1 / (1 - λ) = {1 / (1 - loop):.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# For 0.5 the sum approaches 2, which is 1/(1 − 0.5). For −1.94 it grows beyond all bounds, with changing
# sign: that is **divergence**. The state itself could not diverge, since tanh holds it between −1 and 1.
# The error has no tanh around it.
#
# Still the number 0.34 is right, as the referee said. The *equation* $z = \lambda z + e$ has an answer;
# only this way of looking for it fails. You know the remedy: go a share of the way.
#
# </details>

# %% [markdown]
# ## The error settles too
#
# *Core.*
#
# Now for many units. The error at unit i is what the loss says about it, plus what comes back from every
# unit j that it reaches. On the way there: weight `W[i, j]`, then the tanh of unit j. On the way back:
# first the slope of unit j, then the weight.
#
# $$z_i = e_i + \sum_j W_{ij}\,(1 - y_j^2)\,z_j
# \qquad\text{for a batch:}\qquad z = \bigl(z \odot (1 - y^2)\bigr)\,W^{\mathsf T} + e$$
#
# (⊙ multiplies entry by entry.) This is a second network, of the same size, with the same weights walked
# the other way. It is *linear*: its slopes stand still, because `y` has settled. And it settles as the
# first did. Luis Almeida and Fernando Pineda found this independently in 1987. It is called **recurrent
# backpropagation**.
#
# **Predict.** A matrix and its transpose have the same eigenvalues. What follows for the relaxation on the
# way back?

# %% kind="worked"
def changes(step, y, relaxation, n):
    """How large each undamped change would be, over n damped steps."""
    sizes = []
    for _ in range(n):
        change = step(y) - y
        sizes.append(abs(change))
        y = y + relaxation * change
    return sizes


def echo(z):
    return slope_there * z + 1.0


curves = {
    "state, relaxation 1": changes(stubborn, 0.0, 1.0, 50),
    "state, relaxation 0.5": changes(stubborn, 0.0, 0.5, 50),
    "error, relaxation 1": changes(echo, 0.0, 1.0, 50),
    "error, relaxation 0.5": changes(echo, 0.0, 0.5, 50),
}
bp.plot_sizes(curves, title="How far the state and the error still move", ylabel="change")
in_words(bp.describe_sizes(curves))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Near the resting point the error settles exactly when the state does, and equally fast: with relaxation
# 0.5 the two lines run side by side. Without damping the state jumps for ever, and the error explodes.
#
# </details>

# %% exercise="recurrent_settling.adjoint"

# %% [markdown]
# ### A transpose that nobody sees
#
# *Core.*
#
# With one unit there is nothing to transpose, and a symmetric `W` is its own transpose. A formula without
# the transpose passes every such test.
#
# **Predict.** The two units that push each other round, `e = (1, 0)`. The error walks the weights against
# the direction of the state. What changes in `z` if the transpose is forgotten?

# %% kind="worked"
my_adjoint = mine_or_ours("recurrent_settling.adjoint", adjoint)
e = np.array([[1.0, 0.0]])
print("with the transpose:   ", np.round(my_adjoint(W_turning, rest, e, 0.3), 3))
print("without the transpose:", np.round(my_adjoint(W_turning.T, rest, e, 0.3), 3))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The second entry has the wrong sign: a gradient step would push that unit the wrong way.
#
# </details>

# %% exercise="recurrent_settling.adjoint_exactly"

# %% [markdown]
# ## The gradients
#
# *Core.*
#
# From here on it is unit 05. `delta = z * (1 - y**2)` is the error at the sums inside tanh. What went into
# `W` is the settled state `y`; what went into `U` is `x`.

# %% exercise="recurrent_settling.gradients"

# %% [markdown]
# The whole chain of your functions against the referee: five units, three inputs, four samples, loss ½ Σ (y
# − t)².
#
# **Predict.** How many full settlings does the referee need for the 45 numbers in `W`, `U`, `b`? How many
# did you?

# %% kind="worked"
my_gradients = mine_or_ours("recurrent_settling.gradients", settled_gradients)
rng = np.random.default_rng(1)
W, U, b = rng.normal(size=(5, 5)) * 0.4, rng.normal(size=(3, 5)), rng.normal(size=5) * 0.3
x, t = rng.normal(size=(4, 3)), rng.uniform(-1, 1, size=(4, 5))


def settled_loss(W, U, b):
    return 0.5 * ((my_settle(W, U, b, x, 1e-13, 2000, 0.7)["y"] - t) ** 2).sum()


y = my_settle(W, U, b, x, 1e-13, 2000, 0.7)["y"]
gradients = my_gradients(x, y, my_adjoint(W, y, y - t, 0.7), U)
derived = np.concatenate([gradients[name].ravel() for name in ("dW", "dU", "db")])
parts = [
    bp.numerical_gradient(lambda p: settled_loss(p, U, b), W),
    bp.numerical_gradient(lambda p: settled_loss(W, p, b), U),
    bp.numerical_gradient(lambda p: settled_loss(W, U, p), b),
]
measured = np.concatenate([part.ravel() for part in parts])
print(f"{derived.size} numbers; the largest difference is {np.abs(derived - measured).max():.0e}")
bp.plot_agreement(derived, measured)
in_words(bp.describe_agreement(derived, measured))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The referee lets the network settle twice for each number. You let it settle once, and the error once.
# Note also what you did *not* keep: the states on the way. The resting point alone is enough, however many
# steps it took to get there.
#
# </details>

# %% [markdown]
# ## It learns: letters with holes
#
# *Core.*
#
# Five letters of 5 × 5 pixels, +1 for ink and −1 for paper. Half of the pixels are hidden: zeros come in
# for them. The network has 25 units, one for each pixel, and each pixel goes to its own unit alone (`U` is
# fixed). So what a hidden pixel should be, its unit can learn only from the other units, round the loop.
# Recurrent backpropagation trains `W` and `b`.

# %% kind="worked"
SHAPES = {
    "T": "11111 00100 00100 00100 00100",
    "L": "10000 10000 10000 10000 11111",
    "X": "10001 01010 00100 01010 10001",
    "O": "01110 10001 10001 10001 01110",
    "H": "10001 10001 11111 10001 10001",
}
letters = np.array([[1.0 if c == "1" else -1.0 for c in shape.replace(" ", "")] for shape in SHAPES.values()])
U_pixels = 0.5 * np.eye(25)


def with_holes(which, rng):
    """The letters with these numbers, half of their pixels hidden."""
    return letters[which] * (rng.random((len(which), 25)) > 0.5)


which = np.arange(5)
examples = with_holes(which, np.random.default_rng(5))
sheet, names = (np.concatenate([letters, examples]) + 1) / 2, [*SHAPES, *(f"{name}, holes" for name in SHAPES)]
bp.plot_digits(sheet, names, columns=5)
in_words(bp.describe_digits(sheet, names))

# %% [markdown]
# The loop below uses your functions where they pass, and `sgd_step` from unit 05. Note the order: settle,
# **refuse if it moves**, error, gradients, step. For the error it takes `adjoint_exactly`: near the border
# the error creeps, as the state does, and a linear system does not.
#
# **Predict.** After 300 steps of ten letters each: of 200 new letters with holes, how many come out whole,
# with all 25 pixels right?

# %% kind="worked"
my_refuse = mine_or_ours("recurrent_settling.refuse_unsettled", refuse_unsettled)
my_adjoint_exactly = mine_or_ours("recurrent_settling.adjoint_exactly", adjoint_exactly)
my_sgd_step = mine_or_ours("backprop.sgd_step")


def train(lr, longest=None, relaxation=0.7, steps=300, seed=0):
    """W and b after training, the spectral radius on the way, and what stopped it, if anything did."""
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(25, 25)) * 0.02, np.zeros(25)
    radii, stopped = [], ""
    for _ in range(steps):
        which = rng.integers(0, 5, 10)
        x, t = with_holes(which, rng), 0.8 * letters[which]
        y = my_settle(W, U_pixels, b, x, 1e-9, 2000, relaxation)["y"]
        radii.append(np.abs(np.linalg.eigvals(W * (1 - y[0] ** 2))).max())  # of the first letter
        try:
            y = my_refuse(W, U_pixels, b, x, y, 1e-6)
        except ValueError as error:
            stopped = str(error)
            break
        z = my_adjoint_exactly(W, y, (y - t) / len(x))
        gradients = my_gradients(x, y, z, U_pixels)
        my_sgd_step([W, b], [gradients["dW"], gradients["db"]], lr)
        if longest is not None:
            W *= min(1.0, longest / np.linalg.norm(W, 2))
    return W, b, radii, stopped


def whole(W, b):
    """The share of 200 new letters with holes that come out whole."""
    which = np.repeat(np.arange(5), 40)
    y = my_settle(W, U_pixels, b, with_holes(which, np.random.default_rng(99)), 1e-9, 2000, 0.7)["y"]
    return (np.sign(y) == letters[which]).all(axis=1).mean()


W_careful, b_careful, radii_careful, stopped = train(lr=0.02)
share = whole(W_careful, b_careful)
print(f"Milestone: 95% of new letters whole. Reached: {share:.1%}.  {stopped}")

# %% kind="worked"
x = examples
completed = my_settle(W_careful, U_pixels, b_careful, x, 1e-9, 1000, 0.7)["y"]
sheet = (np.clip(np.concatenate([x, completed]), -1, 1) + 1) / 2
names = [*(f"{name}, holes" for name in SHAPES), *(f"{name}, settled" for name in SHAPES)]
bp.plot_digits(sheet, names, columns=5)
in_words(bp.describe_digits(sheet, names))
print(f"pixels right after settling: {(np.sign(completed) == letters).mean():.1%}")

nearest = (with_holes(np.repeat(which, 40), np.random.default_rng(99)) @ letters.T).argmax(axis=1)
print(f"for comparison, the stored letter that fits best: {(nearest == np.repeat(which, 40)).mean():.1%} right")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Nearly all come out whole. Stay modest: simply picking the one of the five letters that fits best is at
# least as good, and an ordinary layer could learn this task too. What the run shows is that the gradient is
# right and that the loop carries what the hidden pixels need.
#
# </details>
#
# ### And here it fails
#
# *Core.*
#
# Nothing in the gradient tells `W` to stay where the network settles.
#
# **Predict.** The same training with larger learning rates, 0.05 and 0.2, and each from three different
# starts. And a fourth kind of run scales `W` back after each step so that it cannot stretch any distance:
# its largest singular value stays below 0.95. Since tanh makes no distance longer either, such a network
# always settles. How do they end?

# %% kind="worked"
first_radii = {}
for lr, longest in ((0.02, None), (0.05, None), (0.2, None), (0.02, 0.95)):
    name = f"{lr:g}" + (", W scaled back" if longest else "")
    told = []
    for seed in range(3):
        W_run, b_run, radii, stopped = train(lr, longest, seed=seed)
        told.append(f"stopped at step {len(radii)}" if stopped else f"{whole(W_run, b_run):.0%} whole")
        first_radii.setdefault(name, radii)
    print(f"learning rate {name:20} {'; '.join(told)}")

bp.plot_curves(first_radii, title="Spectral radius, by learning rate (first start)", ylabel="largest |λ|")
in_words(bp.describe_curves(first_radii))

# %% [markdown]
# <details><summary>What happened</summary>
#
# With 0.02 all three runs reach the end. With 0.05 it depends on the start, and with 0.2 none gets through:
# a step carries `W` to where this network does not settle, and `refuse_unsettled` stops the run. Without
# that line it would have gone on with gradients of nothing.
#
# Scaling `W` back makes every step safe. But it also forbids the strong connections that help here, and
# fewer letters come out whole. So both remedies have their price: small steps cost time, and a bound on `W`
# costs what the network can do.
#
# This is the weak spot of the method: *training can drive the network out of the region where its own
# gradient exists.*
#
# </details>

# %% [markdown]
# ## The blank page
#
# *Further.*
#
# Both settlings and the gradients once more, in one function, without help.

# %% exercise="recurrent_settling.backprop"

# %% [markdown]
# ## Where this breaks
#
# *Core.*
#
# - **It does not settle**: a cycle, or an error without bounds. Damp it, or make `W` smaller. An eigenvalue
#   with a real part of 1 or more is beyond rescue.
# - **It creeps.** At spectral radius 1 the state may still come to rest, ever more slowly, while the error
#   has no answer at all: 1 − λ is zero. The cell below shows it.
# - **Another resting point.** A small change of a weight can make a resting point vanish. The state then
#   jumps to another one, and at that jump there is no gradient.
# - **The referee breaks off too early.** A finite difference of runs that have not settled measures the
#   breaking off.
# - **One sample of the batch still moves.** Then the gradient of the whole batch is spoilt, since gradients
#   add up.
#
# **Predict.** `w = 1` and no input: how far from 0 is the state after 100 steps from 0.5? After 10,000?

# %% kind="worked"
y, steps_done = 0.5, 0
for steps in (100, 1_000, 10_000):
    while steps_done < steps:
        y, steps_done = float(np.tanh(y)), steps_done + 1
    print(f"after {steps:6,} steps: y = {y:.4f}, √(3 / 2k) = {np.sqrt(3 / (2 * steps)):.4f}, 1 - λ = {y**2:.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# A hundred times as many steps bring only a tenth of the distance. A loose threshold would call this
# settled, and the error there would be $e / (1 - \lambda)$, a huge number that depends on where we stopped.
#
# </details>

# %% [markdown] written="settling"
# *"A recurrent network must be unrolled in time before it can be trained."* Is that so for the networks of
# this unit? Write five to eight sentences, with a number from your runs.
#
# <!-- 8 -->
# Networks that settle on a fixed input need no unrolling: their steps are a way to solve y = tanh(yW + xU +
# b), and not moments. (*claim: 2*) At the resting point a small push travels round the loop, each time
# through the weights and the slopes of tanh; added up, the error must solve z = (z ⊙ (1 − y²))Wᵀ + e, which
# is a second network that settles. So the resting point is all that has to be kept. (*mechanism: 2*) In my
# run relaxations of 0.2, 0.5 and 0.65 and Newton's method all gave 0.1661484359, and all 45 gradients
# agreed with finite differences. (*evidence: 2*) It holds at a resting point only: with learning rate 0.2
# all three runs left the region where the network settles, the first at step 7. For a sequence, where each
# step has its own input, one does unroll. (*limits: 2*)
#
# <!-- 5 -->
# No, the network here has no time, it only settles. (*claim: 1; which networks?*) The error settles too, z
# = (z ⊙ (1 − y²))Wᵀ + e is iterated like the state. (*mechanism: 1; why this equation?*) I saw that
# relaxations of 0.2 and 0.5 both gave 0.166, so the steps do not matter. (*evidence: 2*) It does not work
# if the network does not settle. (*limits: 1; when is that?*)
#
# <!-- 2 -->
# You need not unroll it, because Almeida and Pineda found recurrent backpropagation in 1987. (*claim: 1*)
# The error settles as well, which is better than unrolling. (*mechanism: 1*) (*evidence and limits: 0*)

# %% [markdown]
# ## Summary
#
# - A network with a loop is an equation for its own state. It is fed forward until the change falls below a
#   threshold: it settles. The steps are not moments.
# - A full step can overshoot into a cycle. Relaxation α goes a share of the way; it settles when
#   $|1 - \alpha(1 - \lambda)| < 1$ for every eigenvalue λ of $J_{ij} = W_{ij}(1 - y_j^2)$. No α rescues Re
#   λ ≥ 1.
# - There can be several resting points. The start decides which is found.
# - The error is the resting point of a second, linear network:
#   $z = (z \odot (1 - y^2))\,W^{\mathsf T} + e$. Same eigenvalues, same relaxation. Then
#   `dW = y.T @ delta`, as in any layer.
# - Nothing goes back from a state that has not settled. Training can drive `W` to where nothing settles.
#
# ### In a week, ask yourself
#
# 1. Why does relaxation not move the resting point?
# 2. `λ = 1.2`. Which relaxation helps? And for `λ = −5`?
# 3. Where is the sum over paths in $z = 1/(1 - \lambda)$, and when does it fail although the formula holds?
#
# <details><summary>Answers</summary>
#
# 1. There the change is zero, and any share of zero is zero.
# 2. None for 1.2. For −5 every α below 2/(1 + 5) = 1/3.
# 3. 1 + λ + λ² + … are the paths: directly, once round, twice round. For |λ| ≥ 1 the sum has no limit, but
#    the equation z = λz + 1 still has its answer as long as λ is not 1.
#
# </details>
#
# Next: **10 · Through time**, where each step has an input of its own. In **11** both ways meet again: the
# sum over loops, broken off after k terms, is backpropagation through time, broken off after k steps.
#
# ## Further reading
#
# - L. B. Almeida, *A learning rule for asynchronous perceptrons with feedback in a combinatorial
#   environment*, Proceedings of the IEEE First International Conference on Neural Networks, volume II,
#   609–618, 1987.
# - F. J. Pineda, *Generalization of back-propagation to recurrent neural networks*, Physical Review Letters
#   59(19), 2229–2232, 1987. His networks move in continuous time, as ours do with a small relaxation; the
#   jump between two states belongs to the full step.
# - J. J. Hopfield, *Neurons with graded response have collective computational properties like those of
#   two-state neurons*, PNAS 81(10), 3088–3092, 1984: with symmetric weights, and in continuous time, a
#   network always comes to rest.
# - R. Liao, Y. Xiong, E. Fetaya, L. Zhang, K. Yoon, X. Pitkow, R. Urtasun, R. Zemel, *Reviving and
#   improving recurrent back-propagation*, ICML 2018: the view of today.
# - S. Bai, J. Z. Kolter, V. Koltun, *Deep equilibrium models*, NeurIPS 2019: large networks that are
#   trained at their resting point.
