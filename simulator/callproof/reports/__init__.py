"""Writers of one verdict, a file each. None of them decides anything."""
