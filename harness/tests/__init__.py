"""Tests of the kernel harness: `python3 -m unittest discover -s harness/tests -t harness`."""
