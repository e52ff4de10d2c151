"""What the CRM keeps, on the kit of ``storage``."""
