"""Streams from beams: the beams of a solved problem are its optimum again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.downlink.gram_problem import compressed, gram_problem
from multistatic.beamforming.value_function import value_function
from multistatic.beamforming.value_function.earlier_beams import streams_of_beams
from multistatic.beamforming.value_function.receive_vectors import with_beams
from tests.support.beamforming_problems import scattered_problem
from tests.support.close import assert_close, close_to


@pytest.mark.parametrize("selected", [(), (0,), (0, 1, 2)])
@pytest.mark.parametrize("rate", [0.5, 3.0])
def test_the_streams_of_optimal_beams_have_their_loss(selected: tuple[int, ...], rate: float) -> None:
    problem = scattered_problem(2, rate=rate, selected=selected)
    result = value_function(problem)
    assert result.beams is not None
    channels = compressed(problem.normalised_direct)
    posed = gram_problem(channels, problem.steering.conj(), problem.rate_required_bps_hz, ~problem.selected)
    streams = streams_of_beams(posed, channels, np.asarray(result.beams.weights) / np.sqrt(problem.power_limit_w))
    assert streams is not None
    shares = np.bincount(streams.receiver, streams.share, len(posed.rate))
    assert_close(shares, posed.rate, rel=1e-12)
    assert_close(np.linalg.norm(streams.vectors, axis=1), 1.0, rel=1e-12)
    loss = with_beams(posed, streams, "loss").value * problem.power_limit_w
    assert loss == close_to(problem.illumination_limit_w - result.illumination_w, rel=1e-6, abs=1e-12)


def test_a_receiver_without_a_signal_has_no_streams() -> None:
    problem = scattered_problem(2)
    result = value_function(problem)
    assert result.beams is not None
    weights = np.array(result.beams.weights)
    weights[2] = 0.0
    channels = compressed(problem.normalised_direct)
    posed = gram_problem(channels, problem.steering.conj(), problem.rate_required_bps_hz, ~problem.selected)
    assert streams_of_beams(posed, channels, weights) is None
    begun = value_function(replace(problem, starts=(replace(result.beams, weights=weights),)))
    assert begun.illumination_w == result.illumination_w
