"""Networks as scikit-learn knows its models: fit, predict and score, in a pipeline, in a search over settings.

`Classifier` and `Regressor` are made when they are first asked for: they inherit from scikit-learn, which is loaded
only then (`pip install "bpcore[estimators]"`). What they do is written in the two classes with an underscore.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np

from bpcore.errors import DataError
from bpcore.layers import Dense, Layer, LeakyReLU, ReLU, Sequential, Sigmoid, Tanh
from bpcore.losses import BCEWithLogitsLoss, CrossEntropyLoss, MAELoss, MSELoss
from bpcore.optim import SGD, Adam, AdamW, Optimizer, RMSProp
from bpcore.training import train

ACTIVATIONS: dict[str, tuple[type[Layer], str]] = {  # and how the weights before it are drawn
    "relu": (ReLU, "he"),
    "leaky_relu": (LeakyReLU, "he"),
    "tanh": (Tanh, "glorot"),
    "sigmoid": (Sigmoid, "glorot"),
}
OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW}

_SETTINGS = """
    hidden         the number of units in each hidden layer; () for none
    activation     after each hidden layer: "relu", "leaky_relu", "tanh" or "sigmoid"
    loss           {losses}
    optimizer      "sgd", "rmsprop", "adam" or "adamw", with learning rate lr
    epochs         passes over the data, in batches of batch_size rows (None: all rows in each step)
    patience       k: set validation_fraction of the rows aside, end when their loss has not fallen for k epochs, and
                   keep the weights of the best epoch; None: train on every row, for all the epochs
    warm_start     fit goes on from the weights and the optimizer's memory of the fit before, if X and y are alike
    random_state   an int, or a numpy Generator, as rng is elsewhere; None draws differently each time

    After fit: model_ (the Sequential), history_ (the History), n_features_in_{more}.

    Raises, when fitted, DataError for settings that are none of these; scikit-learn's own errors for X and y that do
    not fit.
"""


class _Network:
    """What Classifier and Regressor share: the settings, the network that they describe, and its training."""

    losses: ClassVar[dict[str, type]] = {}

    def __init__(
        self,
        hidden: Sequence[int] = (64, 32),
        activation: str = "relu",
        loss: str = "",
        optimizer: str = "adam",
        lr: float = 3e-3,
        epochs: int = 50,
        batch_size: int | None = 32,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.Generator | None = None,
    ):
        # Nothing is checked or changed here: scikit-learn sets and copies these attributes as it likes.
        self.hidden = hidden
        self.activation = activation
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state

    def _train(self, X: np.ndarray, target: np.ndarray, outputs: int, again: bool) -> Self:
        for name, known in [("activation", ACTIVATIONS), ("loss", self.losses), ("optimizer", OPTIMIZERS)]:
            value = getattr(self, name)
            if not isinstance(value, str) or value not in known:
                raise DataError(f"{type(self).__name__}: {name}={value!r} is not known; use one of {', '.join(known)}.")
        rng = _generator(self.random_state)
        if not (self.warm_start and again):
            self.model_ = self._network(X.shape[1], outputs, rng)
            self._optimizer = OPTIMIZERS[self.optimizer](self.model_.parameters(), lr=self.lr)
        self._optimizer.lr = self.lr
        settings: dict[str, Any] = {}
        if self.patience is not None:
            share = self.validation_fraction
            if not 0 < share < 1 or len(X) < 2:
                raise DataError(
                    f"patience={self.patience} needs rows to validate on: validation_fraction between 0 and 1, and at "
                    f"least 2 rows; it is {share!r}, of {len(X)}."
                )
            order = rng.permutation(len(X))
            aside = min(max(round(share * len(X)), 1), len(X) - 1)
            settings = {"X_val": X[order[:aside]], "y_val": target[order[:aside]], "patience": self.patience}
            X, target = X[order[aside:]], target[order[aside:]]
        self.history_ = train(
            self.model_,
            self.losses[self.loss](),
            self._optimizer,
            X,
            target,
            epochs=self.epochs,
            batch_size=self.batch_size,
            rng=rng,
            progress=False,
            **settings,
        )
        return self

    def _network(self, inputs: int, outputs: int, rng: np.random.Generator) -> Sequential:
        kind, init = ACTIVATIONS[self.activation]
        sizes = [inputs, *np.atleast_1d(np.asarray(self.hidden, dtype=object)).tolist()]
        layers: list[Layer] = []
        for before, after in pairwise(sizes):
            layers += [Dense(before, after, rng=rng, init=init), kind()]
        return Sequential([*layers, Dense(sizes[-1], outputs, rng=rng, init="glorot")])

    def _outputs(self, X: Any) -> np.ndarray:
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False, dtype=np.float64))


class _Classifier(_Network):
    __doc__ = """A network that says to which class a row belongs, as a scikit-learn classifier.
""" + _SETTINGS.format(
        losses='"cross_entropy", for classes that exclude each other, or "binary_cross_entropy", each class by itself',
        more=", classes_",
    )

    losses: ClassVar = {"cross_entropy": CrossEntropyLoss, "binary_cross_entropy": BCEWithLogitsLoss}

    def __init__(
        self,
        hidden: Sequence[int] = (64, 32),
        activation: str = "relu",
        loss: str = "cross_entropy",
        optimizer: str = "adam",
        lr: float = 3e-3,
        epochs: int = 50,
        batch_size: int | None = 32,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.Generator | None = None,
    ):
        settings = (hidden, activation, loss, optimizer, lr, epochs, batch_size, patience, validation_fraction)
        super().__init__(*settings, warm_start, random_state)

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows X (N, d) and their classes y (N,), of any kind that can be sorted."""
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import validate_data

        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        before = getattr(self, "classes_", None)
        self.classes_, labels = np.unique(y, return_inverse=True)
        again = before is not None and np.array_equal(before, self.classes_)
        if self.loss == "binary_cross_entropy":
            labels = np.eye(len(self.classes_))[labels]
        return self._train(X, labels, len(self.classes_), again and self.model_.layers[0].in_features == X.shape[1])

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, in the order of classes_: (N, d) -> (N, K), each row with the sum 1."""
        from bpcore.functional import sigmoid, softmax

        logits = self._outputs(X)
        if self.loss == "cross_entropy":
            return softmax(logits)
        p = sigmoid(logits)
        # Where every class is unlikely by itself, the sum may be as small as it likes, but it is never 0.
        return p / np.maximum(p.sum(axis=1, keepdims=True), np.finfo(p.dtype).tiny)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row: (N, d) -> (N,)."""
        best = self._outputs(X).argmax(axis=1)
        return self.classes_[best]


class _Regressor(_Network):
    __doc__ = """A network that says a number, or several, for each row, as a scikit-learn regressor.

    Numbers much larger than 1 are learnt slowly: scale y first, as with sklearn.compose.TransformedTargetRegressor.
""" + _SETTINGS.format(losses='"mse", or "mae" where some rows are far off by accident', more="")

    losses: ClassVar = {"mse": MSELoss, "mae": MAELoss}

    def __init__(
        self,
        hidden: Sequence[int] = (64, 32),
        activation: str = "relu",
        loss: str = "mse",
        optimizer: str = "adam",
        lr: float = 3e-3,
        epochs: int = 50,
        batch_size: int | None = 32,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.Generator | None = None,
    ):
        settings = (hidden, activation, loss, optimizer, lr, epochs, batch_size, patience, validation_fraction)
        super().__init__(*settings, warm_start, random_state)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows X (N, d) and their numbers y (N,) or (N, k)."""
        from sklearn.utils.validation import validate_data

        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        target = y.astype(np.float64).reshape(len(y), -1)
        before = getattr(self, "_shape", None)
        self._shape = (X.shape[1], *y.shape[1:])
        return self._train(X, target, target.shape[1], before == self._shape)

    def predict(self, X: Any) -> np.ndarray:
        """The numbers of each row: (N, d) -> (N,) or (N, k), as y was."""
        return self._outputs(X).reshape(-1, *self._shape[1:])


def _generator(random_state: Any) -> np.random.Generator:
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**32, dtype=np.uint32))
    if random_state is None or (isinstance(random_state, (int, np.integer)) and random_state >= 0):
        return np.random.default_rng(random_state)
    raise DataError(f"random_state={random_state!r} must be None, a whole number from 0, or a numpy Generator.")


def _not_installed(self: Any, *args: Any, **settings: Any) -> None:
    raise ImportError(f'{type(self).__name__} is a scikit-learn estimator: pip install "bpcore[estimators]" first.')


def __getattr__(name: str) -> Any:
    bodies = {"Classifier": (_Classifier, "ClassifierMixin"), "Regressor": (_Regressor, "RegressorMixin")}
    if name not in bodies:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    body, mixin = bodies[name]
    # Named as if it stood here, so that pickle and copies in other processes find it by this name.
    space: dict[str, Any] = {"__module__": __name__, "__doc__": body.__doc__}
    try:
        from sklearn import base
    except ImportError:
        return type(name, (body,), space | {"__init__": _not_installed})
    globals()[name] = type(name, (body, getattr(base, mixin), base.BaseEstimator), space)
    return globals()[name]
