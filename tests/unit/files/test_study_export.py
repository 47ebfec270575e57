"""Exports, opened with the programs that they are for: xarray, pandas, SciPy's reader of MATLAB files."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from multistatic import load_preset, realise, registry, sensing_network
from multistatic.errors import InputError
from multistatic.files import study_export
from multistatic.files.study_export import csv_bytes, dataset, mat_bytes, netcdf_bytes, variable_name
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.study.results import StudyResults, unit_of_key, without_unit
from multistatic.study.workers import ThisProcess
from tests.support.studies import QUICK, invented, quick

TEXT = QUICK.replace("[20, 30]", "[20, 25, 30]")


def results_of(folder: Path, *overrides: str, text: str = TEXT) -> StudyResults:
    """A study of invented results with one value that does not exist and one trial that is not done."""
    store = folder / "a.sqlite"
    run_into(store, quick(folder, *overrides, text=text), lambda: ThisProcess(invented))
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE results SET value = NULL WHERE point = 0 AND trial = 1 AND method = 0")
        connection.execute("UPDATE trials SET status = 'infeasible' WHERE point = 0 AND trial = 1 AND method = 0")
        for table in ("trials", "results"):
            connection.execute(f"DELETE FROM {table} WHERE point = 1 AND trial = 4")
    return read_results(store)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> StudyResults:
    return results_of(tmp_path_factory.mktemp("export"))


@pytest.mark.slow
def test_xarray_opens_netcdf(results: StudyResults, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    (tmp_path / "a.nc").write_bytes(netcdf_bytes(results))
    with xarray.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as found:
        dims = ("transmitter_power_dbm", "requirements_cooperation_cost_m", "algorithm", "trial")
        assert found["peb_m"].dims == dims
        assert found["peb_m"].shape == (3, 2, 3, 5)
        assert found["peb_m"].attrs["units"] == "m"
        assert found["peb_m"].attrs["long_name"] == "position error bound"
        assert found["transmitter_power_dbm"].attrs == {"units": "dBm", "long_name": "transmitter.power_dbm"}
        assert found["requirements_cooperation_cost_m"].attrs["units"] == "m"
        assert found["transmitter_power_dbm"].values.tolist() == [20, 25, 30]
        assert found["algorithm"].values.tolist() == ["greedy", "all", "one receiver"]
        for p, settings in enumerate(results.settings):
            place = {variable_name(key): value for key, value in settings.items()}
            for m, method in enumerate(results.methods):
                for q, metric in enumerate(results.metrics):
                    values = found[metric.name].sel(**place, algorithm=method).values
                    np.testing.assert_array_equal(values, results.values[p, m, :, q])
        names = found["status"].attrs["flag_meanings"].split()
        assert names[int(found["status"][0, 0, 0, 1])] == "infeasible"
        assert names[int(found["status"][0, 1, 2, 4])] == "not_done"
        assert names[int(found["status"][0, 1, 2, 3])] == "feasible"
        assert found["seed"].dims == (*dims[:2], "trial")
        assert int(found["seed"][2, 1, 3]) == results.seeds[5, 3]
        assert found.attrs["results_sha256"] == results.digest()
        assert json.loads(found.attrs["study"])["seed"] == 5
        assert found.attrs["source"].startswith("multistatic ")
        assert json.loads(found.attrs["sessions"])[0]["versions"]["numpy"] == np.__version__


@pytest.mark.slow
def test_pandas_opens_csv(results: StudyResults, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(io.BytesIO(csv_bytes(results)))
    keys = ["transmitter.power_dbm", "requirements.cooperation_cost_m"]
    metrics = [metric.name for metric in results.metrics]
    assert list(table.columns) == [*keys, "algorithm", "trial", "seed", "status", *metrics]
    assert len(table) == 6 * 3 * 5 - 3
    assert table["seed"].dtype == np.int64
    row = table[
        (table[keys[0]] == 25) & (table[keys[1]] == 1000.0) & (table["algorithm"] == "all") & (table["trial"] == 2)
    ]
    np.testing.assert_array_equal(row[metrics].to_numpy()[0], results.values[3, 1, 2])
    assert int(row["seed"].iloc[0]) == results.seeds[3, 2]
    missing = table[(table["status"] == "infeasible")]
    assert len(missing) == 1
    assert missing[metrics].isna().all(axis=None)


def test_scipy_opens_mat(results: StudyResults, tmp_path: Path) -> None:
    from scipy.io import loadmat

    found = loadmat(io.BytesIO(mat_bytes(results)), simplify_cells=True)
    assert found["axes"].tolist() == [
        "transmitter_power_dbm",
        "requirements_cooperation_cost_m",
        "algorithm",
        "trial",
    ]
    assert found["transmitter_power_dbm"].tolist() == [20, 25, 30]
    assert found["algorithm"].tolist() == ["greedy", "all", "one receiver"]
    assert found["units"]["peb_m"] == "m"
    assert found["units"]["surrogate"] == "1"
    assert found["units"]["requirements_cooperation_cost_m"] == "m"
    for q, metric in enumerate(results.metrics):
        np.testing.assert_array_equal(found[metric.name], results.values[..., q].reshape(3, 2, 3, 5))
    assert found["status_names"][found["status"][0, 0, 0, 1]] == "infeasible"
    assert found["seed"][2, 1, 3] == results.seeds[5, 3]
    assert found["provenance"]["results_sha256"] == results.digest()


def test_a_zipped_sweep_has_one_axis(tmp_path: Path) -> None:
    found = dataset(results_of(tmp_path, "combine=zip", text=QUICK))
    assert found["surrogate"].dims == ("point", "algorithm", "trial")
    assert found["transmitter_power_dbm"].dims == ("point",)
    assert found["transmitter_power_dbm"].values.tolist() == [20, 30]


@pytest.mark.slow
def test_no_sweep_and_words_and_tables(tmp_path: Path) -> None:
    plain = dataset(results_of(tmp_path, text='scenario = "paper"\ntrials = 5\n'))
    assert plain["surrogate"].dims == ("algorithm", "trial")
    assert plain["seed"].dims == ("trial",)
    text = 'scenario = "paper"\ntrials = 2\n[sweep]\nradio.pulse = ["cosine", { kind = "sinc" }]\n'
    folder = tmp_path / "words"
    folder.mkdir()
    words = results_of(folder, text=text)
    assert dataset(words)["radio_pulse"].values.tolist() == ["cosine", '{"kind": "sinc"}']
    assert netcdf_bytes(words)
    assert mat_bytes(words)


def test_mat_files_have_a_limit(results: StudyResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_export, "MAX_MAT_BYTES", 100)
    with pytest.raises(InputError, match="2 GiB"):
        mat_bytes(results)


@pytest.mark.parametrize(
    ("key", "unit", "bare"),
    [
        ("transmitter.power_dbm", "dBm", "transmitter.power"),
        ("radio.carrier_hz", "Hz", "radio.carrier"),
        ("target.rcs_m2", "m²", "target.rcs"),
        ("target.rcs_dbsm", "dBsm", "target.rcs"),
        ("requirements.rate_bps_hz", "bit/s/Hz", "requirements.rate"),
        ("target.velocity_m_s", "m/s", "target.velocity"),
        ("channel.rician_factor", "", "channel.rician_factor"),
        ("transmitter.antennas", "", "transmitter.antennas"),
        ("receivers.random.radius_m[1]", "m", "receivers.random.radius_m[1]"),
    ],
)
def test_units_are_those_of_the_names(key: str, unit: str, bare: str) -> None:
    assert unit_of_key(key) == unit
    assert without_unit(key) == bare
    assert variable_name("receivers.site[0].antennas") == "receivers_site_0_antennas"


@pytest.mark.parametrize(
    ("criteria", "unit"),
    [
        ('"peb"', "m"),
        ('"veb"', "m/s"),
        ('"surrogate", "published"', "1"),
        ('"peb", "weighted"', "m"),
        ('"peb", "surrogate"', None),
    ],
)
def test_the_value_has_the_unit_of_the_criterion(tmp_path: Path, criteria: str, unit: str | None) -> None:
    """None where the criteria differ: to say that there is no unit would be wrong."""
    text = TEXT.replace('"surrogate", "peb_m"', '"value", "peb_m"').replace(
        "requirements.cooperation_cost_m = [100.0, 1000.0]", f"design.criterion = [{criteria}]"
    )
    found = dataset(results_of(tmp_path, text=text))
    assert found["value"].attrs.get("units") == unit
    assert "units" not in found["design_criterion"].attrs


def test_units_of_criteria_are_those_of_the_criteria() -> None:
    scenario = load_preset("paper")
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    for name in registry.names("criteria"):
        assert registry.load("criteria", name)(network).unit == registry.fact("criteria", name, "unit", None)
