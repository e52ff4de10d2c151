"""What the virtual PBX keeps, on the kit of ``storage``."""
