"""The servers that callproof is compared with; each gets the settings that make it fastest."""
