"""The certificate of a design that was made without one."""

from __future__ import annotations

from dataclasses import replace

from multistatic.design.finish import finished
from multistatic.design.instance import Instance
from multistatic.design.joint import certified_joint
from multistatic.design.result import Design
from multistatic.design.schemes import finished_mono_static
from multistatic.scenario.model import JOINT


def certify(design: Design, *, tight: bool = False) -> Design:
    """The same group and beams with what `design_network(…, certificate=False)` left out: the proven bound, the prices
    and the sensitivities, and the status `optimal` where the bound proves it. The design is verified once more.

    `tight`: with the bound on the illumination that sees who is selected (`[design] certificate = "tight"`, which the
    scenario of the result then says). It proves more of the beams of some groups with receivers that do not cooperate,
    and takes about 3 s at 4 receivers and 15 to 30 s at 10.

    A design that has this certificate, or no beams, is returned as it is.

    >>> from multistatic import certify, design_network, load_preset
    >>> design = certify(design_network(load_preset("paper"), certificate=False))
    >>> design.selection.excess < 0.05
    True
    """
    result = design.beamforming
    tight = tight and design.scenario.design.certificate != "tight"
    if (design.certified and not tight) or result is None or result.beams is None:
        return design
    if tight:
        settings = replace(design.scenario.design, certificate="tight")
        design = replace(design, scenario=replace(design.scenario, design=settings))
    instance = Instance(scenario=design.scenario, channel=design.channel)
    if design.scheme == "mono":
        return finished_mono_static(instance, result)
    assert design.selection is not None
    if design.selection.method == JOINT:
        return certified_joint(design)
    return finished(instance, design.scheme, design.selection, result, design.rounds)
