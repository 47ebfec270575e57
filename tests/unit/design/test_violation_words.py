"""The sentence about a failed verification."""

import pytest

from multistatic import design_network, load_preset
from multistatic.design.violation_words import worst_violation


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("rate", 0.02, "a rate is below its requirement by 2 %"),
        ("power", 0.5, "the transmit power exceeds its limit by 50 %"),
        ("cost", 3.5, "the cooperation cost exceeds its limit by 350 %"),
        ("illumination bound", 0.001, "the illumination exceeds its upper bound by 0.1 %"),
        ("number of receivers", 2.0, "the number of receivers differs from design.receivers by 2"),
        ("reported power", 0.01, "reported power: the value differs by 1 % from the value recomputed from the beams"),
    ],
)
def test_the_worst_violation_in_words(name: str, error: float, words: str) -> None:
    assert worst_violation({"other": error / 2, name: error, "last": 0.0}) == words


def test_every_limit_that_is_verified_has_its_words() -> None:
    preset = load_preset("paper", ["receivers.random.count=4", "requirements.rate_bps_hz=1", "design.receivers=2"])
    verification = design_network(preset).verification
    assert verification is not None
    for name in verification.violations:
        reported = "recomputed" in worst_violation({name: 1.0})
        assert reported == (name not in ("rate", "power", "cost", "illumination bound", "number of receivers"))
    assert {"rate", "power", "cost", "illumination bound", "number of receivers"} <= set(verification.violations)
