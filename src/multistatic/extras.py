"""Optional dependencies: which extra brings each, and what is said where one is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from multistatic.errors import MissingDependencyError

EXTRAS = {
    "cvxpy": "sdp",
    "distributed": "cluster",
    "h5netcdf": "data",
    "h5py": "data",
    "pandas": "data",
    "xarray": "data",
}
"""Module → the extra that brings it; a module that is not named here belongs to the base installation."""


def require_installed(user: str, *modules: str) -> None:
    """Raise `MissingDependencyError` where one of `modules` is not installed; nothing is imported. For commands, before
    they begin to work. `user`: what needs them.
    """
    for name in modules:
        if find_spec(name) is None:
            raise missing_dependency(user, name)


def optional_module(user: str, name: str) -> Any:
    """The module; `MissingDependencyError` where it cannot be imported. `user`: what needs it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise missing_dependency(user, name) from error


def missing_dependency(user: str, name: str) -> MissingDependencyError:
    """The error that names the module, the extra, and the command that installs it.

    >>> print(missing_dependency("the beamformer 'sca'", "cvxpy"))
    the beamformer 'sca' needs cvxpy, which is not installed; the extra sdp brings it: pip install 'multistatic[sdp]'
    """
    extra = EXTRAS.get(name)
    how = f"the extra {extra} brings it: pip install 'multistatic[{extra}]'" if extra else f"pip install {name}"
    return MissingDependencyError(f"{user} needs {name}, which is not installed; {how}")
