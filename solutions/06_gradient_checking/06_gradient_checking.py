# %% [markdown] slide=true
# # 06 · Gradient checking
#
# A wrong gradient seldom crashes. The network learns a little worse, and nobody knows why. In this unit you
# learn to ask a referee who knows no formula: you change a number a little, and look at what happens. You
# also learn how good the referee is, which step to take, and when it lies.
#
# *About 45 minutes for the sections marked Core, and 50 more for those marked Further.*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown] slide=true
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. A dense layer computes `Z = X @ W + b`, and `g` is the gradient by `Z`. What are the gradients by `X`,
#    `W` and `b`?
# 2. When all sizes are equal, which wrong products still have the right shape?
# 3. `c = a·a`. A program stores the gradient of `a` with `=` where `+=` belongs. What does it say, and what
#    is right?
#
# <details><summary>Answers</summary>
#
# 1. `g @ W.T`, `X.T @ g` and `g.sum(axis=0)`.
# 2. All of them: `X @ g`, `g.T @ X` and `X @ g.T` as well. Shapes prove nothing then.
# 3. It says `a`; `2a` is right, because there are two paths.
#
# </details>

# %% [markdown] slide=true
# ## A slope, measured
#
# *Core.*
#
# Near a point, a smooth function is nearly a straight line, then a little bent. Taylor's formula says how
# much:
#
# $$f(x + h) = f(x) + h f'(x) + \tfrac{1}{2} h^2 f''(x) + \tfrac{1}{6} h^3 f'''(x) + \dots$$
#
# There are two simple ways to get at the slope `f'(x)`:
#
# $$\text{one-sided: } \frac{f(x + h) - f(x)}{h} = f'(x) + \tfrac{1}{2} h f''(x) + \dots$$
#
# $$\text{central: } \frac{f(x + h) - f(x - h)}{2h} = f'(x) + \tfrac{1}{6} h^2 f'''(x) + \dots$$
#
# In the central one, the terms with $h^2$ are the same on both sides, and the difference cancels them.
#
# **Predict.** Make `h` ten times smaller. How many times smaller does the error get in the one, and in the
# other?

# %% kind="worked"
def f(x):
    return np.exp(x) * np.sin(x)


x = 1.0
right = np.exp(x) * (np.sin(x) + np.cos(x))  # by the product rule
for h in (1e-1, 1e-2, 1e-3):
    one_sided = (f(x + h) - f(x)) / h
    central = (f(x + h) - f(x - h)) / (2 * h)
    off = abs(one_sided - right), abs(central - right)
    print(f"h = {h:5g}: one-sided off by {off[0]:.1e}, central by {off[1]:.1e}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Ten times in the one-sided difference, whose error goes with `h`, and a hundred times in the central one,
# whose error goes with `h²`. The central difference costs one call more, and it is the one to use.
#
# </details>

# %% [markdown] slide=true
# ## Is a smaller step always better?
#
# *Core.*
#
# So let us take `h` smaller, and smaller again. **Predict** the picture: the error of each method, for steps
# from 0.1 down to 10⁻¹⁵. Both axes are logarithmic, so an error that goes with `h²` is a straight line. Does
# the line go on to the end?

# %% kind="worked" slide=true
steps = np.logspace(-1, -15, 43)
errors = {
    "one-sided": [abs((f(x + h) - f(x)) / h - right) for h in steps],
    "central": [abs((f(x + h) - f(x - h)) / (2 * h) - right) for h in steps],
}
title = "The error of a measured slope"
bp.plot_error_against_step(steps, errors, title=title)
in_words(bp.describe_error_against_step(steps, errors))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Both go down, and then up again. Each line has a lowest point, and to the right of it a smaller step is
# *worse*.
#
# </details>
#
# Why? A computer keeps about sixteen digits of a number. `f(x + h)` and `f(x − h)` agree in their first
# digits, the more so the smaller `h` is. In the difference these digits go, and only what is left of the
# sixteen remains. That remainder is then divided by a tiny number.
#
# **Predict.** In the next cell the two values are printed in full. With `h = 10⁻¹²`, how many digits of the
# difference can be right?

# %% kind="worked"
for h in (1e-5, 1e-12):
    up, down = f(x + h), f(x - h)
    print(f"h = {h:g}")
    print(f"  f(x + h) = {up:.16f}")
    print(f"  f(x - h) = {down:.16f}")
    print(f"  slope: {(up - down) / (2 * h):.10f}, right is {right:.10f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# At 10⁻¹² the values agree in about eleven digits. The four or five that are left are all that the slope can
# know, and the printed slope is right in no more than these.
#
# </details>
#
# So there are two errors, and they pull in opposite directions:
#
# | | central difference | grows when |
# |---|---|---|
# | **truncation**, what Taylor's formula leaves out | about h² | `h` is large |
# | **rounding**, digits lost in the difference | about 10⁻¹⁶ / h | `h` is small |
#
# Their sum is least where both are alike: $h^2 \approx 10^{-16} / h$, so $h \approx 10^{-5}$, and the error
# there is about 10⁻¹⁰. For the one-sided difference $h \approx 10^{-16} / h$, so $h \approx 10^{-8}$, with an
# error of 10⁻⁸. Look for both in the picture. This is why a check takes `h` between 10⁻⁵ and 10⁻⁶, and never
# 10⁻¹².

# %% [markdown] slide=true
# ## How far apart is too far?
#
# *Core.*
#
# A derived and a measured gradient are never equal to the last digit. We need one number for "how far apart".
#
# **Predict.** Here are two pairs of gradients. In which pair is the difference larger? Which pair would worry
# you?

# %% kind="worked"
pairs = {
    "large": (np.array([4000.0, -3000.0]), np.array([4000.001, -3000.0])),
    "small": (np.array([4e-6, -3e-6]), np.array([4e-6, 3e-6])),
}
for name, (derived, measured) in pairs.items():
    print(f"{name}: derived {derived}, measured {measured}")
    print(f"   length of the difference {np.linalg.norm(derived - measured):.1e}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The first difference is more than a hundred times larger, and harmless: one part in millions. In the second
# pair a sign is wrong, and yet a rule such as "smaller than 10⁻⁵ is fine" lets it pass.
#
# </details>
#
# So compare the difference with the size of what is compared. The size of a whole array is its **length**, as
# for an arrow: the square root of the sum of its squares. Take (3, 4) and (3, 3) as an example: their lengths
# are 5 and 4.24, the difference (0, 1) has length 1, and the relative error is 1 / (5 + 4.24) = 0.108.
#
# What is a good value? In float64 with central differences, below 10⁻⁷ is a right gradient. Above 10⁻³ it is
# almost surely wrong. Between them, look for a kink (below), or for a single entry that is off.

# %% exercise="gradient_checking.relative_error" slide=true

# %% [markdown]
# Your function on the two pairs:

# %% kind="worked"
my_relative_error = mine_or_ours("gradient_checking.relative_error", relative_error)
for name, (derived, measured) in pairs.items():
    print(f"{name}: {my_relative_error(derived, measured):.1e}")

# %% [markdown] slide=true
# ## Where is it wrong?
#
# *Core.*
#
# One number says *that* something is wrong. To mend it, you want to know *where*. A whole row that is off, or
# a single corner, or everything by a factor: each points to a different line of the program.
#
# Here is the gradient of a layer with a tanh, with one mistake that the shapes do not show. The loss is the
# mean of the squared errors.
#
# **Predict.** The mistake is in the bias alone. Where will the points of `dW` lie, where those of `db`?

# %% kind="worked"
rng = np.random.default_rng(5)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
W, b = rng.normal(size=(3, 2)), rng.normal(size=2)


def layer_loss(W, b):
    return float(((np.tanh(X @ W + b) - Y) ** 2).mean())


def layer_gradients(W, b):
    A = np.tanh(X @ W + b)
    g = 2 * (A - Y) / Y.size * (1 - A**2)
    return X.T @ g, g.mean(axis=0)


dW, db = layer_gradients(W, b)
derived = np.concatenate([dW.ravel(), db])
measured_dW = bp.numerical_gradient(lambda V: layer_loss(V, b), W)
measured_db = bp.numerical_gradient(lambda v: layer_loss(W, v), b)
measured = np.concatenate([measured_dW.ravel(), measured_db])
bp.plot_agreement(derived, measured)
in_words(bp.describe_agreement(derived, measured))

# %% [markdown]
# <details><summary>What happened</summary>
#
# The six points of `dW` lie on the diagonal. Entries 6 and 7, those of `db`, are too small, both by the
# factor 6, which is the number of samples: `mean` stands where `sum` belongs.
#
# </details>
#
# You measured the slopes of a list in unit 00. In a table each entry is moved alone, too. Move it in a *copy*:
# then nothing has to be put back.

# %% exercise="gradient_checking.numerical_gradient" slide=true

# %% [markdown]
# One tool for the next exercise. `argmax()` of a table counts through all entries, row by row. **Predict.** In a
# table of shape (2, 3), which row and column has the entry number 4?

# %% kind="worked"
table = np.array([[0.1, 0.0, 0.2], [0.3, 0.9, 0.0]])
count = table.argmax()
print("count:", count, "  row and column:", np.unravel_index(count, table.shape))

# %% [markdown]
# <details><summary>What happened</summary>
#
# Row 1, column 1: the first row holds the numbers 0, 1 and 2, the second one 3, 4 and 5. `np.unravel_index`
# turns the count into the pair, when you tell it the shape.
#
# </details>

# %% exercise="gradient_checking.worst_entry" slide=true

# %% [markdown]
# Your function on the gradient of unit 05's loss: scores, softmax, cross-entropy. The formula below forgets
# something.

# %% kind="worked"
my_worst_entry = mine_or_ours("gradient_checking.worst_entry", worst_entry)
labels = np.array([0, 2, 1, 2])


def score_loss(Z):
    return float((np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(4), labels]).mean())


def score_gradient(Z):
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    P[:3][np.arange(3), labels[:3]] -= 1
    return P / 4


index, error = my_worst_entry(score_loss, score_gradient, rng.normal(size=(4, 3)))
print("worst at row, column:", tuple(int(i) for i in index), f"  off by {error:.3f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Row 3, at its label, 2, and off by 1/4. The slice `[:3]` leaves out the last sample: its target is never
# subtracted. In a batch of a thousand this would move the loss by nearly nothing, and the worst entry names
# it at once.
#
# </details>

# %% [markdown] slide=true
# ## When the referee lies
#
# *Core.*
#
# The measurement is honest only under conditions. Here are five cases in which it is not. In each,
# **predict** before you run: will the check say "agree" or "disagree"? Who is right?
#
# ### A kink
#
# `relu(x)` has the slope 0 on the left of 0, and 1 on the right. Ask at 0, and close to 0.

# %% kind="worked"
def relu(x):
    return max(x, 0.0)


h = 1e-5
for x in (0.0, 4e-6, 1e-3):
    slope = (relu(x + h) - relu(x - h)) / (2 * h)
    print(f"x = {x:g}: formula {float(x > 0)}, measured {slope:.2f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# At 0 the measurement says 0.5, which is the slope of neither side. At 4·10⁻⁶ the formula is right, and the
# measurement says 0.7, since its two points lie on different sides. Only away from the kink do they agree. So
# check at random points. If a few entries of many disagree, try a smaller `h`, or another point: a kink goes
# away, and a mistake stays.
#
# </details>
#
# ### Single precision
#
# Many networks compute in float32, which keeps seven digits. Is `h = 10⁻⁵` a good step there?

# %% kind="worked" slide=true
x, short = 1.0, np.float32
errors["central, float32"] = [
    abs(float((f(short(x + h)) - f(short(x - h))) / short(2 * h)) - right) for h in steps
]
bp.plot_error_against_step(steps, errors, title=title)
in_words(bp.describe_error_against_step(steps, errors))

# %% [markdown]
# <details><summary>What happened</summary>
#
# No. Rounding is now 10⁻⁷ / h: the best step is between 10⁻² and 10⁻³, and the best error is more than ten
# thousand times as large as before. From about 10⁻⁸ on, `x + h` *is* `x`, and the slope is measured as 0.
# Check in float64, and go back to float32 to train.
#
# </details>
#
# ### Two wrongs that agree
#
# A friend means the mean of the squared errors, and writes the sum, both in the loss and in its gradient.

# %% kind="worked"
target = np.array([1.0, -1.0, 0.5])


def friends_loss(z):
    return float(((z - target) ** 2).sum()), 2 * (z - target)


print(bp.gradcheck(friends_loss, np.array([0.3, 0.2, -0.4])))

# %% [markdown]
# <details><summary>What happened</summary>
#
# "ok", and rightly so. The gradient *is* the gradient of that loss. The referee compares a formula with a
# function. It cannot know which function you meant. So the function itself needs a test, with numbers worked
# out by hand.
#
# </details>
#
# ### Zero agrees with zero
#
# A layer of ReLUs whose units are all off, and a gradient with the wrong formula.

# %% kind="worked"
def dead_layer(W):
    Z = np.array([[1.0, 2.0]]) @ W - 100
    value = float((np.maximum(Z, 0) ** 2).sum())
    nonsense = 17 * np.ones_like(W) * np.maximum(Z, 0)
    return value, nonsense


print(bp.gradcheck(dead_layer, np.array([[0.5, -1.0], [1.0, 0.3]])))

# %% [markdown]
# <details><summary>What happened</summary>
#
# "ok", with all slopes 0. Every formula with a factor of 0 is right here. A check is worth something only
# where the gradient is not zero. Look at its size before you trust an "ok".
#
# </details>
#
# ### Whole numbers
#
# An array of whole numbers looks harmless. **Predict.** What stands in it after 0.9 was written into it?

# %% kind="worked"
counts = np.array([1, 2, 3])
counts[0] = 0.9
print(counts, "of type", counts.dtype)

# %% [markdown]
# <details><summary>What happened</summary>
#
# It has become 0. The type of an array is fixed when it is made. What is written into it later is made to
# fit: here, by cutting off everything behind the point. There is no warning.
#
# </details>
#
# The fifth case is yours to find. Read the function as a stranger would: for each line, what type do its
# arrays have?

# %% exercise="gradient_checking.find_the_bug" slide=true

# %% [markdown]
# ## Further: two gradients that were in use
#
# *Further.*
#
# Two more hunts. Both gradients ran for a long time before anybody checked them. In each, the numbers of the
# check tell you where to look: *where* do derived and measured slopes agree, and where not?
#
# **Predict.** tanh has the value 0.1 at a sum of about 0.1, and the value 0.76 at a sum of 1. How large is 1 − a²
# at both, and how large 1 − z²?

# %% kind="worked"
for z in (0.1, 1.0, 2.0):
    a = np.tanh(z)
    print(f"z = {z}: a = {a:.3f}, 1 - a² = {1 - a**2:.3f}, 1 - z² = {1 - z**2:.3f}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Near 0 the two are nearly the same; at 1 the second is 0, and beyond it has the wrong sign. So it matters *at
# which point* a gradient is checked.
#
# </details>

# %% exercise="gradient_checking.find_the_slope"

# %% exercise="gradient_checking.find_the_transpose"

# %% [markdown]
# ## What is wrong with it?
#
# *Further.*
#
# Wrong gradients come in kinds, and the numbers often say which. A sign, a transpose, a factor: each leaves a
# mark.
#
# **Predict.** `numeric` is (1, −2, 4). What would you call the mistake in each of these: (−1, 2, −4), (0.25,
# −0.5, 1) and (1, −2, −4)?

# %% kind="worked"
numeric = np.array([1.0, -2.0, 4.0])
for grad in ([-1.0, 2.0, -4.0], [0.25, -0.5, 1.0], [1.0, -2.0, -4.0]):
    ratios = np.array(grad) / numeric
    print(grad, "divided by numeric:", ratios)

# %% [markdown]
# <details><summary>What happened</summary>
#
# Opposite in every entry: the sign. The same ratio, 0.25, in every entry: a factor, such as a mean taken over
# four samples once too often. Different ratios: neither.
#
# Ratios fail where an entry of `numeric` is 0. There is a better way to find the factor. If `grad` is nearly
# `c · numeric`, the best `c` is
#
# $$c = \frac{\sum_i \text{grad}_i \cdot \text{numeric}_i}{\sum_i \text{numeric}_i^2}$$
#
# That is the `c` for which `grad − c · numeric` is shortest. Then ask whether `grad` and `c · numeric` agree.
#
# </details>
#
# The order of the questions matters. A square table may equal its own transpose, so "do they agree?" must
# come first; and −1 is a factor too, so the sign comes before the factor.

# %% exercise="gradient_checking.diagnose"

# %% [markdown]
# Your diagnosis of the layer above, for `dW` and for `db`:

# %% kind="worked"
my_diagnose = mine_or_ours("gradient_checking.diagnose", diagnose)
print("dW:", my_diagnose(dW, measured_dW))
print("db:", my_diagnose(db, measured_db))

# %% [markdown]
# ## A step that is not real
#
# *Further.*
#
# Rounding hurts because we *subtract*. Is there a way without? Put `x + ih` into Taylor's formula, where `i`
# is the imaginary unit, `i² = −1`:
#
# $$f(x + ih) = f(x) + i h f'(x) - \tfrac{1}{2} h^2 f''(x) - \tfrac{1}{6} i h^3 f'''(x) + \dots$$
#
# Look at the imaginary part alone: it is $h f'(x) - \tfrac{1}{6} h^3 f'''(x) + \dots$ Divide it by `h`, and
# there is the slope. Nothing was subtracted. In Python, `1j` is the imaginary unit, and `z.imag` is the
# imaginary part.
#
# **Predict.** The truncation error still goes with h². What does the curve of this method look like for small
# `h`?

# %% kind="worked"
errors["complex step"] = [abs(f(x + 1j * h).imag / h - right) for h in steps]
bp.plot_error_against_step(steps, errors, title=title)
in_words(bp.describe_error_against_step(steps, errors))

# %% [markdown]
# <details><summary>What happened</summary>
#
# It falls with h² like the central difference, and then stays at the last digit, however small `h` becomes.
# The diamonds on the dotted line have no error at all. Here a small step does no harm, even 10⁻²⁰.
#
# </details>
#
# The price: `f` must be smooth, and must be written with operations that accept complex numbers as they are.
# `abs`, a comparison such as `x > 0`, and `max` throw the imaginary part away or refuse it. So it fits a
# formula, and not a network with ReLUs.
#
# **Predict.** An entry of an array of real numbers is given `+= 1j * h`. What does numpy do?

# %% kind="worked"
import warnings

v = np.array([1.0, 2.0])
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    v[0] += 1j * 1e-20
print("real array:   ", v, " numpy warns:", told[0].message)
v = np.array([1.0, 2.0], dtype=complex)
v[0] += 1j * 1e-20
print("complex array:", v)

# %% [markdown]
# <details><summary>What happened</summary>
#
# A real array has no room for an imaginary part. numpy throws it away, with a warning that is easily
# overlooked. An array made with `dtype=complex` keeps it.
#
# </details>

# %% exercise="gradient_checking.complex_step"

# %% [markdown]
# Your function against the central difference, where the value is a billion and the slope is near 1:

# %% kind="worked"
my_complex_step = mine_or_ours("gradient_checking.complex_step", complex_step)
point = np.array([0.3, -0.2])


def billion(v):
    return 1e9 + np.sin(v).sum()


print("right:             ", np.cos(point))
print("complex step:      ", my_complex_step(billion, point))
print("central difference:", bp.numerical_gradient(billion, point))

# %% [markdown] slide=true
# ## Where this breaks
#
# *Core.*
#
# - **Chance.** With dropout, or a fresh random batch in each call, the two values differ for another reason
#   than the step. Use the same seed for both.
# - **A large network.** Two runs for each weight take too long. Check a small network of the same kind, or a
#   few entries drawn at random.
# - **Only at the start.** At the starting weights many slopes are tiny. Check again after some steps of
#   training.
# - **A check that changes what it checks.** If `W` is moved and not put back exactly, the training that
#   follows is another one.

# %% [markdown] written="checking"
# A colleague says: *"My gradient passed the gradient check, so the code is right."* What has been shown, and
# what has not? Five to eight sentences, with a number from your runs.
#
# <!-- 8 -->
# It has been shown that, at the points that were tried, the derived gradient is the slope of the function
# that was handed in; no more. (*claim: 2*) The check moves each entry up and down and compares the difference
# with the formula. It knows neither which loss was meant nor what is done with the gradient, and it is blind
# where all slopes are 0. (*mechanism: 2*) In my runs a sum in place of a mean passed with ok, and a wrong
# formula passed for units that were all off. The other way round a right ReLU slope was called wrong at
# 4·10⁻⁶, where 0.70 was measured. (*evidence: 2*) At random points, in float64 and with slopes that are not
# tiny, a wrong formula hardly ever passes: so the check is worth much, beside tests of the function with
# numbers worked out by hand. (*limits: 2*)
#
# <!-- 5 -->
# Only that the gradient fits to the loss. (*claim: 2*) If the loss itself is wrong the check does not notice,
# because it only compares. (*mechanism: 2*) There was an example with a sum that passed. (*evidence: 1; what
# was measured?*) (*limits: 0*)
#
# <!-- 2 -->
# A check can be wrong, for example because of rounding. (*claim: 1, mechanism: 1*) One should use a good step
# size. (*evidence and limits: 0*)

# %% [markdown]
# ## Summary
#
# - The central difference has an error of about h² + 10⁻¹⁶ / h. It is least near 10⁻⁵. A smaller step is
#   worse.
# - Compare lengths: the difference, by the sum of both. An absolute limit lets small gradients pass.
# - The worst entry says where. Sign, transpose and factor leave marks in the numbers.
# - The referee lies at kinks, in float32, in arrays of whole numbers, and where all slopes are 0. It does not
#   know which function you meant.
# - The complex step subtracts nothing, and needs a smooth formula.
#
# ### In a week, ask yourself
#
# 1. A check with `h = 10⁻¹²` says "wrong by 10⁻⁴". What do you do first?
# 2. Three of 6,570 entries disagree, in a network with ReLUs. How do you tell a kink from a mistake?
# 3. A gradient passes every check, and the network does not learn. Name two things that the check cannot see.
#
# <details><summary>Answers</summary>
#
# 1. Take `h = 10⁻⁵`. At 10⁻¹² rounding alone gives an error of about 10⁻⁴.
# 2. Try another step, and another point. A kink goes away, a mistake stays.
# 3. A loss that is not the one you meant; a gradient that is right and then used wrongly, as by an update
#    with the wrong sign.
#
# </details>
#
# Next: **07 · Gradient descent**, where the slopes are put to use.
#
# ## Further reading
#
# - J. N. Lyness, C. B. Moler, *Numerical differentiation of analytic functions*, SIAM Journal on Numerical
#   Analysis 4(2), 202–210, 1967.
# - W. Squire, G. Trapp, *Using complex variables to estimate derivatives of real functions*, SIAM Review
#   40(1), 110–112, 1998.
# - N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, second edition, SIAM, 2002.
# - J. Nocedal, S. J. Wright, *Numerical Optimization*, second edition, Springer, 2006, chapter 8: which step
#   to take, and why.
