"""The certificate of a design that was made without one."""

from __future__ import annotations

from dataclasses import replace

from multistatic.design.finish import finished
from multistatic.design.instance import instance_for
from multistatic.design.joint import certified_joint
from multistatic.design.refined_points import with_earlier_check
from multistatic.design.result import Design
from multistatic.design.schemes import finished_mono_static
from multistatic.design.several_points import check_several_points
from multistatic.scenario.model import JOINT


def certify(design: Design, *, tight: bool = False) -> Design:
    """The same group and beams with the certificate that `design_network(…, certificate=False)` left out.

    The result has the proven bound, the sensitivities, and the status `optimal` where the bound proves it; it is
    verified again. A design that already has this certificate, or that has no beams, is returned unchanged.

    design: the design.
    tight: True computes the tight certificate, whose bound on the illumination counts the interference of the sensing
      beam at receivers that do not cooperate. It proves more for some groups, and takes about 3 s at 4 receivers and 15
      to 30 s at 10. The scenario of the result then says `certificate = "tight"`.

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
    instance = instance_for(design)
    check_several_points(design.scenario, design.points.count, design.scheme)
    if design.scheme == "mono":
        return finished_mono_static(instance, result)
    assert design.selection is not None
    if design.selection.method == JOINT:
        return with_earlier_check(certified_joint(design), design)
    return with_earlier_check(finished(instance, design.scheme, design.selection, result, design.rounds), design)
