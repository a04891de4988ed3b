"""Reading a training run: when to stop it, and what went wrong in it."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

EPOCHS, PATIENCE, CLASSES = "the number of epochs", "the patience", "the number of classes"

# -- early stopping -------------------------------------------------------------------------------------------------------------------------------------


def early_stopping(losses, patience):
    """Which epoch was best, and after which one training ends.

    losses: (E,), the validation loss after each epoch; epochs are counted from 0. Training ends after the first epoch
    by which the loss has not been below its best for `patience` epochs, or after the last one. Returns best, last.
    """
    best = 0
    for last in range(len(losses)):
        if losses[last] < losses[best]:
            best = last
        if last - best >= patience:
            break
    return best, last


def drive_early_stopping(answer, losses, patience):
    best, last = answer(losses, patience)
    return {"best": best, "last": last}


def early_stopping_cases(rng):
    def case(name, losses, patience):
        losses = np.array(losses, dtype=float)
        return Case(name, (losses, patience), {EPOCHS: len(losses), PATIENCE: patience})

    def drawn(falling, rising):
        """Falls and then rises, in steps that are drawn."""
        steps = np.concatenate([-rng.uniform(0.02, 0.1, falling), rng.uniform(0.02, 0.1, rising)])
        return 3 + np.cumsum(steps)

    bumpy = drawn(9, 8)
    bumpy[4] = bumpy[3] + 0.3  # one bump on the way down
    return [
        case("down, up, and down again too late", [2.0, 1.0, 1.5, 1.2, 1.1, 0.5], 3),
        case("a bump that is waited out", [2.0, 1.0, 1.5, 0.8, 0.9, 1.0, 1.1], 2),
        case("equal losses are no progress", [2.0, 1.0, 1.0, 1.0, 1.0, 0.4], 3),
        case("the epochs run out", drawn(7, 2), 4),
        case("a bumpy way down, then up", bumpy, 4),
        case("the first epoch was the best", drawn(0, 9), 3),
        case("one nan on the way", [2.0, 1.5, np.nan, 1.2, 1.0, 1.1, 1.3, 1.2], 3),
    ]


_BETTER, _STOP = "if losses[last] < losses[best]:", "if last - best >= patience:"

EARLY_STOPPING = Exercise(
    id="noise.early_stopping",
    title="When to give up",
    points=2,
    minutes=7,
    objective="Stop when the validation loss has stopped falling, and know which epoch was the best.",
    form="blank",
    statement=(
        "Write `early_stopping(losses, patience)`. `losses[i]` is the validation loss after epoch `i`, counted from 0. Read them one after the other, as if the training were running. The best epoch so far is the one with the lowest loss; an *equal* loss is no progress. Training ends after the first "
        "epoch that is `patience` epochs later than the best one, or after the last epoch there is. Return two numbers: the best epoch up to then, and the epoch after which training ended. A `nan` is never better."
    ),
    reference=early_stopping,
    drive=drive_early_stopping,
    cases=early_stopping_cases,
    stages=("best", "last"),
    hints=(
        "Keep one number in mind: which epoch was best so far. Each epoch either takes its place, or is so many epochs later than it.",
        "In a loop over the epochs: if this loss is below that of the best epoch, this one is the best. Then compare `epoch - best` with the patience.",
        "`if epoch - best >= patience: break`, after the comparison of the losses",
    ),
    mistakes=(
        Mistake("first_rise", "training ends at the first epoch that is worse than the one before, whatever the patience: one bump is enough.", {_STOP: "if last and losses[last] > losses[last - 1]:"}),
        Mistake("rises_counted_in_a_row", "rises one after the other are counted: the question is how long ago the best epoch was.", {"    best = 0\n": "    best = run = 0\n", _STOP: "run = run + 1 if last and losses[last] > losses[last - 1] else 0\n        if run >= patience:"}),
        Mistake("equal_counts", "an equal loss counts as better: then a loss that stands still is waited for for ever.", {"losses[last] < losses[best]": "losses[last] <= losses[best]"}),
        Mistake("one_epoch_longer", "it waits one epoch longer than it should: stop as soon as the best epoch is `patience` epochs ago.", {"last - best >= patience": "last - best > patience"}),
        Mistake("one_epoch_too_early", "it stops one epoch too early.", {"last - best >= patience": "last - best >= patience - 1"}),
        Mistake("looked_ahead", "the best of *all* epochs is returned, also of those after the end: training never got there.", {"return best, last": "return int(np.nanargmin(losses)), last"}),
        Mistake("last_for_best", "the last epoch is returned as the best: its loss has been rising for a while.", {"return best, last": "return last, last"}),
        Mistake("exchanged", "the two numbers are exchanged: the best epoch comes first.", {"return best, last": "return last, best"}),
        Mistake("worst_kept", "the comparison is turned round: it keeps the worst.", {"losses[last] < losses[best]": "losses[last] > losses[best]"}),
        Mistake("never_stopped", "training never ends before the last epoch.", {"            break": "            pass"}),
        Mistake("loss_for_epoch", "the losses are returned: the numbers of the epochs are asked for.", {"return best, last": "return losses[best], losses[last]"}),
    ),
)  # fmt: skip

# -- a diagnosis ------------------------------------------------------------------------------------------------------------------------------------------


def diagnose_run(history):
    """One word for a training run.

    history: a dict with "training" and "validation", the losses after each epoch (six at least), and "classes", how
    many there are. Returns "overflow", "says nothing", "memorises", "goes on" or "has settled".
    """
    training, validation = np.array(history["training"]), np.array(history["validation"])
    if not np.isfinite(training).all():
        return "overflow"
    if training[-1] > 0.95 * np.log(history["classes"]):
        return "says nothing"
    if validation[-1] > 1.2 * validation.min():
        return "memorises"
    if training[-1] < 0.9 * training[-6]:
        return "goes on"
    return "has settled"


def diagnose_run_cases(rng):
    def case(name, training, validation, classes):
        training, validation = (np.asarray(a) * rng.uniform(0.995, 1.005, len(a)) for a in (training, validation))
        history = {"training": training.tolist(), "validation": validation.tolist(), "classes": classes}
        return Case(name, (history,), {EPOCHS: len(training), CLASSES: classes})

    t = np.arange(20)
    falling, resting = 0.05 + 2.2 * np.exp(-t / 9), 0.3 + 1.9 * np.exp(-t / 2)
    turning = 0.4 + 1.5 * np.exp(-t / 2) + 0.03 * t
    broken = resting.copy()
    broken[12:] = np.nan
    blown, recovered = falling.copy(), resting.copy()
    blown[7:], recovered[6] = np.inf, np.inf
    flat = np.full(20, 1.0)
    return [
        case("six epochs, and a loss that still falls", [1.9, 1.5, 1.2, 0.9, 0.7, 0.5], [2.0, 1.6, 1.3, 1.1, 0.9, 0.8], 10),
        case("at rest", resting, resting + 0.05, 10),
        case("still falling", falling, falling + 0.1, 10),
        case("the validation loss has turned", falling, turning, 10),
        case("the validation loss has turned, the training loss rests", resting, turning, 10),
        case("the first epoch was the best", 0.4 + 0.3 * np.exp(-t / 2), 0.5 + 0.05 * t, 10),
        case("turned, but hardly", resting, resting + 0.2 + 0.001 * t, 10),
        case("nan from epoch 12 on", broken, resting, 10),
        case("inf from epoch 7 on", blown, falling + 0.1, 10),
        case("inf once, and then it recovers", recovered, resting + 0.05, 10),
        case("stands at ln 10", 2.303 * flat, 2.31 * flat, 10),
        case("three classes, stands at ln 3", 1.0986 * flat, 1.11 * flat, 3),
        case("a hundred classes, still falling", 2.6 + falling, 2.8 + falling * 1.05, 100),
        case("two classes, at rest", 0.45 + 0.2 * np.exp(-t / 2), 0.47 + 0.2 * np.exp(-t / 2), 2),
        case("climbs", 2.3 + 0.4 * t, 2.3 + 0.5 * t, 10),
    ]


_SILENT = '    if training[-1] > 0.95 * np.log(history["classes"]):\n        return "says nothing"\n'
_MEMORY = '    if validation[-1] > 1.2 * validation.min():\n        return "memorises"\n'
_GOING = '    if training[-1] < 0.9 * training[-6]:\n        return "goes on"\n'

DIAGNOSE_RUN = Exercise(
    id="noise.diagnose_run",
    title="Read a run",
    points=3,
    minutes=10,
    objective="Read from the losses of a run what went wrong in it, and what to try.",
    form="blank",
    statement=(
        "Write `diagnose_run(history)`. `history[\"training\"]` and `history[\"validation\"]` are lists of losses (cross-entropy), one after each epoch, at least six; `history[\"classes\"]` is the number of classes K. Ask these questions in this order, and return the text of the first one that is true:\n\n"
        "1. `\"overflow\"`: some training loss is `nan` or infinite.\n"
        "2. `\"says nothing\"`: the last training loss is above 0.95 · ln K. Giving every class the same probability would be as good.\n"
        "3. `\"memorises\"`: the last validation loss is more than 1.2 times the lowest one.\n"
        "4. `\"goes on\"`: over the last five epochs the training loss has fallen to below 0.9 of what it was.\n"
        "5. `\"has settled\"`: none of these."
    ),
    reference=diagnose_run,
    cases=diagnose_run_cases,
    hints=(
        "Five questions, in order, each an `if` with a `return`. Which of them needs all epochs, and which only some?",
        "`np.isfinite(training).all()` is False as soon as there is one nan or inf. Five epochs before the last one is `training[-6]`. `np.log` is the natural logarithm.",
        "`training[-1] > 0.95 * np.log(K)`; `validation[-1] > 1.2 * min(validation)`; `training[-1] < 0.9 * training[-6]`",
    ),
    mistakes=(
        Mistake("nan_passes", "`nan` and `inf` pass: every comparison with nan is False, so such a run looks as if it had settled. Ask `np.isfinite` first.", {'    if not np.isfinite(training).all():\n        return "overflow"\n': ""}),
        Mistake("last_loss_only", "only the last loss is tested for `nan` and `inf`: one of them on the way is an overflow as well.", {"np.isfinite(training).all()": "np.isfinite(training[-1])"}),
        Mistake("nan_only", "only `nan` is looked for: an infinite loss is an overflow as well.", {"not np.isfinite(training).all()": "np.isnan(training).any()"}),
        Mistake("ten_classes", "2.303, the natural logarithm of 10, is taken whatever the number of classes.", {'np.log(history["classes"])': "np.log(10)"}),
        Mistake("other_logarithm", "the logarithm to the base 2 is taken: the loss is made with the natural one.", {"np.log(": "np.log2("}),
        Mistake("memory_before_silence", "`memorises` is asked before `says nothing`: a run in which everything climbs has learnt nothing that it could know by heart.", {_SILENT + _MEMORY: _MEMORY + _SILENT}),
        Mistake("going_before_memory", "`goes on` is asked before `memorises`: the training loss goes on falling while a network learns by heart, that is the point.", {_MEMORY + _GOING: _GOING + _MEMORY}),
        Mistake("training_for_validation", "the *training* loss is compared with its lowest value: what is learnt by heart shows on the validation data.", {"validation[-1] > 1.2 * validation.min()": "training[-1] > 1.2 * training.min()"}),
        Mistake("compared_with_training", "the validation loss is compared with the training loss: a gap alone is no sign, it must have *turned*.", {"1.2 * validation.min()": "1.2 * training[-1]"}),
        Mistake("compared_with_first", "the last validation loss is compared with the first one: compare it with the lowest.", {"1.2 * validation.min()": "1.2 * validation[0]"}),
        Mistake("any_rise", "every rise above the lowest validation loss counts: a little one may be chance, 1.2 times is asked for.", {"1.2 * validation.min()": "validation.min()"}),
        Mistake("since_the_start", "the training loss is compared with that after the first epoch: every run that learnt anything then still goes on.", {"training[-6]": "training[0]"}),
        Mistake("one_epoch", "the last two epochs are compared: within one epoch hardly any run falls by a tenth.", {"training[-6]": "training[-2]"}),
    ),
)  # fmt: skip
