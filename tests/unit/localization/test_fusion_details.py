"""Details of the fusion that a fix as a whole hardly shows: angles, flat covariances, residuals, degrees of freedom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.clock import ClockErrors
from multistatic.errors import InputError
from multistatic.localization.fusion import FusionSettings, localize
from multistatic.localization.observations import observations
from multistatic.localization.residuals import FusionModel
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close, close_to
from tests.support.localization_networks import WAVELENGTH_M, exact, measured, sites_of

PLACES = np.array([[80.0, 10.0, 0.0], [-20.0, 90.0, 0.0], [30.0, -70.0, 0.0], [-60.0, -40.0, 0.0], [50.0, 60.0, 0.0]])
TARGET, VELOCITY = np.array([15.0, -12.0, 0.0]), np.array([3.0, -4.0, 0.0])


def directed(sites, direction: np.ndarray, covariance: np.ndarray, kind: str = "whole"):
    group = measured(sites, *exact(sites, TARGET, VELOCITY))
    group[0] = replace(group[0], direction=direction, direction_covariance=covariance, direction_kind=kind)
    return group


def towards(k: int = 0) -> np.ndarray:
    offset = TARGET - PLACES[k]
    return offset / np.sqrt(offset @ offset)


def turned(angle_rad: float) -> tuple[np.ndarray, np.ndarray]:
    """The direction of receiver 0 turned in the plane, and the unit vector across it."""
    u = towards()
    across = np.array([-u[1], u[0], 0.0])
    m = np.cos(angle_rad) * u + np.sin(angle_rad) * across
    return m, np.array([-m[1], m[0], 0.0])


@pytest.mark.parametrize("angle_rad", [1e-9, 3e-5, 0.99e-4, 1.01e-4, 1e-2, 1.0, 2.5, 3.1, -0.99e-4])
def test_the_residual_of_a_direction_is_the_angle_itself(angle_rad):
    """To eleven digits on both sides of where the series takes over from the arcus tangent."""
    sites = sites_of(PLACES, 2)
    m, across = turned(angle_rad)
    model = FusionModel(sites=sites, seen=observations([directed(sites, m, np.outer(across, across))], sites))
    residual, _ = model.evaluate(np.concatenate([TARGET[:2], VELOCITY[:2]])[None], np.array([0]))
    # 1e-15: what rounding of the unit vectors leaves of an angle.
    assert np.sqrt(np.sum(residual[0, 2:4] ** 2)) == close_to(abs(angle_rad), rel=1e-11, abs=1e-15)


def test_a_direction_is_not_measured_where_its_variance_is_rounding():
    """In 2-D a covariance says nothing of the height; what is left of it there by rounding is no accuracy."""
    sites = sites_of(PLACES, 2)
    m, across = turned(1e-3)
    tilted = m + np.array([0.0, 0.0, 1e-6])
    flat, rounded = 1e-6 * np.outer(across, across), 1e-6 * np.outer(across, across) + np.diag([0.0, 0.0, 1e-24])
    one, other = (localize(directed(sites, tilted / np.linalg.norm(tilted), each), sites) for each in (flat, rounded))
    assert one.position_verdict == other.position_verdict == "unique"
    assert_close(one.position_m, other.position_m, abs=1e-9)
    assert one.degrees_of_freedom == other.degrees_of_freedom == 2 * 5 + 1 - 4


def test_components_along_three_axes_are_refused():
    sites = sites_of(PLACES, 2)
    with pytest.raises(InputError, match="rank 1 or 2"):
        localize(directed(sites, towards(), 1e-4 * np.eye(3), "components"), sites)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_mirror_image_is_as_good_as_the_direction(side):
    """Two receivers see two places; a line of antennas at one of them decides, whichever side it shows."""
    sites = sites_of(PLACES[:2], 2)
    group = directed(sites, towards() * [side, 1.0, 0.0], 1e-4 * np.diag([0.0, 1.0, 0.0]), "components")
    assert localize([replace(one, direction=None) for one in group], sites).position_verdict == "ambiguous"
    fix = localize(group, sites)
    assert fix.position_verdict == "unique"
    assert_close(fix.position_m, TARGET, abs=1e-6)
    assert fix.chi_square == close_to(0.0, abs=1e-9)


def test_one_receiver_with_a_line_of_antennas_sees_both_images():
    sites = sites_of(PLACES[:1], 2)
    fix = localize(directed(sites, towards(), 1e-6 * np.diag([0.0, 1.0, 0.0]), "components"), sites)
    assert fix.position_verdict == "ambiguous"
    places = sorted([fix.position_m, fix.other_position_m], key=lambda place: np.linalg.norm(place - TARGET))
    assert_close(places[0], TARGET, abs=1e-6)
    out, back = places[1] - sites.transmitter_m, places[1] - PLACES[0]
    assert np.linalg.norm(out) + np.linalg.norm(back) == close_to(
        np.linalg.norm(TARGET) + np.linalg.norm(TARGET - PLACES[0])
    )
    assert_close(back / np.linalg.norm(back), towards() * [-1.0, 1.0, 1.0], abs=1e-6)


def test_the_residual_of_a_receiver_left_out_is_its_distance_from_what_the_others_predict():
    """Against a fit without it: the difference has the covariance of the measurement plus that of the prediction."""
    sites = sites_of(PLACES, 2)
    delay, doppler = exact(sites, TARGET, VELOCITY)
    rng = np.random.default_rng(2)
    delay = delay + 0.1 / SPEED_OF_LIGHT_M_S * rng.standard_normal(5)
    group = measured(sites, delay + 1e-8 * (np.arange(5) == 3), doppler + rng.standard_normal(5))
    fix = localize(group, sites)
    assert fix.outliers == ("r3",)
    assert fix.message == "r3 contradicts the other receivers and was left out."
    rest = localize([one for one in group if one.receiver_id != "r3"], sites)
    assert_close(fix.position_m, rest.position_m, abs=1e-7)

    def predicted(x: np.ndarray) -> np.ndarray:
        tau, shift = exact(sites, np.array([*x[:2], 0.0]), np.array([*x[2:], 0.0]))
        return np.array([SPEED_OF_LIGHT_M_S * tau[3], -WAVELENGTH_M * shift[3]])

    state = np.concatenate([rest.position_m[:2], rest.velocity_m_s[:2]])
    slopes = np.array([(predicted(state + step) - predicted(state - step)) / 2e-4 for step in 1e-4 * np.eye(4)]).T
    apart = np.array([SPEED_OF_LIGHT_M_S * group[3].delay_s, -WAVELENGTH_M * group[3].doppler_hz]) - predicted(state)
    spread = 0.01 * np.eye(2) + slopes @ rest.covariance @ slopes.T
    assert fix.normalised_residuals[3] == close_to(np.sqrt(apart @ np.linalg.solve(spread, apart)), rel=1e-5)


def test_the_others_need_not_agree_well_only_not_absurdly():
    """A receiver is 30 m off, and another by eight standard deviations: without the first, p is between α² and α."""
    sites = sites_of(PLACES, 2)
    delay, doppler = exact(sites, TARGET, VELOCITY)
    wrong = 1e-7 * (np.arange(5) == 3) + 0.8 / SPEED_OF_LIGHT_M_S * (np.arange(5) == 1)
    fix = localize(measured(sites, delay + wrong, doppler), sites, FusionSettings(false_flag_rate=1e-2))
    assert fix.outliers == ("r3",)
    assert 1e-4 < fix.p_value < 1e-2
    assert fix.position_verdict == "contradictory"


@pytest.mark.parametrize(
    ("common", "priors"),
    [((0.0, 0.0), 0), ((1e-9, 0.0), 1), ((1e-9, 2.0), 2), ((np.inf, 2.0), 1), ((np.inf, np.inf), 0)],
)
def test_finite_priors_count_as_measurements(common, priors):
    """Ten numbers and the priors, less four unknowns and the shared offsets."""
    clock = ClockErrors(
        time_s=np.zeros(5), frequency_hz=np.zeros(5), common_time_s=common[0], common_frequency_hz=common[1]
    )
    sites = sites_of(PLACES, 2, clock=clock)
    fix = localize(measured(sites, *exact(sites, TARGET, VELOCITY)), sites)
    assert fix.message == ""
    assert fix.degrees_of_freedom == 10 + priors - 4 - np.count_nonzero(common)
