"""Mutation testing: small faults are put into the code, and some test must fail for each."""
