"""Work that is timed: the shortest of several runs, after one that does not count."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake

RUNS = "the number of repeats"


def best_time(action, clock, repeats):
    """How long an action takes when it is least disturbed.

    action(): what is measured. clock(): the seconds that a clock shows. repeats: how many runs are timed. Before them
    the action runs once untimed. Returns the shortest time.
    """
    action()
    best = np.inf
    for _ in range(repeats):
        start = clock()
        action()
        took = clock() - start
        best = min(best, took)
    return best


def drive_best_time(answer, durations, repeats, begin):
    now, calls = [float(begin)], [0]

    def action():
        now[0] += float(durations[min(calls[0], len(durations) - 1)])
        calls[0] += 1

    return {"time": answer(action, lambda: now[0], repeats), "runs": calls[0]}


def best_time_cases(rng):
    def case(name, durations, begin=100.0):
        return Case(name, (np.array(durations), len(durations) - 1, begin), {RUNS: len(durations) - 1})

    drawn = [rng.permutation(np.arange(1, n + 1)) + rng.uniform(0.1, 0.9, n) for n in (6, 9)]
    return [
        case("a slow first run, then 3, 2 and 5 seconds", [9.0, 3.0, 2.0, 5.0]),
        case("the untimed run is the shortest", [1.0, 4.0, 3.0, 6.0, 5.0]),
        case("the last one is the best", [7.0, 6.0, 5.0, 3.0], 0.0),
        case("five times that are drawn", drawn[0]),
        case("eight times that are drawn", drawn[1], 12.5),
        case("one repeat", [8.0, 5.0]),
    ]


BEST_TIME = Exercise(
    id="static_or_recurrent.best_time",
    title="A time that means something",
    points=1,
    minutes=4,
    objective="Measure a time so that what disturbs it is not measured too.",
    form="blank",
    statement=(
        "Write `best_time(action, clock, repeats)`. `action()` does the work; `clock()` gives the seconds that a clock shows now. Run the action **once** without looking at the clock: the first run often pays for things that come only once. "
        "Then run it `repeats` times, time **each** run by itself, and return the **shortest** of these times: other programs can only make a run longer. (The check brings a clock of its own, which advances only while the action runs.)"
    ),
    reference=best_time,
    drive=drive_best_time,
    cases=best_time_cases,
    stages=("time", "runs"),
    hints=(
        "A time is the difference of two looks at the clock, one just before the run and one just after it.",
        "`action()` alone first. Then, in a loop: `start = clock()`, `action()`, `took = clock() - start`, and keep the smallest `took`.",
        "Collect `took` in a list and return `min(times)`.",
    ),
    mistakes=(
        Mistake("cold_start", "the first run is timed like the others, and there is none before it: let one go by.", {"    action()\n    best = np.inf": "    best = np.inf"}),
        Mistake("first_run_timed", "the untimed run is timed as well: it is there to be thrown away.", {"range(repeats)": "range(repeats + 1)", "    action()\n    best = np.inf": "    best = np.inf"}),
        Mistake("mean_of_times", "the times are averaged: a mean holds every disturbance, and disturbances only make a run longer.", {"best = np.inf": "best = 0.0", "best = min(best, took)": "best = best + took / repeats"}),
        Mistake("total_time", "the times are added up: one run is asked for.", {"best = np.inf": "best = 0.0", "best = min(best, took)": "best = best + took"}),
        Mistake("longest", "the longest time is returned: that is the most disturbed one.", {"best = np.inf": "best = 0.0", "min(best, took)": "max(best, took)"}),
        Mistake("last_time", "the last time is returned: keep the smallest of all.", {"best = min(best, took)": "best = took"}),
        Mistake("first_time", "the time of the first timed run is returned: either the others are forgotten, or the clock is read once before the loop, so that each run holds all those before it.", {"    for _ in range(repeats):\n        start = clock()": "    start = clock()\n    for _ in range(repeats):"}),
        Mistake("sign_of_time", "the later time is subtracted from the earlier one: every time comes out negative.", {"clock() - start": "start - clock()"}),
        Mistake("clock_returned", "what the clock shows is returned: a time is the difference of two looks.", {"took = clock() - start": "took = clock()"}),
    ),
)  # fmt: skip
