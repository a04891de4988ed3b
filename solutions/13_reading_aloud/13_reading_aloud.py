# %% [markdown]
# # 13 · Reading aloud
#
# Letters go in, a voice comes out. In 1987 a network called NETtalk learnt to read English aloud, and its
# tape was played on television. In this unit you build its like, hear it learn, and find out what it is
# that speaks. Then you write one last backward pass, of a network that the lot has drawn for you.
#
# *About 75 minutes for the sections marked Core, and the blank page. The exam, another hour, is a notebook
# of its own: [15 · Exam](../15_exam/15_exam.ipynb).*

# %% kind="setup"
import numpy as np

import bpcore as bp
from bpcore import check, hint, in_words, mine_or_ours, solution

# %% [markdown]
# ## Before you begin: three questions
#
# Answer each in your head before you open it.
#
# 1. `table[[0, 0, 1]] += 1`, from zeros. What stands at place 0 afterwards?
# 2. A layer is a sigmoid, and you have its activation `a = 0.8`. What is its slope?
# 3. The words of a test begin with the same letters as those of the training: `ant` here, `ants` there.
#    Which question of unit 08 does that remind you of?
#
# <details><summary>Answers</summary>
#
# 1. One, and not two. numpy writes each place once. `np.add.at(table, rows, values)` adds `values[n]` to row
#    `rows[n]` for every n, as a loop would.
# 2. `a (1 - a) = 0.16`.
# 3. *Whose hand?* What belongs together, a writer or a family of words, stays on one side of the split.
#
# </details>

# %% [markdown]
# ## What NETtalk was
#
# *Core.*
#
# Terrence Sejnowski and Charles Rosenberg (1987) moved a window of seven letters over a text. The network saw
# the window, 7 × 29 = 203 inputs, and answered for the letter in the *middle* alone: which sound belongs to
# it? Between the inputs and the 26 outputs stood 80 hidden units, with sigmoids. It was trained by
# backpropagation on a child's speech, a text of 1,024 words that had been written down sound by sound. In the
# end about 95% of the sounds of that text were right, and 78% in the text that followed it.
#
# Ours is smaller and easier, and you should know how. Our words come from the CMU Pronouncing Dictionary, and
# only those are here that have *as many sounds as letters*: `bank` is B AE NG K. So letter and sound stand
# side by side, and "though" does not occur. (As many is not always the right one: in `used`, Y UW Z D, the Z
# stands beside the e. No network can be right about that for a good reason.) There is no stress, and each
# output is one sound, a **phone**, while NETtalk's outputs were places of the tongue and such. **Do not compare
# our percentages with theirs.**
#
# Words that begin with the same three letters stay on one side of the split.

# %% kind="worked"
words, new_words = bp.load_pronunciations(split="stems", rng=np.random.default_rng(0))
print(len(words), "words to learn from,", len(new_words), "to test;", len(words.phone_names) - 1, "phones")
for row in range(0, 2400, 400):
    n = words.lengths[row]
    print(f"{words.words[row]:10} {' '.join(words.phone_names[k] for k in words.phones[row, :n])}")

# %% [markdown]
# ### Windows
#
# *Core.*
#
# A window has its middle on each letter in turn. Past the end of the word there is nothing, which is written
# `_` and counted as 0. Here is `cab` with a window of three, by hand.

# %% kind="worked"
marked = "_" + "cab" + "_"
for i, letter in enumerate("cab"):
    window = marked[i : i + 3]
    print(f"middle on {letter}: {window}  numbers {['_abcdefghijklmnopqrstuvwxyz'.index(c) for c in window]}")

# %% [markdown]
# **Predict.** The window of `bank` in which the middle stands on `b`, with seven letters: which numbers?

# %% exercise="reading_aloud.windows"

# %% kind="worked"
my_windows = mine_or_ours("reading_aloud.windows", windows)


def examples(data, width=7):
    """All windows of all words, and the phone that belongs to each."""
    return np.concatenate([my_windows(word, width) for word in data.words]), data.phones[data.mask]


print(my_windows("bank"))
X, y = examples(words)
X_new, y_new = examples(new_words)
print(f"{len(X)} windows to learn from, {len(X_new)} to test")

# %% [markdown]
# ### What can be had for nothing
#
# *Core.*
#
# **Predict.** (a) Always answer with the commonest phone. (b) Give each letter its own commonest phone,
# whatever stands around it. (c) Look for the window in memory that has the most letters in common, those near
# the middle counting more. How many phones of new words does each get right?

# %% kind="worked"
rng = np.random.default_rng(1)
by_letter = np.array([np.bincount(y[X[:, 3] == c], minlength=40).argmax() for c in range(27)])
tried = rng.choice(len(X_new), 300, replace=False)
alike = (X_new[tried][:, None] == X) @ np.array([1.0, 2.1, 4.2, 9.0, 4.3, 2.2, 1.1])
memory = y[alike.argmax(axis=1)]
print(f"always {words.phone_names[np.bincount(y).argmax()]}:       {(y_new == np.bincount(y).argmax()).mean():.0%}")
print(f"letter by letter: {(y_new == by_letter[X_new[:, 3]]).mean():.0%}")
print(f"from memory:      {(y_new[tried] == memory).mean():.0%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# One in ten; nearly three in four; and memory, without any learning but keeping everything, gets close to
# nine in ten (88.7%, if you ask it about all new windows, which takes a while). That is what a network has to
# beat. In 1986 Stanfill and Waltz read aloud from memory in this
# way, and did it well.
#
# </details>

# %% [markdown]
# ## Letters are names
#
# *Core.*
#
# The letter `c` is number 3 and `f` is number 6. But `f` is not *two times* `c`. A letter is a name, not an
# amount, so its number must not be multiplied with a weight. NETtalk had an input for each letter at each
# place: 0 everywhere, 1 for the letter that is there. Then `X @ W` multiplies zeros nearly everywhere, and
# what is left is a sum of *rows*.
#
# **Predict.** Four letters, two hidden units. The input is `[0, 0, 1, 0]`. What is the input times the table?

# %% kind="worked"
table = np.array([[0.1, 0.2], [1.0, 2.0], [30.0, 40.0], [7.0, 7.0]])
print(np.array([0, 0, 1, 0]) @ table, "is row 2 of the table:", table[2])
print("several at once:")
print(table[[2, 0, 2]])

# %% [markdown]
# <details><summary>What happened</summary>
#
# The product picks a row. So we pick the row, and spare the zeros. For each of the `width` places there is a
# table of its own, because a `c` before the middle matters otherwise than one behind it. All tables together
# are `W1`, of shape (width, letters, H).
#
# </details>
#
# From here on many windows lie in one array, one a row. The exercises call this array `windows`, like the
# function that made it.

# %% exercise="reading_aloud.hidden_layer"

# %% [markdown]
# And backward? The row that was picked has a slope of 1, all other rows have 0. So what arrives at a window,
# its row of `delta1`, goes to the rows that this window has picked, and nowhere else. Somebody has written
# that down.

# %% exercise="reading_aloud.letter_gradient"

# %% [markdown]
# Now the whole step. The walk is that of unit 08; the table shows what is new.
#
# | stage | from | shape |
# |---|---|---|
# | `A1` | `windows`, `W1`, `b1` | (N, H), **rows picked**, sigmoid |
# | `P`, `loss` | `A1`, `W2`, `b2`, `phones` | (N, K), one number |
# | `delta2`, `dW2` | `P`, `phones`, `A1` | (N, K), (H, K) |
# | `delta1` | `delta2`, `W2`, `A1` | (N, H), **slope of the sigmoid** |
# | `dW1` | `delta1`, `windows` | (width, letters, H), **rows added to** |
# | `new_W1`, `new_b1`, `new_W2`, `new_b2` | the old ones, and their gradients | as the old ones |

# %% exercise="reading_aloud.train_step"

# %% [markdown]
# ## It learns to read
#
# *Core.*
#
# Your step, in batches of 32 windows, with 60 hidden units and four epochs.
#
# **Predict.** Memory gets nearly 90% of the phones of new words. How many does the network get? And how many
# *words* are right from the first phone to the last, if a word has about six?

# %% kind="worked"
my_step = mine_or_ours("reading_aloud.train_step", train_step)
my_hidden = mine_or_ours("reading_aloud.hidden_layer", hidden_layer)
my_batches = mine_or_ours("gradient_descent.batches")
MOVED = ("new_W1", "new_b1", "new_W2", "new_b2")


def beginning(width=7, hidden=60, seed=0):
    rng = np.random.default_rng(seed)
    W1, W2 = 0.3 * rng.normal(size=(width, 27, hidden)), rng.normal(size=(hidden, 40)) / np.sqrt(hidden)
    return [W1, np.zeros(hidden), W2, np.zeros(40)]


def learn(X, y, params, epochs=4, rate=4.0, seed=0):
    """The parameters after each batch, and the loss of each; in the last quarter the rate is smaller."""
    rng, after, losses = np.random.default_rng(seed), [], []
    for epoch in range(epochs):
        lr = rate if epoch < 0.75 * epochs else rate / 4
        for X_batch, y_batch in my_batches(X, y, 32, rng):
            step = my_step(X_batch, y_batch, *params, lr)
            params = [step[name] for name in MOVED]
            losses.append(float(step["loss"]))
            after.append(params)
    return after, losses


def read(X, params):
    """The phone with the highest score, for each window."""
    W1, b1, W2, b2 = params
    return (my_hidden(X, W1, b1) @ W2 + b2).argmax(axis=1)


def whole_words(right, lengths):
    """The share of words of which every phone is right."""
    ends = np.cumsum(lengths)
    return np.mean([right[end - n : end].all() for end, n in zip(ends, lengths, strict=True)])


untrained = beginning()
after, losses = learn(X, y, untrained)
trained = after[-1]
means = np.array(losses).reshape(4, -1).mean(axis=1)
ax = bp.plot_curves({"mean loss of an epoch": means}, title="Learning to read", xlabel="epoch", x=range(1, 5))
ax.locator_params(axis="x", integer=True)
in_words(bp.describe_curves({"mean loss of an epoch": means}, xlabel="epoch", x=range(1, 5)))
right = read(X_new, trained) == y_new
print(f"phones of the words it learnt from: {(read(X, trained) == y).mean():.1%}")
print(f"whole new words: {whole_words(right, new_words.lengths):.1%}")
print(f"Milestone: 88% of the phones of new words. Reached: {right.mean():.1%}.")

# %% [markdown]
# <details><summary>What happened</summary>
#
# About nine phones in ten: one or two percent more than memory, with 13,840 numbers in place of 16,794 windows.
# And only six words in ten. If each phone were right nine times in ten, independently, a word of six would be
# right 0.9 to the power of 6 = 53% of the time. Which share you report, "90%" or "58%", is your choice, and
# readers should be told which.
#
# </details>

# %% [markdown]
# ### Listen
#
# *Core.*
#
# `bp.listen` shows the phones, and puts a player beside them. **Nothing plays before you press it.** About
# the sounds: nobody spoke them. Each of the 39 was *computed*, once, before you came: a buzz or a hiss, sent
# through resonances like those of a mouth (Klatt, 1980). To speak a word, we put its sounds one after
# another. That is all, and it sounds like it: rough, and without melody.
#
# The words below: none was in the training. We hear the network before any training, after 30 batches, after
# 150 (less than a third of an epoch), and at the end.
#
# **Predict.** What is learnt first, and what last: the consonants or the vowels?

# %% kind="worked"
names = np.array(words.phone_names)
heard = [str(word) for word in new_words.words[[30, 120, 350, 430, 600]]]
truth = {str(word): row for word, row in zip(new_words.words, new_words.phones, strict=True)}


def say(word, params):
    """The phones that the network reads for a word."""
    return [str(name) for name in names[read(my_windows(word), params)]]


stages = {"untrained": untrained, "30 batches": after[29], "150 batches": after[149], "at the end": trained}
for title, params in stages.items():
    print(title)
    bp.listen({word: say(word, params) for word in heard})
print("by the dictionary")
bp.listen({word: [str(names[k]) for k in truth[word] if k] for word in heard})

# %% kind="worked"
vowels = np.array([name[0] in "AEIOU" for name in names])
print("              phones right   vowel for vowel, consonant for consonant   vowels right   consonants right")
for title, params in stages.items():
    guess = read(X_new, params)
    right = guess == y_new
    kind = vowels[guess] == vowels[y_new]
    both = right[vowels[y_new]].mean(), right[~vowels[y_new]].mean()
    print(f"{title:13} {right.mean():12.0%} {kind.mean():39.0%} {both[0]:14.0%} {both[1]:18.0%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Before training it repeats the same few sounds. Soon most vowels are at least *a* vowel and most consonants a
# consonant, long before they are the right ones: the rhythm of words comes first. What stays wrong longest are
# the vowels, since in English five letters must do for fifteen of them. NETtalk's listeners heard the same
# order: first a babble of consonants and vowels, then words.
#
# </details>

# %% [markdown]
# ### What is it that speaks?
#
# *Core.*
#
# Of NETtalk it is often said that it "taught itself to speak". You can test that.
#
# **Predict.** We give `bp.listen` the phones of "hello" with no network at all. And then those of a network
# that has learnt nothing. Will the *voice* be worse?

# %% kind="worked"
bp.listen({"hello, typed by hand": ["HH", "EH", "L", "OW"]})
bp.listen({"hello, by the untrained network": say("hello", untrained)})
wave, rate = bp.spoken(["HH", "EH", "L", "OW"])
print(f"{len(wave)} numbers, {rate} a second: {len(wave) / rate:.2f} seconds")
print(f"numbers that the network gives for hello: {len(say('hello', trained))}, one name for each letter")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The voice is the same every time. It was there before any training and no gradient has ever reached it. The
# network turns *letters into names of sounds*: five names for hello. The thousands of numbers that the
# loudspeaker needs come out of a drawer with 39 sounds.
#
# It was so with NETtalk, too. Its phonemes went into **DECtalk**, a speech synthesiser of the time, which made
# the voice by rules that engineers had written. What the network learnt, it learnt well, and it is a task in
# its own right: spelling to sound. But it read. DECtalk spoke. And the famous tape, in which a babbling child
# seems to learn to talk, owes its charm to a voice that could talk all along.
#
# </details>

# %% [markdown]
# ## What the hidden units learnt
#
# *Core.*
#
# **Predict.** The window shows three letters on each side of the middle. The weights of which places have moved
# furthest in training? And is what comes *before* the letter as important as what comes *behind* it?

# %% kind="worked"
sizes = np.sqrt(((trained[0] - untrained[0]) ** 2).sum(axis=(1, 2)))
shown, where = {"how far W1 has moved at this place": sizes}, {"xlabel": "place, 0 is the middle", "x": range(-3, 4)}
bp.plot_curves(shown, title="Where the network looks", ylabel="root of the sum of squares", **where)
in_words(bp.describe_curves(shown, **where))
for width in (1, 3):
    narrow, narrow_new = examples(words, width)[0], examples(new_words, width)[0]
    last = learn(narrow, y, beginning(width), epochs=2)[0][-1]
    print(f"window of {width}: {(read(narrow_new, last) == y_new).mean():.0%} of new phones")
print(f"window of 7: {(read(X_new, trained) == y_new).mean():.0%} (four epochs; the others two)")

# %% [markdown]
# <details><summary>What happened</summary>
#
# The middle most, its two neighbours next, and before and behind about alike. Even what lies two letters behind
# can matter: the `e` at the end of `made` changes its `a`. A window of 1 is little but the table of each letter
# by itself; the neighbours add the rest, the nearest most.
#
# </details>
#
# The units themselves are hard to read one by one. Sejnowski and Rosenberg asked another question: for each
# pair of letter and sound, such as "c said as K", take the *mean* of the hidden layer over all windows with
# that pair. Which of these patterns are neighbours? Pairs of the same letter share that letter's row of
# weights, which alone brings them together; so we look for the nearest pair with *another* letter.
#
# **Predict.** Nothing in the data says what a vowel is. Will the nearest neighbour of a vowel be a vowel?

# %% kind="worked"
hidden = my_hidden(X, *trained[:2])
pairs = [(int(c), int(k)) for c, k in np.unique(np.stack([X[:, 3], y], axis=1), axis=0)]
members = {pair: (X[:, 3] == pair[0]) & (y == pair[1]) for pair in pairs}
pairs = [pair for pair in pairs if members[pair].sum() >= 20]
patterns = np.array([hidden[members[pair]].mean(axis=0) for pair in pairs])
apart = ((patterns[:, None] - patterns) ** 2).sum(axis=2)
letters = np.array([c for c, _ in pairs])
apart[letters[:, None] == letters] = np.inf
nearest = apart.argmin(axis=1)
kinds = np.array([vowels[k] for _, k in pairs])
chance = kinds.mean() ** 2 + (1 - kinds.mean()) ** 2
same = (kinds == kinds[nearest]).mean()
print(f"{len(pairs)} pairs of letter and sound. The nearest with another letter is of the same kind, vowel or")
print(f"consonant, for {same:.0%} of them; by chance it would be {chance:.0%}")


def told(pair):
    return f"{'_abcdefghijklmnopqrstuvwxyz'[pair[0]]} as {names[pair[1]]}"


for wanted in ("c as K", "c as S", "d as D", "s as Z", "g as JH", "i as AY", "o as AO", "f as F", "m as M"):
    pair = next(k for k, pair in enumerate(pairs) if told(pair) == wanted)
    print(f"{wanted:8} is nearest to {told(pairs[nearest[pair]])}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Nearly always. Often the neighbour is the same sound under another letter, which no one would call a
# discovery: the same answer is wanted. But vowels lie near other vowels, too. Nobody told the network: these
# letters stand in similar company. NETtalk's hidden units showed the same. Some neighbours make no sense to us
# (what have F and JH in common?).
#
# So take care with the next step. That *we* recognise a group does not prove that the network *uses* it as we
# do. And of those that we do not recognise, nobody writes.
#
# </details>

# %% [markdown]
# ### Damage
#
# *Further.*
#
# **Predict.** We add noise to every weight, uniform from −s to s. The weights have sizes around 0.5. At
# which s is half of the reading gone?

# %% kind="worked"
print(f"mean size of a weight of W1: {np.abs(trained[0]).mean():.2f}")
for s in (0.0, 0.2, 0.5, 1.0, 2.0):
    rng = np.random.default_rng(1)
    damaged = [p + rng.uniform(-s, s, p.shape) for p in trained]
    print(f"noise up to {s:.1f}: {(read(X_new, damaged) == y_new).mean():.0%}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Noise about as large as the weights costs a few percent, noise several times as large nearly everything. What
# the network knows is spread over many weights, and their errors partly cancel. Sejnowski and Rosenberg found
# the same, and that a damaged network learns again faster than it learnt at first.
#
# </details>

# %% [markdown]
# ## Unit 08 once more, in PyTorch
#
# *Core.*
#
# You have written everything by hand. In a laboratory you will use a library that walks the graph for you.
# Here is one step of unit 08, side by side. Nothing in the right column is new to you.
#
# | | your numpy | PyTorch |
# |---|---|---|
# | layers | `W1, b1, W2, b2` | `Linear(64, 32)`, `Tanh()`, `Linear(32, 10)` |
# | forward | `A1 = np.tanh(X @ W1 + b1)`, … | `logits = net(X)` |
# | loss | softmax, `-np.log(P[…]).mean()` | `loss = cross_entropy(logits, labels)` |
# | backward | `delta2`, `dW2`, `delta1`, `dW1`, … | `loss.backward()` |
# | step | `W1 - lr * dW1`, … | `optimizer.step()` |
# | clear the gradients | not needed: you make new ones | `optimizer.zero_grad()`, since they **add up** |
# | shape of the weights | (in, out) | (out, in): transposed |
#
# In full, for one batch, it reads
#
# ```python
# optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
# optimizer.zero_grad()
# loss = torch.nn.functional.cross_entropy(net(X), labels)
# loss.backward()
# optimizer.step()
# ```
#
# **Predict.** Same first weights, same batches, one epoch. By how much will the weights of the two differ?

# %% kind="worked"
my_08_step = mine_or_ours("static_ocr.train_step")
digits, labels, new_digits, new_labels = bp.load_digits(split=True, rng=np.random.default_rng(0))
model = bp.Sequential([bp.Dense(64, 32, rng=np.random.default_rng(0)), bp.Tanh()])
model = bp.Sequential([*model.layers, bp.Dense(32, 10, rng=np.random.default_rng(1))])
params = [p.data.copy() for p in model.parameters()]
order = [rows for rows, _ in my_batches(np.arange(len(digits)), labels, 32, np.random.default_rng(2))]

try:
    import torch
except ImportError:
    torch = None
    print("PyTorch is not installed here, so only your own network runs. The table above is all that you miss.")
if torch is not None:
    net = bp.to_torch(model)  # the same weights, copied
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)

for rows in order:
    step = my_08_step(digits[rows], labels[rows], *params, 0.5)
    params = [step[name] for name in MOVED]
    if torch is not None:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(torch.from_numpy(digits[rows])), torch.from_numpy(labels[rows]))
        loss.backward()
        optimizer.step()

scores = np.tanh(new_digits @ params[0] + params[1]) @ params[2] + params[3]
print(f"yours, after one epoch: {(scores.argmax(axis=1) == new_labels).mean():.1%} of new images")
if torch is not None:
    theirs = net(torch.from_numpy(new_digits)).detach().numpy()
    print(f"PyTorch's:              {(theirs.argmax(axis=1) == new_labels).mean():.1%}")
    turned = [p.detach().numpy().T for p in net.parameters()]
    apart = max(np.abs(a - b).max() for a, b in zip(params, turned, strict=True))
    print(f"largest difference of a weight after {len(order)} steps: {apart:.0e}")

# %% [markdown]
# <details><summary>What happened</summary>
#
# They agree but for rounding. PyTorch does what you did in unit 04, with arrays and for hundreds of
# operations: it remembers each operation on the way forward, and walks back, adding over paths. There is no
# other secret in it. What it adds is speed, other hardware, and a great many layers.
#
# And now you also know its oldest trap: leave out `zero_grad()`, and the gradients of all batches add up.
#
# </details>

# %% [markdown]
# ## Large claims, small measurements
#
# *Core.*
#
# Texts about backpropagation end with "photographs, speech recognition, speech synthesis". All three are
# true of large networks trained by backpropagation. What have *you* seen?
#
# - **Photographs.** You read digits of 8 × 8 and 28 × 28 points, cut out and centred (unit 08). You saw no
#   photograph at all. What reads those are large convolutional networks, trained on a million images
#   (Krizhevsky and others, 2012).
# - **Speech recognition.** You told apart ten words that a program had spoken, and nine men who say /ae/ (unit
#   10). There was no sentence, no noise, and no end of a word to be found. Graves and others (2013) did that.
# - **Speech synthesis.** Your network turned letters into names of sounds. The sounds were made by rules, and
#   no wave came from a network. Van den Oord and others (2016) trained one that makes waves.
#
# The walk back is the same in all of them. The rest is data, size, structure and much engineering, and you
# should not believe from this course that it is little.

# %% [markdown]
# ## The blank page: a network drawn by lot
#
# *Core.*
#
# For the last time the whole of backpropagation from nothing. You do not know yet which network it will be. Draw
# yours; choose another seed as often as you like.

# %% kind="student"
seed = 13
rng = np.random.default_rng(seed)
my_lot = {
    "activation": str(rng.choice(["relu", "tanh", "sigmoid"])),
    "skip": bool(rng.integers(2)),
    "loss": str(rng.choice(["cross-entropy", "squared", "squared after sigmoid"])),
}
print(f"{rng.integers(1, 4)} hidden layers, {my_lot}")

# %% [markdown]
# Take paper first. Draw this one network, and write under it, from right to left, what arrives at each place:
# the card of unit 05, *shape · local slope · upstream · sum over paths · check*, once for each layer.
# Two places deserve a second look. At the *output*: does the slope cancel, or not? At a *skip*: what arrives
# along which way, before or behind the slope?
#
# Then write the function. It gets the lot as an argument, and must do whatever the lot may say: the check
# draws networks of its own. Begin with the one on your paper, and add a line for each other choice. (The
# check tells which network it used.)

# %% exercise="reading_aloud.backward_by_lot"

# %% [markdown]
# The referee, on your lot, with three hidden layers.

# %% kind="worked"
my_by_lot = mine_or_ours("reading_aloud.backward_by_lot", backward_by_lot)
rng = np.random.default_rng(0)
shapes = [(3, 4), (4, 4), (4, 4), (4, 2)]
lot_weights = [rng.normal(size=shape) for shape in shapes]
lot_biases = [0.3 * rng.normal(size=shape[1]) for shape in shapes]
lot_X, lot_Y = rng.normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]


def loss_and_gradients(*arrays):
    stages = my_by_lot(lot_X, lot_Y, list(arrays[:4]), list(arrays[4:]), my_lot)
    return float(stages["loss"]), [*stages["dW"], *stages["db"]]


print(bp.gradcheck(loss_and_gradients, [*lot_weights, *lot_biases]))

# %% [markdown]
# ## Where this breaks
#
# *Core.*
#
# - **The middle letter must have a sound of its own.** In "though" six letters make two sounds. NETtalk had a
#   silent sign for this, set by hand; later systems learn which letters belong to which sound.
# - **The window is short.** `read` in "I read it yesterday" sounds otherwise than in "I read it daily". No
#   window of seven letters can tell.
# - **No word is ever looked up.** A dictionary has no mistakes in the words that it holds. Use a network for
#   the others.
# - **Names come from everywhere**, and follow other rules than the words we trained on.
# - **The voice is not part of it.** Better phones do not make a better voice, and a poor voice makes good
#   phones sound wrong.

# %% [markdown]
# ## Say it yourself
#
# *Core.*

# %% [markdown] written="who_speaks"
# A magazine writes: *"NETtalk is a neural network that taught itself to speak English."* Answer in five to
# eight sentences. What did such a network learn, and what not? Use a number from your runs.
#
# <!-- 8 -->
#
# "A network like NETtalk learns to read and not to speak: it turns letters into the names of sounds. (*claim:
# 2*) In my run it gave one name for each letter, and the wave that I heard was put together from 39 sounds
# which had been computed before. The untrained network had the same voice and only said the wrong sounds;
# no gradient ever reached the sounds. In NETtalk DECtalk did this part. (*mechanism: 2*) What mine learnt is
# real: 90% of the phones of new words, where each letter by itself gives 73%. (*evidence: 2*) "Taught itself"
# is wrong too, since every letter had its right sound beside it, made by people. And my words were the easy
# ones, as many sounds as letters; only 58% of new words were wholly right. (*limits: 2*)"
#
# <!-- 5 -->
#
# "It did not learn to speak, because a synthesiser made the voice. (*claim: 2*) The network finds the phoneme
# of the letter in the middle of the window. (*mechanism: 1; what happens to the phoneme then?*) It got about
# 90% right. (*evidence: 1; of what, and what is that to be compared with?*) English is not regular. (*limits:
# 1; what follows?*)"
#
# <!-- 2 -->
#
# "Networks cannot really speak, they only do mathematics. (*claim: 1; right doubt, no reason*) It was trained
# with backpropagation. (*mechanism: 1*) (*evidence and limits: 0*)"

# %% [markdown]
# ## Whose lines are they?
#
# *Core.*
#
# In the course your functions have read digits, settled, told spoken digits apart, and read aloud. Here is
# how much of the code is yours. *Given* stood in a cell from the beginning; *ours* fills in for what you have
# not passed, or have skipped, which is no shame.

# %% kind="worked"
lines = bp.my_lines()
print(f"{lines.yours} lines of yours")

# %% [markdown]
# ## Summary
#
# - NETtalk: a window of letters goes in, the name of one sound comes out. It reads. The voice was DECtalk's.
# - A letter is a name. It picks a row of a table; backward, that row gets what arrives, added over all windows.
# - Say whether you count phones or words, and what a table or a memory reaches without a network.
# - Hidden units group what needs similar answers. That we recognise the groups does not prove how they are
#   used.
# - PyTorch walks the graph as you did, and its gradients add up until you clear them.
# - Any backward pass: shape, local slope, what arrives, the sum over paths, check.
#
# ### In a week, ask yourself
#
# 1. Why must `c` not go into a network as the number 3?
# 2. A network is right in 95% of the phones. A word has eight. About how many words are wholly right?
# 3. At which losses does the slope of the output cancel, and at which not?
#
# <details><summary>Answers</summary>
#
# 1. Because then `f` would be twice `c`. A letter is a name, and picks a row.
# 2. If mistakes were independent: 0.95 to the power of 8, about two thirds.
# 3. It cancels in softmax with cross-entropy, and in sigmoid with its binary cross-entropy. With a squared
#    error after a sigmoid it stays.
#
# </details>
#
# Next: the [exam](../15_exam/15_exam.ipynb), in three forms. Then [14 · Claims about
# backpropagation](../14_claims/14_claims.ipynb), if you have not read it.
#
# ## Further reading
#
# - T. J. Sejnowski, C. R. Rosenberg, *Parallel networks that learn to pronounce English text*, Complex Systems
#   1(1), 145–168, 1987.
# - C. Stanfill, D. Waltz, *Toward memory-based reasoning*, Communications of the ACM 29(12), 1213–1228, 1986:
#   reading aloud from memory.
# - D. H. Klatt, *Software for a cascade/parallel formant synthesizer*, Journal of the Acoustical Society of
#   America 67(3), 971–995, 1980: how the sounds are made.
# - D. H. Klatt, *Review of text-to-speech conversion for English*, Journal of the Acoustical Society of America
#   82(3), 737–793, 1987: DECtalk, and what came before it.
# - T. G. Dietterich, H. Hild, G. Bakiri, *A comparison of ID3 and backpropagation for English text-to-speech
#   mapping*, Machine Learning 18(1), 51–80, 1995.
# - A. Krizhevsky, I. Sutskever, G. E. Hinton, *ImageNet classification with deep convolutional neural
#   networks*, NIPS 2012.
# - A. Graves, A. Mohamed, G. Hinton, *Speech recognition with deep recurrent neural networks*, ICASSP 2013.
# - A. van den Oord and others, *WaveNet: a generative model for raw audio*, arXiv:1609.03499, 2016.
# - A. Paszke and others, *PyTorch: an imperative style, high-performance deep learning library*, NeurIPS 2019.
