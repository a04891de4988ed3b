"""Layers that read sequences one step at a time, carrying a state along: the plain one, and the one with gates."""

from typing import Any

import numpy as np

from bpcore.errors import DataError, ShapeError, require_rng
from bpcore.functional import hold, hold_vjp, lstm, lstm_vjp, rnn, rnn_vjp
from bpcore.initializers import glorot, orthogonal
from bpcore.layers.base import Layer, Parameter, all_finite, require_numbers

RETURNS = ("both", "last", "all")
Output = np.ndarray | tuple[np.ndarray, np.ndarray]
# The state before the first step; an LSTM may be given the pair of state and cell.
Start = np.ndarray | tuple[np.ndarray, np.ndarray] | None


class _Recurrent(Layer):
    """What RNN and LSTM share: parameters [U (d, g h), W (h, g h), b (g h,)] with g gates, sequences of different
    length, and the choice of what is handed on."""

    gates = 1

    def __init__(
        self,
        in_features: int,
        units: int,
        *,
        rng: np.random.Generator,
        returns: str = "both",
        truncate: int | None = None,
        padding: float | None = None,
    ):
        who = f"{type(self).__name__}({in_features!r}, {units!r})"
        require_rng(rng, who)
        if not all(_whole(n) and n > 0 for n in (in_features, units)):
            raise DataError(f"{who}: both sizes must be whole numbers of at least 1.")
        if returns not in RETURNS:
            raise DataError(
                f'{who}: returns={returns!r} is not known. Use "last" for one state a sequence (a Dense can follow), '
                '"all" for one a step (another recurrent layer can follow), or "both" for the pair.'
            )
        if truncate is not None and not (_whole(truncate) and truncate >= 0):
            raise DataError(
                f"{who}: truncate={truncate!r} must be a whole number of steps, at least 0, or None to carry errors "
                "back to the beginning."
            )
        if padding is not None and not np.isfinite(padding):
            raise DataError(
                f"{who}: padding={padding!r} must be a finite number that no real step consists of, such as -1.0: "
                "NaN is not equal to itself, so it cannot be looked for."
            )
        self.in_features, self.units = in_features, units
        self.returns, self.truncate, self.padding = returns, truncate, padding
        # Each gate is drawn as the square matrix it is: side by side, they would be taken for one wide one.
        self.U = Parameter(np.hstack([glorot((in_features, units), rng) for _ in range(self.gates)]))
        self.W = Parameter(np.hstack([orthogonal((units, units), rng) for _ in range(self.gates)]))
        self.b = Parameter(np.zeros(self.gates * units))
        self.grad_h0: np.ndarray | None = None

    def forward(self, X: np.ndarray, h0: Start = None, mask: np.ndarray | None = None) -> Output:
        """The states along every sequence of the batch X (N, T, d); the pass is remembered for backward.

        h0 (N, h) is the state before the first step, 0 unless given. mask (N, T) holds booleans, True where a step is
        real: in each row first True, then False. Beyond its end a sequence is not read, and its state holds: outputs
        there repeat the last real state, so that last = outputs[:, -1] always.

        Returns outputs (N, T, h) and last (N, h), or one of them: see `returns`.
        Raises ShapeError for an X, h0 or mask of the wrong shape; DataError for a mask that is not made of such
        booleans, for a sequence with no real step, and for NaN or infinity in a real step.
        """
        output, saved = self.compute(X, h0, mask)
        self._memory = saved, (*saved[0].shape[:2], self.units)
        self.grad_h0 = None
        return output

    def predict(self, X: np.ndarray, h0: Start = None, mask: np.ndarray | None = None) -> Output:
        """What forward gives for X, remembering nothing."""
        return self.compute(X, h0, mask)[0]

    def compute(self, X: np.ndarray, h0: Start = None, mask: np.ndarray | None = None) -> tuple[Output, Any]:
        X, mask = self._checked(X, mask)
        trace = self.unroll(X, h0)
        outputs = trace[0][:, 1:]
        if mask is not None:
            outputs = hold(outputs, mask)
        output = {"both": (outputs, outputs[:, -1]), "all": outputs, "last": outputs[:, -1]}[self.returns]
        return output, (X, mask, trace)

    def backward(self, grad_output: np.ndarray | None = None, grad_last: np.ndarray | None = None) -> np.ndarray:
        """From the gradients of what forward returned to dL/dX (N, T, d), adding to every parameter's .grad.

        returns="both" takes grad_output (N, T, h) and grad_last (N, h), where either may be None for "no error there";
        the other settings take the one gradient. The gradient of h0 is in .grad_h0 afterwards.

        Raises OrderError when there was no forward, or its pass has gone back already; ShapeError when a gradient is
        not shaped like its output; DataError when it is not made of finite numbers.
        """
        return self._through_time(grad_output, grad_last, to_X=True)

    def backward_to_parameters(self, grad_output: np.ndarray) -> None:
        """As backward, without the gradient of X, which training does not need. Raises as backward does."""
        if "backward" in vars(self):
            self.backward(grad_output)
        else:
            self._through_time(grad_output, None, to_X=False, looked=True)

    def _through_time(
        self, grad_output: np.ndarray | None, grad_last: np.ndarray | None, to_X: bool, looked: bool = False
    ) -> np.ndarray | None:
        self._require_pass()
        (X, mask, trace), shape = self._memory
        if self.returns == "last" and grad_last is None:
            grad_output, grad_last = None, grad_output
        if (grad_output is None and grad_last is None) or (
            self.returns != "both" and grad_output is not None and grad_last is not None
        ):
            raise ShapeError(
                f"{self!r}.backward needs "
                + ("grad_output (N, T, h), grad_last (N, h), or both." if self.returns == "both" else "one gradient.")
            )
        # Time first in memory, which is how functional will read it.
        if grad_output is None:
            grad = np.zeros((shape[1], shape[0], shape[2]), self.dtype).swapaxes(0, 1)
        else:
            grad = self._like(grad_output, shape, "outputs", looked).astype(self.dtype, copy=grad_last is not None)
        if grad_last is not None:
            grad[:, -1] += self._like(grad_last, (shape[0], shape[2]), "last state", looked)
        if mask is not None:
            grad = hold_vjp(grad, mask)
        grad_X, grad_U, grad_W, grad_b = self.unroll_back(grad, X, trace, to_X)
        self.U.gather(grad_U)
        self.W.gather(grad_W)
        self.b.gather(grad_b)
        self._memory = ()
        return grad_X

    def unroll(self, X: np.ndarray, h0: Start) -> tuple[np.ndarray, ...]:
        """The states (N, T + 1, h), the start included, and whatever else the way back will need."""
        raise NotImplementedError(f"{type(self).__name__} must define unroll(X, h0) -> (states, ...).")

    def unroll_back(
        self, grad: np.ndarray, X: np.ndarray, trace: tuple[np.ndarray, ...], to_X: bool
    ) -> tuple[np.ndarray | None, ...]:
        """The gradients of X (None unless to_X), U, W and b; that of the start is kept in .grad_h0."""
        raise NotImplementedError(f"{type(self).__name__} must define unroll_back(grad, X, trace, to_X).")

    def parameters(self) -> list[Parameter]:
        return [self.U, self.W, self.b]

    def output_shape(self, shape: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if self.returns == "both":
            raise ShapeError(
                f"{self!r} hands on two arrays, and a layer in a Sequential takes one: build it with "
                'returns="last" (one state a sequence) or returns="all" (one a step).'
            )
        if shape is not None and (len(shape) != 2 or shape[1] != self.in_features):
            seen = ", ".join(map(str, ("N", *shape)))
            raise ShapeError(
                f"{self!r} needs sequences of shape (N, T, {self.in_features}) and got ({seen}); after another "
                'recurrent layer, that one needs returns="all".'
            )
        if self.returns == "last":
            return (self.units,)
        return None if shape is None else (shape[0], self.units)

    def __repr__(self) -> str:
        extra = "" if self.returns == "both" else f', returns="{self.returns}"'
        return f"{type(self).__name__}({self.in_features}, {self.units}{extra})"

    def _checked(self, X: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        X = np.asarray(require_numbers(self, X, finite=False), dtype=self.dtype)
        if X.ndim != 3 or X.shape[2] != self.in_features or not X.shape[1]:
            hint = (
                "for one sequence write X[None]; for sequences of single numbers, X[..., None]"
                if X.ndim == 2
                else "a sequence needs at least one step"
                if X.ndim == 3 and not X.shape[1]
                else "the axes are sample, time, feature, in this order"
            )
            raise ShapeError(
                f"{self!r} needs sequences of shape (N, T, {self.in_features}) and got {X.shape}; try: {hint}."
            )
        if mask is not None and self.padding is not None:
            raise DataError(
                f"{self!r} was given a mask, but was built with padding={self.padding}: use one of the two."
            )
        if self.padding is not None:
            mask = (np.asarray(self.padding, X.dtype) != X).any(axis=2)
        if mask is not None:
            mask = self._checked_mask(mask, X.shape[:2])
            # What stands beyond the end is not read; 0 keeps it from spoiling a sum, were it NaN.
            X = np.where(mask[..., None], X, 0)
        # Time first in memory from here on, so that neither forward nor backward has to turn it round again.
        X = np.ascontiguousarray(X.swapaxes(0, 1)).swapaxes(0, 1)
        if not all_finite(X):
            n, t, j = np.argwhere(~np.isfinite(X))[0]
            raise DataError(
                f"X[{n}, {t}, {j}] is {X[n, t, j]}, and every later state would be spoilt by it. If it only fills up a "
                "short sequence, pass mask=, True where a step is real. If it began during training, lower lr."
            )
        return X, mask

    def _checked_mask(self, mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        mask = np.asarray(mask)
        if mask.shape != shape:
            raise ShapeError(
                f"The mask has shape {mask.shape}; X has {shape} samples and steps, and the mask one entry each."
            )
        if mask.dtype != bool:
            raise DataError(
                f"The mask holds {mask.dtype}, where booleans are needed, True where a step is real. From lengths: "
                "mask = np.arange(T) < lengths[:, None]."
            )
        empty = np.flatnonzero(~mask[:, 0])
        late = np.flatnonzero((mask[:, 1:] & ~mask[:, :-1]).any(axis=1))
        for rows, fault in [(empty, "does not begin with a real step"), (late, "has a real step after its end")]:
            if rows.size:
                cause = "Is the mask inverted, or the padding in front?"
                if self.padding is not None:
                    cause = f"A step counts as padding when all its features are {self.padding}: choose another value."
                raise DataError(
                    f"Sequence {rows[0]} {fault}. Real steps come first, and what fills it up comes after. {cause}"
                )
        return mask

    def _state(self, h: np.ndarray | None, N: int, name: str) -> np.ndarray:
        if h is None:
            return np.zeros((N, self.units), self.dtype)
        h = np.asarray(require_numbers(self, h, name), dtype=self.dtype)
        if h.shape != (N, self.units):
            raise ShapeError(
                f"{name} has shape {h.shape}; this batch needs (N, h) = {(N, self.units)}, a state a sample."
            )
        return h

    def _like(self, grad: np.ndarray, shape: tuple[int, ...], name: str, looked: bool) -> np.ndarray:
        grad = require_numbers(self, grad, f"the gradient of its {name}", finite=not looked)
        if grad.shape != shape:
            raise ShapeError(
                f"{self!r}.backward was given a gradient of shape {grad.shape} for its {name} of shape {shape}. "
                "A gradient has the shape of what it belongs to. Did another batch go forward in between?"
            )
        return grad


class RNN(_Recurrent):
    """h[t] = tanh(x[t] U + h[t−1] W + b), through time; parameters [U (d, h), W (h, h), b (h,)].

    X (N, T, d) -> outputs (N, T, h), last (N, h), the state after each sequence's last real step.

    returns   "both" hands on the pair; "last" and "all" one of them, as a layer in a Sequential must
    truncate  k: errors are carried back over at most k links between states; None: to the beginning
    padding   for sequences filled up to one length: a step whose features all equal this number is not real.
              It makes the mask where none can be passed, in a Sequential and in train

    U is drawn as "glorot", W as "orthogonal", which by itself lets no error vanish or grow; b starts at 0.
    Raises DataError for sizes below 1, no rng, and for options that are not as above.

    Source: Elman (1990); learnt through time, Rumelhart et al. (1986) and Werbos (1990).
    """

    def unroll(self, X: np.ndarray, h0: Start) -> tuple[np.ndarray]:
        return (rnn(X, self.U.data, self.W.data, self.b.data, self._state(h0, len(X), "h0")),)

    def unroll_back(
        self, grad: np.ndarray, X: np.ndarray, trace: tuple[np.ndarray, ...], to_X: bool
    ) -> tuple[np.ndarray | None, ...]:
        *gradients, self.grad_h0 = rnn_vjp(grad, X, *trace, self.U.data, self.W.data, self.truncate, to_X)
        return tuple(gradients)


class LSTM(_Recurrent):
    """Long short-term memory, through time; parameters [U (d, 4h), W (h, 4h), b (4h,)], gates in the order i, f, u, o.

    c[t] = f · c[t−1] + i · u and h[t] = o · tanh c[t]; functional.lstm has the whole formula. Used like RNN, with
    the same options; what it hands on are the states h. h0 may be the pair (h0, c0); a single array leaves c0 at 0.
    After forward, .last_cell (N, h) is the c that belongs to `last`, to go on from in the next piece of a long
    sequence; after backward, .grad_h0 and .grad_c0 are the gradients of the start.

    b starts at 0, and at 1 for the gate f, so that at first it remembers (Gers, Schmidhuber & Cummins, 2000).

    Source: Hochreiter & Schmidhuber, "Long short-term memory" (1997).
    """

    gates = 4

    def __init__(self, in_features: int, units: int, **options):
        super().__init__(in_features, units, **options)
        self.b.data[units : 2 * units] = 1
        self.grad_c0: np.ndarray | None = None
        self.last_cell: np.ndarray | None = None

    def forward(self, X: np.ndarray, h0: Start = None, mask: np.ndarray | None = None) -> Output:
        output = super().forward(X, h0, mask)
        _, mask, (_, cells, _) = self._memory[0]
        self.last_cell = (cells[:, 1:] if mask is None else hold(cells[:, 1:], mask))[:, -1]
        self.grad_c0 = None
        return output

    def unroll(self, X: np.ndarray, h0: Start) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        h0, c0 = h0 if isinstance(h0, tuple) and len(h0) == 2 else (h0, None)
        start = self._state(h0, len(X), "h0"), self._state(c0, len(X), "c0")
        return lstm(X, self.U.data, self.W.data, self.b.data, *start)

    def unroll_back(
        self, grad: np.ndarray, X: np.ndarray, trace: tuple[np.ndarray, ...], to_X: bool
    ) -> tuple[np.ndarray | None, ...]:
        *gradients, self.grad_h0, self.grad_c0 = lstm_vjp(
            grad, X, *trace, self.U.data, self.W.data, self.truncate, to_X
        )
        return tuple(gradients)


def _whole(n: object) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)
