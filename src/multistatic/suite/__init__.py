"""The benchmark suite: frozen instances with best-known values and bounds, every method measured on the same work.

`instances` and `best_known` are what is frozen, `tasks` what a method gets and how its answer is judged, `worker` and
`run` who answers in which time, `ranking` what it amounts to. The instances themselves are in the folder of their
version.
"""

from multistatic.suite.instances import SuiteInstance, load_suite
from multistatic.suite.ranking import Standing, standings
from multistatic.suite.run import SuiteSettings, run_suite
from multistatic.suite.tasks import SuiteOutcome

__all__ = ["Standing", "SuiteInstance", "SuiteOutcome", "SuiteSettings", "load_suite", "run_suite", "standings"]
