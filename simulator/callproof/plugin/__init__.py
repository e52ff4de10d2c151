"""What the pytest plugin gives to tests: running ends, their journals, verdicts, scenarios as tests."""
