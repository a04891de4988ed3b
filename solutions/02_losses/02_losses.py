# %% [markdown] slide=true
# # 02 · Losses
#
# A network puts out many numbers. To improve it you need one: *how wrong is this, all in all?* That number is
# the **loss**. Everything that a network learns, it learns by making its loss smaller, so the choice of the
# loss decides what is learnt.
#
# In this unit you write the two losses that nearly all networks use, one for numbers and one for classes. You
# find out why the second has a logarithm in it, and how to compute it where the plain formula gives `nan`.
#
# *The parts marked Core take about 60 minutes, those marked Further about 50 more. You can do the Further
# parts later: units 03 to 05 do not need them.*

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
# 1. `X` has shape `(5, 3)`. What shape has `X.sum(axis=1)`, and what shape with `keepdims=True`?
# 2. You measure a slope by moving the input by `h` up and down. Why is the smallest `h` not the best?
# 3. What is the mean of a thousand numbers if one of them is `nan`?
#
# <details><summary>Answers</summary>
#
# 1. `(5,)`, one number for each row. With `keepdims=True` the axis stays, with length 1: `(5, 1)`.
# 2. Two nearly equal results are subtracted, and only the few digits in which they differ are left.
# 3. `nan`. It spreads to everything that touches it.
#
# </details>

# %% [markdown] slide=true
# ## From many outputs to one number
#
# *Core.*
#
# Two forecasters said for four days how warm it would be. Here is how far each was off, in degrees.
#
# **Predict.** Who is better? Decide before you run the cell, and say by which rule.

# %% kind="worked"
errors = {"first": np.array([2.0, -2.0, 2.0, -2.0]), "second": np.array([0.0, 0.0, 0.0, 5.0])}
for name, error in errors.items():
    print(f"{name:6}  errors {error}")
    print(f"        mean of the errors   {error.mean():5.2f}")
    print(f"        mean of their sizes  {np.abs(error).mean():5.2f}")
    print(f"        mean of the squares  {(error**2).mean():5.2f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# It depends on the rule. The mean of the errors calls the first one perfect: errors up and down cancel, so it
# is no measure at all. By their sizes the second is better, by their squares the first, because a square makes
# one large error count more than many small ones. None of these is *the truth*. A loss is a choice: it says
# what you would mind.
#
# </details>
#
# Why *one* number? Of two lists of errors, neither need be the smaller one. Of two real numbers one always is,
# unless they are equal. Only then do "better", "lower" and "downhill" mean something.
#
# For outputs that are quantities, the usual choice is the **mean squared error**, the mean over all entries of
# $(p - t)^2$, with `p` the prediction and `t` the target.
#
# ### Where shapes spoil it
#
# A network often puts out a column, `(N, 1)`, and the targets come as a list, `(N,)`.
#
# **Predict.** What shape has a column `(3, 1)` minus a list `(3,)`? All three predictions below are right.
# What is the mean squared error?

# %% kind="worked"
column = np.array([[1.0], [2.0], [3.0]])
row = np.array([1.0, 2.0, 3.0])
print("the difference has shape", (column - row).shape)
print(column - row)
print("mean of the squares:", ((column - row) ** 2).mean())

# %% [markdown]
# <details><summary>What happened</summary>
#
# `(3, 3)`: numpy paired every prediction with every target. The right answer is 0 and the cell says 1.33, with
# no complaint. Trained on this, a network learns to predict the mean of all targets. So give the target the
# shape of the prediction first: `target.reshape(prediction.shape)`.
#
# </details>

# %% exercise="losses.mse" slide=true

# %% [markdown] slide=true
# ## How steep is it?
#
# *Core.*
#
# To lower a loss you need its slope. In unit 00 you measured slopes of a function of many numbers. Here is the
# same thing for one number, in one line, because we need it often today: a **rise** divided by a **run**.
#
# **Predict.** For `f(v) = v²`, take `v = 3` and `h = 1`. The two values are `f(4)` and `f(2)`. What is the
# rise, what is the run, and what is the slope?

# %% kind="worked"
rise, run = 4.0**2 - 2.0**2, 4.0 - 2.0
print(f"rise {rise}, run {run}, slope {rise / run}")

# %% exercise="losses.slope" slide=true

# %% [markdown]
# Three functions will appear in this unit. Measure them, and compare with a rule for each.
#
# **Predict.** Which of the three gets *flatter* as `v` grows?

# %% kind="worked"
my_slope = mine_or_ours("losses.slope", slope)
for v in (0.5, 1.0, 3.0):
    square = my_slope(lambda v: v**2, v, 1e-5)
    power = my_slope(np.exp, v, 1e-5)
    logarithm = my_slope(np.log, v, 1e-5)
    print(f"v = {v}:  v² has slope {square:.4f}, and 2v is {2 * v:.4f}")
    print(f"          exp {power:9.4f}, and exp(v) is {np.exp(v):.4f}")
    print(f"          log {logarithm:9.4f}, and 1/v is {1 / v:.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The logarithm. Remember the three rules:
#
# | function | its slope |
# |---|---|
# | $v^2$ | $2v$ |
# | $e^v$ | $e^v$, itself |
# | $\ln v$ | $1/v$ |
#
# </details>
#
# We write `log` and $\ln$ for the same thing: the natural logarithm, which is `np.log`.
#
# ### One entry at a time
#
# Three predictions, three targets:
#
# $$L = \frac{1}{3}\left[(p_0 - t_0)^2 + (p_1 - t_1)^2 + (p_2 - t_2)^2\right]$$
#
# Move $p_1$ alone. The first and the last term do not change, so only the middle one has a slope: twice its
# difference. The division by three stays.
#
# **Predict.** Below, the differences are (3, −1, 0). What are the three slopes?

# %% kind="worked"
p, t = np.array([5.0, 1.0, 2.0]), np.array([2.0, 2.0, 2.0])
for k in range(3):

    def moved(value, k=k):
        """The loss when entry k of the prediction has this value and the others stay."""
        q = p.copy()
        q[k] = value
        return ((q - t) ** 2).mean()

    print(f"slope by p[{k}]: {my_slope(moved, p[k], 1e-4):.6f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# 2, −2/3 and 0. Each entry feels only its own difference. The sign says which way is *up*: where the
# prediction is too high, raising it makes the loss worse. Where it is right, the slope is zero.
#
# </details>
#
# Now for an array of any shape. How many entries does the mean divide by?

# %% exercise="losses.mse_grad" slide=true

# %% [markdown]
# Both functions before the referee: the slopes that you derived against slopes that are measured.

# %% kind="worked"
my_mse, my_mse_grad = mine_or_ours("losses.mse", mse), mine_or_ours("losses.mse_grad", mse_grad)
rng = np.random.default_rng(1)
target = rng.normal(size=(4, 3))


def loss_and_gradient(prediction):
    return my_mse(prediction, target), my_mse_grad(prediction, target)


print(bp.gradcheck(loss_and_gradient, rng.normal(size=(4, 3))))

# %% [markdown] slide=true
# ## Classes have no distance
#
# *Core.*
#
# Now the digits: ten classes, 0 to 9. Could one output predict the label itself, with the squared error? Then
# reading a 3 as a 9 would be much worse than reading it as a 4. But the labels are *names*. Nothing lies half
# way between them.
#
# So the network gives one **score** for each class, any real number: the **logits**. Two things are needed:
# numbers that are never negative, and that add up to 1, like probabilities. The exponential gives the first,
# a division gives the second. Together they are called **softmax**:
#
# $$P_k = \frac{e^{z_k}}{\sum_m e^{z_m}}$$
#
# **Predict.** The scores are (2, 1, 0). What becomes of the probabilities if 100 is added to all three? If all
# three are doubled?


# %% kind="worked"
def plain_softmax(z):
    return np.exp(z) / np.exp(z).sum()


z = np.array([2.0, 1.0, 0.0])
print("as they are: ", plain_softmax(z).round(3))
print("100 added:   ", plain_softmax(z + 100).round(3))
print("doubled:     ", plain_softmax(2 * z).round(3))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Adding changes nothing: $e^{z + 100} = e^z \cdot e^{100}$, and the common factor cancels. Only *differences*
# between scores count. Doubling makes the largest one more certain.
#
# </details>
#
# ### Where the plain formula breaks
#
# A float ends near 1.8 · 10³⁰⁸, so `np.exp` overflows above 709. You have just seen the way out: subtract one
# number from a whole row.
#
# **Predict.** Two samples, one in each row, lie on very different levels. What must be subtracted to
# get probabilities for both: nothing, the maximum of all, or each row's own maximum?

# %% kind="worked"
two_levels = np.array([[1000.0, 1001.0], [-1000.0, -1001.0]])
to_subtract = {
    "nothing": 0.0,
    "the maximum of all": two_levels.max(),
    "each row's maximum": two_levels.max(axis=1, keepdims=True),
}
for name, number in to_subtract.items():
    with np.errstate(all="ignore"):
        powers = np.exp(two_levels - number)
        P = powers / powers.sum(axis=1, keepdims=True)
    print(f"{name:20}", P.round(3).tolist())

# %% [markdown]
# <details><summary>What happened</summary>
#
# Without it, `inf / inf` and `0 / 0`: both are `nan`. With the maximum of all, the upper row is saved, and in
# the lower one every power is too small for a float: `0 / 0` again. With its own maximum, each row has a
# largest exponent of exactly 0. Its power is 1, so the sum is never less than 1 and nothing can overflow.
#
# Note `keepdims=True`: the maxima must stand as a column, `(N, 1)`, to line up with the rows.
#
# </details>

# %% exercise="losses.softmax" slide=true

# %% [markdown] slide=true
# ## Why a logarithm?
#
# *Core.*
#
# The network gives the right class of a sample the probability `P[label]`. Over many samples that are
# independent, the probability that it gives to *all the right answers together* is the product. A good network
# makes this product large.
#
# **Predict.** A network gives every right answer the probability 0.5. What is the product over our training
# images? Can a computer hold it?

# %% kind="worked"
N = len(y_train)
halves = np.full(N, 0.5)
print(f"{N} images")
print("product:             ", np.prod(halves))
print("sum of the logarithms:", np.log(halves).sum())
print("mean of -log:         ", -np.log(halves).mean())

# %% [markdown]
# <details><summary>What happened</summary>
#
# The product is smaller than the smallest float and becomes exactly 0. The logarithm turns the product into a
# sum, and a sum of ordinary numbers is an ordinary number. It also turns one long product into one term for
# each sample, which a mean over a batch can estimate. The minus makes it a loss: lower is better. So the
# logarithm loses nothing: what makes the product largest makes this mean smallest.
#
# </details>
#
# $-\ln p$ is also called the **surprise**: 0 when the right answer was certain, large when it was thought
# impossible. Compare it with what a squared error would say, $(1 - p)^2$.

# %% kind="worked" slide=true
p = np.linspace(0.01, 0.99, 99)
curves = {"surprise, -log p": -np.log(p), "squared, (1 - p)²": (1 - p) ** 2}
axis = {"x": p, "xlabel": "probability of the right class"}
bp.plot_curves(curves, title="What a probability costs", ylabel="loss", **axis)
in_words(bp.describe_curves(curves, **axis))

# %% [markdown]
# **Predict.** A network gives the right class 0.01. Which of the two losses pulls harder, and how many times?

# %% kind="worked"
for p in (0.9, 0.5, 0.01):
    surprise = my_slope(lambda v: -np.log(v), p, 1e-5)
    squared = my_slope(lambda v: (1 - v) ** 2, p, 1e-5)
    print(f"p = {p:4}: slope of the surprise {surprise:8.2f}, of the square {squared:6.2f}")

# %% [markdown] slide=true
# <details><summary>What happened</summary>
#
# The slope of the surprise is $-1/p$, here −100; that of the square is never steeper than −2. The surprise
# pulls fifty times as hard: a network that is confident and wrong is not left alone.
#
# </details>
#
# ## Cross-entropy is no difference
#
# *Core.*
#
# The mean surprise is called **cross-entropy**. Its full form compares a target distribution `Y` with `P`:
#
# $$L = -\sum_k Y_k \ln P_k$$
#
# When one class is right, `Y` is 1 there and 0 elsewhere (**one-hot**), and of the sum one term is left:
# $-\ln P_{\text{label}}$. It is easy to think that a loss must be some kind of `P - Y`. This one is not.
#
# **Predict.** The label is 0. Which of these two rows of probabilities has the lower cross-entropy:
# (0.7, 0.2, 0.1) or (0.7, 0.15, 0.15)?

# %% kind="worked"
Y = np.array([1.0, 0.0, 0.0])
for P in (np.array([0.7, 0.2, 0.1]), np.array([0.7, 0.15, 0.15])):
    loss = -(Y * np.log(P)).sum()
    print(f"P = {P}: cross-entropy {loss:.4f}, difference P - Y = {(P - Y).round(2)}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Neither. Only the probability of the right class counts, and how the rest is shared does not matter.
#
# </details>
#
# So where does the `P - Y` come from that stands in so many programs? Measure the *slope* of the cross-entropy
# by each of the three scores.
#
# **Predict.** Which scores should go down to make the loss smaller, and which one up?

# %% kind="worked"
scores = np.log(np.array([0.7, 0.2, 0.1]))
slopes = bp.numerical_gradient(lambda z: -np.log(plain_softmax(z)[0]), scores)
print("slopes by the scores:", slopes.round(4))
print("P - Y:               ", (plain_softmax(scores) - Y).round(4))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The difference `P - Y` is not the loss. It is the loss's **slope by the scores**. Keep the two apart: the
# loss is one number, its gradient has one entry for each score. Unit 05 derives this, and starts its walk back
# through the network with it.
#
# </details>
#
# ### The logarithm of a number that has rounded to 0
#
# **Predict.** The scores are (900, 0, −900). What is the logarithm of the last probability, if you take the
# softmax first? What *should* it be?

# %% kind="worked"
my_softmax = mine_or_ours("losses.softmax", softmax)
far = np.array([[900.0, 0.0, -900.0]])
P = my_softmax(far)
print("probabilities:", P[0])
with np.errstate(divide="ignore"):
    print("log of them:  ", np.log(P[0]))
print("with a floor: ", np.log(np.maximum(P[0], 1e-12)).round(1))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The softmax is right: $e^{-1800}$ *is* 0 in a float. But its logarithm is −1800, an ordinary number, and it
# has been lost on the way. A floor of 10⁻¹² under the probability hides the `inf`, and it is wrong too: no
# loss can exceed 27.6 any more, and under the floor the slope is 0, so the worst mistakes teach nothing.
#
# </details>
#
# The way out is never to form the small number. Take the logarithm of the softmax on paper:
#
# $$\ln P_k = \ln \frac{e^{z_k}}{\sum_m e^{z_m}} = z_k - \ln \sum_m e^{z_m}$$
#
# The first term has no exponential left. In the second, subtract the row's maximum from all scores, as before:
# then the sum lies between 1 and the number of classes. With the scores above, shifted to (0, −900, −1800), it
# is $\ln P_2 = -1800 - \ln(1 + 0 + 0) = -1800$.
#
# One more tool. To pick one entry from each row, give numpy a row number and a column number for each:

# %% kind="worked"
table = np.array([[10, 11, 12], [20, 21, 22]])
labels = np.array([2, 0])
print("one of each row:       ", table[np.arange(2), labels])
print("every row, both columns:", table[:, labels].tolist())

# %% exercise="losses.cross_entropy" slide=true

# %% [markdown]
# What does a network know that has learnt nothing? It gives each of the ten classes the same probability.

# %% kind="worked"
my_cross_entropy = mine_or_ours("losses.cross_entropy", cross_entropy)
print("all scores equal:", round(float(my_cross_entropy(np.zeros((N, 10)), y_train)), 4))
print("log(10):         ", round(np.log(10), 4))

# %% [markdown] slide=true
# Remember 2.30: a network for ten classes that starts with a much higher loss is confident without a reason.
#
# ## The loss is not the accuracy
#
# *Core.*
#
# **Accuracy** is the share of samples whose highest score is the right one. It is what people ask for. The
# loss is what the network sees. They often move together, and they are not the same.
#
# Here is a real run: a small network learns from 100 images, and is tested on images it has never seen.
#
# **Predict.** When all 100 training images are read rightly, the training accuracy cannot rise any more. Does
# the training loss stop falling then?

# %% kind="worked" slide=true
rng = np.random.default_rng(0)
network = bp.Sequential([bp.Dense(64, 32, rng=rng), bp.ReLU(), bp.Dense(32, 10, rng=rng)])
few = {"X": X_train[:100], "y": y_train[:100], "X_val": X_test, "y_val": y_test}
optimizer = bp.SGD(network.parameters(), lr=0.3)
how_long = {"epochs": 100, "batch_size": 20, "rng": rng, "progress": False}
history = bp.train(network, bp.CrossEntropyLoss(), optimizer, **few, **how_long)
bp.plot_history(history)
in_words(bp.describe_history(history))

# %% kind="worked" slide=true
bp.plot_history(history, what="accuracy")
in_words(bp.describe_history(history))
for epoch in (40, 60, 80, 100):
    loss, right = history.train_loss[epoch - 1], history.train_accuracy[epoch - 1]
    print(f"epoch {epoch:3}: training loss {loss:.4f}, training accuracy {right:.0%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The loss falls on and on while the accuracy stands still at the top. Every image is on the right side
# already; what still grows is the *certainty*.
#
# </details>
#
# Now the other way round. **Predict.** Can it happen that from one epoch to the next *more* unseen images are
# read rightly, and the loss on the same images gets *worse*?

# %% kind="worked"
loss, right = np.array(history.val_loss), np.array(history.val_accuracy)
both_rose = np.flatnonzero((np.diff(loss) > 0) & (np.diff(right) > 0))
print(f"in {len(both_rose)} of {len(loss) - 1} steps both rose; the first three:")
for k in both_rose[:3]:
    print(f"epoch {k + 1} to {k + 2}: loss {loss[k]:.4f} to {loss[k + 1]:.4f}")
    print(f"                accuracy {right[k]:.2%} to {right[k + 1]:.2%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# It does. An image that comes over to the right side by a hair counts fully for the accuracy, and hardly
# changes the loss. An image that was wrong and becomes *more confidently* wrong counts for the loss alone.
#
# </details>
#
# The cleanest experiment needs no training. Multiply all scores of the finished network by one positive
# number.
#
# **Predict.** What happens to the accuracy? And to the loss, when the number is 0.1? When it is 20?

# %% kind="worked"
logits = network.predict(X_test)
for factor in (0.1, 0.5, 1, 2, 20):
    loss = my_cross_entropy(factor * logits, y_test)
    right = ((factor * logits).argmax(axis=1) == y_test).mean()
    print(f"scores times {factor:4}: accuracy {right:.1%}, loss {loss:.3f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The accuracy is the same to the last image: the highest score stays the highest. The loss changes many times
# over. Times 0.1 the network hardly dares to say anything; times 20 it is certain of everything, and of its
# mistakes too.
#
# </details>
#
# ### Why not train on the accuracy?
#
# *Further.*
#
# **Predict.** Move one score by a millionth. How does the accuracy change?

# %% kind="worked"
some = np.ascontiguousarray(logits[:5])


def share_right(z):
    return float((z.argmax(axis=1) == y_test[:5]).mean())


def mean_surprise(z):
    return float(my_cross_entropy(z, y_test[:5]))


for name, f in (("accuracy", share_right), ("cross-entropy", mean_surprise)):
    steepest = np.abs(bp.numerical_gradient(f, some)).max()
    print(f"steepest slope of the {name} by any score: {steepest:.4f}")

# %% [markdown] slide=true
# <details><summary>What happened</summary>
#
# Not at all. The accuracy is a staircase: flat everywhere, with jumps in between. Its slope is 0 and points
# nowhere. A loss must be a number that changes a little when a weight changes a little. Train on the loss,
# report the accuracy, and look at both.
#
# </details>
#
# ## A loss that will not fall
#
# *Core.*
#
# Last, someone else's code. You can read from the two numbers that something is wrong. **Predict.** A network
# reads 95 of 100 images rightly. How large can its mean surprise be at most, if it gives the right class of
# those 95 a probability of at least 0.9, and of the other five at least 0.01?

# %% kind="worked"
print(round(0.95 * -np.log(0.9) + 0.05 * -np.log(0.01), 2))

# %% [markdown]
# <details><summary>What happened</summary>
#
# About 0.33. A loss above 2, with such an accuracy, would need a network that is hardly ever sure when it is
# right, or one that is terribly sure when it is wrong. It is worth looking at the code first.
#
# </details>

# %% exercise="losses.find_the_bug" slide=true

# %% [markdown]
# ## Further: two classes
#
# *Further.*
#
# For a question with the answers yes and no, one score is enough. Give "no" the score 0 and "yes" the score
# `z`. Then softmax gives "yes" the probability
#
# $$p = \frac{e^z}{e^z + e^0} = \frac{1}{1 + e^{-z}}$$
#
# This is the **sigmoid**. "No" gets the rest, $1 - p = 1 / (1 + e^{z})$: the sigmoid of `-z`.
#
# **Predict.** How large is the sigmoid of 800, how large is 1 minus it, and what becomes of the logarithm?

# %% kind="worked"
for z in (3.0, 40.0, 800.0):
    p = 1 / (1 + np.exp(-z))
    other = np.exp(-z) / (1 + np.exp(-z))
    print(f"z = {z:5}: p = {p:.6f}, 1 - p = {1 - p:.3g}, sigmoid of -z = {other:.3g}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# From 40 on, `p` is 1 to all its digits, so `1 - p` is exactly 0, while the sigmoid of −40 is still known to
# sixteen digits. Near 1 a float has no room for small differences. At 800 even that has rounded to 0, and only
# its logarithm, −800, is left to be held.
#
# </details>
#
# So again: the logarithm first, on paper. There are two ways to write it:
#
# $$\ln p = -\ln(1 + e^{-z}) \qquad\text{and}\qquad \ln p = z - \ln(1 + e^{z})$$
#
# They are equal (multiply above and below by $e^z$). The first overflows when `z` is very negative, the second
# when it is very positive. Each is safe where the other is not. Which exponent do both have on their safe
# side? Two tools: `np.log1p(v)` computes $\ln(1 + v)$ and keeps the digits when `v` is tiny;
# `np.where(z > 0, a, b)` takes `a` or `b`, entry by entry, but computes both of them everywhere.

# %% exercise="losses.log_sigmoid"

# %% [markdown]
# The surprise of the right answer is $-\ln p$ if it is yes, and $-\ln(1 - p)$ if it is no. With a target `t`
# that is 1 or 0 both fit into one line: `t` switches the first term on, `1 - t` the second.
# Of the two logarithms you have the first. The second is the same function at another place.
#
# **Predict.** The network says yes with p = 0.9. What does it cost if the answer is yes? If it is no?

# %% kind="worked"
p = 0.9
for t in (1, 0):
    cost = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    print(f"target {t}: surprise {cost:.3f}")

# %% exercise="losses.binary_cross_entropy"

# %% [markdown]
# ## Further: every probability moves with every score
#
# *Further.*
#
# Softmax has as many outputs as inputs. It is tempting to think that output `i` belongs to input `i` alone, as
# in a function that works entry by entry.
#
# **Predict.** The probabilities are (0.25, 0.25, 0.5). The first *score* rises a little. Which of the three
# probabilities change, and what do their three changes add up to?

# %% kind="worked"
scores = np.log(np.array([0.25, 0.25, 0.5]))
h = 1e-5
up = np.array([h, 0.0, 0.0])
changes = (plain_softmax(scores + up) - plain_softmax(scores - up)) / (2 * h)
print("slopes by the first score:", changes.round(4))
print("they add up to", abs(changes.sum().round(6)))

# %% [markdown]
# <details><summary>What happened</summary>
#
# All of them. The first rises by 0.1875, the others fall by 0.0625 and 0.125, in all by the same amount:
# probabilities always add up to 1, so what one gains the others lose.
#
# </details>
#
# The table of all these slopes is the **Jacobian**: row `i` for the probability, column `j` for the score. The
# logarithm makes it easy. We know $\ln P_i = z_i - \ln s$ with $s = \sum_m e^{z_m}$.
#
# - The slope of $z_i$ by $z_j$ is 1 if $i = j$, else 0. We write $[i = j]$ for that.
# - When $z_j$ rises, $s$ rises by $e^{z_j}$ times as much, and $\ln s$ by $1/s$ times that. Together that is
#   $e^{z_j} / s$, which is $P_j$.
#
# So $\ln P_i$ has the slope $[i = j] - P_j$. And $P_i$ itself? The slope of a logarithm is $1/P_i$ times the
# slope of what stands inside. Turned round: the slope of $P_i$ is $P_i$ times the slope of $\ln P_i$.
#
# With the numbers above: the slope of $P_0$ by $z_0$ is $0.25 \cdot (1 - 0.25) = 0.1875$, and that of $P_2$ by
# $z_0$ is $0.5 \cdot (0 - 0.25) = -0.125$. Write down the whole table. Two tools: `np.diag(p)` is a table with
# `p` on its diagonal and 0 elsewhere; `np.outer(a, b)` is the table of all products `a[i] * b[j]`.

# %% exercise="losses.softmax_jacobian"

# %% [markdown]
# Your table against the measured one, column by column.

# %% kind="worked"
my_jacobian = mine_or_ours("losses.softmax_jacobian", softmax_jacobian)
print("derived:")
print(my_jacobian(plain_softmax(scores)).round(4))
columns = [plain_softmax(scores + h * e) - plain_softmax(scores - h * e) for e in np.eye(3)]
print("measured:")
print((np.stack(columns, axis=1) / (2 * h)).round(4))

# %% [markdown]
# ### Without the table
#
# Often the slope by the *probabilities* is known, a row `g`, and the slope by the *scores* is wanted. Score
# `j` acts on the loss through every probability `i`, so the effects are added: entry `j` is
# $\sum_i g_i J_{ij}$, which is `g @ J`. For 1,000 classes the table has a million entries for each sample.
# But it has a simple form, and multiplied out it is never needed.
#
# **Predict.** `J = diag(p) - outer(p, p)`. What is `g @ diag(p)`? And what is `g @ outer(p, p)`: how much of
# it is a vector, and how much a single number?

# %% kind="worked"
p, g = np.array([0.25, 0.25, 0.5]), np.array([4.0, 0.0, 2.0])
print("g @ diag(p)     =", g @ np.diag(p))
print("g @ outer(p, p) =", g @ np.outer(p, p))
print("g @ p           =", g @ p)

# %% [markdown]
# <details><summary>What happened</summary>
#
# The first multiplies entry by entry. The second is one number, `g @ p`, times the row `p`. In a batch every
# row has a number of its own.
#
# </details>

# %% exercise="losses.softmax_vjp"

# %% [markdown] slide=true
# ## Where this breaks
#
# *Core.*
#
# - **Softmax twice.** A loss that takes logits is given probabilities. It runs, and it learns slowly: scores
#   between 0 and 1 can never say anything with certainty.
# - **A sum where a mean is meant.** The loss and all its slopes grow with the batch, and a step that was right
#   for 32 samples is too large for 320.
# - **A floor under the probabilities** (`log(p + 1e-12)`). No `inf`, and almost no slope for the worst
#   mistakes.
# - **A wrong label.** The surprise has no upper end: one image with a wrong label can outweigh a hundred right
#   ones.
#
# **Predict.** Ten scores, the right one 50 above all others. What is the loss, and what is it if softmax is
# applied once too often?

# %% kind="worked"
sure = np.zeros((1, 10))
sure[0, 3] = 50
print(f"once:  {abs(my_cross_entropy(sure, np.array([3]))):.4f}")
print(f"twice: {my_cross_entropy(my_softmax(sure), np.array([3])):.4f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Applied twice, the loss cannot fall below 1.46, however sure the network is. A loss that stands still at such
# a value is a reason to look for a second softmax.
#
# </details>

# %% [markdown] written="losses"
# Someone reports: *"Our new network has the same accuracy as the old one, so it is just as good."* What would
# you ask, and why? Five to eight sentences, with a number from your runs.
#
# <!-- 8 -->
# Equal accuracy does not mean equally good: ask for the loss on the same unseen images. (*claim: 2*) The
# accuracy only asks which score is the highest. The cross-entropy is the mean of −ln of the probability that
# the right class got, so it also notices how certain the network was, and a confident mistake costs much.
# (*mechanism: 2*) In my run all scores times 20 left the accuracy at 90.5% and raised the loss from 0.28 to
# 3.6. (*evidence: 2*) If nobody uses the probabilities and all mistakes cost the same, accuracy may be all
# that counts; and a single test set of some hundred images leaves both uncertain. (*limits: 2*)
#
# <!-- 5 -->
# The loss can differ although the accuracy is the same. (*claim: 2*) The loss looks at the probabilities and
# the accuracy only at the highest one. (*mechanism: 2*) I saw this when I multiplied the scores. (*evidence:
# 1; no number*) (*limits: 0*)
#
# <!-- 2 -->
# Accuracy is not everything, the loss is important as well. (*claim: 1*) The loss is what the network is
# trained with. (*mechanism: 1; true, and no reason here*) (*evidence and limits: 0*)

# %% [markdown]
# ## Summary
#
# - A loss is **one real number**, because only then "lower" has a meaning. Which one is a choice.
# - Mean squared error: the mean over *all* entries of $(p - t)^2$. Its slope is $2(p - t)$ divided by their
#   number. A column and a list make a table: reshape first.
# - Softmax makes probabilities from scores; only differences of scores count, so subtract each row's maximum.
# - The logarithm turns a product over samples into a sum, and punishes confident mistakes.
# - Cross-entropy is $-\ln P_{\text{label}}$, no difference. Its *slope by the scores* is `P - Y`.
# - Compute $\ln P = z - \ln\sum e^z$ from the scores. Never take the logarithm of a number that may be 0.
# - The loss is not the accuracy: either can improve while the other stands still or gets worse.
#
# ### In a week, ask yourself
#
# 1. Two networks have the same accuracy, and one has twice the loss. What can be different about them?
# 2. Why may you subtract 1000 from every score of a row, but not divide every score by 1000?
# 3. A friend's loss for ten classes starts at 2.31. Is that good, bad, or just what it should be?
#
# Next: **03 · Forward**, where the scores come from.
#
# ## Further reading
#
# - A.-M. Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*, Paris, 1805: the
#   squares of errors, added up and made small.
# - C. E. Shannon, *A mathematical theory of communication*, Bell System Technical Journal 27, 379–423 and
#   623–656, 1948: surprise and entropy.
# - J. S. Bridle, *Probabilistic interpretation of feedforward classification network outputs*, in
#   Neurocomputing, NATO ASI Series F68, Springer, 1990: where softmax has its name from.
# - P. Blanchard, D. J. Higham, N. J. Higham, *Accurately computing the log-sum-exp and softmax functions*, IMA
#   Journal of Numerical Analysis 41, 2311–2330, 2021.
# - C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, *On calibration of modern neural networks*, ICML 2017: loss
#   and accuracy drift apart in large networks too.
