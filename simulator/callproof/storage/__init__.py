"""The kit of both stores: a database, its driver, and transactions that share a commit."""
