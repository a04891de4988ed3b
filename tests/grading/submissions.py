"""Submissions made from the released notebooks, as students would hand them in."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bpcore.exercises import catalogue

ROOT = Path(__file__).resolve().parents[2]
HARM = {
    "script": "Mine <script>alert('points')</script>",
    "onerror": "Mine <img src=x onerror=\"alert('points')\">",
    "link": "Mine [a proof](javascript:alert('points')) and [another](java&#115;cript:alert('points'))",
    "reference": "Mine [x]\n\n[x]: javascript:alert(1)",
}
START, BACKPROP = "00_start", "05_backpropagation"


def released(unit: str) -> dict[str, Any]:
    """The released notebook of a unit, as plain data."""
    return json.loads((ROOT / "course" / unit / f"{unit}.ipynb").read_text(encoding="utf-8"))


def as_bytes(notebook: dict[str, Any]) -> bytes:
    """A notebook as the bytes of its file."""
    return json.dumps(notebook, ensure_ascii=False).encode()


def answered(unit: str, answers: dict[str, str], *, before: str = "", after: str = "") -> dict[str, Any]:
    """The release with these answers in it; ``before`` and ``after`` are cells of the student's own at both ends."""
    notebook = deepcopy(released(unit))
    left = dict(answers)
    for cell in notebook["cells"]:
        about = cell["metadata"].get("bpcore", {})
        if about.get("kind") == "answer" and about["exercise"] in left:
            cell["source"] = left.pop(about["exercise"])
    assert not left, f"no such exercise: {left}"
    if before:
        notebook["cells"].insert(1, own_cell(before, "mine-first"))
    if after:
        notebook["cells"].append(own_cell(after, "mine-last"))
    return notebook


def own_cell(source: str, name: str = "mine") -> dict[str, Any]:
    """A code cell that a student added."""
    return {"id": name, "cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def right(unit: str) -> dict[str, str]:
    """Right answers to every exercise of a unit."""
    marked = {name: exercise.solved.splitlines() for name, exercise in catalogue(unit).items()}
    return {name: "\n".join(line for line in lines if "SOLUTION" not in line) for name, lines in marked.items()}


@dataclass(frozen=True)
class Student:
    """A submission and what it should earn: the points of each exercise, and the mistakes that should be named."""

    name: str
    answers: dict[str, str]
    points: dict[str, float]
    mistakes: dict[str, str] = field(default_factory=dict)
    own: str = ""

    @property
    def notebook(self) -> bytes:
        """The bytes that this student hands in."""
        notebook = answered(BACKPROP, self.answers, after=self.own)
        for name in HARM:
            notebook["cells"].append({"id": name, "cell_type": "markdown", "metadata": {}, "source": HARM[name]})
        return as_bytes(notebook)

    @property
    def total(self) -> float:
        """All points together."""
        return sum(self.points.values())


FULL = {name: float(exercise.points) for name, exercise in catalogue(BACKPROP).items()}
NONE = dict.fromkeys(FULL, 0.0)

LOOPS_AND_UNSUMMED_BIAS = """
def dense_vjp(inputs, weights, upstream):
    rows, wide = inputs.shape
    narrow = weights.shape[1]
    d_inputs = np.empty((rows, wide))
    d_weights = np.zeros((wide, narrow))
    d_bias = []
    for n in range(rows):
        for i in range(wide):
            d_inputs[n, i] = sum(weights[i, j] * upstream[n, j] for j in range(narrow))
            for j in range(narrow):
                d_weights[i, j] += inputs[n, i] * upstream[n, j]
        d_bias.append([float(u) for u in upstream[n]])
    return d_inputs, d_weights, np.array(d_bias)
"""

MOVED_TOO_EARLY = """
def train_step(X, labels, W1, b1, W2, b2, lr):
    m = X.shape[0]
    pre = np.dot(X, W1) + b1[None, :]
    hidden = np.where(pre > 0, pre, 0.0)
    scores = np.dot(hidden, W2) + b2[None, :]
    scores = scores - np.amax(scores, axis=1)[:, None]
    probs = np.exp(scores)
    probs /= np.sum(probs, axis=1)[:, None]
    err = probs - np.eye(len(b2))[labels]
    err = err / m

    # update the output layer
    W2 = W2 - lr * np.dot(hidden.T, err)
    b2 = b2 - lr * np.sum(err, axis=0)

    # update the hidden layer
    back = np.dot(err, W2.T)
    back[pre <= 0] = 0
    W1 = W1 - lr * np.dot(X.T, back)
    b1 = b1 - lr * np.sum(back, axis=0)
    return {"delta2": err, "delta1": back, "new_W2": W2, "new_b2": b2, "new_W1": W1, "new_b1": b1}
"""

NO_MAXIMUM = """
def softmax_ce_delta(z, y):
    n, k = z.shape
    out = np.zeros((n, k))
    for row in range(n):
        powers = [np.exp(z[row, c]) for c in range(k)]
        total = sum(powers)
        for c in range(k):
            out[row, c] = powers[c] / total - (1.0 if c == y[row] else 0.0)
    return out / n
"""

UNFINISHED = """
def input_gradient(W, g):
    return W @ g

def hidden_delta(delta_next, W_next, Z):
    mask = np.heaviside(Z, 0.0)
    return np.einsum("nk,hk->nh", delta_next, W_next) * mask
"""

STUDENTS = (
    Student("right", right(BACKPROP), FULL),
    Student("blank", {}, NONE, {"backprop.train_step": "updated_too_early"}),
    Student(
        "loops",
        right(BACKPROP) | {"backprop.dense_backward": LOOPS_AND_UNSUMMED_BIAS},
        FULL | {"backprop.dense_backward": 2.0},
        {"backprop.dense_backward": "bias_not_summed"},
        own="print('my loops are slow:', dense_vjp(np.ones((2, 3)), np.ones((3, 2)), np.ones((2, 2)))[2].shape)",
    ),
    Student(
        "early",
        right(BACKPROP) | {"backprop.train_step": MOVED_TOO_EARLY},
        FULL | {"backprop.train_step": 0.0},
        {"backprop.train_step": "updated_too_early"},
    ),
    Student(
        "overflow",
        # The two answers of the last cell are written where only one was asked for; one answer does not compile.
        {
            "backprop.softmax_ce_delta": NO_MAXIMUM,
            "backprop.input_gradient": UNFINISHED,
            "backprop.hidden_delta": "# see above",
        }
        | {
            "backprop.sgd_step": (
                "def sgd_step(params, grads, lr):\n    for p, g in zip(params, grads)\n        p -= lr * g"
            )
        },
        NONE | {"backprop.input_gradient": 1.0, "backprop.hidden_delta": 2.0},
        {
            "backprop.softmax_ce_delta": "no_maximum",
            "backprop.sgd_step": "not_defined",
            "backprop.train_step": "updated_too_early",
        },
    ),
)
