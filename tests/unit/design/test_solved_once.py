"""What a design needs of its scenario is computed once."""

from __future__ import annotations

import pytest

from multistatic.bounds import sensing
from multistatic.design import design_network, instance
from multistatic.files.scenario_file import load_preset
from multistatic.scenario import model


def test_a_design_computes_geometry_network_and_criterion_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"geometry": 0, "network": 0, "criterion": 0}

    def counted(name, function):
        def call(*arguments, **options):
            calls[name] += 1
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(model, "bistatic_geometry", counted("geometry", model.bistatic_geometry))
    monkeypatch.setattr(instance, "sensing_network", counted("network", sensing.sensing_network))
    monkeypatch.setattr(instance, "criterion_of", counted("criterion", instance.criterion_of))
    assert design_network(load_preset("paper")).status in ("optimal", "feasible")
    assert calls == {"geometry": 1, "network": 1, "criterion": 1}
