"""Verdicts and values of networks whose clocks are not synchronised, against arithmetic with many digits.

Categories: cases in full digits from a file; a table small enough to check by hand; random networks, a third of them in
degenerate geometries; one implementation for one group and for many; angles together with clocks; what is said.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import registry, sensing_network
from multistatic.bounds.clock import ClockErrors, range_standard_deviations
from multistatic.bounds.jacobian import delay_doppler_jacobian, direction_rows
from multistatic.bounds.position import PositionBound, position_bound
from multistatic.bounds.square_root import covariances, squared_errors, whitened_rows
from multistatic.channel.realise import channel_rng, realise
from multistatic.double_double import DoubleDouble, exact_marginal_covariance, exactly
from multistatic.linalg import marginal_covariance, root_of_two
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.clocked_networks import (
    ClockedGroup,
    ordinary_group,
    random_group,
    sensing_network_of,
    stored_cases,
)
from tests.support.close import assert_close, close_to
from tests.support.many_digits import exact_bounds
from tests.support.networks import network

# Beyond these an answer of "unobservable" is as good: nobody is served by either.
USELESS_PEB_M, USELESS_VEB_M_S = 1e4, 1e6


def everyone(group: ClockedGroup) -> PositionBound:
    return position_bound(sensing_network_of(group), np.ones(len(group.receivers_m), bool), 1.0)


def faults(group: ClockedGroup, exact: tuple[float | None, float | None], rel: float = 1e-6) -> list[str]:
    """What is wrong with the verdicts and values of a group, given the exact ones."""
    found, wrong = everyone(group), []
    pairs = ((found.peb_m, exact[0], USELESS_PEB_M), (found.veb_m_s, exact[1], USELESS_VEB_M_S))
    for name, (value, true, useless) in zip(("PEB", "VEB"), pairs, strict=True):
        if value is None:
            wrong += [f"{name} withheld, {true:.4g}"] if true is not None and true < useless else []
        elif true is None:
            wrong.append(f"{name} {value:.4g} where unobservable")
        elif not abs(value / true - 1.0) < rel:
            wrong.append(f"{name} {value:.9g}, exactly {true:.9g}")
    return wrong


@pytest.mark.parametrize("group", stored_cases(), ids=lambda group: group.label)
def test_stored_cases(group: ClockedGroup) -> None:
    """32 of a random generator, 18 exactly or nearly degenerate ones; the values have 60 digits behind them."""
    assert faults(group, (group.peb_m, group.veb_m_s)) == []


def test_synchronised_networks_have_the_same_verdicts() -> None:
    """PEBs of metres were withheld, and others were a thousandth of the truth, where sums of information decided."""
    rng = np.random.default_rng(0)
    nothing, observable = [], 0
    for i in range(60):
        group = random_group(rng, degenerate=0.7)
        zeros = np.zeros(len(group.receivers_m))
        group = replace(group, own_time_s=zeros, own_frequency_hz=zeros, common=(0.0, 0.0))
        exact = exact_bounds(group)
        observable += sum(each is not None for each in exact)
        nothing += [f"{i}: {fault}" for fault in faults(group, exact)]
    assert nothing == []
    assert observable > 40


def test_stored_cases_agree_with_our_own_many_digits() -> None:
    for group in stored_cases()[::5]:
        for found, stored in zip(exact_bounds(group), (group.peb_m, group.veb_m_s), strict=True):
            assert (found is None) == (stored is None), group.label
            if found is not None:
                assert found == close_to(stored, rel=1e-12), group.label


# The transmitter is at the origin. PEB in m and VEB in m/s with nine digits, None: unobservable.
PLACES = {
    "three": [(50, 20), (-30, 44), (10, -61)],
    "two": [(50, 20), (-30, 44)],
    "four": [(50, 20), (-30, 44), (10, -61), (-44, -17)],
    "baseline": [(60, 0), (30, 40)],
    "line": [(-60, 0), (-30, 0), (90, 0)],
}
INF = np.inf
TABLE = {
    "perfect": ("three", {}, 0.00291065417, 0.0831737911),
    "common time unknown": ("three", {"common": (INF, 0)}, 0.00348273829, 0.083173887),
    "two, common time unknown": ("two", {"common": (INF, 0)}, None, None),
    "two, common time 1 us": ("two", {"common": (1e-6, 0)}, 4844.00786, 41893.991),
    "one own of 1 us": ("three", {"common": (INF, 0), "time": (0, 0, 1e-6)}, 0.16187939, 0.0891469723),
    "one own unknown": ("three", {"common": (INF, 0), "time": (0, 0, INF)}, 0.16187944, 0.0891469759),
    "both common unknown": (
        "four",
        {"common": (INF, INF), "time": (1e-9,) * 4, "frequency": (5.0,) * 4},
        0.324118289,
        0.473902951,
    ),
    "at rest, own frequencies unknown": ("three", {"frequency": (INF,) * 3, "at_rest": True}, 0.00291101633, None),
    "on the baseline of one of two": ("baseline", {}, 0.908513289, None),
    "in line with transmitter and target": ("line", {}, 0.853919042, None),
    "own 10 ps and 1 Hz": ("three", {"time": (1e-11,) * 3, "frequency": (1.0,) * 3}, 0.00411628661, 0.117625503),
}


@pytest.mark.parametrize("name", TABLE)
def test_table(name: str) -> None:
    where, clocks, peb_m, veb_m_s = TABLE[name]
    group = tabled(where, clocks, peb_m, veb_m_s)
    assert faults(group, (peb_m, veb_m_s), rel=5e-8) == []  # some have eight digits only
    # An exact null is told as such here, not as a useless number.
    found = everyone(group)
    assert (found.peb_m is None, found.veb_m_s is None) == (peb_m is None, veb_m_s is None)


def tabled(where: str, clocks: dict, peb_m: float | None, veb_m_s: float | None) -> ClockedGroup:
    receivers = np.array([(*place, 0.0) for place in PLACES[where]])
    aside = where in ("baseline", "line")
    velocity = np.zeros(3) if clocks.get("at_rest") else np.array([3.0, 2.0, 0.0] if aside else [4.0, -7.0, 0.0])
    count = len(receivers)
    return ClockedGroup(
        label=where,
        transmitter_m=np.zeros(3),
        receivers_m=receivers,
        target_m=np.array([30.0, 0.0, 0.0] if aside else [25.0, 9.0, 0.0]),
        velocity_m_s=velocity,
        carrier_hz=3.5e9,
        delay_std_s=np.full(count, 1e-11),
        doppler_std_hz=np.ones(count),
        own_time_s=np.array(clocks.get("time", (0.0,) * count), float),
        own_frequency_hz=np.array(clocks.get("frequency", (0.0,) * count), float),
        common=clocks.get("common", (0.0, 0.0)),
        dimensions=2,
        peb_m=peb_m,
        veb_m_s=veb_m_s,
    )


def random_faults(draw, count: int, seed: int) -> tuple[list[str], int, int]:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    wrong, observable, unobservable = [], 0, 0
    for i in range(count):
        group = draw(rng)
        exact = exact_bounds(group)
        unobservable += sum(each is None for each in exact)
        observable += sum(each is not None for each in exact)
        wrong += [f"{i}: {fault}" for fault in faults(group, exact)]
    return wrong, observable, unobservable


@pytest.mark.parametrize("draw", [ordinary_group, random_group])
def test_random_networks(draw) -> None:  # type: ignore[no-untyped-def]
    wrong, observable, unobservable = random_faults(draw, 40, 7)
    assert wrong == []
    assert observable > 20
    assert unobservable > 15


@pytest.mark.slow
@pytest.mark.parametrize("draw", [ordinary_group, random_group])
def test_many_random_networks(draw) -> None:  # type: ignore[no-untyped-def]
    """3000 verdicts in two and three dimensions: not one is false, not one value is off by 1e-6."""
    wrong, observable, unobservable = random_faults(draw, 750, 11)
    assert wrong == []
    assert min(observable, unobservable) > 400


def test_one_group_and_many_are_the_same() -> None:
    rng = np.random.default_rng(2)
    for height_m in (0.0, 30.0):
        scenario = network(6, seed=1, height_m=height_m)
        plain = sensing_network(scenario, realise(scenario, channel_rng(1)))
        own = rng.choice([0.0, 1e-10, 1e-8, np.inf], 6)
        clock = ClockErrors(time_s=own, frequency_hz=1e9 * own, common_time_s=1e-9, common_frequency_hz=np.inf)
        for seen in (plain, replace(plain, clock=clock)):
            masks = rng.random((2000, 6)) < 0.6
            for angles in (False, True):
                rows = whitened_rows(seen, 3.0, angles=angles)
                together = squared_errors(rows, masks, "position")
                alone = [squared_errors(rows, mask, "position")[0] for mask in masks[:50]]
                assert len(together) == 2000
                assert_close(together[:50], alone, rel=1e-09)
    assert squared_errors(rows, np.zeros((2, 6), bool), "velocity").tolist() == [np.inf, np.inf]


def test_covariance_and_its_parts() -> None:
    """Turning the world about z turns the covariance; its trace and its parts stay."""
    group = next(each for each in stored_cases() if each.dimensions == 3 and each.peb_m and each.peb_m < 1e3)
    c, s = np.cos(0.7), np.sin(0.7)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    turned = replace(
        group,
        transmitter_m=turn @ group.transmitter_m,
        receivers_m=group.receivers_m @ turn.T,
        target_m=turn @ group.target_m,
        velocity_m_s=turn @ group.velocity_m_s,
    )
    one, other = everyone(group), everyone(turned)
    assert one.covariance_m2 is not None
    assert other.covariance_m2 is not None
    scale = np.abs(one.covariance_m2).max()
    assert_close(other.covariance_m2, turn @ one.covariance_m2 @ turn.T, abs=1e-06 * scale)
    assert np.trace(one.covariance_m2) == close_to(one.peb_m**2, rel=1e-12)
    assert one.peb_horizontal_m**2 == close_to(one.covariance_m2[0, 0] + one.covariance_m2[1, 1], rel=1e-12)
    assert one.peb_vertical_m**2 == close_to(one.covariance_m2[2, 2], rel=1e-12)
    assert other.peb_vertical_m == close_to(one.peb_vertical_m, rel=1e-6)
    assert not one.covariance_m2.flags.writeable


def test_in_the_plane_the_horizontal_error_is_the_whole() -> None:
    found = everyone(tabled("three", {}, None, None))
    assert found.peb_horizontal_m == close_to(found.peb_m, rel=1e-14)
    assert found.peb_vertical_m is None
    nothing = everyone(tabled("two", {"common": (INF, 0)}, None, None))
    assert (nothing.covariance_m2, nothing.peb_horizontal_m, nothing.peb_vertical_m) == (None, None, None)


@pytest.mark.parametrize("height_m", [0.0, 40.0])
def test_angles_and_clocks_together(height_m: float) -> None:
    """Against the sum of information with every offset as an unknown, where that is well conditioned."""
    scenario = network(4, seed=5, height_m=height_m, antennas=4)
    plain = sensing_network(scenario, realise(scenario, channel_rng(5)))
    clock = ClockErrors(
        time_s=np.array([0.0, 1e-10, 2e-10, 5e-11]),
        frequency_hz=np.array([0.0, 3.0, 0.0, 1.0]),
        common_time_s=2e-10,
        common_frequency_hz=4.0,
    )
    seen = replace(plain, clock=clock)
    d, all_four = seen.dimensions, np.ones(4, bool)
    rows = np.zeros((0, 2 * d + 8 + 2))
    unit = np.array([0.5 / seen.bandwidth_hz, 2.0 * seen.bandwidth_hz])
    from multistatic.bounds.delay_doppler import exact_information

    for k in range(4):
        block = np.zeros((2, rows.shape[1]))
        block[:, : 2 * d] = delay_doppler_jacobian(seen).hi[k]
        block[:, 2 * d + 2 * k : 2 * d + 2 * k + 2] = block[:, -2:] = np.eye(2)
        rows = np.vstack([rows, np.sqrt(exact_information(seen, 1e-3)[k].diagonal())[:, None] * block / unit[:, None]])
        across = np.zeros((3, rows.shape[1]))
        across[:, :d] = direction_rows(seen, 1e-3)[k]
        rows = np.vstack([rows, across])
    stds = np.concatenate([np.stack([clock.time_s, clock.frequency_hz], axis=1).ravel(), clock.common])
    free = np.flatnonzero(stds > 0)
    priors = np.zeros((len(free), rows.shape[1]))
    priors[np.arange(len(free)), 2 * d + free] = 1.0 / stds[free]
    kept = np.concatenate([np.arange(2 * d), 2 * d + free])
    everything = np.vstack([rows, priors])[:, kept]
    length = np.linalg.norm(everything, axis=0)
    inverse = np.linalg.inv((everything / length).T @ (everything / length)) / np.outer(length, length)
    for quantity, part in (("position", slice(0, d)), ("velocity", slice(d, 2 * d))):
        found = covariances(whitened_rows(seen, 1e-3, angles=True), all_four, quantity)[0]
        assert_close(found, inverse[part, part], rel=1e-06, abs=1e-08 * np.abs(found).max())
    worse = position_bound(seen, all_four, 1e-3)
    better = position_bound(seen, all_four, 1e-3, angles=True)
    assert better.peb_m < worse.peb_m
    assert position_bound(plain, all_four, 1e-3).peb_m < worse.peb_m


def test_a_bound_of_no_use_says_so() -> None:
    found = everyone(tabled("two", {"common": (1e-6, 0)}, None, None))
    assert found.peb_m == close_to(4844.00786, rel=1e-8)
    assert "4.84e+03 m is of no use: it exceeds the longest bistatic range" in found.note
    longest = np.linalg.norm([25, 9]) + max(np.linalg.norm([25 - 50, 9 - 20]), np.linalg.norm([25 + 30, 9 - 44]))
    assert f"{longest:.4g} m" in found.note
    assert everyone(tabled("three", {}, None, None)).note == ""


@pytest.mark.parametrize("where", ["baseline", "line"])
def test_a_bound_of_luck_says_so(where: str) -> None:
    """On a baseline the Doppler shift knows the place by what the target moves across, which nobody knows."""
    found = everyone(tabled(where, {}, None, None))
    assert found.peb_m is not None
    assert found.veb_m_s is None
    assert "so no estimator reaches it" in found.note
    lost = everyone(tabled("three", {"frequency": (INF,) * 3}, None, None))
    assert lost.veb_m_s is None
    assert lost.note == ""


def test_clocks_are_named_only_where_they_are_to_blame() -> None:
    blamed = everyone(tabled("two", {"common": (INF, 0)}, None, None)).reason
    assert "with synchronised clocks these receivers would determine the position and the velocity" in blamed
    lacking = everyone(tabled("line", {"common": (1e-9, 0)}, None, None))
    assert lacking.veb_m_s is None
    assert "clocks" not in lacking.reason


@pytest.mark.slow
@pytest.mark.parametrize("synchronised", [False, True])
def test_criteria_judge_as_the_bound_does(synchronised: bool) -> None:
    """A group that the bound calls unobservable has no finite value, and one that it locates has one."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        group = random_group(rng, degenerate=0.6)
        if synchronised:
            nothing = np.zeros(len(group.receivers_m))
            group = replace(group, own_time_s=nothing, own_frequency_hz=nothing, common=(0.0, 0.0))
        seen, mask = sensing_network_of(group), np.ones((1, len(group.receivers_m)), bool)
        found = everyone(group)
        for name, bound in (("peb", found.peb_m), ("veb", found.veb_m_s)):
            value = float(registry.load("criteria", name)(seen).values(mask, 1.0)[0])
            assert np.isfinite(value) == (bound is not None), name
            if bound is not None:
                assert value == close_to(bound, rel=1e-6)


def test_ranges_count_clocks() -> None:
    clock = ClockErrors(
        time_s=np.array([0.0, 3e-9, np.inf]),
        frequency_hz=np.array([0.0, 30.0, np.inf]),
        common_time_s=4e-9,
        common_frequency_hz=40.0,
    )
    delays, dopplers = np.full(3, 1e-9), np.full(3, 5.0)
    range_m, rate_m_s = range_standard_deviations(delays, dopplers, 3e9, clock)
    assert range_m[0] == close_to(SPEED_OF_LIGHT_M_S * np.sqrt(17.0) * 1e-9, rel=1e-12)
    assert range_m[1] == close_to(SPEED_OF_LIGHT_M_S * np.sqrt(26.0) * 1e-9, rel=1e-12)
    assert rate_m_s[1] == close_to(SPEED_OF_LIGHT_M_S / 3e9 * np.sqrt(2525.0), rel=1e-12)
    assert np.isinf([range_m[2], rate_m_s[2]]).all()
    plain, _ = range_standard_deviations(delays, dopplers, 3e9, None)
    assert_close(plain, SPEED_OF_LIGHT_M_S * 1e-09, rel=1e-14)


def test_marginal_covariance_of_plain_matrices() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((20, 9, 7)) * 10.0 ** rng.integers(-8, 9, 7)
    scale = np.linalg.norm(rows, axis=1)
    gram = np.swapaxes(rows / scale[:, None], 1, 2) @ (rows / scale[:, None])
    expected = np.linalg.inv(gram)[:, 4:, 4:] / scale[:, 4:, None] / scale[:, None, 4:]
    exactly_so = exact_marginal_covariance(exactly(rows), 3)
    assert_close(exactly_so, expected, rel=1e-07)
    assert_close(told(rows), expected, rel=1e-07)
    # A nuisance that repeats another one, or that touches nothing, changes nothing.
    again = np.concatenate([4.0 * rows[:, :, :1], np.zeros((20, 9, 1)), rows], axis=2)
    assert_close(told(again), expected, rel=1e-07)
    # One that repeats what is asked about leaves nothing.
    taken = np.concatenate([rows[:, :, 4:5], rows[:, :, 1:]], axis=2)
    assert np.isinf(told(taken)).all()
    assert np.isinf(told(np.zeros((2, 9, 7)))).all()
    assert np.isinf(told(rows[:, :2])).all()


def told(rows: np.ndarray) -> np.ndarray:
    """With 16 digits where these are said to be enough, with 32 elsewhere; either way where both speak they agree."""
    found, certain = marginal_covariance(rows, 3)
    exact = exact_marginal_covariance(exactly(rows), 3)
    if certain.any():
        assert_close(found[certain], exact[certain], rel=1e-06)
    return np.where(certain[:, None, None], found, exact)


def test_rank_is_certain_only_where_zeros_force_it() -> None:
    """Three columns in two rows cannot have rank three; three equal columns in three rows might, but for rounding."""
    rng = np.random.default_rng(4)
    rows = np.zeros((5, 6, 5))
    rows[:, :2, :3] = rng.standard_normal((5, 2, 3))
    rows[:, 2:, 3:] = rng.standard_normal((5, 4, 2))
    found, certain = marginal_covariance(rows, 2)
    assert certain.all()
    assert np.isfinite(found).all()
    beside = np.zeros((5, 8, 6))  # one column over many rows is of rank one
    beside[:, :2, :3] = rng.standard_normal((5, 2, 3))
    beside[:, 2:, 3:] = rng.standard_normal((5, 6, 3))
    assert marginal_covariance(beside, 2)[1].all()
    rows[:, :3, :3] = rng.standard_normal((5, 3, 1)) * np.array([1.0, 0.5, 4.0])
    assert not marginal_covariance(rows, 2)[1].any()
    assert np.isfinite(exact_marginal_covariance(exactly(rows), 2)).all()


def test_thirty_two_digits() -> None:
    """Sums, products, quotients and roots against mpmath, of numbers whose difference cancels."""
    import mpmath

    rng = np.random.default_rng(5)
    a, b, c = rng.standard_normal((3, 50)) * 10.0 ** rng.integers(-9, 9, (3, 50))
    first, second = exactly(a) / exactly(b), exactly(c) * exactly(c) + exactly(np.abs(a))
    results = {
        "quotient": first,
        "difference": first - exactly(first.hi),
        "root": second.sqrt(),
        "sum": DoubleDouble(np.stack([first.hi, second.hi], -1), np.stack([first.lo, second.lo], -1)).sum(),
    }
    with mpmath.workdps(60):
        for i in range(50):
            x, y, z = (mpmath.mpf(float(each[i])) for each in (a, b, c))
            square = z * z + abs(x)
            true = {
                "quotient": x / y,
                "difference": x / y - mpmath.mpf(float(first.hi[i])),
                "root": mpmath.sqrt(square),
                "sum": x / y + square,
            }
            for name, value in results.items():
                found = mpmath.mpf(float(value.hi[i])) + mpmath.mpf(float(value.lo[i]))
                scale = (
                    abs(x / y)
                    if name == "difference"
                    else max(abs(x / y), square)
                    if name == "sum"
                    else abs(true[name])
                )
                assert abs(found - true[name]) <= 1e-30 * scale, name


def test_root_of_two_is_a_root_or_zero() -> None:
    rng = np.random.default_rng(1)
    half = rng.standard_normal((30, 2, 2))
    matrix = half @ np.swapaxes(half, 1, 2)
    root = root_of_two(matrix)
    assert_close(np.swapaxes(root, 1, 2) @ root, matrix, rel=1e-09, abs=1e-12)
    flat = np.array([[1.0, 3.0], [3.0, 9.0]])
    assert root_of_two(flat)[1, 1] == 0.0
    assert not root_of_two(np.zeros((2, 2))).any()
