"""What a virtual PBX knows: the life of a call, where it goes, what is told of it. No I/O, no clock."""
