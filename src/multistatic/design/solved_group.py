"""A group with the beams that were found for it, and what both of them settle: made once, and shared by all that ends a
design.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.bounds.sensing import SensingNetwork
from multistatic.design.instance import Instance
from multistatic.design.result import Scheme
from multistatic.selection.declared_gain import Knowledge, knowledge_of, plugin_of
from multistatic.selection.over_points import reduced
from multistatic.selection.selection_problem import SelectionProblem
from multistatic.units import B


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolvedGroup:
    """`selected` [K] with the beams of `beamforming`, the answer to `beam_problem`.

    `problem`: the selection problem that these beams pose; `known`: what is known of its criterion; `worst`: the point
    of the largest value; `network`: what the bounds see of the network from there under these beams; `value`: the
    criterion of the group over the points.
    """

    instance: Instance
    selected: B
    beam_problem: BeamformingProblem
    beamforming: BeamformingResult
    problem: SelectionProblem
    known: Knowledge
    network: SensingNetwork
    value: float
    worst: int = 0

    @property
    def worst_illumination_w(self) -> float:
        """p_t at the worst point."""
        return float(self.problem.illumination_w[self.worst])


def solved_group(
    instance: Instance,
    scheme: Scheme,
    beam_problem: BeamformingProblem,
    beamforming: BeamformingResult,
    posed: tuple[SelectionProblem, Knowledge] | None = None,
) -> SolvedGroup:
    """The state of the group of `beam_problem`, with its beams.

    No receiver is forced into its selection problem: another group would get other beams. Schemes other than `multi`
    have no budget for cooperation. `posed`: that problem at another illumination, where it was made before, and what is
    known of its criterion at any illumination; what another package declares is compared with its values here, too.
    """
    assert beamforming.beams is not None
    beams = beamforming.beams
    if posed is not None:
        problem = replace(posed[0], illumination_w=beams.illumination_w(instance.channel.steering_tx))
    else:
        problem = instance.selection_problem(beams, forced=False)
        problem = problem if scheme == "multi" else replace(problem, cost_limit_m=float("inf"))
    of_plugin = plugin_of(problem) is not None
    values = problem.values_of_points(beam_problem.selected)[0]
    worst = int(np.argmax(values))
    return SolvedGroup(
        instance=instance,
        selected=beam_problem.selected,
        beam_problem=beam_problem,
        beamforming=beamforming,
        problem=problem,
        known=knowledge_of(problem) if posed is None or of_plugin else posed[1],
        network=instance.network(beams.covariance_w, worst),
        value=float(reduced(values, problem.shares, problem.over_points)),
        worst=worst,
    )
