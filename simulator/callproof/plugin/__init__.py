"""The pytest plugin: fixtures, options, and scenarios as tests."""
