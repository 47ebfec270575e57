"""The design of a network whose channels may be in a file: the public `design_network`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from multistatic import design
from multistatic.design.result import Design
from multistatic.files.channel_file import WRITERS, read_channel, with_channel
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario


def design_network(scenario: Scenario, *, channel: Any = None, **settings: Any) -> Design:
    """Design a network: which receivers cooperate, which beams the transmitter uses, and what accuracy and rates
    follow.

    `channel`: where the direct channels come from, in the place of the scenario's own model or file: the path of a
    channel file (docs/channels.md), an array [K, N_r, N_t] in the scenario's order of receivers, a `GivenChannel`, or
    what `multistatic.design.design_network` takes. What is not given comes from the scenario's geometry, and the design
    holds the scenario with these channels. `settings`: the other arguments of `multistatic.design.design_network`, such
    as `scheme` and `limits`.

    Never raises for an infeasible scenario: the status and the message of the result say what failed. Raises
    `InputError` for a file that cannot be used and `ScenarioError` for channels that do not fit, with every reason.

    >>> from multistatic import design_network, load_preset
    >>> design_network(load_preset("paper")).selected_ids
    ('rx01', 'rx05', 'rx07', 'rx08')
    >>> rng = np.random.default_rng(1)
    >>> matrices = 1e-3 * (rng.standard_normal((10, 2, 10)) + 1j * rng.standard_normal((10, 2, 10)))
    >>> design = design_network(load_preset("paper", ["requirements.rate_bps_hz=1"]), channel=matrices)
    >>> bool(np.all(design.channel.direct == matrices))
    True
    """
    given = _given(channel)
    if given is not None:
        return design.design_network(with_channel(scenario, given), **settings)
    return design.design_network(scenario, **settings, **({} if channel is None else {"channel": channel}))


def _given(channel: Any) -> GivenChannel | None:
    """The channels that a path, an array or a value stands for; None for what is none of these, as a model's name."""
    if isinstance(channel, GivenChannel):
        return channel
    if isinstance(channel, os.PathLike) or (isinstance(channel, str) and Path(channel).suffix.lower() in WRITERS):
        return read_channel(channel)
    if isinstance(channel, np.ndarray | list | tuple):
        return GivenChannel(direct=np.asarray(channel))
    return None
