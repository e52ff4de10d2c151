"""What is written about a run, a verdict or a load run: a writer for each file. None decides anything.

Those of a load run begin with ``load_``; pages share ``templates``, JUnit XML and files have one way out.
"""
