"""Verify and time untrusted compute kernels: a referee, a reference worker and a candidate worker."""

VERSION = "1"
