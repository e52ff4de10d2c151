"""What ``callproof`` offers to Python programs: thin functions over the rooms below."""
