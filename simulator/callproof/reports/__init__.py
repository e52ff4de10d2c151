"""What is written about a run, a verdict, traffic or a load run: a writer for each.

Those of a load run begin with ``load_``, those of traffic with ``traffic_``; the others are a verdict's.
Pages share ``templates``, JUnit XML and files have one way out.
"""
