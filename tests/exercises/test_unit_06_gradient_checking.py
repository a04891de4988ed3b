"""Other people's answers to the exercises of unit 06, and what the library's own referee says."""

import numpy as np
import pytest

from bpcore.differences import gradcheck, numerical_gradient
from bpcore.exercises import assess, catalogue, plan

from .answers import NO_NAME, earns_everything, is_told
from .unit_06_hunts import answers

right, wrong = answers.right, answers.wrong

# -- relative_error ------------------------------------------------------------


@right("gradient_checking.relative_error")
def error_with_norms(a, b):
    top, below = np.linalg.norm(a - b), np.linalg.norm(a) + np.linalg.norm(b)
    return top / below if below > 0 else 0


@right("gradient_checking.relative_error")
def error_with_dots(a, b):
    a, b = a.astype(float).ravel(), b.astype(float).ravel()
    if not (a.any() or b.any()):
        return 0
    return ((a - b) @ (a - b)) ** 0.5 / ((a @ a) ** 0.5 + (b @ b) ** 0.5)


@right("gradient_checking.relative_error")
def error_on_a_common_scale(a, b):
    scale = max(np.abs(a).max(), np.abs(b).max())
    if scale == 0:
        return np.zeros(1)
    lengths = [np.sqrt(np.sum(np.square(v / scale))) for v in (a - b, a, b)]
    return np.array([lengths[0] / (lengths[1] + lengths[2])])


@wrong("gradient_checking.relative_error", "by_larger")
def error_by_the_larger(a, b):
    lengths = sorted([np.linalg.norm(a), np.linalg.norm(b)])
    return np.linalg.norm(a - b) / lengths[-1] if lengths[-1] else 0


@wrong("gradient_checking.relative_error", "sizes_added_up")
def error_of_means(a, b):
    below = np.mean(np.abs(a)) + np.mean(np.abs(b))
    return np.mean(np.abs(a - b)) / below if below else 0.0


@wrong("gradient_checking.relative_error", NO_NAME)
def error_padded_some_other_way(a, b):
    return np.linalg.norm(a - b) / max(1e-6, np.linalg.norm(a) + np.linalg.norm(b))


# -- worst_entry ---------------------------------------------------------------


@right("gradient_checking.worst_entry")
def worst_in_one_loop(loss, gradient, W, h=1e-5):
    worst, where = -1.0, None
    for place, derived in np.ndenumerate(gradient(W)):
        step = np.zeros(W.shape)
        step[place] = h
        error = abs((loss(W + step) - loss(W - step)) / (2 * h) - derived)
        if error > worst:
            worst, where = error, place
    return where, worst


@right("gradient_checking.worst_entry")
def worst_put_back(loss, gradient, W, h=1e-5):
    measured = np.zeros(W.shape)
    for i, j in np.ndindex(W.shape):
        kept = W[i, j]
        W[i, j] = kept + h
        up = loss(W)
        W[i, j] = kept - h
        measured[i, j] = (up - loss(W)) / (2 * h)
        W[i, j] = kept
    errors = np.abs(gradient(W) - measured)
    i, j = divmod(int(np.argmax(errors)), W.shape[1])
    return [i, j], errors.max()


@right("gradient_checking.worst_entry")
def worst_as_an_array(loss, gradient, W, h=1e-5):
    eye = np.eye(W.size).reshape(W.size, *W.shape) * h
    measured = np.array([loss(W + e) - loss(W - e) for e in eye]).reshape(W.shape) / (2 * h)
    errors = abs(measured - gradient(W))
    return np.argwhere(errors == errors.max())[0], errors.max()


@wrong("gradient_checking.worst_entry", "pair_exchanged")
def worst_column_first(loss, gradient, W, h=1e-5):
    (row, column), error = worst_in_one_loop(loss, gradient, W, h)
    return (column, row), error


@wrong("gradient_checking.worst_entry", "sign_kept")
def worst_without_abs(loss, gradient, W, h=1e-5):
    errors = {}
    for place, derived in np.ndenumerate(gradient(W)):
        step = np.zeros(W.shape)
        step[place] = h
        errors[place] = derived - (loss(W + step) - loss(W - step)) / (2 * h)
    best = max(errors, key=errors.get)
    return best, errors[best]


@wrong("gradient_checking.worst_entry", NO_NAME)
def worst_one_sided(loss, gradient, W, h=1e-5):
    derived, before = gradient(W), loss(W)
    errors = np.zeros(W.shape)
    for place in np.ndindex(W.shape):
        up = W.copy()
        up[place] += h
        errors[place] = abs(derived[place] - (loss(up) - before) / h)
    place = np.unravel_index(np.argmax(errors), errors.shape)
    return place, errors[place]


# -- diagnose ------------------------------------------------------------------


def close(a, b):
    if a.shape != b.shape:
        return False
    if not a.any() and not b.any():
        return True
    return bool(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)) < 1e-5)


@right("gradient_checking.diagnose")
def diagnose_in_a_loop(grad, numeric):
    for word, other in (("ok", grad), ("sign", -1 * grad), ("transpose", np.transpose(grad))):
        if close(other, numeric):
            return word
    if np.shape(grad) != np.shape(numeric):
        return "shape"
    ratios = grad.ravel()[numeric.ravel() != 0] / numeric[numeric != 0]
    if len(ratios) and ratios[0] != 0 and close(grad, ratios[0] * numeric):
        return "factor"
    return "wrong"


@right("gradient_checking.diagnose")
def diagnose_by_directions(grad, numeric):
    word = "wrong"
    if grad.shape == numeric.shape:
        lengths = np.linalg.norm(grad) * np.linalg.norm(numeric)
        if lengths > 0 and abs(abs(np.vdot(grad, numeric)) / lengths - 1) < 1e-9:
            word = "factor"
    else:
        word = "shape"
    if close(grad.T, numeric):
        word = "transpose"
    if close(-grad, numeric):
        word = "sign"
    return "ok" if close(grad, numeric) else word


@right("gradient_checking.diagnose")
def diagnose_scaled(grad, numeric):
    scale = np.abs(numeric).max() if numeric.any() else 1.0
    g, n = grad / scale, numeric / scale

    def agree(a):
        return a.shape == n.shape and np.allclose(a, n, rtol=1e-5, atol=1e-7)

    if agree(g):
        return "ok"
    if agree(-g):
        return "sign"
    if agree(g.T):
        return "transpose"
    if g.shape != n.shape:
        return "shape"
    c = np.vdot(g, n) / np.vdot(n, n) if n.any() else 0
    return "factor" if c and np.allclose(g / c, n, rtol=1e-5) else "wrong"


@wrong("gradient_checking.diagnose", "absolute_tolerance")
def diagnose_with_allclose(grad, numeric):
    def equal(a):
        return a.shape == numeric.shape and np.allclose(a, numeric)

    if equal(grad):
        return "ok"
    if equal(-grad):
        return "sign"
    if equal(grad.T):
        return "transpose"
    if grad.shape != numeric.shape:
        return "shape"
    if np.any(grad) and np.any(numeric):
        c = np.sum(grad * numeric) / np.sum(numeric**2)
        if np.allclose(grad, c * numeric):
            return "factor"
    return "wrong"


@wrong("gradient_checking.diagnose", "shape_before_transpose")
def diagnose_shape_first(grad, numeric):
    if grad.shape != numeric.shape:
        return "shape"
    return diagnose_in_a_loop(grad, numeric)


@wrong("gradient_checking.diagnose", NO_NAME)
def diagnose_in_capitals(grad, numeric):
    return diagnose_in_a_loop(grad, numeric).upper()


@wrong("gradient_checking.diagnose", NO_NAME)
def diagnose_as_a_flag(grad, numeric):
    return close(grad, numeric)


# -- complex_step --------------------------------------------------------------


@right("gradient_checking.complex_step")
def complex_with_identity(f, x, h=1e-20):
    return np.array([np.imag(f(x + 1j * h * row)) / h for row in np.eye(len(x))])


@right("gradient_checking.complex_step")
def complex_to_both_sides(f, x, h=1e-20):
    out = []
    for i in range(len(x)):
        above, below = x.astype(complex), x.astype(complex)
        above[i] += complex(0, h)
        below[i] -= complex(0, h)
        out.append(((f(above) - f(below)) / (2j * h)).real)
    return out


@right("gradient_checking.complex_step")
def complex_put_back(f, x, h=1e-20):
    z, slopes = np.zeros(len(x), dtype=np.complex128) + x, {}
    for i, kept in enumerate(x):
        z[i] = kept + h * 1j
        slopes[i] = (f(z) / h).imag
        z[i] = kept
    return [slopes[i] for i in range(len(x))]


@wrong("gradient_checking.complex_step", "all_at_once")
def complex_everywhere(f, x, h=1e-20):
    return np.full(len(x), np.imag(f(x + h * 1j)) / h)


@wrong("gradient_checking.complex_step", "step_lost")
def complex_real_step(f, x, h=1e-20):
    moved = [x + h * row for row in np.eye(len(x))]
    return np.array([np.imag(f(v)) / h for v in moved])


@wrong("gradient_checking.complex_step", NO_NAME)
def complex_as_before(f, x, h=1e-20):
    return np.array([(f(x + 1e-7 * row) - f(x - 1e-7 * row)) / 2e-7 for row in np.eye(len(x))])


# -- find_the_bug --------------------------------------------------------------


@right("gradient_checking.find_the_bug")
def measured_with_a_float_copy(forward, loss, X, W, y, h=1e-5):
    W = W.astype(float)
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        kept = W[index]
        W[index] = kept + h
        up = loss(forward(X, W), y)
        W[index] = kept - h
        gradient[index] = (up - loss(forward(X, W), y)) / (2 * h)
        W[index] = kept
    return gradient


@right("gradient_checking.find_the_bug")
def measured_with_dtype(forward, loss, X, W, y, h=1e-5):
    gradient = np.zeros_like(W, dtype=float)
    for index in np.ndindex(W.shape):
        step = np.zeros_like(W, dtype=float)
        step[index] += h
        gradient[index] = loss(forward(X, W + step), y) - loss(forward(X, W - step), y)
    return gradient / h / 2


@right("gradient_checking.find_the_bug")
def measured_with_the_librarys(forward, loss, X, W, y, h=1e-5):
    return numerical_gradient(lambda V: loss(forward(X, V), y), np.array(W, dtype=float))


@wrong("gradient_checking.find_the_bug", "integer_array")
def measured_as_it_was(forward, loss, X, W, y, h=1e-5):
    slopes = []
    for k in range(W.size):
        step = np.array(W) * 0
        step.flat[k] = h
        slopes.append((loss(forward(X, W + step), y) - loss(forward(X, W - step), y)) / (2 * h))
    return np.reshape(slopes, W.shape)


@wrong("gradient_checking.find_the_bug", "output_moved")
def measured_behind_the_layer(forward, loss, X, W, y, h=1e-5):
    output = forward(X, W)
    return np.full(W.shape, (loss(output + h, y) - loss(output - h, y)) / (2 * h))


@wrong("gradient_checking.find_the_bug", NO_NAME)
def measured_in_a_copy_of_integers(forward, loss, X, W, y, h=1e-5):
    gradient = np.zeros(W.shape)
    for index in np.ndindex(W.shape):
        up, down = W.copy(), W.copy()
        up[index] = W[index] + h
        down[index] = W[index] - h  # 1 - 0.00001 becomes 0
        gradient[index] = (loss(forward(X, up), y) - loss(forward(X, down), y)) / (2 * h)
    return gradient


# -- the tests -----------------------------------------------------------------


@pytest.mark.parametrize(("id", "answer"), answers.rights)
def test_another_right_answer_earns_everything(id, answer):
    earns_everything(id, answer)


@pytest.mark.parametrize(("id", "verdict", "answer"), answers.wrongs)
def test_another_wrong_answer_is_told_what_it_did_or_no_name(id, verdict, answer):
    is_told(id, verdict, answer)


def test_there_are_enough_answers():
    assert answers.few("06_gradient_checking") == []


def test_the_measured_gradients_are_what_the_library_measures():
    rng = np.random.default_rng(5)
    x = rng.uniform(0.5, 1.5, size=4)
    mine = catalogue["gradient_checking.complex_step"].reference(lambda v: (v**3).sum() * np.exp(v[0]), x)
    np.testing.assert_allclose(mine, numerical_gradient(lambda v: float((v**3).sum() * np.exp(v[0])), x), rtol=1e-7)
    X, W, y = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
    measure = catalogue["gradient_checking.find_the_bug"].reference

    def loss(output, y):
        return float(((output - y) ** 2).mean())

    mine = measure(lambda X, V: np.tanh(X @ V), loss, X, W, y)
    np.testing.assert_allclose(mine, numerical_gradient(lambda V: loss(np.tanh(X @ V), y), W), atol=1e-9)


def test_the_worst_entry_is_the_one_that_the_library_points_at():
    W = np.array([[0.5, 1.5], [2.0, -1.0]])
    fault = np.array([[0.0, 0.0], [0.3, 0.0]])

    def loss(V):
        return float((V**2).sum())

    def gradient(V):
        return 2 * V + fault

    index, error = catalogue["gradient_checking.worst_entry"].reference(loss, gradient, W)
    report = gradcheck(lambda V: (loss(V), gradient(V)), W)
    assert report.worst_index == (0, tuple(index))
    assert error == pytest.approx(report.max_error)


def test_a_check_that_leaves_the_weights_moved_is_told_so():
    def worst_leaves_a_trace(loss, gradient, W, h=1e-5):
        found = worst_in_one_loop(loss, gradient, W, h)
        W += h
        return found

    report = assess("gradient_checking.worst_entry", worst_leaves_a_trace)
    assert (report.mistake, report.points < 2) == ("changed_inputs", True)
    assert "argument 3" in report.message


def test_every_word_of_the_diagnosis_is_asked_for():
    diagnose = catalogue["gradient_checking.diagnose"].reference
    words = [diagnose(*case.args) for case in plan(catalogue["gradient_checking.diagnose"], 0)[:-1]]
    assert all(words.count(word) >= 2 for word in ("ok", "sign", "factor", "transpose", "shape", "wrong"))


@pytest.mark.parametrize("id", ["gradient_checking.find_the_slope", "gradient_checking.find_the_transpose"])
def test_what_is_mended_agrees_with_the_referee_and_the_bug_does_not(id):
    exercise = catalogue[id]
    slopes = catalogue["gradient_checking.numerical_gradient"].reference
    broken = exercise.build(exercise.mistake(exercise.bug))
    X, Y, *params = next(case.args for case in plan(exercise, 1) if case.name.startswith("all sizes equal"))
    first = {"gradient_checking.find_the_slope": "dW", "gradient_checking.find_the_transpose": "dW1"}[id]

    def loss(W):
        if first == "dW":
            return float(((np.tanh(X @ W + params[1]) - Y) ** 2).mean())
        return float(((np.tanh(X @ W) @ params[1] - Y) ** 2).mean())

    measured = slopes(loss, params[0])
    np.testing.assert_allclose(exercise.reference(X, Y, *params)[first], measured, atol=1e-8)
    assert np.abs(broken(X, Y, *params)[first] - measured).max() > 1e-3
