"""Telephone traffic on two running ends: customers call in, managers call out, both ends are reconciled."""
