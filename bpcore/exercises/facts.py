"""The general mistakes: what is certain about wrong numbers in any exercise, found without a bank.

Each detector looks at all failing cases at once and speaks only when what it says holds in every one of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcore.exercises.compare import Missing, close, differing, numbers


@dataclass(frozen=True)
class Pair:
    """One failing case: the answer's value, the expected one, and what the sizes in it are called."""

    own: Any
    expected: Any
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Fact:
    """A general mistake: its name (empty when it only says where the values differ) and a sentence."""

    name: str
    message: str


def find_fact(pairs: Sequence[Pair], rtol: float) -> Fact:
    """The first thing that is certain of all the failing cases."""
    for detector in (_nothing, _unreadable):
        if fact := detector(pairs):
            return fact
    arrays = [Pair(numbers(p.own), np.asarray(p.expected), p.sizes) for p in pairs]
    if any(p.expected.dtype.kind not in "biufc" for p in arrays):
        return Fact("", f"Yours is {_shown(pairs[0].own)}; expected {_shown(pairs[0].expected)}.")
    for detector in (
        _broadcast,
        _missing_sum,
        _summed_too_far,
        _transposed,
        _shape,
        _not_finite,
        _zeros,
        _factor,
        _integers,
    ):
        if fact := detector(arrays, rtol):
            return fact
    return _where(arrays[0], rtol)


def _nothing(pairs: Sequence[Pair]) -> Fact | None:
    if all(p.own is None for p in pairs):
        return Fact("forgot_return", "Your function gives back None: did you forget `return`?")
    if all(isinstance(p.own, dict) and p.own.get("opaque") == "ellipsis" for p in pairs):
        return Fact("blank_left", "It is still `...`: the blank has not been filled in.")
    if all(isinstance(p.own, Missing) for p in pairs):
        return Fact(
            "missing_result", "Your result has no such part. Look at what the statement asks the function to return."
        )
    return None


def _unreadable(pairs: Sequence[Pair]) -> Fact | None:
    for p in pairs:
        if isinstance(p.expected, str | bool) or p.expected is None:
            continue
        if numbers(p.own) is None or numbers(p.own).dtype.kind == "c":
            return Fact("not_numbers", f"Numbers are expected here; yours is {_shown(p.own)}.")
    return None


def _broadcast(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    def grew(p: Pair) -> bool:
        n = p.expected.size
        return n > 1 and p.expected.shape in ((n,), (n, 1)) and p.own.shape == (n, n)

    if _all(pairs, grew):
        n = pairs[0].expected.size
        return Fact(
            "broadcast",
            f"Yours has shape ({n}, {n}) where {pairs[0].expected.shape} is expected: somewhere an array of shape ({n},) met one of shape "
            f"({n}, 1), and numpy paired every row with every other row. Print the two shapes and reshape one of them.",
        )
    return None


def _missing_sum(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for axis in (0, -1):
        for reduce, verb in ((np.sum, "summed"), (np.mean, "averaged")):
            if _all(
                pairs,
                lambda p, a=axis, r=reduce: (
                    p.own.ndim == p.expected.ndim + 1 and p.own.size and close(r(p.own, axis=a), p.expected, rtol)
                ),
            ):
                n = pairs[0].own.shape[axis]
                return Fact(
                    "missing_sum",
                    f"Yours still has one entry for each of {n}{_label(n, pairs[0])} and would be right if it were {verb} over them "
                    f"(axis {axis % pairs[0].own.ndim}).",
                )
    return None


def _summed_too_far(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for reduce, verb in ((np.sum, "sum"), (np.mean, "mean")):
        if _all(
            pairs,
            lambda p, r=reduce: (
                p.own.ndim == 0 and p.expected.size > 1 and close(p.own, np.asarray(r(p.expected)), rtol)
            ),
        ):
            return Fact(
                "summed_too_far",
                f"Yours is the {verb} of the expected {pairs[0].expected.shape} array over everything: one number for all.",
            )
        for axis in (0, 1):
            if _all(
                pairs, lambda p, r=reduce, a=axis: p.expected.ndim == 2 and close(p.own, r(p.expected, axis=a), rtol)
            ):
                return Fact(
                    "summed_too_far",
                    f"Yours is the expected {pairs[0].expected.shape} array with its axis {axis} collapsed by a {verb}.",
                )
    return None


def _transposed(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    if _all(pairs, lambda p: p.expected.ndim == 2 and close(p.own, p.expected.T, rtol)):
        return Fact(
            "transposed", "Yours is exactly the transpose of what is expected: rows and columns have changed places."
        )
    return None


def _shape(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for p in pairs:
        if p.own.shape != p.expected.shape and _squeeze(p.own).shape != _squeeze(p.expected).shape:
            told = " ".join(dict.fromkeys(f"{n} is {_label(n, p)[2:-1]}." for n in p.own.shape if _label(n, p)))
            return Fact("shape", f"Yours has shape {p.own.shape}; {p.expected.shape} is expected. {told}".strip())
        if p.own.shape != p.expected.shape:
            return Fact(
                "exact_shape",
                f"Yours has shape {p.own.shape}; here exactly {p.expected.shape} is asked for, since an axis of length one broadcasts.",
            )
    return None


def _not_finite(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for p in pairs:
        bad = ~np.isfinite(p.own.astype(np.float64)) & np.isfinite(p.expected.astype(np.float64))
        if bad.any():
            index = tuple(int(i) for i in np.argwhere(bad)[0])
            kind = "nan" if np.isnan(p.own[index]) else "inf"
            return Fact(
                "not_finite",
                f"Yours is {kind} at {list(index)} where a finite number is expected: something overflowed, or 0 was divided by 0.",
            )
    return None


def _zeros(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    if _all(pairs, lambda p: not p.own.any() and p.expected.any()):
        return Fact("zeros", "Yours is zero everywhere.")
    return None


def _factor(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    factors = []
    for p in pairs:
        own, ours = _squeeze(p.own).astype(np.float64), _squeeze(p.expected).astype(np.float64)
        if own.shape != ours.shape or not ours.any():
            return None
        factor = float(np.vdot(ours, own) / np.vdot(ours, ours))
        if not close(own, factor * ours, rtol):
            return None
        factors.append(factor)
    if len(pairs) < 2 and np.unique(pairs[0].expected).size < 3:
        return None  # one number is always some multiple of another
    return _explain_factor(factors, pairs)


def _explain_factor(factors: list[float], pairs: Sequence[Pair]) -> Fact | None:
    def fits(target: Callable[[int], float], label: str) -> bool:
        return all(
            label in p.sizes and np.isclose(f, target(p.sizes[label])) for f, p in zip(factors, pairs, strict=True)
        )

    if np.allclose(factors, -1):
        return Fact("sign", "Yours is exactly the negative of what is expected: a sign is turned round.")
    for sign, minus in ((1, ""), (-1, "minus ")):
        flipped = ", with the sign turned round" if sign < 0 else ""
        for label, n in pairs[0].sizes.items():
            if fits(lambda size, s=sign: s * size, label):
                return Fact("factor_size", f"Yours is {minus}{n} times what is expected, and {n} is {label}{flipped}.")
            if fits(lambda size, s=sign: s / size, label):
                return Fact(
                    "factor_one_over_size", f"Yours is {minus}1/{n} of what is expected, and {n} is {label}{flipped}."
                )
    if np.allclose(factors, factors[0]) and len(pairs) > 1:
        return Fact("factor", f"Yours is {factors[0]:.6g} times what is expected, in every case.")
    if np.unique(pairs[0].expected).size >= 3:
        return Fact("factor", f"Yours is what is expected times one number ({factors[0]:.6g} in this case).")
    return None


def _integers(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for rounding in (np.trunc, np.rint, np.floor):
        if _all(pairs, lambda p, r=rounding: p.own.shape == p.expected.shape and np.array_equal(p.own, r(p.expected))):
            return Fact(
                "integers",
                "Yours is what is expected with the digits after the point cut off: an array in it has an integer dtype.",
            )
    return None


def _where(pair: Pair, rtol: float) -> Fact:
    wrong = differing(_squeeze(pair.own), _squeeze(pair.expected), rtol)
    total, bad = wrong.size, int(wrong.sum())
    if total == 1:
        return Fact("", "")
    text = f"{bad} of {total} entries differ."
    if wrong.ndim == 2:
        for axis, noun in ((1, "row"), (0, "column")):
            lines = np.flatnonzero(wrong.any(axis=axis))
            if lines.size < wrong.any(axis=axis).size:
                text += f" They are in {noun} {', '.join(map(str, lines[:6]))}; every other {noun} is right."
                break
        if wrong.shape[0] == wrong.shape[1] and not wrong.diagonal().any():
            text += " The diagonal is right."
    return Fact("", text)


def _all(pairs: Sequence[Pair], test: Callable[[Pair], Any]) -> bool:
    return all(bool(test(p)) for p in pairs)


def _squeeze(array: np.ndarray) -> np.ndarray:
    return np.squeeze(array)


def _label(n: int, pair: Pair) -> str:
    return next((f" ({label})" for label, size in pair.sizes.items() if size == n), "")


def _shown(value: Any) -> str:
    if isinstance(value, Missing):
        return "not there"
    if isinstance(value, dict):
        return f"a value of type {value['opaque']}" if "opaque" in value else "a dict"
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}" if value.ndim else repr(value.item())
    return repr(value) if isinstance(value, str | bool | int | float) or value is None else f"a {type(value).__name__}"
