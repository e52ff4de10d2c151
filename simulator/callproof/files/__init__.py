"""Files that people write: YAML that remembers its lines."""
