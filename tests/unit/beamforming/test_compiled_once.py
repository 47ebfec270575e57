"""The descent is compiled for one kind of argument, whatever the problem: each further kind costs as much again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.downlink.gram_problem import Streams, gram_problem
from multistatic.beamforming.value_function import (
    descent,
    receive_vectors,
    several_starts,
    starting_vectors,
    value_function,
)
from tests.support.beamforming_problems import line_of_sight_problem, scattered_problem, steering


def test_descend_is_compiled_once_for_every_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = []

    def seen(*arguments: object) -> Streams | None:
        found = original(*arguments)
        if found is not None:
            orders.append(found.vectors.flags.c_contiguous)
        return found

    original = several_starts.with_more_streams
    monkeypatch.setattr(several_starts, "with_more_streams", seen)
    problems = [
        scattered_problem(0, rate=6.0, receive=3, transmit=5),  # gets a stream more
        scattered_problem(2, rate=6.0, receive=3, transmit=5),
        scattered_problem(1, rate=1.0, receive=1),
        scattered_problem(3, count=1),
        line_of_sight_problem(1),
        replace(scattered_problem(4), selected=np.zeros(3, bool)),
    ]
    for problem in problems:
        value_function(problem)
    assert False in orders, "vectors in another order than that of C came"
    assert len(descent.bfgs.signatures) == 1


def test_descend_is_compiled_once_for_arrays_of_any_layout() -> None:
    drawn = scattered_problem(0, rate=1.0)
    channels = drawn.direct / np.sqrt(drawn.noise_power_w)
    asked = gram_problem(channels, steering(4, 0.3), np.full(3, 1.0), np.zeros(3, bool))
    streams = starting_vectors.random_streams(asked, np.random.default_rng(1))
    expected = receive_vectors.descend(asked, streams, "loss", steps=5).value
    for array in (asked.gram, asked.cross, streams.vectors, streams.share, streams.receiver):
        array.flags.writeable = False
    turned = replace(streams, vectors=np.asfortranarray(streams.vectors), receiver=np.repeat(streams.receiver, 2)[::2])
    other = replace(asked, gram=np.asfortranarray(asked.gram), cross=np.repeat(asked.cross, 2)[::2])
    assert receive_vectors.descend(other, turned, "loss", steps=5).value == expected
    assert len(descent.bfgs.signatures) == 1
