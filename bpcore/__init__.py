"""bpcore: backpropagation as a small readable library, and the reference behind the course.

Every public name is here (`import bpcore as bp; bp.Dense`), and is fetched from its room when it is first used, so that
importing bpcore costs little more than importing numpy.
"""

from importlib import import_module
from typing import Any

_HOME = {
    # level 0
    "BpcoreError": "bpcore.errors",
    "DataError": "bpcore.errors",
    "NotSettledError": "bpcore.errors",
    "OrderError": "bpcore.errors",
    "ShapeError": "bpcore.errors",
    "GradReport": "bpcore.differences",
    "numerical_gradient": "bpcore.differences",
    "load_digits": "bpcore.datasets",
    "load_japanese_vowels": "bpcore.datasets",
    "load_mnist5k": "bpcore.datasets",
    "load_phoneme_sounds": "bpcore.datasets",
    "load_pronunciations": "bpcore.datasets",
    "load_spoken_digits": "bpcore.datasets",
    "make_blobs": "bpcore.datasets",
    "make_circles": "bpcore.datasets",
    "make_moons": "bpcore.datasets",
    "make_spirals": "bpcore.datasets",
    "make_xor": "bpcore.datasets",
    # level 1
    "SecondDerivativeError": "bpcore.autodiff",
    "Tensor": "bpcore.autodiff",
    "Value": "bpcore.autodiff",
    "grad": "bpcore.autodiff",
    "gradcheck": "bpcore.autodiff",
    "jacobian": "bpcore.autodiff",
    "softmax_cross_entropy": "bpcore.autodiff",
    "value_and_grad": "bpcore.autodiff",
    "vjp": "bpcore.autodiff",
    "Add": "bpcore.layers",
    "Conv2d": "bpcore.layers",
    "Dense": "bpcore.layers",
    "Dropout": "bpcore.layers",
    "FixedPoint": "bpcore.layers",
    "Flatten": "bpcore.layers",
    "LSTM": "bpcore.layers",
    "Layer": "bpcore.layers",
    "LeakyReLU": "bpcore.layers",
    "MaxPool2d": "bpcore.layers",
    "Parameter": "bpcore.layers",
    "RNN": "bpcore.layers",
    "ReLU": "bpcore.layers",
    "Sequential": "bpcore.layers",
    "Sigmoid": "bpcore.layers",
    "Softmax": "bpcore.layers",
    "Tanh": "bpcore.layers",
    "BCEWithLogitsLoss": "bpcore.losses",
    "CrossEntropyLoss": "bpcore.losses",
    "MAELoss": "bpcore.losses",
    "MSELoss": "bpcore.losses",
    "Adam": "bpcore.optim",
    "AdamW": "bpcore.optim",
    "CosineLR": "bpcore.optim",
    "RMSProp": "bpcore.optim",
    "SGD": "bpcore.optim",
    "StepLR": "bpcore.optim",
    "WarmUp": "bpcore.optim",
    "clip_gradients": "bpcore.optim",
    # level 2
    "Classifier": "bpcore.estimators",
    "History": "bpcore.training",
    "Regressor": "bpcore.estimators",
    "accuracy": "bpcore.training",
    "batches": "bpcore.training",
    "SavedFileError": "bpcore.saving",
    "load": "bpcore.saving",
    "save": "bpcore.saving",
    "to_torch": "bpcore.interop",
    "train": "bpcore.training",
    "train_until": "bpcore.training",
    # level 4
    "describe_curves": "bpcore.plots",
    "describe_digits": "bpcore.plots",
    "describe_error_against_step": "bpcore.plots",
    "describe_history": "bpcore.plots",
    "describe_mistakes": "bpcore.plots",
    "plot_curves": "bpcore.plots",
    "plot_digits": "bpcore.plots",
    "plot_error_against_step": "bpcore.plots",
    "plot_history": "bpcore.plots",
    "plot_mistakes": "bpcore.plots",
    # level 5
    "check": "bpcore.notebook",
    "course_map": "bpcore.itinerary",
    "describe_confusion": "bpcore.charts",
    "describe_descent": "bpcore.charts",
    "describe_weights": "bpcore.charts",
    "plot_confusion": "bpcore.charts",
    "plot_descent": "bpcore.charts",
    "plot_weights": "bpcore.charts",
    "describe_agreement": "bpcore.drawings",
    "describe_cobweb": "bpcore.dynamics",
    "describe_graph": "bpcore.diagrams",
    "describe_layer": "bpcore.drawings",
    "describe_network": "bpcore.drawings",
    "describe_sizes": "bpcore.dynamics",
    "describe_spectrum": "bpcore.dynamics",
    "hint": "bpcore.notebook",
    "in_words": "bpcore.notebook",
    "listen": "bpcore.listening",
    "mine_or_ours": "bpcore.notebook",
    "my_lines": "bpcore.notebook",
    "progress": "bpcore.notebook",
    "plot_agreement": "bpcore.drawings",
    "plot_cobweb": "bpcore.dynamics",
    "plot_graph": "bpcore.diagrams",
    "plot_layer": "bpcore.drawings",
    "plot_network": "bpcore.drawings",
    "plot_sizes": "bpcore.dynamics",
    "plot_spectrum": "bpcore.dynamics",
    "solution": "bpcore.notebook",
    "spoken": "bpcore.listening",
    # rooms that are used by their own name, as in bp.functional.relu
    "autodiff": "bpcore.autodiff",
    "datasets": "bpcore.datasets",
    "demo": "bpcore.demo",
    "functional": "bpcore.functional",
    "plots": "bpcore.plots",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(_unknown(name))
    module = import_module(home)
    value = module if home == f"bpcore.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    # Compared without case: relu for ReLU is the commonest slip.
    folded = {known.lower(): known for known in _HOME}
    near = [folded[match] for match in get_close_matches(name.lower(), folded, n=3)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "dir(bpcore) lists what there is."
    return f"bpcore has no name {name!r}. {hint}"
