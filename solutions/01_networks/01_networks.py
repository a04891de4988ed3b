# %% [markdown] slide=true
# # 01 · Networks
#
# What is a neural network, if you leave out the word *neural*? It is a few numbers that go in, many small
# sums, and a few numbers that come out. In this unit you build the parts, draw the network that will later
# read digits, and count what it learns. Then you find out which one part makes it more than a single sum.
#
# *About 60 minutes, all of it Core. You need unit 00.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown] slide=true
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. `X` has shape `(5, 3)`. What shape has `X.sum(axis=1)`?
# 2. You can call a function of one number, and know nothing else about it. How do you measure its slope?
# 3. What is `1 + 2 + nan`?
#
# <details><summary>Answers</summary>
#
# 1. `(5,)`: one number for each row.
# 2. Move the number up by a small h and down by h, take the difference of the results, divide by 2h.
# 3. `nan`. It spreads to everything that touches it.
#
# </details>

# %% [markdown] slide=true
# ## One unit
#
# *Core.*
#
# A **unit** takes some numbers in and gives one number out. It does so in two steps:
#
# 1. It multiplies each input by a number of its own, the **weight** of that input, adds the products up, and
#    adds one more number, the **bias**. The result is the weighted sum: $z = x_0 w_0 + x_1 w_1 + \dots + b$.
# 2. It puts the sum through a fixed function, the **activation**. The oldest one is a **threshold**: 1 if the
#    sum is above 0, else 0. We say that the unit *fires* or is *silent*.
#
# In numpy, `x @ w` multiplies two lists entry by entry and adds up. For `x = (1, 0, 1)` and `w = (2, 5, −1)`
# it is $1 \cdot 2 + 0 \cdot 5 + 1 \cdot (-1) = 1$.
#
# Here is a unit with two inputs, each of which is 0 or 1. Its weights are 1 and 1, and its bias is −1.5.
#
# **Predict.** For which inputs does it fire? Which word of everyday language describes it?

# %% kind="worked" slide=true
w, b = np.array([1.0, 1.0]), -1.5
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
for x in corners:
    z = x @ w + b
    print(f"inputs {x}: sum {z:4}, {'fires' if z > 0 else 'silent'}")
picture = {"inputs": corners[3], "outputs": [corners[3] @ w + b], "direction": "forward"}
bp.plot_layer(w[:, None], **picture)
in_words(bp.describe_layer(w[:, None], **picture))

# %% [markdown]
# <details><summary>What happened</summary>
#
# It fires only when both inputs are 1: the unit is **AND**. With the bias −0.5 one input is enough, and the
# same unit is **OR**. The bias says how much must come together before the unit fires. The picture shows the
# last row; the bias belongs to the unit on the right and stands on no edge.
#
# </details>
#
# A unit that fires above a threshold of 1.5 is the same as one that first adds the bias −1.5 and fires above
# 0. We always do the second.
#
# The first exercise is *faded*: it is written but for two places. One tool: `1.0 if z > 0 else 0.0` asks the
# question in the middle, and is 1.0 when the answer is yes, else 0.0.

# %% exercise="networks.neuron" slide=true

# %% [markdown] slide=true
# ## Units side by side: a layer
#
# *Core.*
#
# Let several units look at the same inputs, each with weights and a bias of its own. Together they are a
# **layer**. Their weights make a table: *a row for each input, a column for each unit*.
#
# Here are two inputs and three units: AND, OR, and one that fires unless the first input is on.
#
# **Predict.** `W` has shape `(2, 3)`. What shape has `x @ W`? Which of the three fire for `x = (1, 0)`?

# %% kind="worked" slide=true
W = np.array([[1.0, 1.0, -1.0], [1.0, 1.0, 0.0]])
b = np.array([-1.5, -0.5, 0.5])
x = np.array([1.0, 0.0])
z = x @ W + b
print("x @ W has shape", (x @ W).shape, "and the sums are", z)
print("fire:", np.where(z > 0, 1.0, 0.0))
picture = {"inputs": x, "outputs": z, "highlight": ("output", 1), "direction": "forward"}
bp.plot_layer(W, **picture)
in_words(bp.describe_layer(W, **picture))

# %% [markdown]
# <details><summary>What happened</summary>
#
# `(3,)`: one sum for each unit. `(2,) @ (2, 3)` adds over the 2 and leaves the 3. Only the second unit, OR,
# fires. The highlighted edges are its column of `W`.
#
# </details>
#
# `np.where(z > 0, 1.0, 0.0)` asks the question of every entry: 1 where it is true, 0 where it is not.
#
# The activation need not be a threshold. So let it be an argument: `f` is a *function* that is handed to your
# function, and you call it like any other.

# %% exercise="networks.layer" slide=true

# %% [markdown] slide=true
# ## Layers one behind the other: a network
#
# *Core.*
#
# What one layer puts out can be what the next one takes in. Then you have a **network**. Note the word: a
# *network* has layers, and a layer has units.
#
# This is the network that will read handwritten digits in unit 05. It takes 64 numbers in, the grey pixels of
# an image of 8 × 8, and gives ten scores out, one for each digit.
#
# **Predict.** How many layers has it? Before you run the cell, decide whether you count the inputs.

# %% kind="worked" slide=true
sizes = [64, 64, 32, 10]
bp.plot_network(sizes)
in_words(bp.describe_network(sizes))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Four layers of units: the inputs, two **hidden** layers, and the outputs. Hidden means no more than this:
# from outside you see what goes in and what comes out, and not what is in between. Circles are drawn for a
# few units of each layer; the dots stand for the others.
#
# </details>
#
# **How to count.** We count columns of circles. The inputs are a layer, although they compute nothing. Other
# books count only what computes, and call this same network one of *three* layers. Neither is wrong; say
# which you mean. What nobody disagrees about is what lies between: four columns have three gaps, and in each
# gap stands one table of weights.

# %% exercise="networks.count_layers" slide=true

# %% [markdown]
# ### What does it learn?
#
# Nothing in the circles is learnt. What is learnt are the numbers: a weight on every edge, and the biases.
# Take the small network `[2, 3, 1]`, once by hand:
#
# | gap | weights | biases of the units on its right |
# |---|---|---|
# | 2 to 3 | 2 · 3 = 6 | 3 |
# | 3 to 1 | 3 · 1 = 3 | 1 |
#
# That is 13 numbers in all. **Predict.** How many are there in `[64, 64, 32, 10]`: hundreds, thousands or
# millions?
#
# One tool for the exercise: `zip(sizes[:-1], sizes[1:])` goes through the neighbours.

# %% kind="worked"
small = [2, 3, 1]
print("all but the last:", small[:-1], "  all but the first:", small[1:])
for before, after in zip(small[:-1], small[1:], strict=True):
    print("a gap from", before, "to", after)

# %% exercise="networks.count_parameters" slide=true

# %% kind="worked"
my_count = mine_or_ours("networks.count_parameters", count_parameters)
for some in ([2, 3, 1], sizes, [784, 1000, 1000, 10]):
    print(f"{some!s:22} {my_count(some):9,} numbers to learn")

# %% [markdown]
# <details><summary>What happened</summary>
#
# 6,570: thousands. Nearly all of them are weights. The number grows with the *product* of neighbours, so two
# wide layers side by side cost much more than many narrow ones. In unit 05 you will find the slope of the
# error by every one of the 6,570, at the price of a few runs of the network.
#
# </details>

# %% [markdown] slide=true
# ## Where the brain comes in, and where it ends
#
# *Core.*
#
# In 1943 McCulloch and Pitts described nerve cells as units with a threshold, and showed that networks of
# them can compute whatever logic can. In 1958 Rosenblatt built one, the *perceptron*, whose weights were
# learnt. The words have stayed: neuron, firing, network.
#
# | | a nerve cell | our unit |
# |---|---|---|
# | puts out | short pulses, in time | one number |
# | its connections | up to thousands, each of one sign | one number each, of either sign |
# | learns from | what happens where it is | an error that is sent back through the same weights |
# | runs | all the time, with loops | once for each sample, in one direction |
#
# The third row is the serious one. Backpropagation needs each weight twice: on the way forward, and, for the
# error, on the way back. Nobody has found connections in the brain that carry both. So we take from the brain
# the idea that many simple units together do what none does alone, and no argument that begins with "as in
# the brain".

# %% [markdown] slide=true
# ## More layers: is that more power?
#
# *Core.*
#
# Now an experiment. Here are points of two kinds: those of one kind lie around the others, as a ring does. A
# network has two inputs, the place of the point, and two outputs. In between are 0, 1, 2 or 4 hidden layers
# of 16 units. Once they have an activation (tanh, a smooth bend), and once they have *none*: each layer hands
# on its sums as they are. (How the weights are found, you will learn in units 04 to 07; here the library does
# it.)
#
# **Predict.** Guessing gives about 50%. What will a network *without* activation reach, with 0, with 1 and
# with 4 hidden layers?

# %% kind="worked"
def trained(hidden_layers, bend):
    """The share of points on the right side after training."""
    rng = np.random.default_rng(0)
    X, y = bp.make_circles(400, rng=rng)
    widths = [2] + [16] * hidden_layers
    layers = []
    for before, after in zip(widths[:-1], widths[1:], strict=True):
        layers.append(bp.Dense(before, after, rng=rng))
        if bend:
            layers.append(bp.Tanh())
    network = bp.Sequential([*layers, bp.Dense(widths[-1], 2, rng=rng)])
    optimizer = bp.Adam(network.parameters(), lr=0.01)
    how_long = {"epochs": 60, "batch_size": 40, "rng": rng, "progress": False}
    bp.train(network, bp.CrossEntropyLoss(), optimizer, X, y, **how_long)
    return bp.accuracy(network, X, y)


depths = (0, 1, 2, 4)
results = {"without activation": [trained(d, False) for d in depths]}
results["with tanh"] = [trained(d, True) for d in depths]
numbers = [my_count([2] + [16] * d + [2]) for d in depths]
print("numbers to learn: ", "  ".join(f"{d} hidden: {n}" for d, n in zip(depths, numbers, strict=True)))
for name, shares in results.items():
    print(f"{name:18}", "  ".join(f"{d} hidden: {s:.0%}" for d, s in zip(depths, shares, strict=True)))
axis = {"x": depths, "xlabel": "hidden layers"}
bp.plot_curves(results, title="Depth, with and without a bend", ylabel="share of points right", **axis)
in_words(bp.describe_curves(results, **axis))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without activation nothing is won by depth: four hidden layers, with 898 numbers to learn, do no better than
# none, with 6. With tanh one hidden layer is enough. With no hidden layer the two are the same network, so the
# first pair agrees.
#
# **Depth alone adds no power.** What adds power is the bend between the layers.
#
# </details>
#
# ### Why? Multiply it out
#
# Take two layers without activation and the smallest numbers: one input, one unit, one output. The first
# layer makes $h = 2x + 1$, the second $y = 3h + 4$. Put the one into the other:
#
# $$y = 3\,(2x + 1) + 4 = 6x + 7$$
#
# That is a *single* layer, with the weight 6 and the bias 7. The weights have been multiplied; the first bias
# has gone through the second weight, and the second bias has been added. **Predict.** What becomes of a third
# layer, $-1 \cdot y + 5$, behind these two?
#
# <details><summary>Answer</summary>
#
# $-(6x + 7) + 5 = -6x - 2$: still one layer. However many there are, the same happens again.
#
# </details>
#
# Now the same with tables. The brackets are multiplied out in the same way; only the order of a matrix
# product must stay as it is.

# %% exercise="networks.collapse" slide=true

# %% [markdown]
# Your `collapse` on two wide layers, and on points that it has not seen:

# %% kind="worked"
my_collapse = mine_or_ours("networks.collapse", collapse)
rng = np.random.default_rng(1)
W1, b1 = rng.normal(size=(2, 16)), rng.normal(size=16)
W2, b2 = rng.normal(size=(16, 2)), rng.normal(size=2)
W, b = my_collapse(W1, b1, W2, b2)
points = rng.normal(size=(5, 2))
two_layers = (points @ W1 + b1) @ W2 + b2
one_layer = points @ W + b
print("largest difference:", np.abs(two_layers - one_layer).max())
print("numbers in two layers:", sum(v.size for v in (W1, b1, W2, b2)), "  in one:", W.size + b.size)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The difference is rounding, in the last of sixteen digits. 82 numbers do exactly what 6 can do.
#
# </details>

# %% [markdown] slide=true
# ## What no single unit can do
#
# *Core.*
#
# **XOR**, "either … or", is on when exactly *one* of two inputs is on. Try to make one unit of it.
#
# | inputs | XOR | so the sum must be |
# |---|---|---|
# | (0, 0) | 0 | $b \le 0$ |
# | (1, 0) | 1 | $w_0 + b > 0$ |
# | (0, 1) | 1 | $w_1 + b > 0$ |
# | (1, 1) | 0 | $w_0 + w_1 + b \le 0$ |
#
# **Predict.** Add up the second and the third line. Can the other two be true as well?
#
# <details><summary>Answer</summary>
#
# They give $w_0 + w_1 + 2b > 0$. Since $b \le 0$, also $w_0 + w_1 + b > 0$. The last line says the opposite.
# So no weights exist: there is nothing to learn, and no training helps. Minsky and Papert made this famous in
# 1969.
#
# </details>
#
# With a hidden layer it can be done. The hidden units need not solve the task. They only have to say
# something *useful* about the inputs: for example "at least one is on" and "both are on".
#
# **Predict.** Which of these two should push the output up, and which should hold it down?

# %% kind="worked"
for x in corners:
    at_least_one, both = float(x.sum() - 0.5 > 0), float(x.sum() - 1.5 > 0)
    print(f"inputs {x}: at least one {at_least_one:.0f}, both {both:.0f}, XOR {float(x.sum() == 1):.0f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# XOR is "at least one, and *not* both". The first should push, with a positive weight; the second should hold
# down, with a negative one.
#
# </details>
#
# Now choose the numbers, on paper. Draw the two inputs, the two hidden units and the output, and write a
# weight on each of the six edges and a bias beside each of the three units. As in every layer, a column of the
# table belongs to a unit: `W1[0, 1]` is the weight from input 0 to hidden unit 1. A function may return several
# things at once: `return W1, b1, w2, b2`.

# %% exercise="networks.xor_weights" slide=true

# %% [markdown]
# Your weights, drawn as two layers: first the hidden units for the inputs (1, 1), then the output.

# %% kind="worked" slide=true
W1, b1, w2, b2 = (np.asarray(v, dtype=float) for v in mine_or_ours("networks.xor_weights", xor_weights)())
x = np.array([1.0, 1.0])
hidden = np.where(x @ W1 + b1 > 0, 1.0, 0.0)
first = {"inputs": x, "outputs": hidden, "names": ("x", "h"), "direction": "forward"}
bp.plot_layer(W1, **first)
in_words(bp.describe_layer(W1, **first))
second = {"inputs": hidden, "outputs": [float(hidden @ w2.ravel() + b2.sum())], "names": ("h", "z")}
bp.plot_layer(w2.reshape(2, 1), **second)
in_words(bp.describe_layer(w2.reshape(2, 1), **second))

# %% [markdown]
# ## Further: take one by the hand
#
# *Further.*
#
# Here is a network that you can take hold of. Its inputs are the two coordinates of a point, its data are four
# clouds, the corners of XOR with some noise. Drag an edge up or down, or go to it with the arrow keys and press up
# or down: the small picture in each unit shows where in the plane that unit is on, the large one what the network
# answers. *Play* lets it learn by itself, which is what the units from 02 to 07 are about.
#
# **Predict.** Two hidden units are enough for XOR, as you have shown. Take the hidden layer away (− at *Hidden
# layers*): how low can the share of wrong answers get, whatever you do with the weights?

# %% kind="worked"
from bpcore.widgets import Playground

Playground(data="xor", hidden=(2,))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without a hidden layer the border between the two answers is a straight line, and a straight line leaves at least
# one of the four clouds on the wrong side: about a quarter of the points, and no training helps. With two hidden
# units there are two lines, and the output combines them. When Play gets stuck there, and it sometimes does, begin
# anew with other weights: *that* it can be done is one thing, that learning finds it another.
#
# </details>

# %% [markdown] slide=true
# ## A network that has lost its bends
#
# *Core.*
#
# The last exercise is someone else's code. It runs a network of any depth, given as a list of pairs `W, b`.
# It never complains. The cell also asks you to name the cause, by the letter of a sentence: mending and
# understanding are worth half of the points each. Read the code line by line, and ask of each line: *how often
# is this done?*

# %% exercise="networks.find_the_bug" slide=true

# %% [markdown]
# The whole network of XOR, run by the mended function:

# %% kind="worked"
my_run = mine_or_ours("networks.find_the_bug", run_network)


def step(z):
    return np.where(z > 0, 1.0, 0.0)


weights = [(W1, b1), (w2.reshape(2, 1), b2.reshape(1))]
for x in corners:
    print(f"inputs {x}: output {my_run(x, weights, step)}")

# %% [markdown] slide=true
# ## Where this breaks
#
# *Core.*
#
# - **A threshold cannot learn by slopes.** Move a weight a little, and the output of a threshold stays as it
#   is, or jumps. Its slope is 0 everywhere else. You chose the weights of XOR by hand; to *learn* them, the
#   bend must be smooth. Unit 03 brings such bends.
# - **Enough units is no plan.** It is proved (Cybenko 1989) that one hidden layer, if wide enough, comes as
#   near to any continuous function as you like. The proof does not say how wide, nor how to find the weights.
# - **A forgotten activation is silent.** Nothing crashes, all shapes fit, the loss even falls. The network is
#   only no better than one layer.
#
# **Predict.** Move one weight of the AND unit by a millionth, at the inputs (1, 1). How does its output
# change?

# %% kind="worked"
def and_unit(w0):
    return float(w0 + 1.0 - 1.5 > 0)


h = 1e-6
print("slope of a threshold:", (and_unit(1.0 + h) - and_unit(1.0 - h)) / (2 * h))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Not at all: the slope is 0. A slope of 0 says "there is nothing to be won here", in every direction.
#
# </details>

# %% [markdown] written="networks"
# A friend says: *"Your network is too weak? Put in more layers; deep learning is called deep for a reason."*
# Answer in five to eight sentences. Use a number from this unit's runs.
#
# <!-- 8 -->
# More layers add power only if something bent stands between them. (*claim: 2*) A layer without activation is
# a product and a sum. Two of them, multiplied out, are x·(W1·W2) + (b1·W2 + b2), which is one layer again,
# and so for any number. (*mechanism: 2*) In my run on the ring, four hidden layers without activation, 898
# numbers, reached about as little as none at all, near 50%, while one hidden layer with tanh reached 99%.
# (*evidence: 2*) This was one task with two inputs and one seed. And it says nothing about which depth is best
# once there are bends, nor whether training finds the weights. (*limits: 2*)
#
# <!-- 5 -->
# More layers help only with an activation between them. (*claim: 2*) Without it the layers can be multiplied
# out and are one layer. (*mechanism: 1; how the biases go through is left out*) In the experiment the deep
# network without tanh was not better than the shallow one, and with tanh it was. (*evidence: 1; no number*) I
# have only tried one data set. (*limits: 1; true, and not why that matters*)
#
# <!-- 2 -->
# That is not right, because activations are important in neural networks. (*claim: 1; important for what?*)
# With tanh it worked much better. (*evidence: 1; no number*) No reason is given and no limit. (*mechanism and
# limits: 0*)

# %% [markdown]
# ## Summary
#
# - A **unit** makes a weighted sum, adds its bias, and puts the result through its activation.
# - A **layer** is units side by side: `f(x @ W + b)`, one column of `W` for each unit.
# - A **network** has layers. `[64, 64, 32, 10]` has four, two of them hidden, with three tables of weights
#   between them and 6,570 numbers to learn.
# - Layers without activation **collapse**: `(x @ W1 + b1) @ W2 + b2` is one layer. Depth alone adds nothing.
# - No single unit computes XOR; two hidden units and one output do.
# - The brain gave the idea and the words. It is no argument.
#
# ### In a week, ask yourself
#
# 1. How many numbers does `[10, 5, 5, 2]` learn? Do it in your head.
# 2. A friend replaces every tanh by `f(z) = 3z`. What is the network worth now?
# 3. Which two questions about the inputs do *your* hidden units of XOR ask? Find another pair that works.
#
# <details><summary>Answers</summary>
#
# 1. 50 + 5, 25 + 5, 10 + 2: 97.
# 2. As much as one layer: a multiple is no bend.
# 3. For example "the first and not the second" and "the second and not the first", both pushing.
#
# </details>
#
# Next: **02 · Losses**: how wrong is what came out?
#
# ## Further reading
#
# - W. S. McCulloch, W. Pitts, *A logical calculus of the ideas immanent in nervous activity*, Bulletin of
#   Mathematical Biophysics 5, 115–133, 1943.
# - F. Rosenblatt, *The perceptron: a probabilistic model for information storage and organization in the
#   brain*, Psychological Review 65(6), 386–408, 1958.
# - M. Minsky, S. Papert, *Perceptrons*, MIT Press, 1969.
# - G. Cybenko, *Approximation by superpositions of a sigmoidal function*, Mathematics of Control, Signals and
#   Systems 2, 303–314, 1989.
# - F. Crick, *The recent excitement about neural networks*, Nature 337, 129–132, 1989: what a biologist
#   misses in them.
