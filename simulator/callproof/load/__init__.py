"""Load by open arrivals: whole calls begin at their planned moments, whatever the answers take.

Nothing here imports locust or gevent; ``locustfile.py`` does, and gives what waits, spawns and sends.
Times are seconds of the run: 0.0 is when the first call may begin.
"""
