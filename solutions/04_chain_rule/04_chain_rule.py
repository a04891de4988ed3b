# %% [markdown] slide=true
# # 04 · The chain rule
#
# A network is a long computation made of very short steps: a product, a sum, a `tanh`. The slope of each step
# is easy. This unit puts the easy slopes together: you learn how a small change travels through a
# computation, and in which order to walk back so that every slope is found once. At the end you write an
# **engine**, a class that differentiates whatever you write with it.
#
# *Two sittings: about 75 minutes to the marked place to stop, and about an hour for the engine. Sections
# marked Core are needed for unit 05; those marked Further are not.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown] slide=true
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. You can call a function, and know nothing else about it. How do you find its slope by one input?
# 2. A network predicts (1, 3), the targets are (1, 1). What is the mean of the squared errors?
# 3. `X` has shape `(5, 3)`, `W` has shape `(3, 4)`, `b` has shape `(4,)`. What is the shape of `X @ W + b`?
#
# <details><summary>Answers</summary>
#
# 1. Move the input up by a small h and down by h, take the difference of the results, divide by 2h.
# 2. (0² + 2²) / 2 = 2.
# 3. `(5, 4)`: one row for each sample, one column for each output.
#
# </details>

# %% [markdown] slide=true
# ## A computation is a graph
#
# *Core.*
#
# Take `c = a·b + a`. Python computes it in two steps. Give the first one a name:
#
# $$p = a \cdot b, \qquad c = p + a$$
#
# Draw each number as a box, and an arrow from each number to what is made from it. That picture is a
# **graph**. The boxes are its **nodes**, the arrows its **edges**. The nodes that a node is made from are its
# **parents**: `p` has the parents `a` and `b`. A node without parents is an **input**, or a **leaf**.

# %% kind="worked" slide=true
graph = {
    "a": ["input"],
    "b": ["input"],
    "p": ["multiply", "a", "b"],
    "c": ["add", "p", "a"],
}
values = {"a": 3.0, "b": 2.0, "p": 6.0, "c": 9.0}
bp.plot_graph(graph, values)
in_words(bp.describe_graph(graph, values))

# %% [markdown]
# The dictionary in the cell above is the same graph as data: for each node the operation, and what it works
# on. You will meet this form again.
#
# An edge stands for one short step, and each step has a slope of its own, the **local slope**: *by how much
# does this node change when that parent changes a little, and all its other parents stay?*
#
# **Predict.** There are four edges. What is the local slope on each of them, at `a = 3` and `b = 2`?

# %% kind="worked"
h = 1e-5
a, b, p = 3.0, 2.0, 6.0
print("p by a:", round(((a + h) * b - (a - h) * b) / (2 * h), 6))
print("p by b:", round((a * (b + h) - a * (b - h)) / (2 * h), 6))
print("c by p:", round(((p + h) + a - ((p - h) + a)) / (2 * h), 6))
print("c by a, with p held still:", round((p + (a + h) - (p + (a - h))) / (2 * h), 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# In a product, the slope by one factor is the *other* factor: `p` by `a` is `b = 2`, and `p` by `b` is `a =
# 3`. In a sum, both slopes are 1. The last line is not the whole answer to "how does `c` change with `a`?".
# It is the slope of the sum alone, while `p` stands still. A local slope knows only its own step.
#
# </details>

# %% [markdown] slide=true
# ## Back through one step
#
# *Core.*
#
# At the far end of the graph stands one number that we want to make small: the **loss**. For each node we
# want the slope of the loss by it. This is the node's **gradient**.
#
# Suppose a step `d = p − q` stands somewhere in a large computation, and the part behind it has already told
# us the gradient of `d`: it is 5. We say that 5 arrives from **upstream**. So when `d` rises by a little, the
# loss rises by 5 times as much.
#
# **Predict.** What is the gradient of `p`? And of `q`?

# %% kind="worked"
def loss_behind(p, q):
    """Any loss whose slope by d is 5 will do; this is the simplest."""
    d = p - q
    return 5 * d


p, q = 4.0, 1.5
print("by p:", round((loss_behind(p + h, q) - loss_behind(p - h, q)) / (2 * h), 6))
print("by q:", round((loss_behind(p, q + h) - loss_behind(p, q - h)) / (2 * h), 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# 5 and −5. The local slopes of `p − q` are 1 and −1. When `q` rises by a little, `d` falls by as much, and
# the loss falls by 5 times as much. *What arrives from upstream, times the local slope*:
#
# $$\frac{\partial L}{\partial p} = \frac{\partial L}{\partial d} \cdot \frac{\partial d}{\partial p}
# = 5 \cdot 1, \qquad
# \frac{\partial L}{\partial q} = \frac{\partial L}{\partial d} \cdot \frac{\partial d}{\partial q}
# = 5 \cdot (-1)$$
#
# </details>
#
# Now the same for a product. You know its two local slopes.

# %% exercise="chain_rule.product" slide=true

# %% [markdown] slide=true
# ## One path: multiply
#
# *Core.*
#
# Put two steps one after the other: `y = x²`, then `z = 3y`. At `x = 2` the slope of `y` by `x` is 4, and the
# slope of `z` by `y` is 3.
#
# **Predict.** What is the slope of `z` by `x`: 7 or 12?

# %% kind="worked"
x = 2.0
print(round((3 * (x + h) ** 2 - 3 * (x - h) ** 2) / (2 * h), 6))

# %% [markdown] slide=true
# <details><summary>What happened</summary>
#
# It is 12. Think of gears: `y` turns 4 times as fast as `x`, and `z` turns 3 times as fast as `y`. So `z`
# turns 12 times as fast as `x`. **Along a path, slopes are multiplied.** This is the chain rule of the school
# books.
#
# </details>
#
# ## Several paths: add
#
# *Core.*
#
# Back to `c = a·b + a`. The number `a` is used twice: two arrows leave it. This is called **fan-out**.

# %% kind="worked" slide=true
slopes = {"a": [], "b": [], "p": [2.0, 3.0], "c": [1.0, 1.0]}
bp.plot_graph(graph, values, slopes=slopes, highlight="a")
in_words(bp.describe_graph(graph, values, slopes=slopes, highlight="a"))

# %% [markdown]
# **Predict.** A friend writes a program that walks back from `c`. Each time it comes to a node, it *stores*
# what has arrived there: `grad["a"] = …`. What does it say for `a`? What is right?

# %% kind="worked"
grad = {}
grad["c"] = 1.0
grad["p"] = grad["c"] * 1.0  # through the sum
grad["a"] = grad["c"] * 1.0  # through the sum, directly
grad["b"] = grad["p"] * 3.0  # through the product
grad["a"] = grad["p"] * 2.0  # through the product: a second value for a


def compute_c(a, b):
    return a * b + a


print("the friend's program:", grad["a"])
print("measured:            ", round((compute_c(3 + h, 2) - compute_c(3 - h, 2)) / (2 * h), 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The program says 2, and 3 is right. Its last line threw away the 1 that had arrived before. Had the two
# lines stood in the other order, it would have said 1.
#
# Why add? Raise `a` by a small `h`. Then `p` rises by `2h`, and through it `c` rises by `2h`. *At the same
# time* `a` itself rises, and through the sum `c` rises by another `h`. Both happen, so `c` rises by `3h`.
# Fan-out never overwrites: **over paths, slopes are added.** In a program that is one character, `+=` in
# place of `=`.
#
# </details>
#
# Both rules in one line, for a result `c` and an input `a`:
#
# $$\frac{\partial c}{\partial a} = \sum_{\text{paths from } a \text{ to } c}\ \
# \prod_{\text{edges of the path}} \text{local slope}$$

# %% exercise="chain_rule.sum_over_paths" slide=true

# %% [markdown] slide=true
# ## Too many paths
#
# *Core.*
#
# The formula is right. Is it also a good program? Look at a tower of steps in which each number is used
# twice: `x₁ = x₀·x₀`, `x₂ = x₁·x₁`, and so on.
#
# **Predict.** Each step adds two edges. How many paths lead from `x₀` to `x₂₀`: 40, 400, or a million?

# %% kind="worked"
for steps in (2, 5, 20, 60):
    print(f"{steps:2} steps: {2 * steps:3} edges, {2**steps:,} paths")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Each step doubles the number of paths: a million after 20 steps. The number of edges only grows by two.
#
# </details>
#
# So we must not walk *paths*. We walk *edges*, each once. At every node we wait until everything has arrived,
# add it up, and only then send the sum on. This works because all paths that meet in a node go on together:
# $u \cdot s + v \cdot s = (u + v) \cdot s$. Sixty steps then cost 120 small products.
#
# Everything depends on one word: *wait*. A node may send its gradient on only when it is complete.

# %% [markdown] slide=true
# ## In which order?
#
# *Core.*
#
# Here `q` is used by `r`, and once more by `c`:

# %% kind="worked" slide=true
graph = {
    "a": ["input"],
    "q": ["multiply", "a", "a"],
    "r": ["multiply", "q", "a"],
    "c": ["add", "q", "r"],
}
values = {"a": 2.0, "q": 4.0, "r": 8.0, "c": 12.0}
slopes = {"a": [], "q": [2.0, 2.0], "r": [2.0, 4.0], "c": [1.0, 1.0]}
bp.plot_graph(graph, values, slopes=slopes, highlight="q")
in_words(bp.describe_graph(graph, values, slopes=slopes, highlight="q"))

# %% [markdown]
# **Predict.** A program adds properly, with `+=`. It visits the nodes as it meets them: `c`, then the parents
# of `c` as they are written, `q` and `r`. Is the gradient of `a` right?

# %% kind="worked"
def walk(order):
    """Visit the nodes in this order; each sends what it has at that moment."""
    grad = dict.fromkeys(graph, 0.0)
    grad["c"] = 1.0
    for name in order:
        for parent, slope in zip(graph[name][1:], slopes[name], strict=True):
            grad[parent] += slope * grad[name]
    return grad


def compute_c(a):
    return a * a + (a * a) * a


print("c, q, r, a:", walk(["c", "q", "r", "a"]))
print("c, r, q, a:", walk(["c", "r", "q", "a"]))
print("measured, by a:", round((compute_c(2 + h) - compute_c(2 - h)) / (2 * h), 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The first order gives 8, and 16 is right. When `q` was visited, only the 1 from `c` had arrived there. The 2
# from `r` came later, and nobody sent it on. At the end the gradient of `q` is right, 3, but the gradient of
# `a` is not.
#
# The second order visits `r` before `q`, because `r` is made from `q`.
#
# </details>
#
# The rule is short. On the way forward a node can be computed only after all its parents. An order with this
# property is called a **topological order**. On the way back, walk it in reverse: then each node is visited
# after everything that was made from it, and its gradient is complete.
#
# ### A function that calls itself
#
# To find such an order, a function may follow the arrows backward by calling itself. Here is an example that
# answers another question: how many steps is a node away from the farthest input? (Here the graph is written
# without operations: for each name, its parents.)
#
# **Predict.** What is `depth("c")`?

# %% kind="worked"
parents_of = {"c": ["q", "r"], "r": ["q", "a"], "q": ["a", "a"], "a": []}


def depth(name):
    """0 for an input; for any other node one more than its deepest parent."""
    if not parents_of[name]:
        return 0
    return 1 + max(depth(parent) for parent in parents_of[name])


print({name: depth(name) for name in parents_of})

# %% [markdown]
# <details><summary>What happened</summary>
#
# 3: from `a` to `q` to `r` to `c`. The function asks the same question about the parents first, and answers
# its own question with what comes back. It stops at the inputs, because they have no parents.
#
# Note that `depth("c")` asks about `q` twice: once itself, and once through `r`. In a large graph that would
# walk all paths again. A set of the names that have been visited prevents it: whoever comes a second time
# leaves at once.
#
# </details>
#
# For the exercise you want a function that does not return a number, but appends a name to a list. A function
# inside another one may append to the outer one's list and add to its set.

# %% exercise="chain_rule.topological_order" slide=true

# %% [markdown]
# ### Someone else's walk
#
# There is another way to get it wrong, and it was found in a published engine. This program keeps a list of
# nodes that are waiting to send. Whenever a node sends something to a parent, the parent is put on the list.

# %% exercise="chain_rule.find_the_bug" slide=true

# %% [markdown] slide=true
# ## The slopes of the other steps
#
# *Core.*
#
# You have the local slopes of `p + q`, `p − q` and `p·q`. Three more, and you can take a network apart:
#
# | step | slope by `p` | slope by `q` | why |
# |---|---|---|---|
# | `p / q` | `1 / q` | `−p / q²` | by `p` it is a product with `1 / q`; a larger `q` makes it smaller |
# | `p**k` | `k · p**(k − 1)` | | `k` is a fixed number; for `k = 2` it is `2p`, the two factors of `p·p` |
# | `tanh(p)` | `1 − tanh(p)²` | | steepest at 0, and flat far outside |
#
# The last one is convenient. It needs `tanh(p)`, and that is the *value* of the node, which the way forward
# has already computed.
#
# **Predict.** At `p = 3` and `q = 2`: which of the four slopes is negative? Which one is nearly 0?

# %% kind="worked"
def measured(f, x):
    return (f(x + h) - f(x - h)) / (2 * h)


p, q = 3.0, 2.0
print("p / q by p:", round(measured(lambda p: p / q, p), 6), "   formula", 1 / q)
print("p / q by q:", round(measured(lambda q: p / q, q), 6), "  formula", -p / q**2)
print("p**4 by p: ", round(measured(lambda p: p**4, p), 4), " formula", 4 * p**3)
print("tanh(p):   ", round(measured(np.tanh, p), 6), "formula", round(1 - np.tanh(p) ** 2, 6))

# %% [markdown] slide=true
# <details><summary>What happened</summary>
#
# `p / q` by `q` is negative: −3/4. And tanh is nearly flat at 3: its slope is below 0.01. A unit that far out
# lets almost no gradient through.
#
# </details>
#
# ## Backward through a graph
#
# *Core.*
#
# Everything is there. Once by hand, for `c = a·b + a` at `a = 3`, `b = 2`. The order forward is `a, b, p, c`,
# so back it is `c, p, b, a`:
#
# | visit | its gradient, complete | it sends |
# |---|---|---|
# | `c` | 1, the slope of `c` by itself | 1 · 1 to `p`, 1 · 1 to `a` |
# | `p` | 1 | 1 · 2 to `a`, 1 · 3 to `b` |
# | `b` | 3 | nothing: no parents |
# | `a` | 1 + 2 = 3 | nothing |
#
# **Predict.** In `c = a·b + a`, make `b` equal to −1. What is the gradient of `a` then? What does it mean?

# %% kind="worked"
print(round(measured(lambda a: a * -1.0 + a, 3.0), 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# 0: what arrives along the two paths is −1 and 1. The result does not change with `a`, although `a` is used
# twice. A gradient of 0 does not mean that there is no path.
#
# </details>
#
# In the exercise, the graph comes as the dictionary that you saw at the beginning, with the nodes already in
# order. `operation, *operands = graph[name]` takes the list of one node apart: the first entry, and a list of
# the rest. The operands are names, whose numbers stand in `values`; only the second operand of `"power"` is a
# number itself.

# %% exercise="chain_rule.accumulate" slide=true

# %% [markdown]
# ### A neuron, taken apart
#
# One unit of a network with the loss behind it: `s = w·x + b`, `t = tanh(s)`, and the squared error `(t −
# y)²`. The next cell holds two small tools. The first computes the values forward. The second *measures* each
# local slope: it knows no formula at all, so it is a fair referee.

# %% kind="setup"
OPERATIONS = {
    "add": lambda p, q: p + q,
    "subtract": lambda p, q: p - q,
    "multiply": lambda p, q: p * q,
    "divide": lambda p, q: p / q,
    "power": lambda p, k: p**k,
    "tanh": np.tanh,
}


def values_of(graph, inputs):
    """Forward: the number of every node, parents first. Inputs are given by name."""
    values = dict(inputs)
    for name, (operation, *operands) in graph.items():
        if operation != "input":
            numbers = [values[p] if isinstance(p, str) else p for p in operands]
            values[name] = float(OPERATIONS[operation](*numbers))
    return values


def measured_slopes(graph, values, h=1e-6):
    """The local slope of every node by each of its parents, measured."""
    slopes = {}
    for name, (operation, *operands) in graph.items():
        numbers = [values[p] if isinstance(p, str) else p for p in operands]
        slopes[name] = []
        for k, operand in enumerate(operands):
            if isinstance(operand, str):
                up, down = list(numbers), list(numbers)
                up[k] += h
                down[k] -= h
                step = OPERATIONS[operation]
                slopes[name].append(float((step(*up) - step(*down)) / (2 * h)))
    return slopes


# %% [markdown]
# **Predict.** The inputs are `x = 2`, `w = 0.5`, `b = −0.4` and `y = 1`. The output of the neuron is too low.
# Should `w` grow or shrink? Which three nodes have the same gradient?

# %% kind="worked" slide=true
my_accumulate = mine_or_ours("chain_rule.accumulate", accumulate)
neuron = {
    "w": ["input"],
    "x": ["input"],
    "b": ["input"],
    "y": ["input"],
    "m": ["multiply", "w", "x"],
    "s": ["add", "m", "b"],
    "t": ["tanh", "s"],
    "e": ["subtract", "t", "y"],
    "L": ["power", "e", 2],
}
inputs = {"w": 0.5, "x": 2.0, "b": -0.4, "y": 1.0}
values = values_of(neuron, inputs)
picture = values, my_accumulate(neuron, values), measured_slopes(neuron, values)
bp.plot_graph(neuron, *picture)
in_words(bp.describe_graph(neuron, *picture))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The gradient of `w` is negative: when `w` grows, the loss falls, so `w` should grow. `m`, `s` and `b` have
# the same gradient, because a sum has the slope 1 by each of its parts: it hands on what arrives.
#
# Follow the numbers from right to left. Each gradient is the gradient to its right, times the slope on the
# arrow.
#
# </details>
#
# The referee on the whole: move one input, compute everything again.

# %% kind="worked"
def loss_with(name, value):
    return values_of(neuron, {**inputs, name: value})["L"]


for name in inputs:
    slope = measured(lambda value, name=name: loss_with(name, value), inputs[name])
    print(f"{name}: walked back {picture[1][name]:+.6f}   measured {slope:+.6f}")

# %% [markdown] slide=true
# ## No Jacobian is ever built
#
# *Core.*
#
# In a network a node is a whole array. Then a step has not one local slope, but one for each output by each
# input. In textbooks this table is the **Jacobian**, and the chain rule multiplies Jacobians. Take `Y =
# tanh(X)` with 1,000 numbers.
#
# **Predict.** How many numbers does its Jacobian hold? How many of them are not zero? What does the walk back
# need?

# %% kind="worked"
n = 1000
print(f"the Jacobian: {n * n:,} numbers, {8 * n * n / 1e6:.0f} MB; not zero: {n:,}")

X = np.array([0.5, -1.0, 2.0, 0.0])
upstream = np.array([1.0, 2.0, -1.0, 3.0])
Y = np.tanh(X)
jacobian = np.diag(1 - Y**2)
print("through the table:     ", np.round(upstream @ jacobian, 4))
print("entry by entry:        ", np.round(upstream * (1 - Y**2), 4))

# %% [markdown]
# <details><summary>What happened</summary>
#
# A million numbers, and all but 1,000 of them are zero, because each output depends on one input alone. The
# walk back multiplies entry by entry and never writes the table down.
#
# </details>
#
# There is a second saving, and it comes from the direction. The walk starts at *one* number, the loss. So
# what we carry back is one gradient for each entry of a node, never a table. Here are three steps whose
# Jacobians really are full.
#
# **Predict.** Three Jacobians of 300 × 300 and one gradient of 300. Multiply the tables together first, or
# begin with the gradient: how many times less work is the second?

# %% kind="worked"
n = 300
rng = np.random.default_rng(0)
first, second, third = (rng.normal(size=(n, n)) / np.sqrt(n) for _ in range(3))
upstream = rng.normal(size=n)
tables_first = upstream @ (third @ second @ first)
gradient_first = ((upstream @ third) @ second) @ first
print("same result:", np.allclose(tables_first, gradient_first))
print(f"tables first:   {2 * n**3 + n**2:,} products")
print(f"gradient first: {3 * n**2:,} products")
print(f"that is {(2 * n**3 + n**2) / (3 * n**2):.0f} times fewer")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The results are equal, because brackets do not change a product of tables. The work is very different: a row
# times a table needs n² products, a table times a table needs n³.
#
# </details>
#
# So a step of the walk back is a *function*: it takes what arrives at its output and gives what goes to its
# inputs. Your `product` at the beginning of this unit was one. It is called a **vector-Jacobian product**,
# although no Jacobian is in sight. Unit 05 writes one for a whole layer.
#
# ---
#
# **A good place to stop.** You can now differentiate any graph. The second sitting makes it comfortable.
#
# ---

# %% [markdown]
# # Second sitting: the engine
#
# ## Numbers that remember
#
# *Further. Unit 05 does not need it. But nothing shows better that the chain rule is a program.*
#
# To write a graph as a dictionary is tedious. We would like to write `c = a * b + a`, and have Python note
# the graph while it computes. For that we need a class of our own. It may say what `+` means: Python calls
# `x.__add__(y)` for `x + y`.
#
# **Predict.** The class below knows `+` with a number on its right. What happens at `Minutes(30) + 15`? At
# `15 + Minutes(30)`, where the number on the left knows nothing of minutes?

# %% kind="worked"
class Minutes:
    """A length of time that remembers how it came about."""

    def __init__(self, data, story):
        self.data = data
        self.story = story

    def __add__(self, number):
        return Minutes(self.data + number, f"({self.story} + {number})")


time = Minutes(30, "a lesson") + 15
print(time.data, "minutes:", time.story)
try:
    15 + Minutes(30, "a lesson")
except TypeError as error:
    print("15 + Minutes:", error)


def radd(self, number):
    return Minutes(number + self.data, f"({number} + {self.story})")


Minutes.__radd__ = radd
time = 15 + Minutes(30, "a lesson")
print(time.data, "minutes:", time.story)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The first works. In the second Python asks the number 15 first, which cannot help. Then it asks the right
# side for `__radd__`, "add from the right". When that exists, it is called, and the order of the two is
# turned: `self` stands on the *right*. For a sum this makes no difference. For `15 - x` and `15 / x` it does.
#
# </details>
#
# The names you need: `__add__`, `__sub__`, `__mul__`, `__truediv__` for `+ - * /`, each with an `r` for the
# case that a number stands on the left; `__neg__` for `-x`; `__pow__` for `x**k`. `tanh` and `relu` are
# ordinary methods. The slope of `relu` is 1 where its argument is positive, and 0 elsewhere.
#
# Where `Minutes` remembers a story, your class remembers two things: the **parents**, and the **local slope**
# by each of them. Every operation already knows both when it computes its value. At `a = 3` and `b = 2`, the
# product `a * b` makes `Value(6.0, (a, b), (2.0, 3.0))`: the number, the two parents, and the slope by each.
# A plain number in a formula first becomes a Value without parents; `isinstance(other, Value)` tells you
# whether `other` is one already.
#
# Then `backward` is what you wrote in `accumulate`: the order, in reverse, with `+=`. The order is that of
# `topological_order`, begun at the result.
#
# ## Calling backward twice
#
# *Further.*
#
# Often one weight serves several losses. Their slopes should add up. So a **leaf** keeps its gradient from
# one `backward` to the next, and adds.
#
# **Predict.** `p = a·b` and `c = 5p`, with `b = 2`. One walk back gives `a` the gradient 10. Two walks should
# give 20. What do they give when `p` keeps *its* gradient too?

# %% kind="worked"
for keep in (True, False):
    grad_a = grad_p = 0.0
    for _ in range(2):
        if not keep:
            grad_p = 0.0
        grad_p += 5.0  # from c
        grad_a += 2.0 * grad_p
    print(f"p {'keeps its gradient' if keep else 'begins again at 0'}: a has {grad_a}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# 30 in place of 20. In the second walk `p` had 10, of which 5 were old, and had been sent before. So the
# nodes in between begin each walk at 0. Only leaves add up.
#
# </details>
#
# Now build it. Write `__init__`, `with_value`, `+`, `*` and `backward` first, and try them on `a * b + a`.
# The rest follows the same pattern, and the check tells you which formula goes wrong first.

# %% exercise="chain_rule.engine"

# %% [markdown]
# ### Your engine, drawn
#
# The neuron again, written as one would write it on paper. The function below only reads what each Value
# remembers.
#
# **Predict.** How many boxes will there be? Is the exponent 2 one of them?

# %% kind="worked"
my_Value = mine_or_ours("chain_rule.engine", Value)


def graph_of(result, **names):
    """A Value and all below it as plain data, for plot_graph; some have a name of yours."""
    known = {id(value): name for name, value in names.items()}
    graph, values, gradients, slopes = {}, {}, {}, {}

    def visit(value):
        name = known.get(id(value))
        if name in graph:
            return
        for parent in value.parents:
            visit(parent)
        if name is None:
            name = known[id(value)] = f"v{len(known) - len(names) + 1}"
        graph[name] = ["", *(known[id(parent)] for parent in value.parents)]
        values[name], gradients[name], slopes[name] = value.data, value.grad, value.slopes

    visit(result)
    return graph, values, gradients, slopes


w, x, b, y = my_Value(0.5), my_Value(2.0), my_Value(-0.4), my_Value(1.0)
loss = ((w * x + b).tanh() - y) ** 2
loss.backward()
if hasattr(loss, "parents") and hasattr(loss, "slopes"):
    drawn = graph_of(loss, w=w, x=x, b=b, y=y, L=loss)
    bp.plot_graph(*drawn, highlight="w")
    in_words(bp.describe_graph(*drawn, highlight="w"))
else:
    print("Your Value keeps its parents under another name: put it into graph_of.")
print("w.grad =", round(w.grad, 6), "  b.grad =", round(b.grad, 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Nine boxes in our version: four inputs, and one for each operation. Their names `v…` are only numbers, since
# nobody named them. The gradients are those of the picture above. The exponent 2 is no box: it is a fixed
# number inside `**`.
#
# </details>
#
# ### One product at a time
#
# Now slowly. The widget below walks through a graph of your Values, forward and back, and multiplies the
# slopes that *your* operations have noted. It first asks for a prediction. Afterwards go back to the start,
# and take single steps: when does `a` have its whole gradient? Then give it a formula of your own.

# %% kind="worked"
from bpcore.widgets import GraphStepper

# If your Value keeps parents and slopes under other names, ours takes its place.
make = my_Value if hasattr(loss, "parents") and hasattr(loss, "slopes") else bp.Value
a = make(3.0)
c = a * a + a
GraphStepper(c, a=a, c=c, predict="used_again")

# %% [markdown]
# ### It learns
#
# Three points, one neuron, no formula for any gradient. **Predict.** What must happen to `w.grad` and
# `b.grad` at the beginning of each step?

# %% kind="worked"
points = [(-1.0, -0.9), (0.0, -0.2), (1.0, 0.8)]
w, b = my_Value(-0.5), my_Value(0.3)
losses = []
for _ in range(40):
    w.grad, b.grad = 0.0, 0.0
    loss = sum(((w * x + b).tanh() - y) ** 2 for x, y in points)
    loss.backward()
    w.data -= 0.1 * w.grad
    b.data -= 0.1 * b.grad
    losses.append(float(loss.data))
print(f"w = {w.data:.2f}, b = {b.data:.2f}")
bp.plot_curves({"sum of the squared errors": losses}, title="A neuron, trained by the engine")
in_words(bp.describe_curves({"sum of the squared errors": losses}))

# %% [markdown]
# <details><summary>What happened</summary>
#
# They must be set to 0: leaves add up, and the slopes of the last step belong to weights that are gone. `sum`
# begins with the plain number 0, so it needs `__radd__`. And `w` is used by all three points: its fan-out is
# three, and their slopes add. That is why a batch *sums* over its samples, as you will see in unit 05.
#
# </details>

# %% [markdown]
# ## Where this breaks
#
# *Further.*
#
# - **Very long chains.** A function that calls itself for each parent stops at a few thousand calls, one
#   inside the other. Large libraries keep a list of what is still to be done, and work through it.
# - **A number that is changed on the way.** The local slopes were noted on the way forward. Change `a.data`
#   after that, and `backward` still uses the old ones: it answers for the old point.
# - **Kinks.** `relu` has no slope at 0. We say 0, by agreement. Unit 06 shows what a measurement says there.
# - **Memory.** Each Value keeps its parents alive. A loop that adds up losses as Values, and not as plain
#   numbers, keeps the graph of every step.
#
# **Predict.** A sum of 20,000 terms: what does `backward` say?

# %% kind="worked"
a = my_Value(1.0)
total = a
for _ in range(20_000):
    total = total + a
try:
    total.backward()
    print("a.grad =", a.grad)
except RecursionError as error:
    print("RecursionError:", error)

# %% [markdown]
# <details><summary>What happened</summary>
#
# If `visit` calls itself, Python refuses: the first parent of the last sum is a sum, whose first parent is a
# sum, 20,000 deep. An engine with a list of its own in place of the calls gives 20,001.
#
# </details>

# %% [markdown] written="chain_rule"
# Why does the walk back visit each node once, in reverse topological order, and not simply follow every path?
# Five to eight sentences, with a number from your runs.
#
# <!-- 8 -->
# Following every path gives the right slopes at a price that nobody can pay; visiting each node once gives
# the same for the price of the edges. (*claim: 2*) Paths that meet in a node go on together, and u·s + v·s =
# (u + v)·s: so it is enough to add up what has arrived and to send the sum on. That is right only if
# everything has arrived, and in reverse topological order it has. (*mechanism: 2*) A tower of 20 steps has 40
# edges and 1,048,576 paths; and in the wrong order my walk said 8 where 16 was right. (*evidence: 2*) For a
# chain without fan-out there is one path, and the order makes no difference; and all this needs a graph
# without loops. (*limits: 2*)
#
# <!-- 5 -->
# There are too many paths, so it is better to visit each node once. (*claim: 2*) The gradients that arrive at
# a node are added and sent on together. (*mechanism: 1; why must it wait?*) With 20 steps there were a
# million paths. (*evidence: 2*) (*limits: 0*)
#
# <!-- 2 -->
# The topological order makes sure that it works. (*claim: 1*) Each node comes after its parents. (*mechanism:
# 1; that is the definition, and not the reason*) (*evidence and limits: 0*)

# %% [markdown]
# ## Summary
#
# - A computation is a graph. Each edge has a local slope, which knows only its own step.
# - Along a path slopes are **multiplied**; over paths they are **added**. Fan-out adds: `+=`, never `=`.
# - There are too many paths to walk. Walk the nodes in **reverse topological order**: then each gradient is
#   complete before it is sent on, and each edge is used once.
# - What is carried back is one gradient for each entry. A step of the walk is a function; no Jacobian is
#   built.
# - An engine notes parents and slopes while it computes. Leaves add up; all others begin again at 0.
#
# ### In a week, ask yourself
#
# 1. `y = x·x·x`, written with two products. How many paths lead from `x` to `y`, and what is the slope along
#    each?
# 2. An engine gives right gradients for `a*b` and `a+b`, and half the gradient for `a*a`. Which character is
#    wrong?
# 3. Why does the walk back begin at the loss, and not at the inputs? For which kind of function would the
#    other direction be cheaper?
#
# <details><summary>Answers</summary>
#
# 1. Three, and the slope along each is x². So the slope is 3x².
# 2. Most likely a `=` where `+=` belongs: both paths reach `a`, and one is lost.
# 3. There is one loss and there are many weights: one walk back serves all of them. For a function of one
#    input and many results, a walk forward is cheaper.
#
# </details>
#
# Next: **05 · Backpropagation**, where a node is a whole layer.
#
# ## Further reading
#
# - S. Linnainmaa, *The representation of the cumulative rounding error of an algorithm as a Taylor expansion
#   of the local rounding errors*, master's thesis, University of Helsinki, 1970: the walk back, for any
#   computation.
# - R. E. Wengert, *A simple automatic derivative evaluation program*, Communications of the ACM 7(8),
#   463–464, 1964: the walk forward.
# - A. B. Kahn, *Topological sorting of large networks*, Communications of the ACM 5(11), 558–562, 1962.
# - A. Griewank, A. Walther, *Evaluating Derivatives*, second edition, SIAM, 2008.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, *Automatic differentiation in machine
#   learning: a survey*, Journal of Machine Learning Research 18(153), 1–43, 2018.
