"""What the CRM knows: its values, and decisions over them. No I/O, no clock."""
