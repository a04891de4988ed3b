# %% [markdown]
# # 00 · Start
#
# In this course you build, in plain Python and numpy, the method by which neural networks learn:
# **backpropagation**. At the end your own code reads handwritten digits.
#
# This first unit is short. It shows you how an exercise answers you, on four small answers of four different
# kinds.
#
# *About 45 minutes. The first exercise takes five; stop after any of them and come back.*

# %% [markdown]
# ## How to work here
#
# A notebook is a column of **cells**. Click into a cell and press **Shift + Enter** to run it. Cells share
# one memory: run them from top to bottom, the next one first.
#
# Run this one now. Every unit begins with it.

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, progress, solution

# %% [markdown]
# Nothing seems to have happened, and that is right: the cell only made things known. If it showed an error
# that says *No module named bpcore*, this notebook runs outside the course's environment: close it and start
# again with `make lab`.

# %% [markdown]
# ## How a check answers
#
# Each exercise has a cell for your answer, and below it a cell that begins with `check`. Run the check as
# often as you like. It never changes your answer, and trying costs nothing.
#
# When an answer is wrong, the check tries to say *which* mistake it is. Before your first exercise, watch one
# go wrong on purpose.
#
# **Predict.** The table below has two rows and three columns. What shape will `X.sum(axis=0)` have: `(2,)` or
# `(3,)`?

# %% kind="worked"
X = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
print("X has shape", X.shape)
print("X.sum(axis=0) =", X.sum(axis=0), "with shape", X.sum(axis=0).shape)

# %% [markdown]
# <details><summary>What happened</summary>
#
# Three numbers: `axis=0` runs *down* the rows and makes them disappear. The axis you name is the one that
# goes away.
#
# </details>
#
# Now hand that to the check of the first exercise, which asks for something else: the sum of each *row*.

# %% kind="worked"
check("start.row_sums", lambda X: X.sum(axis=0))

# %% [markdown]
# Read the report. It says where the answer first goes wrong, what stood there and what should have stood
# there, and, because the numbers are exactly those of a known mistake, which mistake it is. When it cannot
# know, it says only what is certain.
#
# Your turn: write it as it should be.

# %% exercise="start.row_sums"

# %% [markdown]
# ## Hints
#
# Every exercise has three hints: a nudge, the place, the formula. Each call shows the next one. They cost no
# points. But a hint taken after five minutes of your own teaches more than one taken before.

# %% kind="worked"
hint("start.row_sums")

# %% [markdown]
# After the last hint there is `solution("start.row_sums")`. Look when you are done, too: yours may be the
# better one.

# %% [markdown]
# ## A slope, measured
#
# Learning means: move each number of the network a little, in the direction in which the error falls. So of
# every number we need one thing: *by how much does the result change when this number changes a little?* That
# is its **slope**.
#
# The honest way to find a slope is to try it. Move the number up by a small `h`, move it down by `h`, and
# divide the difference of the results by the distance `2h`.
#
# **Predict.** For `f(x) = x³` at `x = 2` the slope is 12. Measure it with `h = 0.1`, `0.001` and `10⁻¹²`. Is
# the smallest `h` the best?

# %% kind="worked"
def cube(x):
    return x**3


for h in (0.1, 0.001, 1e-12):
    measured = (cube(2 + h) - cube(2 - h)) / (2 * h)
    print(f"h = {h:<6g}  slope = {measured:.9f}  error = {abs(measured - 12):.1e}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# From 0.1 to 0.001 the error falls, with h². At 10⁻¹² it is worse again: the two results agree in nearly all
# of their sixteen digits, and the difference keeps only the few that are left. Around `h = 10⁻⁵` both errors
# are small.
#
# </details>
#
# With many numbers, one is moved at a time and all others stay. The list of the slopes is called the
# **gradient**.

# %% exercise="start.numerical_gradient"

# %% [markdown]
# Keep this function in mind. It is slow, and it needs to know nothing about the network: that makes it the
# referee for everything that comes later.

# %% [markdown]
# ## Some input must be refused
#
# One kind of answer is an error. A measurement that failed is often stored as `nan`, *not a number*.
#
# **Predict.** What is `np.nan == np.nan`? And what becomes of a sum with one `nan` in it?

# %% kind="worked"
print("nan == nan is", np.nan == np.nan)
print("1 + 2 + nan is", 1 + 2 + np.nan)

# %% [markdown]
# <details><summary>What happened</summary>
#
# `nan` equals nothing, itself included, and everything that touches it becomes `nan`. One bad pixel turns
# every weight of a network into `nan` in a single step. So a good function refuses it at the door.
#
# </details>

# %% exercise="start.refuse_nan"

# %% [markdown]
# ## Further: a number that knows where it came from
#
# *This exercise is a preview. It is the whole of backpropagation in twenty lines, on single numbers. If it is
# too early, go on to unit 05 and come back.*
#
# Let `c = a·a + a`. There are three paths from `a` to `c`: two through the product and one through the sum.
# The slope of `c` by `a` is what all of them carry together.
#
# **Predict.** At `a = 3`, what is the slope of `c` by `a`: 1, 4, 6 or 7?

# %% kind="worked"
h = 1e-5
print(round((((3 + h) * (3 + h) + (3 + h)) - ((3 - h) * (3 - h) + (3 - h))) / (2 * h), 6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Along each path of the product the slope is the *other* factor, 3; along the path of the sum it is 1. Paths
# add: 3 + 3 + 1 = 7. A program that lets the last path overwrite the others says 1 or 3, and it is the most
# common mistake in engines like the one below.
#
# </details>

# %% exercise="start.value"

# %% [markdown]
# ## Summary
#
# - A check says where an answer first goes wrong, and names the mistake when the numbers prove it.
# - `X.sum(axis=1)` removes axis 1: one number for each row. `(N,)` and `(N, 1)` are not the same.
# - A slope can be measured: up a little, down a little, divide. A gradient is one slope for each number.
# - `nan` equals nothing and spreads to everything: refuse it.
#
# - `progress()`, in any cell, says how far you are and what is worth doing again.
#
# Next: **02 · Losses**. If you know losses, the forward pass and the chain rule already, go straight to
# **05 · Backpropagation**, where the gradient of 6,570 numbers costs no more than a few runs of the network.
