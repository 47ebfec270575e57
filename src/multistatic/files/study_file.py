"""Study files: reading one with its scenario, and running it into its store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path

from multistatic.design.algorithms import require_solvers
from multistatic.errors import InputError, Problem
from multistatic.files.channel_file import channel_files
from multistatic.files.scenario_file import (
    STANDARD_INPUT,
    channel_reader,
    read_standard_input,
    read_text_file,
    scenario_text,
)
from multistatic.files.study_reader import read_results
from multistatic.files.study_store import open_store
from multistatic.scenario.preset import preset_names
from multistatic.study.parse_study import ScenarioText, parse_study
from multistatic.study.plan import Method, Study
from multistatic.study.portable import require_portable
from multistatic.study.results import StudyResults
from multistatic.study.runner import RETRIES, run
from multistatic.study.schedule import Schedule
from multistatic.study.workers import DaskCluster, GivenExecutor, Processes, ThisProcess, Workers

STORE_ENDING = ".sqlite"


def load_study(file: str | Path, overrides: Sequence[str] = (), *, methods: Sequence[Method] = ()) -> Study:
    """Load a study file in TOML (docs/studies.md).

    file: path of the file, or `-` for standard input. Its scenario is looked for in the folder of the study; site lists
        and channel files are looked for in the folder of the scenario.
    overrides: `KEY=VALUE` texts with dotted keys that replace values of the study.
    methods: methods made by `study_method`. They are compared beside those of the tables `[[compare]]`; without such a
        table they replace the method that the scenario states.

    Raises `InputError` with every problem of the content, and if a file cannot be read.

    >>> import pathlib, tempfile
    >>> text = 'scenario = "paper"\\ntrials = 1\\nmetrics = ["peb_m"]\\nsweep.transmitter.power_dbm = [20, 30]'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "powers.toml")
    ...     _ = file.write_text(text)
    ...     len(load_study(file).points)
    2
    """
    name = str(file)
    if name == STANDARD_INPUT:
        text, folder, unnamed = read_standard_input(), Path(), "study"
    else:
        text, folder, unnamed = _study_text(Path(name)), Path(name).parent, Path(name).stem

    def read_scenario(scenario: str | None) -> ScenarioText:
        content, beside = ("", folder) if scenario is None else scenario_text(scenario, folder)
        # A preset has no folder: what the study sets for it lies beside the study.
        own = folder if beside == Path() else beside
        return ScenarioText(
            text=content,
            read_text=lambda sites: read_text_file(beside / sites),
            read_channel=channel_reader(own),
            list_folder=lambda drops: [f"{drops}/{file.name}" for file in channel_files(own / drops)],
        )

    source = "standard input" if name == STANDARD_INPUT else name
    return parse_study(
        text, read_scenario=read_scenario, overrides=overrides, methods=methods, unnamed=unnamed, source=source
    )


def _study_text(path: Path) -> str:
    """The text of a study file; a preset's name stands for a scenario, not for a study."""
    if str(path) in preset_names() and not path.exists():
        hint = f'a study names it: scenario = "{path}"'
        raise InputError([Problem(str(path), "the name of a preset scenario", "a study file (TOML)", hint)])
    return read_text_file(path)


def store_path(file: str | Path) -> Path:
    """Where the results of a study file go if nothing is said: its name with another ending, in the working folder."""
    if str(file) == STANDARD_INPUT:
        raise InputError([Problem("--store", "nothing", "a file: a study from standard input has no name")])
    return Path(Path(file).stem + STORE_ENDING)


def run_study(
    study: Study | str | Path,
    store: str | Path | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    retries: int = RETRIES,
) -> StudyResults:
    """Run a study and return all its results. A stored study continues with the trials that are missing.

    study: a loaded study, or the path of its file.
    store: path of the SQLite file with the results; None: the name of the study file with the ending `.sqlite`, in the
        working folder.
    workers: number of processes; None: one for each core; 1: no other process.
    executor: a `concurrent.futures.Executor`, such as `mpi4py.futures.MPIPoolExecutor`, that runs `workers` tasks at a
        time instead of processes of this machine.
    retries: how often a failed trial is repeated before it is stored as failed.

    The results are identical for every number of workers. Functions in methods (`study_method`) must be defined at the
    top level of a module if other processes run them, and must be the same ones whenever a store is continued. Raises
    `InputError` if study or store cannot be used, `MissingDependencyError` if a beamformer needs a package that is not
    installed, and `ValueError` for a loaded study without a store.

    >>> import pathlib, tempfile
    >>> text = 'scenario = "paper"\\ntrials = 1\\nmetrics = ["peb_m"]\\nsweep.transmitter.power_dbm = [20, 30]'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "powers.toml")
    ...     _ = file.write_text(text)
    ...     results = run_study(file, file.with_suffix(".sqlite"), workers=1)
    >>> results.values.shape, results.complete
    ((2, 1, 1, 1), True)
    """
    if store is None and isinstance(study, Study):
        raise ValueError("a study that has no file needs a store")
    place = Path(store) if store is not None else store_path(str(study))
    loaded = study if isinstance(study, Study) else load_study(study)
    if executor is None:
        require_solvers(loaded.beamformers)
    if executor is None and workers != 1:
        for method in loaded.methods:
            require_portable(method.choices)
    run_into(place, loaded, lambda: chosen_workers(workers, executor=executor), retries=retries)
    return read_results(place)


def chosen_workers(count: int | None = None, *, executor: Executor | None = None, dask: str | None = None) -> Workers:
    """Where trials are run."""
    if executor is not None:
        return GivenExecutor(executor, count)
    if dask is not None:
        return DaskCluster(dask)
    return ThisProcess() if count == 1 else Processes(count)


def run_into(
    path: Path,
    study: Study,
    begin_workers: Callable[[], Workers],
    *,
    retries: int = RETRIES,
    retry_failed: bool = False,
    on_progress: Callable[[Schedule], None] = lambda schedule: None,
) -> Schedule:
    """Go on with `study` in the store at `path`; `begin_workers` is called once the store is known to be usable.

    `retry_failed`: run trials again that failed before.
    """
    with open_store(path, study) as store:
        if retry_failed:
            store.forget_failed()
        watched = Schedule(study).watched
        done = list(store.done(watched))
        schedule = run(study, begin_workers(), store.write, done=done, retries=retries, on_progress=on_progress)
        store.mark_complete([schedule.target(point.index) for point in study.points])
    return schedule
