"""The test bed: a database of the run's own, the small world, and a hostile place to live in."""

pytest_plugins = ["tests.database", "tests.worlds", "tests.bed"]
