"""The oracle: it settles whether a derivative somebody wrote is right, and shows where it is not.

Data flows one way: claim, plan of the call, inputs, outcome of the call, comparison with the verified formula, verdict,
report. This file stays empty of imports, because the worker process passes through it.
"""
