"""One matrix used twice: an autoencoder whose decoder is its encoder, transposed."""

import numpy as np

from bpcore.exercises.spec import Case, Exercise, Mistake


def backward_tied(X, W, b, c):
    """One forward and one backward pass of a tied autoencoder: A = tanh(X W + b), R = A Wᵀ + c.

    X: (N, D). W: (D, H). b: (H,). c: (D,). The loss is the mean over the samples of ½ times the squared error of R.
    Returns a dict: A (N, H), R (N, D), dR (N, D), dZ (N, H), dW (D, H), db (H,), dc (D,).
    """
    A = np.tanh(X @ W + b)
    R = A @ W.T + c
    dR = (R - X) / len(X)
    dZ = (dR @ W) * (1 - A**2)
    dW = X.T @ dZ + dR.T @ A
    db = dZ.sum(axis=0)
    dc = dR.sum(axis=0)
    return dict(A=A, R=R, dR=dR, dZ=dZ, dW=dW, db=db, dc=dc)


def backward_tied_cases(rng):
    def case(name, N, D, H):
        args = (rng.normal(size=(N, D)), rng.normal(size=(D, H)) / np.sqrt(D), rng.normal(size=H) * 0.3, rng.normal(size=D) * 0.3)
        return Case(name, args, {"the batch size N": N, "the number of inputs D": D, "the code size H": H})

    return [
        case("two samples, 3 to 2", 2, 3, 2),
        case("seven samples, 5 to 3", 7, 5, 3),
        case("all sizes equal", 4, 4, 4),
        case("a code of one number", 5, 3, 1),
    ]


DW = "X.T @ dZ + dR.T @ A"

BACKWARD_TIED = Exercise(
    id="through_time.backward_tied",
    title="One matrix, two places",
    points=3,
    minutes=15,
    objective="Add up the gradients of a matrix that is used twice, once transposed.",
    form="blank",
    statement=(
        "An autoencoder squeezes `X` into a code, `A = tanh(X @ W + b)`, and makes `X` again from it, `R = A @ W.T + c`, with the **same** matrix, transposed. The loss is the mean over the N samples of half the squared error: "
        "`½ Σ (R - X)² / N`. Write `backward_tied(X, W, b, c)`. Return a dict: `A`, `R`, `dR` (gradient by R), `dZ` (by the sums inside tanh), `dW`, `db`, `dc`. `W` is used in two places, so two paths lead from it to the loss. `X` as the target is fixed."
    ),
    reference=backward_tied,
    cases=backward_tied_cases,
    stages=("A", "R", "dR", "dZ", "dW", "db", "dc"),
    hints=(
        "Pretend for a moment that there are two matrices, an encoder W and a decoder V = Wᵀ. What would dW and dV be?",
        "`dV = A.T @ dR` has shape (H, D). Since V is W transposed, its gradient comes to W transposed, and is added to the encoder's.",
        "`dW = X.T @ dZ + dR.T @ A`, where `dZ = (dR @ W) * (1 - A**2)`",
    ),
    mistakes=(
        Mistake("bias_forgotten", "the encoder's bias b is left out.", {"X @ W + b": "X @ W"}),
        Mistake("not_squashed", "tanh is left out of the encoder.", {"np.tanh(X @ W + b)": "X @ W + b"}),
        Mistake("decoder_bias_forgotten", "the decoder's bias c is left out.", {"A @ W.T + c": "A @ W.T"}),
        Mistake("decoder_not_transposed", "the decoder takes W as it is: it is transposed there. Without that it runs only where W is square.", {"A @ W.T + c": "A @ W + c"}),
        Mistake("sign_turned", "X - R is taken: the gradient of ½(R - X)² is R - X.", {"(R - X) / len(X)": "(X - R) / len(X)"}),
        Mistake("not_averaged", "the mean over the samples is missing from dR.", {"(R - X) / len(X)": "R - X"}),
        Mistake("doubled", "dR is doubled: the half in front of the square takes the 2 away.", {"(R - X) / len(X)": "2 * (R - X) / len(X)"}),
        Mistake("divided_by_all", "dR is divided by the number of all entries: the mean is over the samples alone.", {"(R - X) / len(X)": "(R - X) / X.size"}),
        Mistake("back_transposed", "the way back through the decoder takes W transposed: forward it was `A @ W.T`, so back it is `dR @ W`. W.T runs only where W is square.", {"(dR @ W)": "(dR @ W.T)"}),
        Mistake("slope_left_out", "the slope of tanh is missing from dZ.", {"(dR @ W) * (1 - A**2)": "dR @ W"}),
        Mistake("squashed_again", "tanh is taken once more in the slope: A has already been through it, so the slope is 1 - A².", {"(1 - A**2)": "(1 - np.tanh(A) ** 2)"}),
        Mistake("slope_of_sums", "the slope is 1 - z² with the weighted sums: it needs what came out of tanh.", {"(1 - A**2)": "(1 - (X @ W + b) ** 2)"}),
        Mistake("value_for_slope", "the value of tanh stands where its slope 1 - A² belongs.", {"(1 - A**2)": "A"}),
        Mistake("encoder_only", "dW has the encoder's path only (or the decoder's was overwritten by it): W is used in two places, and both are added.", {DW: "X.T @ dZ"}),
        Mistake("decoder_only", "dW has the decoder's path only (or the encoder's was overwritten by it): W is used in two places, and both are added.", {DW: "dR.T @ A"}),
        Mistake("decoder_path_not_transposed", "the decoder's gradient is added as it is: it is the gradient by W.T, so transpose it. Without that it runs only where W is square.", {DW: "X.T @ dZ + A.T @ dR"}),
        Mistake("paths_averaged", "the two paths are averaged: they are added.", {DW: "(X.T @ dZ + dR.T @ A) / 2"}),
        Mistake("paths_subtracted", "the two paths are subtracted: they are added.", {DW: "X.T @ dZ - dR.T @ A"}),
        Mistake("input_for_code", "the decoder's path is made from X: what went into the decoder is the code A. It runs only where W is square.", {DW: "X.T @ dZ + dR.T @ X"}),
        Mistake("averaged_again_dW", "dW is divided by N once more: the mean is already in dR.", {DW: "(X.T @ dZ + dR.T @ A) / len(X)"}),
        Mistake("averaged_again_db", "db is averaged over the samples: the mean is already in dR.", {"dZ.sum(axis=0)": "dZ.mean(axis=0)"}),
        Mistake("not_summed_db", "db still has one row a sample: the one bias serves all samples.", {"dZ.sum(axis=0)": "dZ"}),
        Mistake("wrong_axis_db", "db is summed over the units (axis 1) and not over the samples (axis 0).", {"dZ.sum(axis=0)": "dZ.sum(axis=1)"}),
        Mistake("averaged_again_dc", "dc is averaged over the samples: the mean is already in dR.", {"dR.sum(axis=0)": "dR.mean(axis=0)"}),
        Mistake("not_summed_dc", "dc still has one row a sample: the one bias serves all samples.", {"dR.sum(axis=0)": "dR"}),
        Mistake("wrong_axis_dc", "dc is summed over the outputs (axis 1) and not over the samples (axis 0).", {"dR.sum(axis=0)": "dR.sum(axis=1)"}),
    ),
)  # fmt: skip
