"""Will it settle? The size of the step's matrix, and what damping can do."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake
from bpcore.exercises.unit_09_recurrent_settling.networks import (
    BATCH,
    ONE_UNIT,
    TURNING,
    UNITS,
    settled,
)

# -- the spectral radius ----------------------------------------------------------------------------------------------------------------------------


def spectral_radius(W, y):
    """How much one step of y -> tanh(y W + x U + b) stretches a small disturbance in the long run, for each sample.

    W: (H, H). y: (N, H), what came out of tanh. Returns (N,): the largest |eigenvalue| of J, with J[i, j] = W[i, j] (1 - y[j]²).
    """
    radii = np.zeros(len(y))
    for n in range(len(y)):
        J = W * (1 - y[n] ** 2)
        radii[n] = np.abs(np.linalg.eigvals(J)).max()
    return radii


def spectral_radius_cases(rng):
    def case(name, N, H):
        W = rng.uniform(-1.5, 1.5, size=(H, H))
        return Case(name, (W, rng.uniform(-0.9, 0.9, size=(N, H))), {BATCH: N, UNITS: H})

    chain = np.triu(rng.uniform(0.5, 1.5, size=(3, 3)), 1) + np.diag([0.2, -0.9, 0.4])
    return [
        Case("one unit with w = -2, at rest", (ONE_UNIT[0], settled(*ONE_UNIT)), {BATCH: 1, UNITS: 1}),
        Case("two units that push each other round", (TURNING[0], settled(*TURNING)), {BATCH: 1, UNITS: 2}),
        Case("a chain of three units, two samples", (chain, rng.uniform(-0.5, 0.5, size=(2, 3))), {BATCH: 2, UNITS: 3}),
        case("seven samples, five units", 7, 5),
        case("as many units as samples", 4, 4),
    ]


SPECTRAL_RADIUS = Exercise(
    id="recurrent_settling.spectral_radius",
    title="Does a disturbance grow?",
    points=2,
    minutes=8,
    objective="Find the matrix of one step at a state, and the size of its largest eigenvalue.",
    form="blank",
    statement=(
        "Near a state `y`, one step of the network multiplies a small disturbance (a row) by the matrix `J[i, j] = W[i, j] * (1 - y[j]**2)`: the weight, times the slope of the unit that is reached. "
        "Write `spectral_radius(W, y)`: for each sample, which is a row of `y`, the largest absolute value among the eigenvalues of its `J`. Return an array of shape `(N,)`. Below 1 the undamped "
        "network settles; eigenvalues may be complex."
    ),
    reference=spectral_radius,
    cases=spectral_radius_cases,
    hints=(
        "Each sample has a `J` of its own, since each has its own slopes. What does numpy give for the eigenvalues of a matrix?",
        "`np.linalg.eigvals(J)` may be complex. `np.abs` of a complex number is its distance from 0.",
        "`J = W * (1 - y[n] ** 2)`, then `np.abs(np.linalg.eigvals(J)).max()`",
    ),
    mistakes=(
        Mistake("slope_left_out", "the slopes are left out: it is the spectral radius of W, which is that of J only where y is 0.", {"W * (1 - y[n] ** 2)": "W"}),
        Mistake("value_for_slope", "y itself stands where the slope 1 - y² belongs.", {"(1 - y[n] ** 2)": "y[n]"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: y has already been through it, so the slope is 1 - y².", {"(1 - y[n] ** 2)": "(1 - np.tanh(y[n]) ** 2)"}),
        Mistake("sigmoid_slope", "the slope of the sigmoid, y(1 - y), is used: the slope of tanh is 1 - y².", {"(1 - y[n] ** 2)": "(y[n] * (1 - y[n]))"}),
        Mistake("real_parts_only", "only the real parts of the eigenvalues count: a complex one stretches by its absolute value.", {"np.abs(np.linalg.eigvals(J)).max()": "np.abs(np.linalg.eigvals(J).real).max()"}),
        Mistake("signs_kept", "the largest eigenvalue by its sign is taken: -2 stretches more than 1.", {"np.abs(np.linalg.eigvals(J)).max()": "np.linalg.eigvals(J).real.max()"}),
        Mistake("smallest", "the smallest absolute value is taken: in the long run the largest decides.", {".max()": ".min()"}),
        Mistake("mean_size", "the absolute values are averaged: in the long run the largest decides.", {".max()": ".mean()"}),
        Mistake("added_up", "the absolute values of all eigenvalues are added: in the long run the largest decides.", {".max()": ".sum()"}),
        Mistake("largest_stretch", "it is the norm of J, the largest stretch in a single step: it can be far above the spectral radius, which tells the long run.", {"np.abs(np.linalg.eigvals(J)).max()": "np.linalg.norm(J, 2)"}),
        Mistake("root_of_squares", "`np.linalg.norm(J)` is the root of the sum of all squared entries: eigenvalues are asked for.", {"np.abs(np.linalg.eigvals(J)).max()": "np.linalg.norm(J)"}),
        Mistake("largest_entry", "it is the largest entry of J: eigenvalues are asked for.", {"np.abs(np.linalg.eigvals(J)).max()": "np.abs(J).max()"}),
        Mistake("taken_as_symmetric", "`eigvalsh` is for symmetric matrices and reads only one half of J: use `eigvals`.", {"eigvals(J)": "eigvalsh(J)"}),
        Mistake("first_sample_for_all", "the slopes of the first sample serve for all of them: each sample has a J of its own.", {"y[n] ** 2": "y[0] ** 2"}),
        Mistake("mean_slope", "the slopes are averaged over the samples: each sample has a J of its own.", {"(1 - y[n] ** 2)": "(1 - y**2).mean(axis=0)"}),
    ),
)  # fmt: skip

# -- what damping can do --------------------------------------------------------------------------------------------------------------------------------


def will_settle(J, relaxation):
    """Whether a damped network settles near a state, from the matrix of one undamped step there.

    J: (H, H), J[i, j] = W[i, j] (1 - y[j]²). relaxation: a number above 0. Returns True or False.
    """
    eigenvalues = np.linalg.eigvals(J)
    limits = 2 * (1 - eigenvalues.real) / np.abs(1 - eigenvalues) ** 2
    return bool((relaxation < limits).all())


def drive_will_settle(answer, matrices, relaxation):
    answers = [answer(J, relaxation) for J in matrices]
    return [bool(a) if isinstance(a, bool | int | np.generic) else a for a in answers]


def matrix_with(spectrum, rng):
    """A real matrix, not symmetric, that has these eigenvalues: real ones, and pairs with their conjugates."""
    blocks = np.zeros((len(spectrum), len(spectrum)))
    i = 0
    while i < len(spectrum):
        a, b = spectrum[i].real, spectrum[i].imag
        if b:
            blocks[i : i + 2, i : i + 2] = [[a, b], [-b, a]]
        else:
            blocks[i, i] = a
        i += 2 if b else 1
    turn = np.linalg.qr(rng.normal(size=blocks.shape))[0]
    sizes = rng.uniform(0.7, 1.4, size=len(spectrum))  # after a turn alone, real spectra would give symmetric matrices
    return (turn * sizes) @ blocks @ (turn / sizes).T


def will_settle_cases(rng):
    """Matrices with spectra of many kinds, none within a thousandth of the border for any of the relaxations."""
    relaxations = (1.0, 0.5, 0.2, 0.68, 1.6)

    def clear(spectrum):
        return all(np.abs(np.abs(1 - a * (1 - spectrum)) - 1).min() > 1e-3 for a in relaxations)

    def draw(kind):
        while True:
            real, turn = rng.uniform(-2.5, 1.6, size=3), rng.uniform(0.3, 2.5)
            spectrum = {
                "real": real,
                "turning": np.array([complex(real[0], turn), complex(real[0], -turn), real[1]]),
                "small": real / 3,
                "small and turning": np.array([complex(real[0], turn), complex(real[0], -turn)]) / 3,
            }[kind].astype(complex)
            if clear(spectrum):
                return spectrum

    def matrices(spectra):
        return [matrix_with(spectrum, rng) for spectrum in spectra]

    fixed = [np.array([-1.9447894]), np.array([1.5j, -1.5j]), np.array([0.9 + 0.6j, 0.9 - 0.6j]), np.array([-2.5, 0.5, 1.2]), np.array([0.3, -0.8]), np.array([-3.0, 0.9])]
    cases = [Case(f"six matrices, relaxation {a:g}", (matrices([s.astype(complex) for s in fixed]), a)) for a in relaxations]
    for a in (1.0, 0.5, 1.6):
        kinds = ("real", "turning", "small", "small and turning", "real", "turning", "turning", "small", "small and turning", "real")
        cases.append(Case(f"ten random matrices, relaxation {a:g}", (matrices([draw(kind) for kind in kinds]), a)))
    return cases


RIGHT = "2 * (1 - eigenvalues.real) / np.abs(1 - eigenvalues) ** 2"

WILL_SETTLE = Exercise(
    id="recurrent_settling.will_settle",
    title="What damping can rescue",
    points=2,
    minutes=8,
    objective="Tell from the matrix of one step, whose eigenvalues may be complex, whether a damped iteration settles.",
    form="blank",
    statement=(
        "With relaxation α, a step turns an eigenvalue λ of `J` into `1 - α(1 - λ)`, and this must lie inside the unit circle. For α > 0 that means: **every** λ needs "
        "`α < 2 (1 - Re λ) / |1 - λ|²`. Write `will_settle(J, relaxation)`: `J` is a square matrix, the one by which an undamped step multiplies a small disturbance, and `relaxation` is α. "
        "Return `True` or `False`. The check asks for many matrices; none has a λ exactly on the border, or exactly 1."
    ),
    reference=will_settle,
    drive=drive_will_settle,
    cases=will_settle_cases,
    hints=(
        "One eigenvalue that grows is enough to spoil everything. So what do you ask of the list of limits?",
        "`eigenvalues = np.linalg.eigvals(J)`; `eigenvalues.real` is the real part, `np.abs(1 - eigenvalues)` the distance of each λ from 1. Compare the relaxation with each limit.",
        "`(relaxation < 2 * (1 - eigenvalues.real) / np.abs(1 - eigenvalues) ** 2).all()`",
    ),
    mistakes=(
        Mistake("undamped", "only |λ| < 1 is asked for: that is the condition without damping. Damping rescues more, and a relaxation above 1 needs more.", {f"limits = {RIGHT}": "limits = np.where(np.abs(eigenvalues) < 1, np.inf, -np.inf)"}),
        Mistake("imaginary_part_ignored", "the imaginary parts are left out of |1 - λ|: what turns may still grow.", {"np.abs(1 - eigenvalues)": "np.abs(1 - eigenvalues.real)"}),
        Mistake("any_for_all", "one eigenvalue that shrinks is enough: all of them must, since the one that grows wins.", {".all()": ".any()"}),
        Mistake("relaxation_times_eigenvalue", "|αλ| < 1 is asked for: damping keeps a share 1 - α of the old state, so the step has 1 - α(1 - λ).", {f"limits = {RIGHT}": "limits = 1 / np.abs(eigenvalues)"}),
        Mistake("always_rescued", "every Re λ < 1 counts as rescued: some relaxation rescues it, but this one may be too large.", {f"limits = {RIGHT}": "limits = np.where(eigenvalues.real < 1, np.inf, -np.inf)"}),
        Mistake("largest_only", "only the eigenvalue of largest absolute value is looked at: with damping another one may be the dangerous one.", {"(relaxation < limits).all()": "relaxation < limits[np.argmax(np.abs(eigenvalues))]"}),
        Mistake("largest_real_only", "only the eigenvalue of largest real part is looked at: one far to the left jumps over the target.", {"(relaxation < limits).all()": "relaxation < limits[np.argmax(eigenvalues.real)]"}),
        Mistake("two_left_out", "the factor 2 is missing from the limit.", {"2 * (1": "1 * (1"}),
        Mistake("square_left_out", "the square is missing from |1 - λ|².", {" ** 2": ""}),
        Mistake("size_for_real_part", "|λ| stands where the real part belongs: 1 - Re λ is asked for.", {"(1 - eigenvalues.real)": "(1 - np.abs(eigenvalues))"}),
        Mistake("turned_round", "the comparison is turned round.", {"relaxation < limits": "relaxation > limits"}),
        Mistake("entries_of_matrix", "the entries on the diagonal of J are taken for its eigenvalues: that holds only where all others on one side of it are zero.", {"np.linalg.eigvals(J)": "np.diag(J)"}),
        Mistake("taken_as_symmetric", "`eigvalsh` is for symmetric matrices and reads only one half of J: use `eigvals`.", {"eigvals(J)": "eigvalsh(J)"}),
        Mistake("sign_of_eigenvalue", "the distance is taken from -1: it is |1 - λ|, with a minus.", {"np.abs(1 - eigenvalues)": "np.abs(1 + eigenvalues)"}),
    ),
)  # fmt: skip
