# %% [markdown]
# # 00 · Start
#
# In this course you build, in plain Python and numpy, the method by which neural networks learn:
# **backpropagation**. At the end your own code reads handwritten digits, settles, recognises spoken digits, and
# reads aloud.
#
# This first unit is short. It shows you how an exercise answers you, on small answers of different kinds.
#
# *About 35 minutes, and 35 more for what is marked Further. Stop after any exercise and come back.*

# %% [markdown]
# ## How to work here
#
# *Core.*
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
# again with `make lab`. If anything else seems wrong with what is installed, `bpcore doctor` in a terminal
# (`.venv/bin/bpcore doctor`, in the folder where you typed `make lab`) says what it is and what helps.

# %% [markdown]
# ## How a check answers
#
# *Core.*
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
# ## A bug to find
#
# *Core.*
#
# `(N,)` and `(N, 1)` look alike and behave differently. **Predict:** a table of shape `(3, 3)` minus a list of
# shape `(3,)`: is entry `j` of the list taken from *row* `j` or from *column* `j`?

# %% kind="worked"
print(np.zeros((3, 3)) - np.array([1.0, 2.0, 3.0]))

# %% [markdown]
# <details><summary>What happened</summary>
#
# From column `j`: numpy lays the list along the *last* axis. A column, of shape `(3, 1)`, would have been laid
# along the rows. Both run, and nothing is said.
#
# </details>
#
# Some exercises begin with a program that runs and is wrong, as most wrong programs do. Mend it, and say what the
# cause was: set the name below it to the letter of the sentence that is true.

# %% exercise="start.find_the_bug"

# %% [markdown]
# ## Hints
#
# *Core.*
#
# Every exercise has three hints: a nudge, the place, the formula. Each call shows the next one. They cost no
# points. But a hint taken after five minutes of your own teaches more than one taken before.

# %% kind="worked"
hint("start.row_sums")

# %% [markdown]
# After the last hint there is `solution("start.row_sums")`. Look when you are done, too: yours may be the
# better one.

# %% [markdown]
# ## What you write stays yours
#
# *Core.*
#
# When your answer has passed, the check keeps it: in the file `my_network.py`, beside the folders of the units.
# It is ordinary Python. Later units run on the functions that stand there, and say so: *yours, from unit 00*.
# What is missing they take from `bpcore`, and say *ours*.
#
# Each function there stands between two marks. What is between the marks is replaced when you pass that
# exercise again; what you write elsewhere in the file stays.
#
# **Predict.** You have passed one exercise. Will the next cell say *yours* or *ours*?

# %% kind="worked"
kept = bp.mine_or_ours("start.row_sums")
print(kept(np.array([[1.0, 2.0], [10.0, 20.0]])))

# %% [markdown]
# <details><summary>What happened</summary>
#
# *Yours*, if you have passed it in this folder. When a notebook is graded, each stands alone: an answer there
# may use only what is written in the same notebook.
#
# </details>
#
# ## A slope, measured
#
# *Core.*
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
# Some exercises are begun for you, with gaps to fill.

# %% exercise="start.slope_at"

# %% [markdown]
# With many numbers, one is moved at a time and all others stay. The list of the slopes is called the
# **gradient**.

# %% exercise="start.numerical_gradient"

# %% [markdown]
# Keep this function in mind. It is slow, and it needs to know nothing about the network: that makes it the
# referee for everything that comes later.
#
# ## A slope that moves a weight
#
# *Core.*
#
# What is a slope good for? Suppose `w` is a weight, and `f(w)` says how wrong the network is with it. Where the
# slope is positive, `f` grows with `w`: then make `w` smaller. Where it is negative, make `w` larger. In one
# line: move `w` *against* its slope.
#
# **Predict.** `f(w) = (w − 3)²` has the slope 4 at `w = 5`. With a rate of 0.25, where does one step against the
# slope lead? Where do many small steps lead?

# %% kind="worked"
w, slope, rate = 5.0, 4.0, 0.25
print("after one step:", w - rate * slope)

# %% [markdown]
# <details><summary>What happened</summary>
#
# To 4: the step is 0.25 · 4 = 1. From there the slope is smaller, 2, so the next step is shorter, and so on. Many
# steps lead close to 3, where the slope is 0 and `f` is least. So the slope must be measured anew at each place.
#
# </details>
#
# Two tools: `for _ in range(steps):` repeats what stands below it; `w = w - …` gives the name `w` a new value.

# %% exercise="start.walk_down"

# %% [markdown]
# That is all of learning: measure (or derive) the slopes, move the weights against them, repeat. The rest of the
# course is about getting the slopes of thousands of weights at once.

# %% [markdown]
# ## Further: some input must be refused
#
# *Further.*
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
# *Further.*
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
# ## The way ahead
#
# *Core.*
#
# Sections are marked **Core** (you will need them) or **Further**. Where nothing is marked, it is Core. Here is
# how long the Core of each unit takes. If you have about eight hours, follow the short path: it ends with a
# network of your own that reads digits, and with the means to know that it is right. Two pages stand at the end:
# **14 · Claims** takes what is commonly said of backpropagation, and measures it with your functions, and **15 · Exam**
# mixes questions from all units, in three forms.

# %% kind="worked"
print(bp.course_map())

# %% [markdown]
# Each unit also asks one question that is answered *in words*. You mark it yourself: 0, 1 or 2 points for each
# of four things. Below it are folded answers worth 8, 5 and 2; open them after you have written yours. It is the
# best test of whether you could explain it to a friend. Here is the first one.

# %% [markdown] written="start"
# A friend measures a slope and writes: *"I took h = 10⁻¹⁵, because the smaller the step, the truer the
# slope."* Answer in five to eight sentences, with a number from the run above.
#
# <!-- 8 -->
# A smaller step helps only down to a point, and 10⁻¹⁵ is far behind it. (*claim: 2*) The central difference
# leaves out terms that shrink with h², so a large step is inexact; but with a tiny step the two results agree
# in nearly all of their sixteen digits, and their difference has only a few digits left, which are then
# divided by 2h. (*mechanism: 2*) For x³ at 2 the error was 10⁻² with h = 0.1, 10⁻⁶ with 0.001, and 10⁻³ again
# with 10⁻¹². (*evidence: 2*) Where the best step lies depends on the function and on how many digits the
# computer keeps; I tried one function, at one place. (*limits: 2*)
#
# <!-- 5 -->
# No, at some point it gets worse. (*claim: 2*) The computer has only sixteen digits, and they get lost.
# (*mechanism: 1; lost where?*) With 10⁻¹² the error was larger than with 0.001. (*evidence: 1; by how much?*)
# I do not know whether it is so for every function. (*limits: 1*)
#
# <!-- 2 -->
# It is not a good idea, since computers are not exact. (*claim: 1; mechanism: 0*) In the run it was worse.
# (*evidence: 1*) (*limits: 0*)

# %% [markdown]
# ## Where this breaks
#
# *Further.*
#
# - **A check tries an answer on some cases, not on all.** It tries other numbers when your notebook is graded, and an
#   answer that is right on all of them can still be wrong somewhere. It proves mistakes; it does not prove that there
#   are none.
# - **A measured slope is never exact**, and where the function has a corner it is not even meant: at `x = 0` the
#   central difference of `abs(x)` says 0, which is the slope on neither side.
# - **Cells can be run in any order**, and the memory keeps what an earlier version of a cell defined. When something
#   looks impossible: *Kernel, Restart Kernel and Run All Cells*.

# %% [markdown]
# ## Summary
#
# - A check says where an answer first goes wrong, and names the mistake when the numbers prove it.
# - `X.sum(axis=1)` removes axis 1: one number for each row. `(N,)` and `(N, 1)` are not the same.
# - A slope can be measured: up a little, down a little, divide. A gradient is one slope for each number.
# - To make `f(w)` smaller, move `w` against its slope, and measure again.
# - `nan` equals nothing and spreads to everything: refuse it.
# - `progress()`, in any cell, says how far you are and what is worth doing again.
# - What has passed stands in `my_network.py`.
#
# Next: **01 · Networks**. If you know losses, the forward pass and the chain rule already, go straight to
# **05 · Backpropagation**, where the gradient of 6,570 numbers costs no more than a few runs of the network.
#
# ## Further reading
#
# - C. R. Harris and others, *Array programming with NumPy*, Nature 585, 357–362, 2020.
# - J. D. Karpicke, J. R. Blunt, *Retrieval practice produces more learning than elaborative studying with concept
#   mapping*, Science 331, 772–775, 2011: why this course asks before it tells, and asks again later.
