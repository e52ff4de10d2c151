"""Ends that answer: opened, put on sockets, in threads or in processes, alone or opposite a target."""

import logging

# Ends are silent unless a program, such as ``callproof serve``, says where the log shall go. It stands here
# because only ends log, and ``import callproof`` shall not import logging.
logging.getLogger("callproof").addHandler(logging.NullHandler())
