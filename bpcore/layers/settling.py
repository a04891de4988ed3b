"""Letting something settle: y moves towards step(y) in one of three ways, and a report says how it went."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bpcore.functional import fixed_point_jacobian

# A state as large as this is lost: what settles here is of the size of 1, or of 1 / (1 − ρ).
LOST = 1e8
# How many of the last moves Anderson's method looks back on.
ANDERSON_MEMORY = 5


@dataclass(frozen=True)
class SettlingReport:
    """How a state settled, or did not. Printed, it is a sentence.

    status      'converged': the residual fell below tol; 'cycle': the state came back to where it had been, `period`
                iterations before, while it still moved; 'diverged': it grew beyond all bounds; 'max_iter': none of
                these in time
    residuals   max |step(y) − y| over the whole batch, at the start and after each iteration; the last is that of the
                state handed out
    """

    status: str
    residuals: tuple[float, ...]
    period: int | None
    # Where the step's Jacobian is to be taken, when someone asks for its eigenvalues.
    state: np.ndarray = field(repr=False, compare=False)
    W: np.ndarray = field(repr=False, compare=False)

    @property
    def iterations(self) -> int:
        """How often the state was moved."""
        return len(self.residuals) - 1

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """All the eigenvalues λ of the step's Jacobian at the state handed out, (N, h): on the way back the same."""
        return np.linalg.eigvals(fixed_point_jacobian(self.state, self.W))

    @property
    def spectral_radius(self) -> float:
        """ρ = max |λ|: how much one step without relaxation stretches a small disturbance in the long run.

        Below 1, the state draws its neighbours in. It is an estimate of the ρ of the settled state in so far as this
        state is near it. It is computed when it is first asked for, from (N, h, h) numbers.
        """
        return float(np.abs(self.eigenvalues).max())

    @property
    def relaxation_limit(self) -> float:
        """Below this relaxation a damped step settles from nearby: min 2 (1 − Re λ) / |1 − λ|²; 0 if it never does."""
        gap = 1 - self.eigenvalues
        with np.errstate(divide="ignore", invalid="ignore"):
            limits = np.where(gap.real > 0, 2 * gap.real / np.abs(gap) ** 2, 0)
        return float(limits.min())

    def __str__(self) -> str:
        what = {
            "converged": "converged",
            "cycle": f"went round in a cycle of {self.period} states",
            "diverged": "diverged",
            "max_iter": "had not settled",
        }[self.status]
        n = self.iterations
        return (
            f"{what} after {n} iteration{'s' * (n != 1)}; residual {self.residuals[0]:.2g} to {self.residuals[-1]:.2g}"
        )


def settle(
    step: Callable[[np.ndarray], np.ndarray],
    y: np.ndarray,
    move: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    tol: float,
    max_iter: int,
) -> tuple[np.ndarray, str, tuple[float, ...], int | None]:
    """From the start y, go to move(y, change) with change = step(y) − y, until max |change| < tol · max(1, |y|).

    Returns the last state, and the status, residuals and period for its SettlingReport. Two states are all that is
    kept, however many iterations it takes. tol is raised to what the dtype can show, 16 eps: 2e-6 in float32.
    """
    eps = float(np.finfo(y.dtype).eps)
    tol = max(tol, 16 * eps)
    residuals: list[float] = []
    status, period, milestone, since, lap = "", None, y, 0, 1
    room = np.empty(y.shape, y.dtype)
    flat = room.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        while not status:
            change = step(y) - y
            place = np.abs(change, out=room).argmax()  # numpy finds the place in half the time that max takes
            residual = float(flat[place])
            size = max(1.0, float(flat[np.abs(y, out=room).argmax()]))
            residuals.append(residual)
            if not max(residual, size) < LOST:  # written so that NaN is lost too
                status = "diverged"
            elif residual < tol * size:
                status = "converged"
            # Brent's way to find a cycle of any length: compare with a milestone, set anew after 1, 2, 4, … moves.
            # Only large moves that lead back exactly are a cycle: slow oscillation nearly comes back, and settles.
            # What moves most tells as a rule that it is not back, without a look at the rest.
            elif (
                since > 1
                and residual > 1e4 * eps
                and abs(y.flat[place] - milestone.flat[place]) <= 4 * eps * size
                and np.abs(y - milestone).max() <= 4 * eps * size
            ):
                status, period = "cycle", since
            elif len(residuals) > max_iter:
                status = "max_iter"
            else:
                if since == lap:
                    milestone, since, lap = y, 0, 2 * lap
                try:
                    y = move(y, change)
                except np.linalg.LinAlgError:
                    status = "diverged"  # no next state: the equation for it is singular
                since += 1
    return y, status, tuple(residuals), period


class Damped:
    """y + α (step(y) − y), α being the relaxation: 1 goes all the way, 0.5 half of it."""

    def __init__(self, relaxation: float):
        self.relaxation = relaxation

    def __call__(self, y: np.ndarray, change: np.ndarray) -> np.ndarray:
        return y + change if self.relaxation == 1 else y + self.relaxation * change


class Anderson:
    """The damped move, corrected by the last few: the mix of their changes that would be nearest to no change at all.

    γ = argmin |f − ΔF γ|, y ← y + α f − (ΔY + α ΔF) γ, for the change f and the last differences ΔF of changes and ΔY
    of states; each sample has its own γ.

    Source: Anderson, "Iterative procedures for nonlinear integral equations" (1965), as in Walker & Ni (2011).
    """

    def __init__(self, relaxation: float):
        self.relaxation = relaxation
        self.before: tuple[np.ndarray, np.ndarray] | None = None
        self.differences: list[tuple[np.ndarray, np.ndarray]] = []

    def __call__(self, y: np.ndarray, change: np.ndarray) -> np.ndarray:
        moved = y + self.relaxation * change
        if self.before is not None:
            self.differences.append((y - self.before[0], change - self.before[1]))
            del self.differences[: -min(ANDERSON_MEMORY, y.shape[1])]
            dY, dF = (np.stack(rows, axis=-1) for rows in zip(*self.differences, strict=True))
            mix = np.linalg.pinv(dF) @ change[..., None]
            moved = moved - ((dY + self.relaxation * dF) @ mix)[..., 0]
        self.before = y, change
        return moved


class Newton:
    """y + δ with δ (I − J) = step(y) − y: it goes where the tangent of the step would settle. No relaxation.

    J (N, h, h) is the Jacobian of the step, rows in, columns out.
    """

    def __init__(self, jacobian: Callable[[np.ndarray], np.ndarray]):
        self.jacobian = jacobian

    def __call__(self, y: np.ndarray, change: np.ndarray) -> np.ndarray:
        J = self.jacobian(y + change)
        system = np.eye(y.shape[1], dtype=y.dtype) - J.swapaxes(1, 2)
        return y + np.linalg.solve(system, change[..., None])[..., 0]
