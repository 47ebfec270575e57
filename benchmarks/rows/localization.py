"""Rows of localization: fixes a second and whether their covariance is right, closed forms, bad receivers, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from benchmarks.measure import Check, Row, all_of, timed, timed_each
from benchmarks.work import scenario
from scipy.optimize import least_squares
from scipy.stats import chi2
from tests.support.degenerate_geometries import KINDS, assert_right_verdict

from multistatic import (
    Candidates,
    Measurement,
    Scenario,
    from_arrival,
    from_departure,
    from_ranges,
    from_two_dopplers,
    load_preset,
    localize_many,
    position_bound,
    realise,
    sensing_network,
)
from multistatic.localization.drawn import draw_measurements
from multistatic.units import SPEED_OF_LIGHT_M_S

ILLUMINATION_W = {"paper": 10.0, "urban": 100.0}
SYNCHRONISED = [
    f"{node}.{key}=0"
    for node in ("transmitter", "receivers", "receivers.site[6]", "receivers.site[7]")
    for key in ("clock_offset_std_s", "frequency_offset_std_hz")
]
EXACT_M = 1e-6


def fixes(count: int, rivals: int) -> list[Row]:
    """`count` fixes of each preset, with the test for bad receivers on, beside SciPy begun at the truth."""
    rows = []
    for preset, illumination_w in ILLUMINATION_W.items():
        clocks, said = (SYNCHRONISED, " with perfect clocks") if preset == "urban" else ([], "")
        network = load_preset(preset, ['radio.pulse="half_sine"', *clocks])
        seen = sensing_network(network, realise(network, np.random.default_rng(1)))
        groups = draw_measurements(seen, illumination_w, np.random.default_rng(2), count)
        localize_many(groups[:10], network)
        found, ours_s = timed(localize_many, groups, network)
        _, rival_s = timed_each(_scipy_fix(network), groups[:rivals])
        d = network.dimensions
        trusted = [fix for fix in found if fix.position_verdict == "unique"]
        error = np.array([fix.position_m for fix in trusted])[:, :d] - network.target.position_m[:d]
        spread = np.array([fix.position_covariance_m2 for fix in trusted])
        nees = np.einsum("na,na->n", error, np.linalg.solve(spread, error[..., None])[..., 0]).mean()
        low, high = chi2.ppf([0.0005, 0.9995], d * len(trusted)) / len(trusted)
        bound = position_bound(seen, np.ones(len(groups[0]), bool), illumination_w)
        ratio = float(np.sqrt(np.mean(np.sum(error**2, axis=1))) / bound.peb_m)
        flags = sum(bool(fix.outliers) or fix.position_verdict == "contradictory" for fix in found) / count
        inside = Check(
            goal=f"NEES inside its 99.9 % interval, {low:.4f} to {high:.4f}",
            measured=f"{nees:.4f}",
            met=bool(low < nees < high),
        )
        reached = Check(goal="RMSE/PEB from 0.95 to 1.15", measured=f"{ratio:.4f}", met=0.95 < ratio < 1.15)
        clean = Check(goal="(false flags at a stated rate of 1e-3)", measured=f"{flags:.1e}", met=None)
        ours_each, rival_each = ours_s / count, float(np.median(rival_s))
        many = Check(goal="≥ 1000 fixes a second", measured=f"{1 / ours_each:.0f}", met=ours_each <= 1e-3, timed=True)
        checks = (inside, reached, clean, many)
        rows.append(
            Row(
                work=f"{count} fixes of `{preset}`{said}, {len(groups[0])} receivers, time of one",
                ours="localize_many",
                ours_s=ours_each,
                rival=f"SciPy least_squares from the truth, {rivals} fixes",
                rival_s=rival_each,
                checks=checks,
            )
        )
    return rows


def _scipy_fix(network: Scenario) -> Callable[[Sequence[Measurement]], object]:
    """The same least-squares problem, one fix at a time."""
    d = network.dimensions
    start = np.concatenate([network.target.position_m[:d], network.target.velocity_m_s[:d]])
    transmitter, receivers = network.transmitter.position_m, network.receiver_positions_m
    wavelength = network.radio.wavelength_m

    def fix(group: Sequence[Measurement]) -> object:
        reach = SPEED_OF_LIGHT_M_S * np.array([one.delay_s for one in group])
        rate = -wavelength * np.array([one.doppler_hz for one in group])
        reach_std = SPEED_OF_LIGHT_M_S * np.array([one.delay_std_s for one in group])
        rate_std = wavelength * np.array([one.doppler_std_hz for one in group])

        def residual(x: np.ndarray) -> np.ndarray:
            p, v = np.array(network.target.position_m), np.array(network.target.velocity_m_s)
            p[:d], v[:d] = x[:d], x[d:]
            out, back = p - transmitter, p - receivers
            r_out, r_back = np.linalg.norm(out), np.linalg.norm(back, axis=1)
            slope = out / r_out + back / r_back[:, None]
            return np.concatenate([(r_out + r_back - reach) / reach_std, (slope @ v - rate) / rate_std])

        return least_squares(residual, start, x_scale="jac")

    return fix


def closed_forms(geometries: int) -> list[Row]:
    """Every closed form on random geometries within 100 m, without noise."""
    rows = []
    for name, form in _FORMS.items():
        target, work = form(np.random.default_rng(3), geometries)
        found, ours_s = timed(work)
        away = np.linalg.norm(found.positions_m - target[:, None], axis=-1)
        away[found.count < 2, 1] = np.inf
        right = (away.min(axis=1) < EXACT_M) | (found.count == 0)
        declared = f"{np.sum(found.count == 0)} unobservable, {np.sum(found.count == 2)} ambiguous"
        rows.append(
            Row(
                work=f"closed form: {name}, {geometries} geometries, time of one ({declared})",
                ours="closed form",
                ours_s=ours_s / geometries,
                checks=(all_of("exact to 1e-6 m", right),),
            )
        )
    return rows


Work = tuple[np.ndarray, Callable[[], Candidates]]


def _points(rng: np.random.Generator, shape: tuple[int, ...], dimensions: int) -> np.ndarray:
    points = np.zeros((*shape, 3))
    points[..., :dimensions] = rng.uniform(-100.0, 100.0, (*shape, dimensions))
    return points


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _path(target: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.linalg.norm(target - one, axis=-1) + np.linalg.norm(target - other, axis=-1)


def _ray(form: Callable[..., Candidates], dimensions: int) -> Callable[[np.random.Generator, int], Work]:
    def work(rng: np.random.Generator, count: int) -> Work:
        target, transmitter, receiver = (_points(rng, (count,), dimensions) for _ in range(3))
        direction = _unit(target - (receiver if form is from_arrival else transmitter))
        return target, lambda: form(_path(target, transmitter, receiver), direction, transmitter, receiver)

    return work


def _ranges(receivers: int, dimensions: int) -> Callable[[np.random.Generator, int], Work]:
    def work(rng: np.random.Generator, count: int) -> Work:
        target, sites = _points(rng, (count,), dimensions), _points(rng, (count, receivers), dimensions)
        reach = _path(target[:, None], np.zeros(3), sites)
        return target, lambda: from_ranges(reach, np.zeros(3), sites, dimensions=dimensions)

    return work


def _two_dopplers(rng: np.random.Generator, count: int) -> Work:
    target, transmitter, sites = _points(rng, (count,), 2), _points(rng, (count,), 2), _points(rng, (count, 2), 2)
    heading = rng.uniform(-np.pi, np.pi, count)
    velocity = np.stack([np.cos(heading), np.sin(heading), np.zeros(count)], axis=1)
    back = _unit(target[:, None] - sites)
    doppler = -100.0 * np.einsum("nc,nkc->nk", velocity, _unit(target - transmitter)[:, None] + back)
    reach, arrival = _path(target[:, None], transmitter[:, None], sites), np.arctan2(back[..., 1], back[..., 0])
    return target, lambda: from_two_dopplers(
        reach, doppler, arrival, heading_rad=heading, transmitter_m=transmitter, receivers_m=sites
    )


_FORMS = {
    "direction of arrival, 2-D": _ray(from_arrival, 2),
    "direction of arrival, 3-D": _ray(from_arrival, 3),
    "direction of departure (93), 2-D": _ray(from_departure, 2),
    "direction of departure (93), 3-D": _ray(from_departure, 3),
    "the paper's route, any heading": _two_dopplers,
    "2 ranges, 2-D": _ranges(2, 2),
    "3 ranges, 2-D": _ranges(3, 2),
    "3 ranges, 3-D": _ranges(3, 3),
    "4 ranges, 3-D": _ranges(4, 3),
}


def bad_receiver(deployments: int, each: int) -> list[Row]:
    """Five receivers anywhere, the delay of one 30 m too long (hundreds of deviations or tens, as the draw has it)."""
    flagged, errors, clean_errors, total_s = [], [], [], 0.0
    for seed in range(deployments):
        network = scenario(
            seed, {"receivers.random.count": 5, "requirements.rate_bps_hz": 0, "radio.pulse": "half_sine"}
        )
        seen = sensing_network(network, realise(network, np.random.default_rng(1)))
        clean = draw_measurements(seen, 1e-4, np.random.default_rng(seed), each)
        groups = [
            [replace(one, delay_s=one.delay_s + 1e-7 * (k == i % 5)) for k, one in enumerate(group)]
            for i, group in enumerate(clean)
        ]
        found, time_s = timed(localize_many, groups, network)
        total_s += time_s
        for i, (fix, other) in enumerate(zip(found, localize_many(clean, network), strict=True)):
            flagged.append(fix.outliers == (f"rx{i % 5 + 1}",))
            if fix.position_m is not None and other.position_m is not None:
                errors.append(float(np.linalg.norm(fix.position_m - network.target.position_m) / other.position_std_m))
                clean_errors.append(
                    float(np.linalg.norm(other.position_m - network.target.position_m) / other.position_std_m)
                )
    share, ratio = float(np.mean(flagged)), float(np.median(errors) / np.median(clean_errors))
    return [
        Row(
            work=f"one bad receiver of five, {deployments} deployments, {len(flagged)} fixes, time of one",
            ours="leave one out",
            ours_s=total_s / len(flagged),
            checks=(
                Check(goal="it is flagged in ≥ 99 %", measured=f"{100 * share:.2f} %", met=share >= 0.99),
                Check(goal="median error ≤ 2× the clean fit's", measured=f"{ratio:.2f}×", met=ratio <= 2.0),
            ),
        )
    ]


def degenerate(draws: int) -> list[Row]:
    """Every kind of degenerate geometry, exact and noisy, moving and still."""
    right = []
    for kind in KINDS:
        for noise in (False, True):
            for still in (False, True):
                rng = np.random.default_rng([KINDS.index(kind), noise, still])
                right += [_holds(kind, rng, noise, still) for _ in range(draws)]
    names = f"{len(KINDS)} kinds of degenerate geometry"
    return [Row(work=names, ours="localize", checks=(all_of("right verdict, no NaN, no negative variance", right),))]


def _holds(kind: Callable[..., object], rng: np.random.Generator, noise: bool, still: bool) -> bool:
    try:
        assert_right_verdict(kind, rng, noise=noise, still=still)  # type: ignore[arg-type]
    except AssertionError:
        return False
    return True
