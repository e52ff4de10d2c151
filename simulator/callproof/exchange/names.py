"""The headers by which the bench and its ends tell each other more than the contract says."""

# Set by the runner on its own requests that prepare a scenario.
BENCH_HEADER = "X-Callproof-Bench"
FINDINGS_HEADER = "X-Callproof-Findings"
# An end names its manual clock and how many seconds it waits; on the same one slowness passes without
# anybody waiting.
CLOCK_HEADER = "X-Callproof-Clock"
SLOW_HEADER = "X-Callproof-Slow"
