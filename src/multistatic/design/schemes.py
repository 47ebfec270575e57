"""The two schemes that the paper compares itself with: bi-static (one receiver) and mono-static (the transmitter
listens).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.bounds.sensing import mono_static_network
from multistatic.design.accuracy import accuracy
from multistatic.design.algorithms import beamformer_of
from multistatic.design.finish import (
    finished,
    infeasible_beams,
    proof_stage,
    verified,
    with_certificate,
    without_claims,
)
from multistatic.design.group_beams import group_beams, limits_w
from multistatic.design.instance import Instance
from multistatic.design.result import Design
from multistatic.registry import name_of
from multistatic.selection.declared_gain import knowledge_of
from multistatic.selection.selection_problem import Selection
from multistatic.signal.beams import Beams
from multistatic.units import B, F

Report = Callable[[str], None]


def design_mono_static(instance: Instance, on_stage: Report) -> Design:
    """The transmitter receives its own echo with ideal self-interference cancellation; no other receiver does.

    Every receiver suffers the sensing beam. The only listener is the transmitter, with `transmitter.receive_array`,
    so the position is unobservable from delay and Doppler alone.
    """
    on_stage("beamforming")
    beamformer = beamformer_of(instance.scenario.design.beamformer, instance.scenario.design.options)
    result = beamformer(instance.beamforming_problem(np.zeros(instance.size, bool)))
    if result.beams is None:
        return infeasible_beams(instance, "mono", result)
    on_stage(proof_stage(instance))
    return finished_mono_static(instance, result)


def finished_mono_static(instance: Instance, result: BeamformingResult) -> Design:
    """The verified design of beams that were designed for no cooperating receiver."""
    assert result.beams is not None
    assert result.illumination_w is not None
    none_selected = np.zeros(instance.size, bool)
    proven = result
    if instance.certificate:
        proven = with_certificate(instance.beamforming_problem(none_selected), result, tight=instance.tight)
    network = mono_static_network(instance.scenario, instance.channel, result.beams.covariance_w)
    design = Design(
        status="optimal" if proven.status == "optimal" else "feasible",
        message=proven.message,
        scheme="mono",
        scenario=instance.scenario,
        channel=instance.channel,
        selected=none_selected,
        selection=None,
        beamforming=proven,
        cost_m=0.0,
        accuracy=accuracy(network, np.ones(1, bool), result.illumination_w),
        verification=None,
        rounds=1,
    )
    return verified(design if instance.certificate else without_claims(design))


def design_bi_static(instance: Instance, on_stage: Report) -> Design:
    """The best single receiver with the best beams for it, exact up to the beamformer.

    Receivers are tried in the order of what each could reach at the largest illumination N_t P_T; the search stops
    when no later one could beat the incumbent. Where nothing is known of the criterion (`selection.gain.knowledge_of`)
    that stops nothing, and all are tried. One receiver does not make the target's position observable from delay and
    Doppler: where the criterion says so for all that are affordable, the surrogate decides instead.
    """
    scenario = instance.scenario
    beamformer = beamformer_of(scenario.design.beamformer, scenario.design.options)
    singles = np.eye(instance.size, dtype=bool)
    costs = scenario.requirements.distance_weight * scenario.geometry().target_receiver_m
    affordable = costs <= scenario.requirements.cooperation_cost_m * (1 + 1e-12)
    if not affordable.any():
        return _too_expensive(instance, float(costs.min()))
    instance, note = _able_to_rank_one(instance, singles[affordable])
    ceiling = _ceilings(instance, singles)
    best: tuple[float, Selection] | None = None
    found, failed = None, None
    tried = 0
    for k in sorted(np.flatnonzero(affordable), key=lambda k: float(ceiling[k])):
        if best is not None and ceiling[k] >= best[0]:
            break
        on_stage(f"beamforming for {scenario.receiver_ids[k]}")
        tried += 1
        result = group_beams(instance, beamformer, singles[k])
        if result.beams is None:
            failed = result
            continue
        assert result.illumination_w is not None
        value = float(instance.selection_problem(result.beams).values(singles[k])[0])
        if best is None or value < best[0]:
            selection = Selection(
                status="feasible",
                method="best_single",
                selected=singles[k],
                value=value,
                bound=None,
                cost_m=float(costs[k]),
                evaluated=tried,
                message=f"Best single receiver: {scenario.receiver_ids[k]} (of {affordable.sum()} affordable).{note}",
            )
            best, found = (value, selection), result
    if best is None or found is None:
        assert failed is not None
        return infeasible_beams(instance, "bi", failed)
    on_stage(proof_stage(instance))
    return finished(instance, "bi", replace(best[1], evaluated=tried), found, 1)


def _ceilings(instance: Instance, singles: B) -> F:
    """A lower bound [K] on the value of each single receiver with any beams: what it would be with all the power on the
    target. 0 where the criterion is not known to fall with the illumination.
    """
    nothing = Beams(weights=np.zeros((1 + instance.size, instance.channel.steering_tx.shape[1], 1), complex))
    problem = replace(instance.selection_problem(nothing), illumination_w=limits_w(instance))
    return problem.values(singles) if knowledge_of(problem).falls else np.zeros(instance.size)


def _able_to_rank_one(instance: Instance, singles: B) -> tuple[Instance, str]:
    """The instance itself, or with the surrogate where its criterion is infinite for every one of `singles` [n, K]."""
    design, criterion = instance.scenario.design, instance.criterion()
    most_w = limits_w(instance) if instance.several else float(limits_w(instance)[0])
    for illumination_w in (most_w, np.ones_like(most_w) if instance.several else 1.0):
        values = np.asarray(criterion.values(singles, illumination_w)).reshape(len(singles), -1)
        if np.isfinite(values).all(axis=1).any():
            return instance, ""
    note = (
        f" With one receiver the target is unobservable under the criterion {name_of(design.criterion)}, so the "
        "receiver was chosen by the surrogate."
    )
    scenario = replace(instance.scenario, design=replace(design, criterion="surrogate"))
    return replace(instance, scenario=scenario), note


def _too_expensive(instance: Instance, cheapest_m: float) -> Design:
    limit = instance.scenario.requirements.cooperation_cost_m
    message = (
        f"The least expensive single receiver has a cooperation cost of {cheapest_m:.6g} m; the limit is {limit:.6g} m."
    )
    return Design(
        status="infeasible",
        message=message,
        scheme="bi",
        scenario=instance.scenario,
        channel=instance.channel,
        selected=np.zeros(instance.size, bool),
        selection=None,
        beamforming=None,
        cost_m=None,
        accuracy=None,
        verification=None,
        rounds=0,
    )
