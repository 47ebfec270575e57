"""Echoes that are too weak at some of the points, counted from the beams and the channel by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.design.result import Design
from multistatic.design.weak_points import point_block_snr, weak_points
from multistatic.files.points_document import points_arrays, robustness_document
from multistatic.report.weak_words import weak_in_words
from tests.support.close import assert_close
from tests.support.handmade_design import design as one_point
from tests.support.uncertain_designs import several


def with_noise(made: Design, factor: float) -> Design:
    """The same design in `factor` times as much noise."""
    return replace(made, channel=replace(made.channel, noise_power_w=factor * made.channel.noise_power_w))


def by_hand(made: Design) -> np.ndarray:
    """M_samples η_k β_k N_k p/(σ²) from the arrays, sum by sum."""
    channel, rows = made.channel, np.zeros((made.points.count, len(made.selected)))
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    weights = made.beamforming.beams.weights
    for m in range(len(rows)):
        power_w = sum(np.abs(channel.steering_tx[m] @ w) ** 2 for beam in weights for w in beam.T)
        for k, receiver in enumerate(made.scenario.receivers):
            noise_w = channel.noise_power_w + channel.clutter_power_w
            gain = channel.echo_gain[m, k] * receiver.array.size
            rows[m, k] = made.scenario.radio.samples * gain * power_w / noise_w
    return rows


def test_the_snr_of_every_point_follows_from_beams_and_echo_gains() -> None:
    made = several()
    snr = point_block_snr(made)
    assert snr is not None
    assert_close(snr, by_hand(made), rel=1e-12)
    assert_close(points_arrays(made)["point_block_snr"], snr, rel=0.0)


def test_points_with_weak_echoes_are_counted() -> None:
    made = several()
    counts = set()
    for factor in np.geomspace(1.0, 1e12, 25):
        noisy = with_noise(made, factor)
        found, weak = weak_points(noisy), by_hand(noisy)[:, made.selected] < 20.0
        assert found is not None
        assert (found.counted, found.some, found.all) == (7, sum(map(any, weak)), sum(map(all, weak)))
        chosen = [name for k, name in enumerate(made.selected_ids) if weak[:, k].any()]
        assert found.receivers == tuple(chosen)
        document = robustness_document(noisy)["weak_points"]
        assert document == {"some": found.some, "all": found.all, "counted": found.counted}
        counts.add((found.some, found.all))
    assert len(counts) > 2


def test_points_without_weight_count_only_for_the_worst() -> None:
    made = with_noise(several(), 1e12)
    weight = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]) / 2.0
    points = replace(made.points, weight=weight)
    assert weak_points(replace(made, points=points)).counted == 7  # type: ignore[union-attr]
    assert made.over_points is not None
    mean = replace(made, points=points, over_points=replace(made.over_points, mode="mean"))
    assert weak_points(mean).counted == 2  # type: ignore[union-attr]


def test_words_count_the_points_and_name_receivers_of_one_point() -> None:
    made = several()
    found = next(
        each
        for each in (with_noise(made, factor) for factor in np.geomspace(1.0, 1e12, 500))
        if 0 < weak_points(each).all < weak_points(each).some  # type: ignore[union-attr]
    )
    weak = weak_points(found)
    assert weak is not None
    words = weak_in_words(found)
    start = f"at {weak.some} of 7 points at one cooperating receiver at least, at {weak.all} of them at all: "
    assert words.startswith(start + "block SNR below 13 dB; the bounds are not reached there")
    assert weak_in_words(made) == ""
    alone = one_point()
    assert alone.accuracy is not None
    faint = replace(alone, accuracy=replace(alone.accuracy, block_snr=np.ones(10)))
    assert weak_in_words(faint).startswith(", ".join(alone.selected_ids) + ": block SNR below 13 dB")
    assert weak_points(faint).all == 1  # type: ignore[union-attr]
    assert weak_in_words(replace(alone, accuracy=replace(alone.accuracy, block_snr=np.full(10, 20.0)))) == ""
