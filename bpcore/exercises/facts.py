"""The general mistakes: what is certain about wrong numbers in any exercise, found without a bank.

Each detector looks at all failing cases at once and speaks only when what it says holds in every one of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpcore.exercises.compare import (
    Missing,
    close,
    differing,
    is_blank,
    is_opaque,
    numbers,
    scalar,
    squeezed,
    tolerance,
)

SHOWN_LIMIT = 60
LINES_LIMIT = 6
FEW_DIGITS = 1e-3

_ADVICE = {
    "generator": "`yield` makes a generator: use `return`.",
    "coroutine": "Take the word `async` away.",
    "function": "Is there a call missing, with its brackets?",
    "method": "Is there a call missing, with its brackets?",
    "builtin_function_or_method": "Is there a call missing, with its brackets?",
    "type": "Is there a call missing, with its brackets?",
    **dict.fromkeys(("map", "filter", "zip", "range", "set", "dict_values"), "Make a list or an array of it."),
}


@dataclass(frozen=True)
class Pair:
    """One failing case: the answer's value, the expected one, what the sizes in it are called, and its own name."""

    own: Any
    expected: Any
    sizes: Mapping[str, int]
    case: str = ""


@dataclass(frozen=True)
class Fact:
    """A general mistake: its name (empty when it only says where the values differ) and a sentence."""

    name: str
    message: str


def find_fact(pairs: Sequence[Pair], rtol: float, exact_shape: bool = False) -> Fact:
    """The first thing that is certain of all the failing cases. The first pair is the one that is shown."""
    first = pairs[0]
    if first.expected is None or isinstance(first.expected, str | bool):
        return _nothing(pairs) or Fact("", "")
    if fact := _nothing(pairs) or _unreadable(pairs):
        return fact
    arrays = []
    for p in pairs:
        own, expected = numbers(p.own), np.asarray(p.expected)
        if not exact_shape and squeezed(own.shape) == squeezed(expected.shape):
            own = own.reshape(expected.shape)
        arrays.append(Pair(own, expected, p.sizes, p.case))
        rtol = max(rtol, tolerance(own, rtol))
    with np.errstate(all="ignore"):
        for detector in _DETECTORS:
            if fact := detector(arrays, rtol):
                return fact
        return _where(arrays, rtol)


def _nothing(pairs: Sequence[Pair]) -> Fact | None:
    if all(p.own is None for p in pairs):
        return Fact("forgot_return", "Your function gives back None: did you forget `return`?")
    if all(is_blank(p.own) for p in pairs):
        return Fact("blank_left", "It is still `...`: the blank has not been filled in.")
    if all(isinstance(p.own, Missing) for p in pairs):
        return Fact(
            "missing_result", "Your result has no such part. Look at what the statement asks the function to return."
        )
    return None


def _unreadable(pairs: Sequence[Pair]) -> Fact | None:
    for p in pairs:
        if numbers(p.own) is None:
            where = "" if p is pairs[0] else f" in the case “{p.case}”"
            if p.own is None:
                return Fact("not_numbers", f"Yours is None{where}: is there a way through it without `return`?")
            advice = _ADVICE.get(p.own["opaque"], "") if is_opaque(p.own) else ""
            return Fact("not_numbers", f"Numbers are expected; yours is {shown(p.own)}{where}. {advice}".strip())
    return None


def _missing_sum(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for axis in (0, -1):
        for reduce, verb in ((np.sum, "summed"), (np.mean, "averaged")):

            def reduced(p: Pair, a: int = axis, r: Callable = reduce) -> bool:
                longer = p.own.ndim == p.expected.ndim + 1 and p.own.shape[a] > 1
                return longer and close(r(p.own, axis=a), p.expected, rtol)

            if _all(pairs, reduced):
                shape, n = pairs[0].own.shape, pairs[0].own.shape[axis]
                label = _label(pairs, lambda p, a=axis: p.own.shape[a])
                named = f" ({label})" if label else ""
                return Fact(
                    "missing_sum",
                    f"Yours has shape {shape}; {pairs[0].expected.shape} is expected. It still has one entry for each "
                    f"of {n}{named} and would be right if it were {verb} over them (axis {axis % len(shape)}).",
                )
    return None


def _broadcast(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    def paired(p: Pair) -> bool:
        n = p.expected.size
        square = n > 1 and p.expected.shape in ((n,), (n, 1)) and p.own.shape == (n, n)
        # Where every row met every row, those that belong together met on the diagonal.
        return square and close(p.own.diagonal(), p.expected.reshape(n), rtol)

    if _all(pairs, paired):
        n = pairs[0].expected.size
        return Fact(
            "broadcast",
            f"Yours has shape ({n}, {n}) where {pairs[0].expected.shape} is expected, and the right values are on its "
            f"diagonal: an array of shape ({n},) met one of shape ({n}, 1), and numpy paired every row with every "
            "other row. Print the two shapes and reshape one of them.",
        )
    return None


def _summed_too_far(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for reduce, verb in ((np.sum, "sum"), (np.mean, "mean")):

        def whole(p: Pair, r: Callable = reduce) -> bool:
            return p.own.ndim == 0 and p.expected.size > 1 and close(p.own, np.asarray(r(p.expected)), rtol)

        if _all(pairs, whole):
            shape = pairs[0].expected.shape
            message = f"Yours is the {verb} of the expected {shape} array over everything: one number for all."
            return Fact("summed_too_far", message)
        for axis in (0, 1):

            def along(p: Pair, r: Callable = reduce, a: int = axis) -> bool:
                return p.expected.ndim == 2 and close(p.own, r(p.expected, axis=a), rtol)

            if _all(pairs, along):
                shape = pairs[0].expected.shape
                message = f"Yours is the expected {shape} array with its axis {axis} collapsed by a {verb}."
                return Fact("summed_too_far", message)
    return None


def _transposed(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    if _all(pairs, lambda p: p.expected.ndim == 2 and close(p.own, p.expected.T, rtol)):
        return Fact(
            "transposed", "Yours is exactly the transpose of what is expected: rows and columns have changed places."
        )
    return None


def _shape(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    for p in pairs:
        own, expected = p.own.shape, p.expected.shape
        if own == expected:
            continue
        where = "" if p is pairs[0] else f" in the case “{p.case}”"
        if squeezed(own) == squeezed(expected):
            return Fact(
                "exact_shape",
                f"Yours has shape {own}{where}; here exactly {expected} is asked for, since an axis of length one "
                "broadcasts.",
            )
        told = [f"{n} is {' or '.join(names)}." for n in dict.fromkeys(own) if (names := _names(p, n))]
        if p.expected.size > 1 and own == (p.expected.size, p.expected.size):
            told.append("A square like this is what numpy makes when (n,) meets (n, 1).")
        return Fact("shape", " ".join([f"Yours has shape {own}{where}; {expected} is expected.", *told]))
    return None


def _not_finite(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    own, expected = pairs[0].own.astype(np.float64), pairs[0].expected.astype(np.float64)
    bad = ~np.isfinite(own) & np.isfinite(expected)
    if not bad.any():
        return None
    index = [int(i) for i in np.argwhere(bad)[0]]
    kind = "nan" if np.isnan(own[tuple(index)]) else "inf"
    at = f" at {index}" if index else ""
    return Fact(
        "not_finite",
        f"Yours is {kind}{at} where a finite number is expected: something overflowed, or 0 was divided by 0.",
    )


def _zeros(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    if _all(pairs, lambda p: not p.own.any() and p.expected.any()):
        return Fact("zeros", "Yours is zero everywhere.")
    return None


def _few_digits(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    if _all(pairs, lambda p: close(p.own, p.expected, FEW_DIGITS)):
        return Fact(
            "few_digits",
            "Yours agrees with what is expected in the first digits, and not in all that are asked for: a short number "
            "type (float16, float32), a rounding or an approximation does that.",
        )
    return None


def _factor(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    factors = []
    for p in pairs:
        own, ours = p.own.astype(np.float64), p.expected.astype(np.float64)
        if not ours.any():
            return None
        factor = float(np.vdot(ours, own) / np.vdot(ours, ours))
        if not close(own, factor * ours, rtol):
            return None
        factors.append(factor)
    # One number is always some multiple of another: it takes several to show that they share a factor.
    values = [np.unique(np.abs(p.expected[p.expected != 0])).size for p in pairs]
    return _explain_factor(factors, pairs, telling=sum(values) > 2, alone=max(values) > 2)


def _explain_factor(factors: list[float], pairs: Sequence[Pair], telling: bool, alone: bool) -> Fact | None:
    if not telling:
        return None
    if np.allclose(factors, -1):
        return Fact("sign", "Yours is exactly the negative of what is expected: a sign is turned round.")
    for sign, minus, flipped in ((1, "", ""), (-1, "minus ", ", with the sign turned round")):
        for power, name, start, end in (
            (1, "factor_size", "", " times what is expected"),
            (-1, "factor_one_over_size", "1/", " of what is expected"),
        ):
            labels = [
                label
                for label, n in pairs[0].sizes.items()
                if n > 1
                and all(
                    label in p.sizes and np.isclose(f, sign * float(p.sizes[label]) ** power)
                    for f, p in zip(factors, pairs, strict=True)
                )
            ]
            if labels:
                n = pairs[0].sizes[labels[0]]
                what = f"Yours is {minus}{start}{n}{end}, and {n} is {' and also '.join(labels)}{flipped}."
                return Fact(name, what)
    if len(pairs) > 1 and np.allclose(factors, factors[0]):
        return Fact("factor", f"Yours is {factors[0]:.6g} times what is expected, in every case that differs.")
    if alone:
        return Fact("factor", f"Yours is what is expected times one number ({factors[0]:.6g} in this case).")
    return None


def _integers(pairs: Sequence[Pair], rtol: float) -> Fact | None:
    if not _all(pairs, lambda p: p.own.dtype.kind in "biu" and (p.expected % 1 != 0).any()):
        return None
    cut = "Yours is what is expected with the digits after the point cut off: an array in it has an integer dtype."
    whole = f"Yours holds whole numbers (dtype {pairs[0].own.dtype}), and what is expected has digits after the point."
    return Fact("integers", cut if _all(pairs, lambda p: np.array_equal(p.own, np.trunc(p.expected))) else whole)


_DETECTORS = (
    _missing_sum,
    _broadcast,
    _summed_too_far,
    _transposed,
    _shape,
    _not_finite,
    _zeros,
    _few_digits,
    _factor,
    _integers,
)


def _where(pairs: Sequence[Pair], rtol: float) -> Fact:
    own, expected = np.squeeze(pairs[0].own), np.squeeze(pairs[0].expected)
    wrong = differing(own, expected, rtol)
    total, bad = wrong.size, int(wrong.sum())
    if total == 1:
        return Fact("", "")
    told = [
        f"{bad} of {total} entries {'differs' if bad == 1 else 'differ'}." if bad < total else "Every entry differs."
    ]
    if wrong.ndim == 1 and bad < total:
        told.append(_lines("entry", "entries", np.flatnonzero(wrong), total))
    if wrong.ndim == 2:
        rows, columns = wrong.any(axis=1), wrong.any(axis=0)
        if not rows.all():
            told.append(_lines("row", "rows", np.flatnonzero(rows), rows.size))
        elif not columns.all():
            told.append(_lines("column", "columns", np.flatnonzero(columns), columns.size))
        if wrong.shape[0] == wrong.shape[1] and not wrong.diagonal().any():
            told.append("The diagonal is right.")
    turned = ~differing(np.where(wrong, -own.astype(np.float64), own), expected, rtol)
    if bad > 1 and turned.all() and expected[wrong].all():
        told.append("Where they differ, only the sign is turned round.")
    elif bad > 1 and not own[wrong].any():
        told.append("Where they differ, yours is 0.")
    elif bad > 1 and not expected[wrong].any():
        told.append("Where they differ, 0 is expected.")
    return Fact("", " ".join(told))


def _lines(one: str, many: str, wrong: np.ndarray, total: int) -> str:
    if wrong.size > LINES_LIMIT:
        return f"That is in {wrong.size} of {total} {many}."
    noun = one if wrong.size == 1 else many
    return f"That is in {noun} {', '.join(map(str, wrong))}; every other {one} is right."


def _all(pairs: Sequence[Pair], test: Callable[[Pair], Any]) -> bool:
    return all(bool(test(p)) for p in pairs)


def _label(pairs: Sequence[Pair], size: Callable[[Pair], int]) -> str:
    """What a size is called, if only one name fits it in every case."""
    labels = [name for name in pairs[0].sizes if all(p.sizes.get(name) == size(p) for p in pairs)]
    return labels[0] if len(labels) == 1 else ""


def _names(pair: Pair, n: int) -> list[str]:
    return [name for name, size in pair.sizes.items() if size == n and n > 1]


def shown(value: Any) -> str:
    """The value in a few words."""
    value = scalar(value)
    if isinstance(value, Missing):
        return "not there"
    if isinstance(value, dict):
        if not is_opaque(value):
            return "a dict"
        kind = value["opaque"]
        return kind if kind.startswith(("a ", "an ")) else "`...`" if is_blank(value) else f"a value of type {kind}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, str | bool | int | float | complex) or value is None:
        text = repr(value)
        return text if len(text) <= SHOWN_LIMIT else text[:SHOWN_LIMIT] + "…"
    return f"a {type(value).__name__} of {len(value)} items" if isinstance(value, list | tuple) else "no number"
