"""The parts of a network: each holds its parameters, remembers one forward pass, and carries gradients back."""

from bpcore.layers.activations import ReLU, Sigmoid, Tanh
from bpcore.layers.base import Layer, Parameter
from bpcore.layers.dense import Dense
from bpcore.layers.sequential import Sequential

__all__ = ["Dense", "Layer", "Parameter", "ReLU", "Sequential", "Sigmoid", "Tanh"]
