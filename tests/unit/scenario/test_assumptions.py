"""What a scenario assumes, in one word for each assumption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.channel.realise import channel_rng, realise
from multistatic.files.channel_file import with_channel
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Scenario
from tests.support.handmade_design import scenario

KEYS = ("clock_offset_std_s", "frequency_offset_std_hz")


def with_clock(node: str, key: str, value: float) -> Scenario:
    """A network in which one clock is not perfect."""
    what = scenario()
    if node == "transmitter":
        return replace(what, transmitter=replace(what.transmitter, **{key: value}))
    last = replace(what.receivers[-1], **{key: value})
    return replace(what, receivers=(*what.receivers[:-1], last))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("node", ["transmitter", "one receiver"])
def test_one_clock_decides(node: str, key: str) -> None:
    assert assumptions(with_clock(node, key, 0.0)).clocks == "perfect"
    assert assumptions(with_clock(node, key, 1e-12)).clocks == "prior"
    assert assumptions(with_clock(node, key, np.inf)).clocks == "unknown"


def test_an_unknown_clock_beside_a_known_one_is_unknown() -> None:
    both = replace(
        with_clock("one receiver", KEYS[0], 1e-9),
        transmitter=with_clock("transmitter", KEYS[0], np.inf).transmitter,
    )
    assert assumptions(both).clocks == "unknown"


def test_one_device_is_synchronised_with_itself() -> None:
    assert assumptions(with_clock("transmitter", KEYS[0], np.inf), one_clock=True).clocks == "perfect"


@pytest.mark.parametrize("law", ["sum", "product"])
def test_the_law_is_that_of_the_scenario(law: str) -> None:
    what = scenario()
    found = assumptions(replace(what, propagation=replace(what.propagation, echo_law=law)))  # type: ignore[arg-type]
    assert (found.echo_law, found.target, found.elements) == (law, "exact", "isotropic")


def test_gains_of_the_echo_that_channels_give_follow_no_law() -> None:
    what = scenario()
    direct = realise(what, channel_rng(0)).direct
    gains = np.full((1, len(what.receivers)), 1e-9)
    given = with_channel(what, GivenChannel(direct=direct, echo_gain=gains))
    assert assumptions(given).echo_law == "given"
    assert assumptions(given, one_clock=True).echo_law == what.propagation.echo_law  # mono-static: by geometry
    assert assumptions(with_channel(what, GivenChannel(direct=direct))).echo_law == what.propagation.echo_law
