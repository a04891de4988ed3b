# %% [markdown]
# # 15 · Exam
#
# An hour, and then you know what has stayed. There are three forms, A, B and C. They ask for the same things in
# other words, mixed from all units, so that you do not know beforehand which unit a question comes from: that
# is what makes it hard, and useful. **Take one form now.** Keep the second for a month later, and the third for
# whenever you like. An instructor can hand out another form to each row.
#
# *About 60 minutes a form. Nothing here is graded by the course: you mark it yourself, with the key.*
#
# | part | what | points |
# |---|---|---|
# | 1 | twelve questions, a sentence or two each, on paper | 24 |
# | 2 | three numbers, worked out by hand | 6 |
# | 3 | a backward pass, from nothing | 10 |
#
# **Marking part 1.** Two points for the answer *and* its reason; one for the answer alone; nothing for a guess.
# When you are in doubt, give yourself the lower mark, and write down why.
#
# **What the sum means.** 32 and more of 40: you can explain backpropagation to others. From 24 on: go over what
# went wrong; the key names the unit. Below that: do the exercises of those units again, from a blank cell, and
# take the next form.

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check


def mark(yours, first, sizes, loop):
    """Compare the numbers with what a measurement gives; what is not answered stays hidden."""
    x, w1, w2, y = first

    def loss(w):
        return (w2 * max(w[0] * x, 0) - y) ** 2 / 2

    state = np.array([0.0, 1e-3])
    for _ in range(200):  # two copies of the unit, with inputs that differ by 0.001
        state = loop * state + np.array([1.0, 1.001])
    right = {
        "slope": bp.numerical_gradient(loss, np.array([float(w1)]))[0],
        "parameters": sum((m + 1) * n for m, n in zip(sizes[:-1], sizes[1:], strict=True)),
        "resting point": (state[1] - state[0]) / 0.001,
    }
    points = 0
    for name, value in right.items():
        if yours[name] is None:
            print(f"{name}: not answered yet")
        elif abs(yours[name] - value) <= 0.01 * abs(value):
            points += 2
            print(f"{name}: right, 2 points")
        else:
            print(f"{name}: yours {yours[name]}, measured {value:.3f}")
    print(f"{points} of 6 points")


# %% [markdown]
# ## Form A
#
# *Core.*
#
# ### A, part 1: twelve questions
#
# Two points each. About 30 minutes.
#
# 1. A student says: “Three layers without activation can separate what one layer cannot.” Is it so?
#    Why?
# 2. `A = tanh(Z)` has been kept, `Z` has not. Can you go back through this layer? With which slope?
# 3. Three sentences say 97%: of the training images; of held-out images of the same writers; of
#    held-out writers. Which one answers “will it read my customers' forms?”, and even that one not
#    wholly: why?
# 4. `c = a·b + a`, with a = 2 and b = 3, and 5 arrives at c. What arrives at a?
# 5. With softmax and cross-entropy the error at the output is `(P - Y) / N`. Where has the slope of
#    softmax gone?
# 6. A gradient check uses h = 1e-12 and reports large differences for a right gradient. What has
#    happened?
# 7. A network settles with relaxation 0.5 and jumps between two states with relaxation 1. What would
#    you look at, and what does it say?
# 8. Why is the gradient that has been clipped at length 1 no help against vanishing?
# 9. You go from loops over patterns to a matrix product. Which of these change: the gradient, the
#    time, the noise?
# 10. 40% of the labels are drawn at random. The fit to the given labels goes on rising while the test
#    accuracy falls. What is going on, and what helps?
# 11. `X` is (N, D), `W` is (D, H), `delta` is (N, H). Which product is `dW`, and which two slips run
#    without complaint if N = D = H?
# 12. “NETtalk learnt to speak.” Mend the sentence.
#
# <details><summary>The key. Open it when all twelve are answered on paper.</summary>
#
# 1. No. `(X @ W1 + b1) @ W2 + b2 = X @ (W1 @ W2) + (b1 @ W2 + b2)`: a chain of such layers is one of
#    them. (Unit 01)
# 2. Yes: the slope is `1 - A**2`, made from the activation alone. (Unit 03)
# 3. The third. The customers may write otherwise than those writers did, and their scanner may differ.
#    (Unit 08)
# 4. Two paths: 5·b + 5·1 = 20. They are added. (Unit 04)
# 5. It has cancelled against the 1/p of the logarithm. Putting a slope `P (1 - P)` there is a mistake.
#    (Units 02, 05)
# 6. Rounding: the two losses agree in nearly all their digits, and the difference that is left is
#    divided by 2e-12. A small h is not always better; about 1e-5 is. (Unit 06)
# 7. The eigenvalues of its Jacobian there: one is real and below −1. A smaller step towards the new
#    state tames it, since what counts is 1 − α + αλ. (Unit 09)
# 8. Clipping multiplies by a number of at most 1. A gradient that is short already stays as it is.
#    (Unit 10)
# 9. Only the time. The noise depends on the size of the batch. (Unit 07)
# 10. The network learns the wrong labels by heart. Stopping early helps, judged by validation data; so
#    do fewer units or more data. (Unit 12)
# 11. `X.T @ delta`, of shape (D, H). In the square case `X @ delta` and the transposed `delta.T @ X`
#    run as well. (Unit 05)
# 12. NETtalk learnt to turn letters into sounds' names. A synthesiser, DECtalk, spoke them, by rules.
#    (Unit 13)
#
# </details>
#
# ### A, part 2: three numbers
#
# Two points each. About 10 minutes, with paper and pencil. Write the numbers in place of `None`.
#
# 1. `a = relu(1.5 · x)` with x = 2, `out = -1 · a`, and the loss is `(out - 1)² / 2`. What is the
#    slope of the loss by the first weight, the 1.5?
# 2. How many parameters has a dense network 64-20-10, biases included?
# 3. A single unit settles at `y = 0.5 · y + x`. What is the slope of its resting point by x?

# %% kind="student"
numbers_A = {"slope": None, "parameters": None, "resting point": None}

# %% kind="worked"
mark(numbers_A, first=(2, 1.5, -1, 1), sizes=(64, 20, 10), loop=0.5)

# %% [markdown]
# ### A, part 3: a backward pass
#
# Ten points if it passes; if not, ten times the share that the check gives. About 20 minutes, from nothing, and
# without `hint` and `solution`.
#
# `A1 = relu(X @ W1)`, `A2 = relu(A1 @ W2) + A1`, `P = softmax(A2 @ W3)`, mean cross-entropy, no biases. Return a dict
# of `A1 A2 P delta3 dW3 dA2 delta2 dW2 dA1 delta1 dW1`, with 1/N in `delta3`.


# %% kind="student"
def backward_skip(X, labels, W1, W2, W3):
    raise NotImplementedError


check("static_ocr.backward_skip", backward_skip)

# %% [markdown]
# ## Form B
#
# *Further.*
#
# ### B, part 1: twelve questions
#
# Two points each. About 30 minutes.
#
# 1. `y` has shape (N,) and `out` has shape (N, 1). What is the shape of `out - y`, and why does no one
#    complain?
# 2. A hidden layer is a ReLU. On the way back somebody multiplies by `A` where the slope belongs. For
#    which units does it happen to be right?
# 3. You have tried 40 networks on the test images, and report the best one's result. What is wrong,
#    and what would be right?
# 4. `d = a·a`, with a = 3, and 2 arrives at d. What arrives at a, and by how many paths?
# 5. Why is accuracy no loss for gradient descent?
# 6. A gradient check agrees at 30 points with a ReLU network and disagrees at one. The gradient is
#    right. What may it be?
# 7. “Recurrent” networks: name the two kinds of the course, and for each what a step of its loop
#    stands for.
# 8. Going back through 40 steps, the error is multiplied by about 0.9 each time. What is left, and
#    what is the name of it?
# 9. The learning rate is doubled and the loss explodes. Is the gradient wrong?
# 10. All weights begin at zero. What does a hidden layer of 50 units learn?
# 11. `Z = X @ W + b`, and `delta` has arrived at Z. What is the gradient of `b`, and why is there a
#    sum in it?
# 12. A network reads 95% of the phones. Does it read 95% of the words? And what must you know about
#    the words of the test?
#
# <details><summary>The key. Open it when all twelve are answered on paper.</summary>
#
# 1. (N, N). numpy broadcasts: every output meets every target. The mean of it is a number like any
#    other. (Unit 00)
# 2. For those that are off (0 and 0), and for those whose value happens to be 1. The slope is 1 where
#    Z > 0. (Units 03, 05)
# 3. The best was partly lucky on these images: the test has been used for a choice. Choose by
#    validation data, and use the test once. (Unit 08)
# 4. Two paths, each 2·3, together 12. (Unit 04)
# 5. It is made of steps: a small change of a weight changes nothing, so its slope is 0 nearly
#    everywhere. And it does not say how sure an answer was. (Unit 02)
# 6. A unit near its kink: the two sides of the difference lie on two sides of the bend. Move the point
#    a little. (Unit 06)
# 7. Settling (09): a step of the search for a resting point, with the input standing still. Through
#    time (10): the next moment, with a new input. (Units 09, 10)
# 8. 0.9 to the power of 40 is 0.015. It vanishes. (Unit 10)
# 9. Not necessarily: the gradient says the direction for a tiny step. The step was too long for it.
#    (Unit 07)
# 10. All 50 units compute the same and get the same gradient, so they stay alike: one unit, 50 times.
#    With ReLU or tanh, zero weights even get no gradient at all. (Unit 12)
# 11. `delta.sum(axis=0)`. The one bias serves every sample, and paths add. (Unit 05)
# 12. No: a word is right only if all its phones are; eight phones give about two thirds. And whether
#    their relatives (`ant`, `ants`) were in the training. (Unit 13)
#
# </details>
#
# ### B, part 2: three numbers
#
# Two points each. About 10 minutes, with paper and pencil. Write the numbers in place of `None`.
#
# 1. `a = relu(-2 · x)` with x = -1, `out = 0.5 · a`, and the loss is `(out - 3)² / 2`. What is the
#    slope of the loss by the first weight, the -2?
# 2. How many parameters has a dense network 49-16-5, biases included?
# 3. A single unit settles at `y = -0.25 · y + x`. What is the slope of its resting point by x?

# %% kind="student"
numbers_B = {"slope": None, "parameters": None, "resting point": None}

# %% kind="worked"
mark(numbers_B, first=(-1, -2, 0.5, 3), sizes=(49, 16, 5), loop=-0.25)

# %% [markdown]
# ### B, part 3: a backward pass
#
# Ten points if it passes; if not, ten times the share that the check gives. About 20 minutes, from nothing, and
# without `hint` and `solution`.
#
# `A = tanh(X @ W + b)`, `R = A @ W.T + c`, with the *same* `W`. The loss is the mean over the N samples of
# `½ Σ (R - X)²`. Return a dict of `A R dR dZ dW db dc`, where `dR` is the gradient by `R` and `dZ` that by the
# sums inside tanh.


# %% kind="student"
def backward_tied(X, W, b, c):
    raise NotImplementedError


check("through_time.backward_tied", backward_tied)

# %% [markdown]
# ## Form C
#
# *Further.*
#
# ### C, part 1: twelve questions
#
# Two points each. About 30 minutes.
#
# 1. How many layers of weights has the network 64-64-32-10, and what does “four layers” count?
# 2. Somebody keeps only the sums `Z` of a sigmoid layer, and writes the slope `Z * (1 - Z)`. What is
#    wrong, and how can it be mended in two ways?
# 3. 99 of 100 images show a zero, and a network reads 99% rightly. What do you ask for?
# 4. `c = a + b`, `d = c·a`, with a = 2, b = 1, and 1 arrives at d. What arrives at a?
# 5. `log(sigmoid(z))` gives −inf at z = −900, though the true value is −900. What has happened, and
#    what is the remedy?
# 6. Analytic and measured gradient differ by the factor 32 everywhere. Where do you look first?
# 7. Why does `backward` of a settling network refuse to run when the state has not settled?
# 8. Why is a state in `dW` of a recurrent layer the state *before* the step, and what goes in at the
#    first step?
# 9. From batches of 16 to batches of 64: what happens to the noise of the gradient, and to the number
#    of steps in an epoch?
# 10. The truncated Neumann series with k terms, at a resting point, equals another gradient of the
#    course. Which?
# 11. `delta1 = (delta2 @ W2.T) * slope1`. A friend updates W2 before this line. What goes wrong, and
#    how badly?
# 12. A letter goes into a network as a number from 1 to 26. What is wrong, and what is done in its
#    place?
#
# <details><summary>The key. Open it when all twelve are answered on paper.</summary>
#
# 1. Three layers of weights. Four counts the layers of units, the input with them. Say what you count.
#    (Unit 01)
# 2. a(1 − a) needs the activation. Keep A too, or make it again: `A = sigmoid(Z)`. (Unit 03)
# 3. The confusion matrix, or at least what “always zero” reads: it is 99% as well. (Unit 08)
# 4. Directly c = 3; through c another a = 2. Together 5. (Unit 04)
# 5. The exponential overflowed, so the sigmoid became exactly 0 and its logarithm −inf. Simplify
#    before computing: `log_sigmoid` in one formula. (Unit 02)
# 6. At a size that is 32: the batch size probably, a mean that was left out or taken twice. (Unit 06)
# 7. The adjoint formula is true at a resting point only. Elsewhere it gives numbers that are the
#    gradient of nothing. (Unit 09)
# 8. It is what went into W. At the first step that is h0. (`states[:, -1]` runs, and is the last
#    state.) (Unit 10)
# 9. The noise is halved, and there are a quarter as many steps. (Unit 07)
# 10. Backpropagation through time, cut off after k steps. (Unit 11)
# 11. delta1 is made with the moved weights: a gradient of no function. The smaller the learning rate,
#    the less one notices, so it is seldom found. (Unit 05)
# 12. A letter is a name, not an amount: `f` is not twice `c`. It picks a row of a table, which is what
#    a vector of 0 and one 1 does. (Unit 13)
#
# </details>
#
# ### C, part 2: three numbers
#
# Two points each. About 10 minutes, with paper and pencil. Write the numbers in place of `None`.
#
# 1. `a = relu(1 · x)` with x = 3, `out = 2 · a`, and the loss is `(out - 5)² / 2`. What is the slope
#    of the loss by the first weight, the 1?
# 2. How many parameters has a dense network 30-12-4, biases included?
# 3. A single unit settles at `y = 0.75 · y + x`. What is the slope of its resting point by x?

# %% kind="student"
numbers_C = {"slope": None, "parameters": None, "resting point": None}

# %% kind="worked"
mark(numbers_C, first=(3, 1, 2, 5), sizes=(30, 12, 4), loop=0.75)

# %% [markdown]
# ### C, part 3: a backward pass
#
# Ten points if it passes; if not, ten times the share that the check gives. About 20 minutes, from nothing, and
# without `hint` and `solution`.
#
# `A1 = tanh(X @ W1 + b1)`, `P = softmax(A1 @ W2 + b2)`, mean cross-entropy, then one step of gradient descent. Return
# a dict of `A1 P loss delta2 dW2 delta1 dW1 new_W1 new_b1 new_W2 new_b2`, with 1/N in `delta2`.


# %% kind="student"
def train_step(X, labels, W1, b1, W2, b2, lr):
    raise NotImplementedError


check("static_ocr.train_step", train_step)

# %% [markdown]
# ## Afterwards
#
# *Core.*
#
# Write the date, the form and the sum at the top of the sheet. Then, for every question that you missed, find the
# place in its unit and write one sentence in your own words: not the answer, but *what you had thought instead*.
# A month later take the next form, and look at the sheet only afterwards.
#
# - Questions that mix what has been learnt separately feel harder, and what they teach lasts longer: D. Rohrer, K.
#   Taylor, *The shuffling of mathematics problems improves learning*, Instructional Science 35(6), 481–498, 2007.
# - Being asked teaches more than reading again: H. L. Roediger, J. D. Karpicke, *Test-enhanced learning*,
#   Psychological Science 17(3), 249–255, 2006.
