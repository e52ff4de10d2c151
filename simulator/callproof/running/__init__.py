"""Ends that answer: opened, put on sockets, in threads or in processes, alone or opposite a target."""
