"""Right answers in other people's styles: none of them may lose a point."""

import functools
import warnings

import numpy as np

RIGHT = {}


def right(exercise_id):
    """Mark a function or class as a right answer to an exercise."""

    def keep(answer):
        RIGHT.setdefault(exercise_id, []).append(answer)
        return answer

    return keep


# -- start ---------------------------------------------------------------------------------------------------------


@right("start.row_sums")
def sums_with_loops(X):
    result = []
    for row in X:
        total = 0.0
        for value in row:
            total = total + value
        result.append(total)
    return result


@right("start.row_sums")
def sums_by_a_product(X):
    print("shape", X.shape)
    return X @ np.ones(X.shape[1])


right("start.row_sums")(lambda X: tuple(map(sum, X.tolist())))
right("start.row_sums")(functools.partial(np.sum, axis=-1))


@right("start.row_sums")
def sums_as_objects(X):
    return np.array([float(row.sum()) for row in X], dtype=object)


@right("start.numerical_gradient")
def slopes_with_a_unit_vector(f, x, h=1e-5):
    x = np.asarray(x, dtype=np.float64)
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(x.size)])


@right("start.numerical_gradient")
def slopes_put_back(f, x, h=1e-5):
    x = x.astype(float)
    out = [0.0] * len(x)
    for i, old in enumerate(x.tolist()):
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        below = f(x)
        x[i] = old
        out[i] = (above - below) / h / 2
    return out


@right("start.numerical_gradient")
class Slopes:
    def __new__(cls, f, x, h=1e-5):
        def one(i):
            d = np.zeros(len(x))
            d[i] = h
            return 0.5 * (f(x + d) - f(x - d)) / h

        return np.fromiter((one(i) for i in range(len(x))), dtype=float)


@right("start.refuse_nan")
def refuse_in_a_loop(X):
    for value in np.ravel(X):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError
    return np.array(X, dtype=float)


@right("start.refuse_nan")
def refuse_by_the_sum(X):
    warnings.warn("looking", UserWarning, stacklevel=1)
    X = np.array(X, dtype="float64")
    if np.isnan(X).sum() + np.isinf(X).sum() > 0:
        raise ValueError(f"bad entries in {X}")
    return X


@right("start.refuse_nan")
def refuse_with_numpys_own(X):
    return np.asarray_chkfinite(X, dtype=np.float64)


@right("start.refuse_nan")
def refuse_as_a_list(X):
    if not all(np.isfinite(v) for row in X for v in row):
        raise ValueError("no")
    return [[float(v) for v in row] for row in X]


@right("start.value")
class ClosureValue:
    """Each result knows by a closure how to pass its gradient on."""

    def __init__(self, data):
        self.data, self.grad, self._prev, self._backward = data, 0.0, set(), lambda: None

    def __add__(self, other):
        out = ClosureValue(self.data + other.data)
        out._prev = {self, other}

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = back
        return out

    def __mul__(self, other):
        out = ClosureValue(self.data * other.data)
        out._prev = {self, other}

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = back
        return out

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1
        for v in topo[::-1]:
            v._backward()


@right("start.value")
class KahnValue:
    """Counts who still has to report, and goes on with those of whom everyone has."""

    def __init__(self, data, edges=()):
        self.data, self.edges, self.grad = np.float64(data), list(edges), np.zeros(())

    def __add__(self, other):
        return KahnValue(self.data + other.data, [(self, 1), (other, 1)])

    def __mul__(self, other):
        return KahnValue(self.data * other.data, [(self, other.data), (other, self.data)])

    def backward(self):
        waiting, stack, seen = {}, [self], {id(self)}
        while stack:
            for parent, _ in stack.pop().edges:
                waiting[id(parent)] = waiting.get(id(parent), 0) + 1
                if id(parent) not in seen:
                    seen.add(id(parent))
                    stack.append(parent)
        self.grad = np.array([1.0])
        ready = [self]
        while ready:
            node = ready.pop()
            for parent, slope in node.edges:
                parent.grad = parent.grad + slope * node.grad
                waiting[id(parent)] -= 1
                if not waiting[id(parent)]:
                    ready.append(parent)


@right("start.value")
class TapeValue:
    """One tape for everything that was ever computed, read backward."""

    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0
        self.number = max((p.number for p, _ in parents), default=0) + 1

    def __add__(self, other):
        return TapeValue(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return TapeValue(self.data * other.data, ((self, other.data), (other, self.data)))

    def nodes(self):
        return {self}.union(*(p.nodes() for p, _ in self.parents))

    def backward(self):
        self.grad = 1.0
        for node in sorted(self.nodes(), key=lambda n: -n.number):
            for parent, slope in node.parents:
                parent.grad += node.grad * slope


@right("start.value")
class PathValue:
    """Sends each contribution down every path by itself."""

    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0

    __add__ = lambda a, b: PathValue(a.data + b.data, [(a, 1), (b, 1)])  # noqa: E731
    __mul__ = lambda a, b: PathValue(a.data * b.data, [(a, b.data), (b, a.data)])  # noqa: E731

    def backward(self, arriving=1.0):
        self.grad += arriving
        for parent, slope in self.parents:
            parent.backward(arriving * slope)


@right("start.walk_down")
def walk_with_while(f, w, rate, steps):
    while steps > 0:
        rise = f(w + 1e-5) - f(w - 1e-5)
        w -= rate * rise / 2e-5
        steps -= 1
    return w


@right("start.walk_down")
def walk_by_recursion(f, w, rate, steps):
    if steps == 0:
        return w
    slope = (f(w + 1e-5) - f(w - 1e-5)) * 5e4
    return walk_by_recursion(f, w - slope * rate, rate, steps - 1)


@right("start.walk_down")
def walk_with_a_list(f, w, rate, steps):
    path = [float(w)]
    for _ in range(steps):
        here = path[-1]
        path.append(here + rate * (f(here - 1e-5) - f(here + 1e-5)) / (2 * 1e-5))
    return np.array([path[-1]])


@right("start.slope_at")
def slope_by_name(f, x, h=1e-5):
    return 0.5 * (f(x + h) - f(x - h)) / h


@right("start.slope_at")
def slope_as_a_mean_of_two(f, x, h=1e-5):
    return ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2


@right("start.slope_at")
def slope_in_an_array(f, x, h=1e-5):
    return np.diff([f(x - h), f(x + h)]) / (2 * h)


@right("start.find_the_bug")
def centre_with_a_new_axis(X):
    return X - X.mean(1)[:, None]


@right("start.find_the_bug")
def centre_by_turning(X):
    return (X.T - X.T.mean(axis=0)).T


@right("start.find_the_bug")
def centre_in_a_loop(X):
    return np.array([row - row.mean() for row in X])
