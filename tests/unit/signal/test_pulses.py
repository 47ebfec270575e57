"""Pulses: published constants, closed forms, scaling, and a user's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from multistatic import registry
from multistatic.errors import ScenarioError
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulses import pulse_from_callable, pulse_moments, pulse_of
from tests.support.close import assert_close, close_to

KINDS = ("cosine", "half_sine", "raised_cosine", "root_raised_cosine", "sinc")


def test_every_pulse_is_registered():
    assert set(KINDS) <= set(registry.names("pulses"))


@pytest.mark.parametrize(
    ("kind", "bandwidth", "square_time", "mean_frequency"),
    [
        ("cosine", 2.4674011, 0.1306910, -1.0),
        ("sinc", 2.5514439, 0.1122270, -1.1076364),
        ("half_sine", np.pi**2, 1 / 3 - 1 / (2 * np.pi**2), 0),
    ],
)
def test_constants_of_the_slot_pulses(kind, bandwidth, square_time, mean_frequency):
    moments = pulse_moments(PulseSpec(kind=kind))
    assert moments.mean_square_bandwidth == close_to(bandwidth, abs=5e-8)
    assert moments.mean_square_time == close_to(square_time, abs=5e-8)
    # ∫gg' = (g(1)² - g(0)²)/2 and ∫ugg' = (g(1)² - 1)/2 by parts: -1/2 wherever g vanishes at 1.
    assert moments.mean_frequency == close_to(mean_frequency, abs=5e-8)
    assert moments.time_frequency == close_to(-0.5, abs=1e-12)
    assert moments.continuous == (kind == "half_sine")


@pytest.mark.parametrize(("edge", "continuous"), [(0.0, True), (0.0099, True), (0.0101, False), (0.05, False)])
def test_a_pulse_jumps_where_its_end_is_above_a_hundredth_of_its_peak(edge, continuous):
    """A raised half-wave of peak 1 whose ends are `edge` high; at one end only as well."""
    both = pulse_from_callable(lambda u: edge + (1 - edge) * np.sin(np.pi * u))
    assert both.moments.continuous == continuous
    one = pulse_from_callable(lambda u: np.where(u > 0.5, edge + (1 - edge) * np.sin(np.pi * u), np.sin(np.pi * u)))
    assert one.moments.continuous == continuous


def test_closed_forms_of_the_half_sine():
    moments = pulse_moments(PulseSpec(kind="half_sine"))
    assert moments.mean_time == close_to(0.5, abs=1e-12)
    assert moments.mean_square_time == close_to(1 / 3 - 1 / (2 * np.pi**2), abs=1e-12)


def test_shapes_as_published():
    u = np.linspace(0.01, 0.99, 9)
    area = quad(lambda t: np.sin(t) ** 2 / t**2, 0, np.pi)[0]
    assert_close(pulse_of(PulseSpec(kind="cosine"))(u), np.sqrt(2) * np.cos(np.pi * u / 2), rel=1e-12)
    expected = np.sqrt(np.pi / area) * np.sin(np.pi * u) / (np.pi * u)
    assert_close(pulse_of(PulseSpec(kind="sinc"))(u), expected, rel=1e-12)


@pytest.mark.parametrize("rolloff", [0.1, 0.35, 1.0])
def test_raised_cosines_are_the_textbook_formulas(rolloff):
    """Up to the energy that the cut at ±span takes away."""
    u = np.linspace(-3, 3, 8) + 0.013
    root = pulse_of(PulseSpec(kind="root_raised_cosine", rolloff=rolloff))(u)
    expected = (np.sin(np.pi * u * (1 - rolloff)) + 4 * rolloff * u * np.cos(np.pi * u * (1 + rolloff))) / (
        np.pi * u * (1 - (4 * rolloff * u) ** 2)
    )
    assert_close(root / root[4], expected / expected[4], rel=1e-10)
    full = pulse_of(PulseSpec(kind="raised_cosine", rolloff=rolloff))(u)
    expected = np.sinc(u) * np.cos(np.pi * rolloff * u) / (1 - (2 * rolloff * u) ** 2)
    assert_close(full / full[4], expected / expected[4], rel=1e-10)


@pytest.mark.parametrize("rolloff", [0.25, 0.5])
def test_singular_points_of_the_raised_cosines_are_smooth(rolloff):
    for kind, point in (("root_raised_cosine", 1 / (4 * rolloff)), ("raised_cosine", 1 / (2 * rolloff))):
        pulse = pulse_of(PulseSpec(kind=kind, rolloff=rolloff))
        near = pulse(np.array([point - 1e-6, point, point + 1e-6]))
        assert near[1] == close_to((near[0] + near[2]) / 2, abs=1e-11)


def test_root_raised_cosine_has_the_moments_of_its_spectrum():
    """F̄ = (2π)² ∫f²|G|² df; a long span leaves little of it out. Shifts by slots are orthogonal."""
    beta = 0.5
    pulse = pulse_of(PulseSpec(kind="root_raised_cosine", rolloff=beta, span_slots=24))

    def power(f):
        return 1.0 if f < (1 - beta) / 2 else 0.5 * (1 + np.cos(np.pi / beta * (f - (1 - beta) / 2)))

    edges = (0, (1 - beta) / 2, (1 + beta) / 2)
    expected = 8 * np.pi**2 * sum(quad(lambda f: f**2 * power(f), *edges[i : i + 2])[0] for i in (0, 1))
    assert pulse.moments.mean_square_bandwidth == close_to(expected, rel=1e-3)
    assert pulse.moments.mean_time == close_to(0, abs=1e-12)
    assert pulse.moments.mean_frequency == close_to(0, abs=1e-12)
    u = np.linspace(-24, 24, 48 * 40, endpoint=False)
    for shift in (1, 2, 5):
        assert abs(np.mean(pulse(u) * pulse(u - shift)) * 48) < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_every_pulse_has_unit_energy_and_its_own_derivative(kind):
    pulse = pulse_of(PulseSpec(kind=kind, span_slots=5))
    first, last = pulse.support
    node, weight = np.polynomial.legendre.leggauss(120)
    u = first + (last - first) * (node + 1) / 2
    assert weight @ np.abs(pulse(u)) ** 2 * (last - first) / 2 == close_to(1, abs=1e-10)
    inside = np.linspace(first + 0.01, last - 0.01, 33)
    slope = (pulse(inside + 1e-5) - pulse(inside - 1e-5)) / 2e-5
    assert_close(pulse.derivative(inside), slope, abs=1e-8)
    outside = np.array([first - 0.1, last + 0.1, np.inf])
    assert not pulse(outside).any()
    assert not pulse.derivative(outside).any()


@settings(max_examples=15, deadline=None)
@given(first=st.floats(-3, 3), width=st.floats(0.2, 4), scale=st.floats(1e-6, 1e6), tilt=st.floats(-3, 3))
def test_a_users_pulse_without_derivative_has_the_moments_of_one_with_it(first, width, scale, tilt):
    """Any scale, any support; a derivative never looks outside the support."""

    def inside(u):
        assert np.all((u >= first - 1e-9) & (u <= first + width + 1e-9))
        return (u - first) / width

    def g(u):
        x = inside(u)
        return scale * np.sin(np.pi * x) ** 2 * np.exp(1j * tilt * x**2)

    def slope(u):
        x = inside(u)
        phase = np.exp(1j * tilt * x**2)
        return scale / width * phase * (np.pi * np.sin(2 * np.pi * x) + 2j * tilt * x * np.sin(np.pi * x) ** 2)

    guessed = pulse_from_callable(g, support=(first, first + width)).moments
    given_ = pulse_from_callable(g, slope, support=(first, first + width)).moments
    assert given_.mean_square_bandwidth == close_to(guessed.mean_square_bandwidth, rel=1e-7)
    assert given_.mean_frequency == close_to(guessed.mean_frequency, abs=1e-7 / width)
    assert given_.time_frequency == close_to(guessed.time_frequency, abs=1e-6)
    assert guessed.mean_time - first == close_to(
        pulse_from_callable(lambda u: g(u + first), support=(0, width)).moments.mean_time, abs=1e-9
    )


@pytest.mark.parametrize(
    ("g", "support", "match"),
    [
        (np.cos, (1.0, 1.0), "support"),
        (np.cos, (0.0, np.inf), "support"),
        (lambda u: 0.0 * u, (0.0, 1.0), "energy"),
    ],
)
def test_a_pulse_that_is_none_is_refused(g, support, match):
    with pytest.raises(ValueError, match=match):
        pulse_from_callable(g, support=support)


@pytest.mark.parametrize("spec", [{"rolloff": 1.5}, {"rolloff": -0.1}, {"rolloff": float("nan")}, {"span_slots": 0}])
@pytest.mark.parametrize("kind", ["raised_cosine", "root_raised_cosine"])
def test_impossible_parameters_are_named(kind, spec):
    with pytest.raises(ScenarioError, match=f"radio.pulse.{next(iter(spec))}"):
        pulse_of(PulseSpec(kind=kind, **spec))


def test_a_pulse_with_a_corner_inside_its_slot_is_integrated_as_exactly():
    """A triangle with its corner at 0.3: two Gauss rules of fixed order disagree there."""
    left, right = 0.3, 0.7

    def shape(u):
        return np.minimum(u / left, (1.0 - u) / right)

    triangle = pulse_from_callable(shape, lambda u: np.where(u < left, 1.0 / left, -1.0 / right)).moments
    halves = [quad(lambda u: 3.0 * u * shape(u) ** 2, *half)[0] for half in ((0.0, left), (left, 1.0))]
    assert triangle.mean_time == close_to(sum(halves), rel=1e-10)
    assert triangle.mean_square_bandwidth == close_to(3.0 * (1.0 / left + 1.0 / right), rel=1e-10)


def test_slopes_at_subnormal_and_tiny_times():
    """d/du sinc(u) = -π²u/3 near 0; SciPy's spherical Bessel function is NaN at subnormal numbers."""
    pulse = pulse_of(PulseSpec(kind="sinc"))
    tiny = np.array([0.0, 5e-324, 2.3e-309, 1e-12, 0.99e-9, 1.01e-9, 1e-6])
    expected = -(np.pi**2) / 3.0 * tiny * pulse(0.0)
    assert_close(pulse.derivative(tiny), expected, rel=1e-9)
