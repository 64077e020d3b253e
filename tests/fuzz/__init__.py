"""Fuzzing: what must hold for any input, said once for Hypothesis and for atheris.

A *target* (``targets.TARGETS``) is a strategy of inputs and a check of one input.
``tests/whole/test_fuzzing.py`` runs each with Hypothesis; ``python -m tests.fuzz TARGET`` runs it
guided by coverage, with atheris.
"""
