"""The layer that settles: its output depends on itself, and so does its error on the way back."""

from typing import Any

import numpy as np

from bpcore.errors import DataError, NotSettledError, ShapeError, require_rng
from bpcore.functional import (
    dense,
    fixed_point_adjoint,
    fixed_point_jacobian,
    fixed_point_step,
    fixed_point_vjp,
)
from bpcore.initializers import glorot, orthogonal
from bpcore.layers.base import Layer, Parameter, require_numbers
from bpcore.layers.settling import Anderson, Damped, Newton, SettlingReport, settle

SOLVERS = ("iterate", "direct", "anderson")


class FixedPoint(Layer):
    """y = tanh(y W + x U + b), settled; parameters [U (d, h), W (h, h), b (h,)]; x (N, d) -> y (N, h).

    Forward looks for y; backward for z = (z ⊙ (1 − y²)) Wᵀ + e, with e the gradient of y. Memory does not grow with the
    number of iterations: only the settled y is kept. Both ways, the solver is

    "iterate"   y ← y + relaxation · (tanh(y W + x U + b) − y), and z in the same way with the same relaxation
    "anderson"  the same, each move corrected by the last five: far fewer moves where the spectral radius is near 1, but
                each costs a least-squares problem a sample
    "direct"    forward Newton's method, backward one linear system (I − J) z = e a sample: exact, N h³ operations and
                N h² numbers an iteration, and no relaxation

    until the residual is below tol (of z: tol times the largest error), or for max_iter iterations. .report then says
    how it went, and after backward .adjoint_report says the same of z. "anderson" and "direct" also find settled states
    from which "iterate" departs; the gradient there is right as well.

    U is drawn as "glorot", W as half of "orthogonal": it halves every distance, so a new layer settles, whatever it is
    given; b starts at 0. Training tends to widen W, to where the state settles slowly and then not at all. There
    backward raises, and the error says what to try; relaxation=0.5, max_iter=2000 and a small learning rate help.
    As tanh makes no distance longer, a W with np.linalg.norm(W, 2) < 1 always settles: W may be scaled back to that.

    Raises DataError for sizes below 1, no rng, an unknown solver, or a tol, max_iter or relaxation that is not above 0.

    Source: Almeida, "A learning rule for asynchronous perceptrons with feedback" (1987); Pineda, "Generalization of
    back-propagation to recurrent neural networks" (1987), whose network moves in continuous time.
    """

    def __init__(
        self,
        in_features: int,
        units: int,
        *,
        rng: np.random.Generator,
        tol: float = 1e-10,
        max_iter: int = 500,
        relaxation: float = 1.0,
        solver: str = "iterate",
    ):
        who = f"FixedPoint({in_features!r}, {units!r})"
        require_rng(rng, who)
        for name, n in [("in_features", in_features), ("units", units), ("max_iter", max_iter)]:
            if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
                raise DataError(f"{who}: {name}={n!r} must be a whole number of at least 1.")
        for name, x in [("tol", tol), ("relaxation", relaxation)]:
            if not (isinstance(x, (int, float, np.number)) and 0 < x < np.inf):
                raise DataError(f"{who}: {name}={x!r} must be a number above 0, and finite.")
        if solver not in SOLVERS:
            raise DataError(f"{who}: solver={solver!r} is not known: use {', '.join(map(repr, SOLVERS))}.")
        self.in_features, self.units = in_features, units
        self.tol, self.max_iter, self.relaxation, self.solver = float(tol), max_iter, float(relaxation), solver
        self.U = Parameter(glorot((in_features, units), rng))
        self.W = Parameter(0.5 * orthogonal((units, units), rng))
        self.b = Parameter(np.zeros(units))
        self.report: SettlingReport | None = None
        self.adjoint_report: SettlingReport | None = None

    def forward(self, X: np.ndarray, y0: np.ndarray | None = None) -> np.ndarray:
        """The settled state for every row of X (N, d), or the last one if it did not settle: .report tells which.

        y0 (N, h) is the start, 0 unless given. Where there is more than one settled state, the start decides which is
        found; near that state it makes no difference, and so it has no gradient.

        Raises ShapeError for an X or y0 of the wrong shape, DataError for NaN or infinity in them.
        """
        y, saved = self.compute(X, y0)
        self._memory = saved, y.shape
        self.report, self.adjoint_report = saved[2], None
        return y

    def predict(self, X: np.ndarray, y0: np.ndarray | None = None) -> np.ndarray:
        """What forward gives for X, remembering and reporting nothing."""
        return self.compute(X, y0)[0]

    def compute(self, X: np.ndarray, y0: np.ndarray | None = None) -> tuple[np.ndarray, Any]:
        X = np.asarray(require_numbers(self, X, finite=False), dtype=self.dtype)
        if X.ndim != 2 or X.shape[1] != self.in_features:
            hint = "for one sample write X[None, :]" if X.ndim == 1 else "samples go in rows"
            raise ShapeError(f"{self!r} needs a batch of shape (N, {self.in_features}) and got {X.shape}; {hint}.")
        start = np.zeros((len(X), self.units), X.dtype) if y0 is None else y0
        start = np.asarray(require_numbers(self, start, "y0", finite=False), dtype=X.dtype)
        if start.shape != (len(X), self.units):
            raise ShapeError(f"y0 has shape {start.shape}; this batch needs {(len(X), self.units)}, a start a sample.")
        for name, array in [("X", X), ("y0", start)]:
            if not np.isfinite(array).all():
                raise DataError(f"{name} holds NaN or infinity, from where nothing settles. In training: lower lr.")
        # A copy of W, so that the report still speaks of this pass when the optimizer has moved on.
        drive, W = dense(X, self.U.data, self.b.data), self.W.data.copy()

        def step(y: np.ndarray) -> np.ndarray:
            return fixed_point_step(y, drive, W)

        # Newton hands over y + change, which is step(y).
        move = Newton(lambda a: fixed_point_jacobian(a, W)) if self.solver == "direct" else self._mover()
        y, *outcome = settle(step, start, move, tol=self.tol, max_iter=self.max_iter)
        return y, (X, y, SettlingReport(*outcome, step(y), W))

    def pull_back(self, grad_output: np.ndarray, saved: tuple[np.ndarray, np.ndarray, SettlingReport]) -> np.ndarray:
        """Let the error settle, add to the parameters' .grad, return the gradient of X.

        Raises NotSettledError unless the forward state and the error have both converged; .grad is then as before.
        """
        return self._pull_back(grad_output, saved, to_X=True)

    def gather_gradients(self, grad_output: np.ndarray, saved: tuple[np.ndarray, np.ndarray, SettlingReport]) -> None:
        self._pull_back(grad_output, saved, to_X=False)

    def _pull_back(
        self, grad_output: np.ndarray, saved: tuple[np.ndarray, np.ndarray, SettlingReport], to_X: bool
    ) -> np.ndarray | None:
        X, y, _ = saved
        z = self._let_error_settle(grad_output, saved)
        grad_X, *gradients = fixed_point_vjp(z, X, y, self.U.data, to_X)
        for parameter, gradient in zip(self.parameters(), gradients, strict=True):
            parameter.gather(gradient)
        return grad_X

    def _let_error_settle(
        self, grad_output: np.ndarray, saved: tuple[np.ndarray, np.ndarray, SettlingReport]
    ) -> np.ndarray:
        _, y, report = saved
        if report.status != "converged":
            raise NotSettledError(
                f"{self!r}: the state {report}, and an error may only go back from a settled state. "
                + self._advice(report)
            )
        z, self.adjoint_report = self._settled_error(np.asarray(grad_output, dtype=y.dtype), y)
        if self.adjoint_report.status != "converged":
            raise NotSettledError(
                f"{self!r}: the state settled, but the error {self.adjoint_report}. The spectral radius there is "
                f"{report.spectral_radius:.4g}. " + self._advice(report)
            )
        return z

    def _settled_error(self, e: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, SettlingReport]:
        W = self.W.data
        # z is as large as e, whatever that is; what is let settle is of the size of 1, like y.
        scale = np.abs(e).max(initial=0)
        e = e / scale if 0 < scale < np.inf else e
        step = fixed_point_adjoint(e, y, W)
        # The step's own Jacobian is Jᵀ, wherever z is: it is linear, and Newton's first move lands where it settles.
        direct = self.solver == "direct"
        move = Newton(lambda _: fixed_point_jacobian(y, W).swapaxes(1, 2)) if direct else self._mover()
        z, *outcome = settle(step, e, move, tol=self.tol, max_iter=self.max_iter)
        return z * scale, SettlingReport(*outcome, y, W)

    def _mover(self) -> Damped | Anderson:
        return (Anderson if self.solver == "anderson" else Damped)(self.relaxation)

    def _advice(self, report: SettlingReport) -> str:
        less = f"relaxation={self.relaxation / 2:g} instead of {self.relaxation:g}"
        other = "" if self.solver == "anderson" else 'solver="anderson", '
        smaller = "or smaller weights W (in training: a smaller learning rate)."
        if self.solver == "direct":
            return f'Try another start y0, solver="iterate" with a relaxation below 1, {smaller}'
        if report.status in ("cycle", "diverged"):
            return f"Try {less}, which damps the swing, {other}{smaller}"
        if report.status == "max_iter":
            return f"Try a larger max_iter than {self.max_iter}, {other}{less}, {smaller}"
        # What is left is a settled state whose error did not settle.
        limit = report.relaxation_limit
        if 0 < limit <= self.relaxation:
            return f"Try a relaxation below {limit:.3g}, where it settles, {smaller}"
        return f'Try a smaller tol, as the state may still creep, a larger max_iter, solver="direct", {smaller}'

    def parameters(self) -> list[Parameter]:
        return [self.U, self.W, self.b]

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...]:
        if shape is not None and shape != (self.in_features,):
            seen = ", ".join(map(str, ("N", *shape)))
            raise ShapeError(f"{self!r} needs shape (N, {self.in_features}) and got ({seen}).")
        return (self.units,)

    def __repr__(self) -> str:
        return f"FixedPoint({self.in_features}, {self.units})"
