"""The certificate of a design that was made without one."""

from __future__ import annotations

from multistatic.design.finish import finished
from multistatic.design.instance import Instance
from multistatic.design.joint import certified_joint
from multistatic.design.result import Design
from multistatic.design.schemes import finished_mono_static
from multistatic.scenario.model import JOINT


def certify(design: Design) -> Design:
    """The same group and beams with what `design_network(…, certificate=False)` left out: the proven bound, the prices
    and the sensitivities, and the status `optimal` where the bound proves it. The design is verified once more.

    A design that has its certificate, or no beams, is returned as it is.

    >>> from multistatic import certify, design_network, load_preset
    >>> design = certify(design_network(load_preset("paper"), certificate=False))
    >>> design.selection.excess < 0.05
    True
    """
    result = design.beamforming
    if design.certified or result is None or result.beams is None:
        return design
    instance = Instance(scenario=design.scenario, channel=design.channel)
    if design.scheme == "mono":
        return finished_mono_static(instance, result)
    assert design.selection is not None
    if design.selection.method == JOINT:
        return certified_joint(design)
    return finished(instance, design.scheme, design.selection, result, design.rounds)
