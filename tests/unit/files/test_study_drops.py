"""Studies over a folder of channel files: trial i has the channels of file i, with any workers, and of no other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic import design_many, design_network, load_scenario
from multistatic.channel.realise import channel_rng, realise
from multistatic.errors import InputError
from multistatic.files.channel_file import channel_bytes, load_drops
from multistatic.files.study_export import provenance
from multistatic.files.study_file import load_study, run_study
from multistatic.report.study_table import results_document
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import DesignSettings
from multistatic.scenario.write import resolved_toml
from multistatic.study.trial import run_task, task_of
from tests.support.close import close_to
from tests.support.networks import network

STUDY = """
scenario = "net.toml"
trials = 3
metrics = ["illumination_w"]
set = { channel.direct.folder = "drops" }
sweep = { transmitter.power_dbm = [20, 30] }
compare = [{ selector = ["greedy", "all"] }]
"""
NETWORK = network(3, antennas=(1, 2, 2), transmit_antennas=4, rate_bps_hz=0.5, design=DesignSettings())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario, a study, and five drops of its channels."""
    (tmp_path / "drops").mkdir()
    for number in range(5):
        direct = realise(replace(NETWORK, seed=number), channel_rng(100 + number)).direct
        content = channel_bytes(GivenChannel(direct=direct, receiver_ids=NETWORK.receiver_ids), ".npz")
        (tmp_path / "drops" / f"drop{number}.npz").write_bytes(content)
    (tmp_path / "net.toml").write_text(resolved_toml(NETWORK))
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        make()
    return str(caught.value)


def test_trial_i_has_file_i_at_every_point_and_for_every_method(folder: Path) -> None:
    study = load_study(folder / "study.toml")
    for point in study.points:
        (result,) = run_task(task_of(study, point, [2]))
        power = f"transmitter.power_dbm={point.settings['transmitter.power_dbm']}"
        for method, name in zip(result.methods, ("greedy", "all"), strict=True):
            keys = ['channel.direct.file="drops/drop2.npz"', power, f'design.selector="{name}"', f"seed={result.seed}"]
            design = design_network(load_scenario(folder / "net.toml", keys))
            assert design.beamforming is not None
            assert method.values[0] == close_to(float(np.ravel(design.beamforming.illumination_w)[0]), rel=1e-9)


def test_workers_change_nothing_and_the_store_has_names_and_digests(folder: Path) -> None:
    study = load_study(folder / "study.toml")
    one = run_study(study, folder / "one.sqlite", workers=1)
    with ThreadPoolExecutor(2) as executor:
        other = run_study(study, folder / "other.sqlite", executor=executor, workers=2)
    assert one.digest() == other.digest()
    assert [drop["name"] for drop in one.document["drops"]] == [f"drops/drop{i}.npz" for i in range(3)]
    assert all(len(drop["sha256"]) == 64 for drop in one.document["drops"])
    assert "drops/drop2.npz" in provenance(one)["study"]
    assert [each["trial"] for each in results_document(one)["channel_files"]] == [0, 1, 2]


def test_more_files_are_more_trials(folder: Path) -> None:
    first = run_study(load_study(folder / "study.toml"), folder / "a.sqlite", workers=1)
    more = run_study(load_study(folder / "study.toml", ["trials=5"]), folder / "a.sqlite", workers=1)
    assert more.values.shape[2] == 5
    np.testing.assert_array_equal(more.values[:, :, :3], first.values)


def test_a_changed_file_is_not_mixed_with_what_is_stored(folder: Path) -> None:
    run_study(load_study(folder / "study.toml"), folder / "a.sqlite", workers=1)
    (folder / "drops" / "drop1.npz").write_bytes((folder / "drops" / "drop3.npz").read_bytes())
    study = load_study(folder / "study.toml")
    assert "channel file of trial 1" in refused(lambda: run_study(study, folder / "a.sqlite", workers=1))


def test_a_file_that_changes_while_the_study_runs_is_refused(folder: Path) -> None:
    study = load_study(folder / "study.toml")
    (folder / "drops" / "drop1.npz").write_bytes((folder / "drops" / "drop3.npz").read_bytes())
    task_of(study, study.points[0], [0, 2])
    assert "the file with which the study began" in refused(lambda: task_of(study, study.points[0], [1]))


def test_more_trials_than_files_are_refused(folder: Path) -> None:
    text = refused(lambda: load_study(folder / "study.toml", ["trials=6"]))
    assert "trials: received 6, expected at most 5, the channel files in drops" in text


def test_every_file_that_does_not_fit_is_named(folder: Path) -> None:
    direct = realise(NETWORK, channel_rng(0)).direct
    (folder / "drops" / "drop0.npz").write_bytes(channel_bytes(GivenChannel(direct=direct[:, :, :3]), ".npz"))
    (folder / "drops" / "drop1.npz").write_bytes(channel_bytes(GivenChannel(direct=direct, carrier_hz=1e9), ".npz"))
    (folder / "drops" / "drop2.npz").write_bytes(b"no file of channels")
    text = refused(lambda: load_study(folder / "study.toml"))
    for name, said in (("drop0", "3 transmit antennas"), ("drop1", "1000000000.0 Hz"), ("drop2", "begins with")):
        assert any(f"{name}.npz" in line and said in line for line in text.splitlines()), text


def test_one_file_for_all_trials_is_part_of_the_study(folder: Path) -> None:
    keys = ['set={ channel.direct.file = "drops/drop4.npz" }']
    study = load_study(folder / "study.toml", keys)
    assert list(study.document["channel_files"]) == ["drops/drop4.npz"]
    assert "all trials use the channels of drops/drop4.npz" in study.points[0].templates[0].channel_repeats()[0]
    (folder / "drops" / "drop4.npz").write_bytes((folder / "drops" / "drop3.npz").read_bytes())
    assert load_study(folder / "study.toml", keys).fingerprint != study.fingerprint


def test_files_can_be_swept(folder: Path) -> None:
    keys = ["set={}", 'sweep={ channel.direct.file = ["drops/drop0.npz", "drops/drop4.npz"] }']
    study = load_study(folder / "study.toml", keys)
    names = [point.templates[0].channel.path for point in study.points if point.templates[0].channel is not None]
    assert names == ["drops/drop0.npz", "drops/drop4.npz"]


def test_a_folder_needs_a_study(folder: Path) -> None:
    text = refused(lambda: load_scenario(folder / "net.toml", ['channel.direct.folder="drops"']))
    assert "studies, which use file i of it in trial i" in text
    assert "only one of file, folder" in refused(
        lambda: load_scenario(folder / "net.toml", ['channel.direct={ file = "a.npz", folder = "drops" }'])
    )


def test_design_many_takes_the_drops_of_a_folder(folder: Path) -> None:
    designs = list(design_many(load_drops(folder / "drops", load_scenario(folder / "net.toml")), workers=1))
    assert len(designs) == 5
    assert len({design.channel.direct.tobytes() for design in designs}) == 5
