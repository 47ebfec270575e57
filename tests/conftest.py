"""The fixtures of `tests/support`, for all tests."""

pytest_plugins = ("tests.support.packages",)
