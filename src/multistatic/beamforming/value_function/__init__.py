"""The value-function method, the default beamformer: start at `method`; derivation in docs/algorithms.md §1."""

from multistatic.beamforming.value_function.method import METHOD, value_function
from multistatic.beamforming.value_function.several_starts import ValueFunctionSettings

__all__ = ["METHOD", "ValueFunctionSettings", "value_function"]
