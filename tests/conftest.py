"""Fixtures of `tests/support` for all tests; examples of hypothesis are the same in every run, so that an edit is what
makes a test fail.

`make evidence` looks for fresh ones: `--hypothesis-profile=fresh`.
"""

from hypothesis import settings

pytest_plugins = ("tests.support.packages",)

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("fresh", derandomize=False, deadline=None, max_examples=300)
settings.load_profile("same")
