"""What ``callproof`` offers to Python programs: ends and what a test asks of them, verdicts, messages."""
