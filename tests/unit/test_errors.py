"""Errors survive what processes do to them: every one is copied and pickled with all that it says."""

from __future__ import annotations

import copy
import pickle

import pytest

from multistatic import errors
from multistatic.errors import InputError, MultistaticError, Problem

PROBLEMS = [Problem("a.b", "-1", "at least 0"), Problem("", "nothing", "a table", "start with [radio]")]
CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MultistaticError)]


def made(kind: type[MultistaticError]) -> MultistaticError:
    return kind(PROBLEMS, source="city.toml") if issubclass(kind, InputError) else kind("No group is affordable.")


@pytest.mark.parametrize("travel", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", CLASSES)
def test_errors_come_back_as_they_were(kind, travel):
    error = made(kind)
    error.add_note("in worker 3")
    back = travel(error)
    assert type(back) is kind
    assert str(back) == str(error)
    assert back.exit_code == error.exit_code
    assert back.__notes__ == ["in worker 3"]
    assert vars(back) == vars(error)


def test_every_class_is_looked_at():
    assert len(CLASSES) == 7
    error = pickle.loads(pickle.dumps(made(InputError)))
    assert error.problems == tuple(PROBLEMS)
    assert str(error).startswith("city.toml: 2 problems\n  a.b: received -1")
