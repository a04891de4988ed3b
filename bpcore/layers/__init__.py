"""The parts of a network: each holds its parameters, remembers one forward pass, and carries gradients back."""

from bpcore.layers.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from bpcore.layers.add import Add
from bpcore.layers.base import Layer, Parameter
from bpcore.layers.conv import Conv2d, Flatten, MaxPool2d
from bpcore.layers.dense import Dense
from bpcore.layers.dropout import Dropout
from bpcore.layers.fixed_point import FixedPoint
from bpcore.layers.recurrent import LSTM, RNN
from bpcore.layers.sequential import Sequential

__all__ = [
    "LSTM",
    "RNN",
    "Add",
    "Conv2d",
    "Dense",
    "Dropout",
    "FixedPoint",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "MaxPool2d",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
